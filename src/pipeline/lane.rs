//! One lane: its state, its clock, and the two ways in. Pure.

use super::agenda::Agenda;
use super::census::Census;
use super::customer::Customer;
use super::customers::{Customers, Row};
use super::erased::Erased;
use super::policy::{Policy, World};
use super::report::{Fate, Report, Tape};
use super::snapshot::Cursor;
use crate::decide::Ledger;
use crate::home::CellTable;
use crate::ingest::Observation;
use crate::neighbourhood::AreaTable;
use crate::units::{CustomerId, Lane, Millis, Minute};

/// The customers of one partition number and all that is derived of them. It has one writer.
#[derive(Debug)]
pub struct LaneState {
    pub(super) lane: Lane,
    pub(super) lanes: u16,
    pub(super) customers: Customers,
    pub(super) cells: CellTable,
    pub(super) areas: AreaTable,
    pub(super) agenda: Agenda,
    pub(super) ledger: Ledger,
    pub(super) erased: Erased,
    pub(super) census: Census,
    /// The greatest event time, moved by ticks.
    pub(super) clock: Option<Millis>,
    /// The last minute of the grid that was reached; all before it are evaluated.
    pub(super) reached: Option<Minute>,
    /// What of the world was last looked at; not part of the state.
    pub(super) seen_inventory: u64,
    pub(super) seen_areas: u64,
    /// Restored, and not alive since.
    pub(super) is_resuming: bool,
    pub(super) cursor: Option<Cursor>,
}

/// What a step or tick reads and where its results go.
pub(super) struct Context<'a, 't> {
    pub world: &'a World,
    pub policy: &'a Policy,
    pub tape: &'a mut Tape<'t>,
    pub report: &'a mut Report,
}

impl LaneState {
    #[must_use]
    pub fn new(lane: Lane, lanes: u16, policy: &Policy) -> Self {
        Self::with_cells(lane, lanes, CellTable::new(&policy.home))
    }

    pub(super) fn with_cells(lane: Lane, lanes: u16, cells: CellTable) -> Self {
        Self {
            lane,
            lanes,
            customers: Customers::default(),
            cells,
            areas: AreaTable::default(),
            agenda: Agenda::default(),
            ledger: Ledger::default(),
            erased: Erased::default(),
            census: Census::default(),
            clock: None,
            reached: None,
            seen_inventory: 0,
            seen_areas: 0,
            is_resuming: false,
            cursor: None,
        }
    }

    /// Asks memory for the rows of customers whose records fold next, at most [`crate::limits::TOUCHED_MAX`] of them. It
    /// changes nothing.
    pub fn touch<'a>(&self, customers: impl Iterator<Item = &'a str>) {
        self.customers.touch(customers);
    }

    /// Folds one record. Minutes of the grid that its time crosses are evaluated before it.
    pub fn step(
        &mut self,
        observation: &Observation,
        world: &World,
        policy: &Policy,
        tape: &mut Tape<'_>,
        report: &mut Report,
    ) -> Fate {
        let mut context = Context { world, policy, tape, report };
        self.look_around(&context);
        if let Some(ts) = observation.ts() {
            self.advance(ts.minute(), &mut context);
            self.clock = self.clock.max(Some(ts));
        }
        self.fold(observation, &mut context)
    }

    /// Moves the lane's clock to `now`, if it is behind it, and evaluates what falls due.
    pub fn tick(&mut self, now: Millis, world: &World, policy: &Policy, tape: &mut Tape<'_>, report: &mut Report) {
        let mut context = Context { world, policy, tape, report };
        self.look_around(&context);
        self.advance(now.minute(), &mut context);
        self.clock = self.clock.max(Some(now));
    }

    /// Evaluates the minutes of the grid after the one reached, up to `to`. Minutes at which nothing can happen are
    /// passed over.
    fn advance(&mut self, to: Minute, context: &mut Context<'_, '_>) {
        let Some(mut at) = self.reached else {
            self.reached = Some(to);
            self.erased.expire(to);
            return;
        };
        while at < to {
            let timer = if self.agenda.has_dirty() { Some(at.plus(1)) } else { self.agenda.earliest() };
            let next = [timer, self.areas.due(at), context.tape.next_at()].into_iter().flatten().min();
            let Some(next) = next.map(|next| next.max(at.plus(1))).filter(|next| *next <= to) else { break };
            self.evaluate_minute(next, context);
            at = next;
        }
        self.reached = self.reached.max(Some(to));
    }

    /// Takes in what changed in the world since the last look. The world changes between epochs only.
    fn look_around(&mut self, context: &Context<'_, '_>) {
        if self.seen_inventory != context.world.cells.version() {
            self.seen_inventory = context.world.cells.version();
            self.cells.refresh(&context.world.cells);
        }
        // What verdicts did to a lane that is replayed is recorded; these are the verdicts of today.
        let is_live = context.tape.mode().is_some();
        if is_live && (self.is_resuming || self.seen_areas != context.world.areas.version()) {
            let since = std::mem::replace(&mut self.seen_areas, context.world.areas.version());
            if std::mem::take(&mut self.is_resuming) {
                self.mark_unseen(&context.world.areas);
            } else {
                self.mark_neighbours(since, &context.world.areas);
            }
        }
    }

    /// Tells the areas' counts that were published since the last call: an epoch holds each of them once, as it stands at
    /// the epoch's end.
    pub fn tell_counts(&mut self, report: &mut Report) {
        report.counts.extend(self.areas.tell(&self.cells, self.lane));
    }

    /// What is published by now was told by the epochs that are replayed.
    pub fn counts_were_told(&mut self) {
        self.areas.was_told();
    }

    /// Marks a row as changed, so that the next minute of the grid evaluates it.
    pub(super) fn mark(&mut self, row: Row) {
        let Some(track) = self.change(row).map(Customer::track_mut) else { return };
        if !track.dirty {
            track.dirty = true;
            self.agenda.mark(row);
        }
    }

    #[must_use]
    pub fn lane(&self) -> Lane {
        self.lane
    }

    /// The greatest event time folded, moved by ticks; `None` before the first.
    #[must_use]
    pub fn clock(&self) -> Option<Millis> {
        self.clock
    }

    /// The earliest minute at which a tick would do something; `None`: never, as things stand.
    #[must_use]
    pub fn next_due(&self) -> Option<Minute> {
        let changed = self.reached.filter(|_| self.agenda.has_dirty()).map(|reached| reached.plus(1));
        let counts = self.reached.and_then(|reached| self.areas.due(reached));
        [changed, counts, self.agenda.earliest()].into_iter().flatten().min()
    }

    #[must_use]
    pub fn census(&self) -> &Census {
        &self.census
    }

    /// All customers' ids, by row.
    pub fn customers(&self) -> impl Iterator<Item = &CustomerId> {
        self.customers.iter().map(|(_, customer)| &customer.id)
    }

    /// Those of whom CRM has told, by row.
    pub fn in_crm(&self) -> impl Iterator<Item = &CustomerId> {
        self.customers.iter().filter(|(_, customer)| customer.crm.is_some()).map(|(_, customer)| &customer.id)
    }

    /// Whether the lane keeps anything of this customer.
    #[must_use]
    pub fn knows(&self, customer: &str) -> bool {
        self.customers.find(customer).is_some()
    }

    /// The row of a customer, made if there is none.
    pub(super) fn row_of(&mut self, id: &CustomerId) -> Row {
        let (row, made) = self.customers.find_or_insert(id);
        if made {
            self.census.customers += 1;
            self.census.state_bytes += self.customers.get(row).map_or(0, Customer::counted_bytes);
        }
        row
    }

    /// The customer of a row that is about to change: a snapshot being written gets him first.
    pub(super) fn change(&mut self, row: Row) -> Option<&mut Customer> {
        if let Some(cursor) = &mut self.cursor {
            cursor.save(row, self.customers.get(row));
        }
        self.customers.get_mut(row)
    }
}
