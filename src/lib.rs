//! homeqos: the quality of mobile service at each customer's home, and the act that follows.
//!
//! # Architecture
//!
//! ```text
//! network-probes, care-contacts, crm-customers, survey-responses, action-outcomes
//!    │                                                    (five inputs, keyed by customer, one partition = one lane)
//!    ▼
//!  ingest ─▶ home ─▶ qos ─▶ perception ─▶ decide ─▶ act ─┬─▶ cem.actions (offers)
//!  CUSTOMER STAGE              ▲                          └─▶ homeqos.area-counts ─▶ neighbourhood ─▶ cem.actions
//!                              │                                                     AREA STAGE       (tickets)
//!                              └──────────────── homeqos.areas (verdicts, read whole by every instance) ◀┘
//!  cells (inventory, read whole) ──▶ both stages            anything malformed ──▶ cem.dead-letters
//! ```
//!
//! The **functional core** is synchronous and pure: [`pipeline::LaneState::step`] folds one record,
//! [`pipeline::LaneState::tick`] lets time pass, [`neighbourhood::AreaLane`] judges areas. It knows no clock, no random
//! source, no log, no metric, no file and no Kafka. The **shell** ([`shell`]) does the worldly things: consumers,
//! transactions, snapshots, recovery, HTTP.
//!
//! | to find | open |
//! |---|---|
//! | what a record may look like, and why it is refused | [`ingest`] |
//! | where someone lives | [`home`] |
//! | how good the service is there | [`qos`] |
//! | whether it is felt, and what causes it | [`perception`] |
//! | whether it is the street, and the ticket's life | [`neighbourhood`] |
//! | which act, or why none | [`decide`] |
//! | the messages of `cem.actions` | [`act`] |
//! | how it all folds, minute by minute | [`pipeline`] |
//! | what can be configured | [`config`] |
//! | exactly-once, snapshots, recovery | [`shell`] |
//! | the commands | [`cli`] |
//! | the simulated town | [`sim`] |
//!
//! # Invariants
//!
//! 1. A lane has one writer; all inputs of a customer meet in his lane.
//! 2. State is a fold of the inputs; decisions are recorded in the journal and, on replay, applied, never taken again.
//! 3. Outputs, dead letters, the journal record and the input offsets of an epoch commit in one transaction.
//! 4. Where epochs are cut changes no action, no decision and no state (`tests/suite/cuts.rs`). An area's count is that of
//!    its epoch's end.
//! 5. A minute of the grid is evaluated before a record beyond it folds.
//! 6. Every record is accounted for: consumed = folded + rejected + late + duplicate + control + forwarded + erased.
//! 7. Every decision, made or held, carries its [`decide::Reason`].
//! 8. Everything that grows has a bound in [`limits`].
//! 9. What has a version says it: journal record, snapshot, counts and rows of areas.
//! 10. No customer's id in a log, a metric or a ticket.
//!
//! # Imports point one way
//!
//! `units, limits ← ingest ← home ← qos ← perception ← neighbourhood ← decide ← act ← pipeline ← config ← shell ← cli`;
//! `sim` uses `units`, `limits` and `ingest` only. `tests/suite/house` holds it.

#![forbid(unsafe_code)]

pub mod act;
pub mod cli;
pub mod config;
pub mod decide;
pub mod home;
pub mod ingest;
pub mod limits;
pub mod neighbourhood;
pub mod perception;
pub mod pipeline;
pub mod qos;
pub mod shell;
pub mod sim;
pub mod units;
