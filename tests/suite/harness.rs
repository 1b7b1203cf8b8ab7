//! The harness itself: a real broker that keeps its promises and does not outlive us.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use rdkafka::producer::{BaseProducer, BaseRecord, Producer as _};

use crate::support::broker::Broker;
use crate::support::records::{Read, Sent, committed, ends, produce, read_all, read_uncommitted, wait_consumed};
use crate::support::topics::Deployment;
use crate::support::{or_skip, wait_for};

const SECONDS_30: Duration = Duration::from_secs(30);

#[test]
fn what_an_aborted_transaction_wrote_is_hidden_from_a_committed_reader() {
    let broker = or_skip!(Broker::shared());
    let deployment = Deployment::new("abort", 2);
    deployment.create_topics(broker);
    let topic = deployment.topic("offers");
    let producer: BaseProducer = broker.client().set("transactional.id", &deployment.name).create().unwrap();
    producer.init_transactions(SECONDS_30).unwrap();
    for (value, commit) in [("kept", true), ("lost", false)] {
        producer.begin_transaction().unwrap();
        producer.send(BaseRecord::to(&topic).key("c").payload(value)).unwrap();
        producer.flush(SECONDS_30).unwrap();
        if commit {
            producer.commit_transaction(SECONDS_30).unwrap();
        } else {
            producer.abort_transaction(SECONDS_30).unwrap();
        }
    }
    let values =
        |read: Vec<Read>| read.into_iter().map(|r| String::from_utf8(r.value.unwrap()).unwrap()).collect::<Vec<_>>();
    assert_eq!(values(read_all(broker, &topic)), ["kept"]);
    assert_eq!(values(read_uncommitted(broker, &topic)), ["kept", "lost"]);
}

#[test]
fn records_go_where_their_key_hashes_and_are_read_back_in_order() {
    let broker = or_skip!(Broker::shared());
    let deployment = Deployment::new("order", 4);
    deployment.create_topics(broker);
    let topic = deployment.topic("probes");
    let sent = (0..200).map(|i| Sent::new(&format!("C{}", i % 20), i.to_string()));
    assert_eq!(produce(broker, &topic, sent.chain([Sent::tombstone("C0")])), 201);
    let read = read_all(broker, &topic);
    assert_eq!(read.len(), 201);
    assert_eq!(ends(broker, &topic).values().sum::<i64>(), 201);
    for one in &read {
        let key = one.key.as_deref().unwrap();
        let lane = homeqos::units::Partitioner::Murmur2.partition(key.as_bytes(), 4);
        assert_eq!(one.partition, i32::from(lane));
        let mine: Vec<_> = read.iter().filter(|r| r.key == one.key && r.value.is_some()).map(Read::json).collect();
        assert!(mine.windows(2).all(|w| w[0].as_u64() < w[1].as_u64()), "{key}: {mine:?}");
    }
    assert_eq!(read.iter().filter(|r| r.value.is_none()).count(), 1);
}

#[test]
fn a_killed_broker_comes_back_with_its_data() {
    let broker = or_skip!(Broker::start());
    let deployment = Deployment::new("again", 1);
    deployment.create_topics(&broker);
    let topic = deployment.topic("contacts");
    produce(&broker, &topic, [Sent::new("a", "1")]);
    broker.kill();
    broker.start_again();
    produce(&broker, &topic, [Sent::new("a", "2")]);
    broker.stop();
    broker.start_again();
    assert_eq!(read_all(&broker, &topic).len(), 2);
    assert!(committed(&broker, "nobody", &topic).is_empty());
    wait_consumed(&broker, "nobody", &[deployment.topic("probes")], SECONDS_30);
}

#[test]
fn a_broker_dies_with_its_test_process_and_its_folder_goes() {
    or_skip!(Broker::shared());
    let me = std::env::current_exe().unwrap();
    let mut child = Command::new(me)
        .args(["--exact", "harness::a_process_with_a_broker_that_is_killed", "--nocapture"])
        .env(CHILD, "1")
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::null())
        .spawn()
        .unwrap();
    let (pid, folder) = {
        use std::io::BufRead as _;
        let lines = std::io::BufReader::new(child.stdout.take().unwrap()).lines();
        let line = lines.map_while(Result::ok).find_map(|l| l.split("BROKER ").nth(1).map(str::to_owned));
        let line = line.expect("the child tells its broker");
        let (pid, folder) = line.split_once(' ').unwrap();
        (pid.to_owned(), folder.to_owned())
    };
    assert!(Path::new(&format!("/proc/{pid}")).exists() && Path::new(&folder).exists());
    child.kill().unwrap();
    child.wait().unwrap();
    wait_for("the broker to die", SECONDS_30, || gone(&pid).then_some(()));
    wait_for("the folder to go", SECONDS_30, || (!Path::new(&folder).exists()).then_some(()));
}

/// A killed process is gone, or waits as a zombie for whoever adopted it.
fn gone(pid: &str) -> bool {
    std::fs::read_to_string(format!("/proc/{pid}/stat")).map_or(true, |stat| stat.contains(") Z "))
}

/// Set for the child of the test above, which is killed; without it the child's test has nothing to do.
const CHILD: &str = "HOMEQOS_TEST_CHILD";

#[test]
fn a_process_with_a_broker_that_is_killed() {
    if std::env::var_os(CHILD).is_none() {
        return;
    }
    let broker = Broker::start().unwrap();
    let folder = crate::support::scratch::folder("told");
    println!("BROKER {} {}", broker.pid(), folder.parent().unwrap().display());
    loop {
        std::thread::park();
    }
}

#[test]
fn a_broker_is_stopped_when_its_test_panics() {
    let broker = or_skip!(Broker::start());
    let pid = broker.pid().to_string();
    let panicked = std::thread::spawn(move || {
        let _held = broker;
        panic!("on purpose");
    });
    assert!(panicked.join().is_err());
    assert!(gone(&pid), "broker {pid} lives");
}
