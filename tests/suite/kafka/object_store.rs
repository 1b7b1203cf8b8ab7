//! Snapshots in an object store: a real S3 server, two machines that share it, and the server away.

use std::path::PathBuf;
use std::time::Duration;

use super::end_to_end::alone;
use crate::support::broker::Broker;
use crate::support::children::Process;
use crate::support::product::Product;
use crate::support::records::{Sent, produce, wait_consumed};
use crate::support::topics::Deployment;
use crate::support::town::keyed_topics;
use crate::support::{built, or_skip, ports, scratch, skip, wait_for};

const LIMIT: Duration = Duration::from_mins(2);
const ACCESS: (&str, &str) = ("homeqos-tests", "not-a-secret");

/// An S3 server with one bucket, `snapshots`. Dropped: killed.
struct S3 {
    process: Process,
    port: u16,
    bucket: PathBuf,
}

impl S3 {
    /// The error says why there can be none.
    fn start() -> Result<Self, String> {
        if !cfg!(feature = "s3") {
            return Err("built without the feature s3".to_owned());
        }
        let (folder, port) = (scratch::folder("s3"), ports::free());
        let bucket = folder.join("buckets/snapshots");
        std::fs::create_dir_all(&bucket).map_err(|error| error.to_string())?;
        let args = ["--access-key", ACCESS.0, "--secret-key", ACCESS.1, "--host", "127.0.0.1", "--port"];
        let mut args: Vec<String> = args.map(str::to_owned).to_vec();
        args.extend([port.to_string(), folder.join("buckets").display().to_string()]);
        let program = built("bin/s3s-fs", "s3s-fs");
        let mut process = Process::start(&program, &args, &folder, "s3").map_err(|error| error.to_string())?;
        wait_for("the S3 server", LIMIT, || {
            if process.ended().is_some() {
                return Some(Err(format!("no s3s-fs here: {}", process.last_words())));
            }
            std::net::TcpStream::connect(("127.0.0.1", port)).ok().map(|_| Ok(()))
        })?;
        Ok(Self { process, port, bucket })
    }

    /// The snapshots of all lanes.
    fn snapshots(&self, deployment: &Deployment) -> Vec<PathBuf> {
        let lanes = std::fs::read_dir(self.bucket.join("state").join(&deployment.name)).into_iter().flatten().flatten();
        let files = lanes.flat_map(|lane| std::fs::read_dir(lane.path()).into_iter().flatten().flatten());
        files.map(|file| file.path()).filter(|path| path.extension().is_some_and(|e| e == "snap")).collect()
    }

    fn run(&self, broker: &Broker, deployment: &Deployment, instance: &str, more: &str) -> Product {
        let port = ports::free();
        // One worker: with two the group deals the lanes anew a second later, and one that is just being restored has no
        // snapshot to write when the instance is told to stop.
        let alone = alone(1);
        let store = format!("{alone}{more}[state]\nstore = \"s3://snapshots/state\"\nsnapshot_seconds = 1\n");
        let config = deployment.config(broker, instance, port, &store);
        let endpoint = format!("http://127.0.0.1:{}", self.port);
        let environment = [
            ("AWS_ENDPOINT", endpoint.as_str()),
            ("AWS_ALLOW_HTTP", "true"),
            ("AWS_REGION", "us-east-1"),
            ("AWS_ACCESS_KEY_ID", ACCESS.0),
            ("AWS_SECRET_ACCESS_KEY", ACCESS.1),
        ];
        let args = ["run", "--config", config.to_str().unwrap()];
        Product::start_with(&args, &environment, port, &deployment.folder, instance)
    }
}

fn probes(from: usize, count: usize) -> impl Iterator<Item = Sent> {
    (from..from + count).map(|n| {
        let key = format!("C{:05}", n % 400);
        let (day, minute, second) = (1 + n / 4_000, n / 60 % 60, n % 60);
        let value = format!(
            r#"{{"customer_id":"{key}","ts":"2026-10-{day:02}T21:{minute:02}:{second:02}Z","cell_id":"208-01-4203265",
                "rat":"lte","kind":"measurement","rsrp_dbm":-98.5,"event_id":"{n}"}}"#
        );
        Sent::new(&key, value)
    })
}

#[test]
fn a_lane_is_restored_by_another_machine_from_s3_and_goes_on_while_the_store_is_away() {
    const EACH: usize = 20_000;
    let mut s3 = match S3::start() {
        Ok(s3) => s3,
        Err(reason) => skip!("{reason}"),
    };
    let broker = or_skip!(Broker::shared());
    let deployment = Deployment::new("s3", 2);
    deployment.create_topics(broker);
    let consumed = || wait_consumed(broker, &deployment.name, &keyed_topics(&deployment), LIMIT);
    let topic = deployment.topic("probes");

    produce(broker, &topic, probes(0, EACH));
    let mut first = s3.run(broker, &deployment, "first", "");
    consumed();
    assert!(first.terminate().success(), "{}", first.stderr());
    let written = s3.snapshots(&deployment);
    assert!(
        (2..=4).contains(&written.len()),
        "two lanes, two snapshots of each at most: {written:?}; {}",
        first.stderr()
    );

    // Another machine: nothing of the first one's folder is known to it.
    let mut second = s3.run(broker, &deployment, "second", "");
    second.ready(LIMIT);
    let said = second.stderr();
    assert_eq!(said.matches("lane restored").count(), 2, "{said}");
    // The epoch that announces a snapshot comes after it, and no other.
    let short = said.matches("epochs=0 ").count() + said.matches("epochs=1 ").count();
    assert!(short == 2 && !said.contains("passed over"), "the journal was replayed instead of the snapshots: {said}");
    wait_for("its customers", LIMIT, || (second.metric("homeqos_customers")? > 399.5).then_some(()));

    s3.process.kill();
    produce(broker, &topic, probes(EACH, EACH));
    consumed();
    let failed = r#"homeqos_snapshots_total{result="failed"}"#;
    wait_for("a snapshot to fail", LIMIT, || (second.metric(failed)? > 0.0).then_some(()));
    assert!(second.ended().is_none(), "{}", second.stderr());
    second.kill();

    // Without its store an instance does not start: it says which and why.
    let mut third = s3.run(broker, &deployment, "third", "");
    let status = third.wait(LIMIT);
    assert!(!status.success() && third.stderr().contains("the snapshot store cannot be written"), "{}", third.stderr());
}
