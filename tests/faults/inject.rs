//! Doing one fault to the fleet; each answers whether it was really done.

use std::path::PathBuf;
use std::time::Duration;

use homeqos::shell::snapshot_file::{self, Header};

use crate::dice::Dice;
use crate::disk::{self, Ill};
use crate::fleet::Fleet;
use crate::network::Toxic;
use crate::plan::{Fault, Plan, Step};
use crate::support::{now, ports};

const PATIENCE: Duration = Duration::from_secs(20);

fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

/// Does the step's fault; `true` if it took place, not only was tried.
pub(crate) fn inject(fleet: &mut Fleet<'_>, plan: &Plan, step: &Step) -> bool {
    let running = fleet.running();
    let at = running[step.victim % running.len()];
    let mut dice = Dice(plan.seed ^ (step.slice as u64) << 32);
    match step.fault {
        Fault::KillAtWork => kill_at_work(fleet, at, step.wait_ms),
        Fault::KillInRecovery => kill_in_recovery(fleet, at, step.wait_ms),
        Fault::KillBeforeOffsets => kill_at_point(fleet, at, "before_offsets"),
        Fault::KillBeforeCommit => kill_at_point(fleet, at, "before_commit"),
        Fault::KillAfterCommit => kill_at_point(fleet, at, "after_commit"),
        Fault::KillInUpload => kill_at_point(fleet, at, "upload"),
        Fault::KillAll => {
            std::thread::sleep(ms(step.wait_ms));
            for at in &running {
                fleet.kill(*at);
            }
            for at in &running {
                fleet.start(*at);
            }
            true
        }
        Fault::Freeze => {
            std::thread::sleep(ms(step.wait_ms));
            freeze(fleet, plan, at)
        }
        Fault::FreezeBeforeCommit => reaches(fleet, at, "before_commit") && freeze(fleet, plan, at),
        Fault::BrokerKilled => broker_killed(fleet, step.wait_ms, ms(step.wait_ms * 3)),
        Fault::BrokerAway => broker_killed(fleet, step.wait_ms, Duration::from_secs(30)),
        Fault::BrokerRestarted => {
            std::thread::sleep(ms(step.wait_ms));
            fleet.broker.stop();
            fleet.broker.start_again();
            true
        }
        Fault::BrokerStalled => {
            fleet.broker.pause();
            std::thread::sleep(ms(1_000 + step.wait_ms * 6));
            fleet.broker.resume();
            true
        }
        Fault::CutOffBeforeCommit => cut_off(fleet, plan, at, step.victim),
        Fault::NetworkSlow => network(fleet, Toxic::SLOW, 2_000 + step.wait_ms * 4),
        Fault::NetworkReset => network(fleet, Toxic::RESET, step.wait_ms),
        Fault::NetworkHalfOpen => network(fleet, Toxic::half_open(step.victim), 1_500 + step.wait_ms * 6),
        Fault::NetworkSlowClose => network_slow_close(fleet, at, step.wait_ms),
        Fault::Leave => leave(fleet, at, step.wait_ms),
        Fault::Join => join(fleet),
        Fault::SameInstance => same_instance(fleet, at),
        Fault::StoreVanished => {
            fleet.kill(at);
            let gone = store(fleet).with_extension(format!("gone-{}", step.slice));
            let moved = std::fs::rename(store(fleet), gone).is_ok();
            fleet.start(at);
            moved
        }
        Fault::StoreUnwritable => store_unwritable(fleet),
        Fault::StoreFull => store_full(fleet),
        Fault::StoreSlow => store_slow(fleet, at),
        Fault::SnapshotOfOtherCluster => {
            let refused = |fleet: &Fleet<'_>| fleet.log(at).contains("passed over: it is of another cluster");
            finds_damage(fleet, at, step.fault, &mut dice) && fleet.until(PATIENCE, refused)
        }
        fault => finds_damage(fleet, at, fault, &mut dice),
    }
}

/// The newest snapshots are damaged between two lives of an instance.
fn finds_damage(fleet: &mut Fleet<'_>, at: usize, fault: Fault, dice: &mut Dice) -> bool {
    fleet.kill(at);
    let done = damage(fleet, fault, dice);
    fleet.start(at);
    done
}

fn broker_killed(fleet: &Fleet<'_>, wait_ms: u64, away: Duration) -> bool {
    std::thread::sleep(ms(wait_ms));
    fleet.broker.kill();
    std::thread::sleep(away);
    fleet.broker.start_again();
    true
}

fn store(fleet: &Fleet<'_>) -> PathBuf {
    fleet.deployment.folder.join("state")
}

fn kill_at_work(fleet: &mut Fleet<'_>, at: usize, wait_ms: u64) -> bool {
    let working = fleet.until(PATIENCE, |fleet| fleet.told(at).contains("running"));
    std::thread::sleep(ms(wait_ms));
    fleet.kill(at);
    fleet.start(at);
    working
}

/// Kills, and kills again as soon as lanes are being made again.
fn kill_in_recovery(fleet: &mut Fleet<'_>, at: usize, wait_ms: u64) -> bool {
    fleet.kill(at);
    fleet.start(at);
    fleet.until(PATIENCE, |fleet| fleet.told(at).contains("running") || fleet.told(at).contains("restoring"));
    std::thread::sleep(ms(wait_ms / 10));
    let restoring = fleet.told(at).contains("restoring");
    fleet.kill(at);
    fleet.start(at);
    restoring
}

/// Waits until the instance waits at a fail point, as its log says just before.
fn reaches(fleet: &mut Fleet<'_>, at: usize, point: &str) -> bool {
    let line = format!("fail point {point} ");
    let before = fleet.log(at).matches(&line).count();
    let end = now() + Duration::from_secs(12);
    while now() < end {
        if fleet.log(at).matches(&line).count() > before {
            return true;
        }
        std::thread::sleep(ms(2));
    }
    false
}

fn kill_at_point(fleet: &mut Fleet<'_>, at: usize, point: &str) -> bool {
    let there = reaches(fleet, at, point);
    fleet.kill(at);
    fleet.start(at);
    there
}

/// Stops a process for longer than its session, so that the group goes on without it, and lets it find out.
fn freeze(fleet: &mut Fleet<'_>, plan: &Plan, at: usize) -> bool {
    finds_out(fleet, at, |fleet| {
        let Some(product) = &fleet.slots[at].product else { return };
        product.signal("STOP");
        fleet.slots[at].frozen = true;
        std::thread::sleep(longer_than_the_session(plan));
        if let Some(product) = &fleet.slots[at].product {
            product.signal("CONT");
        }
        fleet.slots[at].frozen = false;
    })
}

/// Nothing passes between one instance and the broker for longer than its session: from the instance, or, of an odd
/// `draw`, to it. The last to be cut off is the commit of a transaction.
fn cut_off(fleet: &mut Fleet<'_>, plan: &Plan, at: usize, draw: usize) -> bool {
    let Some(network) = fleet.network else { return false };
    let there = reaches(fleet, at, "before_commit");
    let cut = || std::thread::sleep(longer_than_the_session(plan));
    there && finds_out(fleet, at, |_| network.suffer_at(at..at + 1, Toxic::half_open(draw), cut))
}

fn longer_than_the_session(plan: &Plan) -> Duration {
    ms(if plan.production_times { 47_000 } else { 5_500 })
}

/// Takes an instance from the group for longer than its session, and waits until it has found out; `true` if it had lanes.
/// One that had just given its lanes up, since the group was dealing them anew, finds out by being dealt some.
fn finds_out<'a>(fleet: &mut Fleet<'a>, at: usize, away: impl FnOnce(&mut Fleet<'a>)) -> bool {
    let said = |fleet: &Fleet<'_>| {
        let log = fleet.log(at);
        ["lanes revoked", "lanes assigned"].map(|words| log.matches(words).count())
    };
    let ([revoked, assigned], lives) = (said(fleet), fleet.exits.len());
    let lanes = fleet.told(at).contains("\"lane\"");
    away(fleet);
    let noticed = |[revoked_now, assigned_now]: [usize; 2]| {
        revoked_now > revoked || (revoked >= assigned && assigned_now > assigned)
    };
    let found_out = fleet.until(PATIENCE * 2, |fleet| noticed(said(fleet)) || fleet.exits.len() > lives);
    assert!(found_out || !lanes, "instance {at} was away beyond its session and never noticed:\n{}", fleet.log(at));
    lanes
}

/// The network misbehaves for a while, for all instances.
fn network(fleet: &Fleet<'_>, toxic: Toxic, for_ms: u64) -> bool {
    let Some(network) = fleet.network else { return false };
    network.suffer(toxic, || std::thread::sleep(ms(for_ms)));
    true
}

/// An instance is killed, and its successor is there before the broker hears that the connections of the first are gone.
fn network_slow_close(fleet: &mut Fleet<'_>, at: usize, wait_ms: u64) -> bool {
    let Some(network) = fleet.network else { return false };
    network.suffer(Toxic::SLOW_CLOSE, || kill_at_work(fleet, at, wait_ms))
}

fn leave(fleet: &mut Fleet<'_>, at: usize, wait_ms: u64) -> bool {
    if fleet.slots[at].product.as_mut().is_some_and(|product| product.ended().is_some()) {
        fleet.tend();
        return false;
    }
    fleet.stop(at);
    // A static member keeps its lanes until its session ends: longer than that in some, shorter in others.
    std::thread::sleep(ms(wait_ms * 6));
    fleet.start(at);
    true
}

fn join(fleet: &mut Fleet<'_>) -> bool {
    let free = (0..fleet.slots.len()).find(|at| fleet.slots[*at].product.is_none());
    if let Some(at) = free {
        fleet.start(at);
        fleet.until(PATIENCE, |fleet| fleet.told(at).contains("\"lane\""));
    }
    free.is_some()
}

/// A second process under the same name: one of the two must end with 5 and say why, the other goes on.
fn same_instance(fleet: &mut Fleet<'_>, at: usize) -> bool {
    if !fleet.until(PATIENCE, |fleet| fleet.told(at).contains("running")) {
        return false;
    }
    let port = ports::free();
    let text = std::fs::read_to_string(&fleet.slots[at].path).expect("our own file");
    let path = fleet.slots[at].path.with_extension("twin.toml");
    std::fs::write(&path, text.replace(&format!(":{}", fleet.slots[at].port), &format!(":{port}"))).expect("a file");
    let life = fleet.exits.len() + 1;
    let (mut twin, log) = fleet.launch(&path, port, &format!("twin{at}"), life);
    let end = now() + PATIENCE * 2;
    let mut first = fleet.slots[at].product.take().expect("it runs");
    let fenced = loop {
        if let Some(status) = first.ended() {
            break Some((status, first.stderr(), true));
        }
        if let Some(status) = twin.ended() {
            break Some((status, twin.stderr(), false));
        }
        if now() > end {
            break None;
        }
        std::thread::sleep(ms(20));
    };
    let Some((status, said, first_ended)) = fenced else {
        panic!("two processes are one instance, and neither ends:\n{}\n---\n{}", first.stderr(), twin.stderr());
    };
    let sentence = said.contains("another process has joined the group with the same kafka.instance");
    assert!(status.code() == Some(5) && sentence, "the fenced one ended with {status:?} and said:\n{said}");
    let slot = &mut fleet.slots[at];
    if first_ended {
        (slot.path, slot.port, slot.log) = (path, port, log);
        slot.product = Some(twin);
    } else {
        slot.product = Some(first);
    }
    true
}

/// Plain files where the lanes' folders are: nothing can be written or listed there for a while.
fn store_unwritable(fleet: &mut Fleet<'_>) -> bool {
    let group = store(fleet).join(&fleet.deployment.name);
    let folders: Vec<PathBuf> = std::fs::read_dir(&group)
        .map(|all| all.filter_map(Result::ok).map(|e| e.path()).filter(|path| path.is_dir()).collect())
        .unwrap_or_default();
    for folder in &folders {
        let _ = std::fs::rename(folder, folder.with_extension("aside"));
        let _ = std::fs::write(folder, b"not a folder");
    }
    std::thread::sleep(Duration::from_secs(4));
    for folder in &folders {
        let _ = std::fs::remove_file(folder);
        let _ = std::fs::rename(folder.with_extension("aside"), folder);
    }
    !folders.is_empty()
}

/// No byte can be written to the store until somebody has tried to.
fn store_full(fleet: &mut Fleet<'_>) -> bool {
    let folder = fleet.deployment.folder.clone();
    let failed = |fleet: &Fleet<'_>| -> usize {
        fleet.running().iter().map(|at| fleet.log(*at).matches("snapshot failed").count()).sum()
    };
    // Who starts meanwhile says that nothing can be written and ends, as it should: it is started again when there is room.
    fleet.until(PATIENCE, |fleet| fleet.running().iter().all(|at| fleet.told(*at).contains("\"lane\"")));
    let (before, lives) = (failed(fleet), fleet.exits.len());
    disk::fall(&folder, Ill::Full);
    fleet.until(PATIENCE, |fleet| failed(fleet) > before || fleet.exits.len() > lives);
    disk::recover(&folder) && failed(fleet) > before
}

/// Every byte to and from the store takes its time, while an instance that writes a snapshot is killed and restored.
fn store_slow(fleet: &mut Fleet<'_>, at: usize) -> bool {
    let folder = fleet.deployment.folder.clone();
    disk::fall(&folder, Ill::Slow);
    fleet.until(PATIENCE / 2, |_| disk::is_met(&folder));
    fleet.kill(at);
    fleet.start(at);
    fleet.until(PATIENCE, |fleet| fleet.told(at).contains("running"));
    disk::recover(&folder)
}

/// Snapshots by lane, newest first.
fn snapshots(fleet: &Fleet<'_>) -> Vec<Vec<PathBuf>> {
    let group = store(fleet).join(&fleet.deployment.name);
    let list = |folder: &PathBuf| -> Vec<PathBuf> {
        let all = std::fs::read_dir(folder).map(|all| all.filter_map(Result::ok).map(|e| e.path()).collect());
        let mut all: Vec<PathBuf> = all.unwrap_or_default();
        all.retain(|path| path.extension().is_some_and(|end| end == "snap"));
        all.sort_unstable_by(|a, b| b.cmp(a));
        all
    };
    let mut lanes: Vec<PathBuf> = std::fs::read_dir(group)
        .map(|all| all.filter_map(Result::ok).map(|e| e.path()).filter(|path| path.is_dir()).collect())
        .unwrap_or_default();
    lanes.sort_unstable();
    lanes.iter().map(list).filter(|found| !found.is_empty()).collect()
}

/// A sound file of a lane like ours elsewhere: who takes it for ours takes another's customers with it.
fn of_another_cluster(header: Header, payload: &[u8]) -> Vec<u8> {
    let (header, mut out) = (Header { cluster: "another".to_owned(), ..header }, Vec::new());
    let mut writer = snapshot_file::Writer::begin(&header, &mut out);
    writer.chunk(payload, &mut out);
    let _ = writer.finish(&mut out);
    out
}

/// Damages the newest snapshot of every lane, as disks, copies and downgrades do.
fn damage(fleet: &Fleet<'_>, fault: Fault, dice: &mut Dice) -> bool {
    let found = snapshots(fleet);
    let newest: Vec<Vec<u8>> = found.iter().map(|lane| std::fs::read(&lane[0]).unwrap_or_default()).collect();
    for (n, lane) in found.iter().enumerate() {
        let mut bytes = newest[n].clone();
        if bytes.len() < 64 {
            continue;
        }
        match fault {
            Fault::SnapshotCut => bytes.truncate(dice.roll(bytes.len())),
            Fault::SnapshotFlipped => {
                let at = dice.roll(bytes.len());
                bytes[at] ^= 1 << dice.roll(8);
            }
            Fault::SnapshotNewer => bytes[8] = 9,
            Fault::SnapshotOfOtherCluster => {
                let neighbours = snapshot_file::read(&newest[(n + 1) % newest.len()]);
                let (Ok((header, _)), Ok((_, payload))) = (snapshot_file::read(&bytes), neighbours) else { continue };
                bytes = of_another_cluster(header, &payload);
            }
            _ => bytes.clone_from(&newest[(n + 1) % newest.len()]),
        }
        std::fs::write(&lane[0], bytes).expect("a snapshot can be written over");
    }
    found.len() > usize::from(fault == Fault::SnapshotOfOtherLane)
}
