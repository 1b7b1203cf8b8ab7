//! What is to be done to the product, drawn from a seed before anything starts.

use serde_json::{Value, json};

use crate::dice::Dice;

/// Declares the faults with the words under which they are counted.
macro_rules! faults {
    ($($(#[$meta:meta])* $variant:ident = $text:literal),+ $(,)?) => {
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub(crate) enum Fault { $($(#[$meta])* $variant),+ }

        impl Fault {
            pub(crate) const ALL: &'static [Self] = &[$(Self::$variant),+];

            pub(crate) fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text),+ }
            }
        }
    };
}

faults! {
    /// SIGKILL at a random moment of work.
    KillAtWork = "kill_at_work",
    /// SIGKILL while lanes are made again.
    KillInRecovery = "kill_in_recovery",
    /// SIGKILL between outputs and offsets, between offsets and commit, between commit and memory of it.
    KillBeforeOffsets = "kill_before_offsets",
    KillBeforeCommit = "kill_before_commit",
    KillAfterCommit = "kill_after_commit",
    /// SIGKILL while a snapshot is being stored.
    KillInUpload = "kill_in_upload",
    /// All instances at once.
    KillAll = "kill_all",
    /// SIGSTOP for longer than the session, then SIGCONT; at work, and with a transaction open.
    Freeze = "freeze",
    FreezeBeforeCommit = "freeze_before_commit",
    /// SIGKILL of the broker; the same, and half a minute without one; an orderly restart; a stall.
    BrokerKilled = "broker_killed",
    BrokerAway = "broker_away",
    BrokerRestarted = "broker_restarted",
    BrokerStalled = "broker_stalled",
    /// Between the instances and the broker: late answers, connections that are reset, that stay open and carry
    /// nothing, for longer than the session at times, and whose end the broker hears of late.
    NetworkSlow = "network_slow",
    NetworkReset = "network_reset",
    NetworkHalfOpen = "network_half_open",
    NetworkSlowClose = "network_slow_close",
    /// One instance hears nothing of the broker, or the broker nothing of it, for longer than its session, from a moment
    /// on at which all of a transaction but its commit is sent: others may have its lanes when it asks what became of it.
    CutOffBeforeCommit = "cut_off_before_commit",
    /// SIGTERM and a start later; one more instance.
    Leave = "leave",
    Join = "join",
    /// A second process with the same `kafka.instance`.
    SameInstance = "same_instance",
    /// What is found damaged at the next life.
    SnapshotCut = "snapshot_cut",
    SnapshotFlipped = "snapshot_flipped",
    SnapshotNewer = "snapshot_newer",
    SnapshotOfOtherLane = "snapshot_of_other_lane",
    SnapshotOfOtherCluster = "snapshot_of_other_cluster",
    /// The store: gone at the next life; not to be written to; full; slow to write and to read.
    StoreVanished = "store_vanished",
    StoreUnwritable = "store_unwritable",
    StoreFull = "store_full",
    StoreSlow = "store_slow",
    /// In the input: 1 % bad; all bad for a while; records of 2 MB; times months ahead and behind; wrong partitions.
    PoisonOnePercent = "poison_one_percent",
    PoisonAll = "poison_all",
    LargeRecords = "large_records",
    ClockJumps = "clock_jumps",
    Misrouted = "misrouted",
    /// A partition says nothing for a while.
    SilentPartition = "silent_partition",
    /// CRM: customers are erased; consent is taken back.
    Erased = "erased",
    ConsentWithdrawn = "consent_withdrawn",
}

impl Fault {
    /// Whether it is put into the records before they are sent.
    pub(crate) fn is_input(self) -> bool {
        self >= Self::PoisonOnePercent
    }
}

/// Whether the areas are judged too. Without them the actions are those of the core alone, whatever happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Alone,
    Areas,
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct Step {
    pub(crate) slice: usize,
    pub(crate) fault: Fault,
    /// Which instance, taken modulo those that run.
    pub(crate) victim: usize,
    pub(crate) wait_ms: u64,
}

#[derive(Debug, Clone)]
pub(crate) struct Plan {
    pub(crate) seed: u64,
    pub(crate) kind: Kind,
    pub(crate) instances: usize,
    pub(crate) slices: usize,
    pub(crate) steps: Vec<Step>,
    pub(crate) production_times: bool,
}

/// What the command line fixes of a plan.
#[derive(Debug, Clone, Default)]
pub(crate) struct Wishes {
    pub(crate) instances: Option<usize>,
    pub(crate) only: Vec<Fault>,
    pub(crate) kind: Option<Kind>,
    pub(crate) steps: Option<usize>,
    pub(crate) production_times: bool,
}

pub(crate) const INSTANCES_MAX: usize = 3;

impl Plan {
    pub(crate) fn draw(seed: u64, wishes: &Wishes) -> Self {
        let mut dice = Dice(seed);
        // Three instances in every other round: most of what goes wrong goes wrong between instances.
        let instances = wishes.instances.unwrap_or([1, 2, 3, 3][dice.roll(4)]);
        let kind = wishes.kind.unwrap_or(if dice.roll(3) == 0 { Kind::Areas } else { Kind::Alone });
        let from = if wishes.only.is_empty() { Fault::ALL } else { &wishes.only };
        let worldly: Vec<Fault> = from.iter().copied().filter(|fault| !fault.is_input()).collect();
        let input: Vec<Fault> = from.iter().copied().filter(|fault| fault.is_input()).collect();
        let slices = wishes.steps.unwrap_or(7).max(1);
        let mut steps = Vec::new();
        for slice in 0..slices {
            let mut draw = |faults: &[Fault]| {
                if faults.is_empty() {
                    return;
                }
                let (fault, victim) = (*dice.pick(faults), dice.roll(60));
                steps.push(Step { slice, fault, victim, wait_ms: dice.roll(900) as u64 });
            };
            draw(&worldly);
            // The first slice holds the inventory and the customers.
            if slice > 0 {
                draw(&input);
            }
        }
        Self { seed, kind, instances, slices, steps, production_times: wishes.production_times }
    }

    pub(crate) fn json(&self) -> Value {
        let step = |s: &Step| json!([s.slice, s.fault.as_str(), s.victim, s.wait_ms]);
        json!({
            "seed": self.seed, "kind": format!("{:?}", self.kind).to_lowercase(), "instances": self.instances,
            "slices": self.slices, "production_times": self.production_times,
            "steps": self.steps.iter().map(step).collect::<Vec<_>>(),
        })
    }
}
