//! Every bound of the system, with the arithmetic beside it. Pure.
//!
//! A bound is never silent: what does not fit is counted, refused or dropped by the rule its doc gives.

/// Largest input record that is decoded; a larger one is a dead letter (`too_large`).
/// A probe is 200–400 bytes, a contact with text a few KiB: 1 MiB is a factor of 100 above both.
pub const RECORD_BYTES_MAX: usize = 1 << 20;

/// What is kept of a record that is too large, so that dead letters stay readable and bounded.
pub const DEAD_LETTER_KEPT_BYTES: usize = 64 << 10;

/// Longest detail of a dead letter: a field's name, the words it may hold and 40 bytes of what was found take some 200.
pub const DETAIL_BYTES_MAX: usize = 240;

/// Longest customer, cell or event id. Longer ones are `out_of_range`: an id is no place for a document.
pub const ID_BYTES_MAX: usize = 128;

/// Longest contact text that is read; the rest is cut at a character boundary before matching.
pub const CONTACT_TEXT_BYTES_MAX: usize = 8 << 10;

/// Days that keep a pane of their own: the widest window of the design (14 days, today included).
pub const PANE_DAYS: usize = 14;

/// Nights over which a home is judged: four weeks, so that each weekday is seen four times.
pub const NIGHTS: usize = 28;

/// Places a customer may have: home, second home, work, one in transition.
pub const PLACES_MAX: usize = 4;

/// Sites that may make up one place: co-serving sites of one address (ping-pong); three are usual.
pub const SITES_PER_PLACE_MAX: usize = 4;

/// Network contacts and surveys remembered per customer; the model counts at most four in 30 days.
pub const CONTACTS_MAX: usize = 8;

/// Recent probes remembered per customer to fold duplicates once.
pub const RECENT_PROBES: usize = 8;

/// Offers remembered per customer: 2 per 90 days are allowed, and each kind has a cooldown of 30 days or more.
pub const OFFERS_MAX: usize = 8;

/// Verdicts in one area row: seven causes and one to spare, each with one open scope at a time in practice.
pub const VERDICTS_PER_AREA_MAX: usize = 8;

/// Distinct cells a lane interns: 250 M customers need some 10^6 cells, a lane of 2 M some 10^5. Beyond it a
/// record is folded as one without a cell, and counted.
pub const CELLS_PER_LANE_MAX: usize = 1 << 18;

/// Records of one epoch. Bounds memory only: the epoch's time is what cuts it (5 000 records an epoch cost 2.7×
/// the throughput).
pub const EPOCH_RECORDS_MAX: usize = 65_536;

/// Decisions, and erased customers, in one message of the journal; an epoch of more goes in several. A decision is 150 to
/// 350 bytes and an id at most 131, so 1 024 of both are half a MiB at most; beside them an epoch's runs, at most one of 24
/// bytes a record, are 1.5 MiB: together below the 4 MiB that the topic takes, and as a rule below the 1 MiB of a topic
/// with Kafka's own bound.
pub const JOURNAL_ITEMS_MAX: usize = 1 << 10;

/// Records of a partition that are read before the first of them folds, and rows touched together: about as many as a
/// core waits for at once.
pub const TOUCHED_MAX: usize = 16;

/// Elements of a list in an input record (bands of a handset, neighbours of a cell); 3GPP allows 256 neighbours
/// a frequency. Longer lists are `out_of_range`.
pub const LIST_MAX: usize = 1 << 10;

/// Longest time an HTTP request may take. A worker answers between two epochs, 0.2 s by default, a few seconds when a
/// commit is slow; a care agent does not wait longer.
pub const HTTP_REQUEST_MS_MAX: u64 = 5_000;

/// Longest time a client may take for a TLS handshake or for the head of a request: ten round trips of a second.
pub const HTTP_HEADERS_MS_MAX: u64 = 10_000;

/// Bytes of a request's head: a token, an id of 128 bytes and what proxies add fit in 4 KiB, four times over.
pub const HTTP_HEADERS_BYTES_MAX: usize = 16 << 10;

/// Headers of a request: proxies add some ten to a client's ten.
pub const HTTP_HEADERS_MAX: usize = 64;

/// Body of `POST /v1/customers/lookup`: an id of 128 bytes, each escaped as six, and its name.
pub const HTTP_BODY_BYTES_MAX: usize = 1 << 10;

/// Connections at a time; the next ones wait in the kernel's queue. At 16 KiB of head, and as much of TLS records,
/// some 8 MiB.
pub const HTTP_CONNECTIONS_MAX: usize = 256;

/// Cells in one area's count: a site of six sectors, five bands and two technologies has 60; homes near its edge
/// bring some of the sites around. The cells with the most degraded, then the most homes stay; the others count in
/// the area's totals only.
pub const CELLS_PER_AREA_MAX: usize = 128;

/// (Hexagon, cell) pairs in one area's count: a rural site of 5 km radius covers 750 hexagons of 0.105 km², those with
/// homes are some hundreds, each seen by one or two cells. At 60 bytes each a row stays near 32 KiB. The pairs with
/// the most degraded, then the most homes stay.
pub const HEXAGONS_PER_AREA_MAX: usize = 512;

/// Days whose sums an area keeps: the seven of a ticket's evidence and the one that begins.
pub const AREA_DAYS: usize = 8;

/// Linked tickets named in a ticket: a site has six neighbours on a hexagonal grid, and two to spare.
pub const LINKED_TICKETS_MAX: usize = 8;

/// Outcomes of an area that wait for its next judgement, a minute away at most: more than two per verdict and
/// minute is a loop somewhere; the oldest are kept, the others counted and dropped.
pub const OUTCOMES_PER_AREA_MAX: usize = 2 * VERDICTS_PER_AREA_MAX;

/// Changes of verdicts that a view remembers, so that lanes look only at the homes concerned: a storm that turns
/// 4 096 verdicts between two epochs makes them look at all homes once instead.
pub const VIEW_CHANGES_MAX: usize = 4_096;

/// Source fields that one mapping reads: our inputs have at most 23 fields, each with a fallback or a condition.
pub const MAPPING_SOURCES_MAX: usize = 64;
/// Changes of the inventory and the verdicts that are kept for workers to catch up with: 65 536 rows of 24 bytes and a
/// pointer are 3 MiB. A worker that is further behind copies the whole view.
pub const WORLD_CHANGES_MAX: usize = 1 << 16;

/// Unreadable rows of the inventory kept by an instance for the lane that tells the dead letters of them, should it come
/// here: some 20 000 of 800 bytes. Of more the oldest are counted and logged only.
pub const BAD_CELLS_BYTES_MAX: usize = 16 << 20;

/// Lanes of more customers do not journal their state's hash: it is a pass over all of them, 20 000 in about 10 ms.
pub const STATE_HASH_CUSTOMERS_MAX: u64 = 20_000;

/// Questions about customers that wait for one worker; 64 are answered between two epochs, so this is a second's worth.
pub const QUESTIONS_MAX: usize = 256;
