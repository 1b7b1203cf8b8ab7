//! Apache Kafka in `KRaft` mode: one JVM, real transactions, real groups, real retention.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, OnceLock};
use std::time::Duration;

use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::producer::{BaseProducer, Producer as _};
use rdkafka::{ClientConfig, TopicPartitionList};

use super::children::Process;
use super::{ports, root, scratch, wait_for};

/// What every broker of the tests is told, beside its ports and its folder.
const SETTINGS: &str = "\
process.roles=broker,controller
node.id=1
controller.listener.names=CONTROLLER
listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT
offsets.topic.replication.factor=1
offsets.topic.num.partitions=5
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=5
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
group.initial.rebalance.delay.ms=0
group.min.session.timeout.ms=1000
auto.create.topics.enable=false
message.max.bytes=4194304
log.cleaner.dedupe.buffer.size=16777216
log.cleaner.backoff.ms=1000
transaction.abort.timed.out.transaction.cleanup.interval.ms=1000
";

/// One broker. Dropped: killed. A broker in a static dies with the process (`children`).
#[derive(Debug)]
pub(crate) struct Broker {
    folder: PathBuf,
    cluster: String,
    port: u16,
    controller: u16,
    /// Brokers of its cluster, itself among them, that must be there before it counts as started.
    of: usize,
    process: Mutex<Process>,
}

impl Broker {
    /// The broker that all tests of this process share; the error says why there can be none.
    pub(crate) fn shared() -> Result<&'static Self, String> {
        static SHARED: OnceLock<Result<Broker, String>> = OnceLock::new();
        SHARED.get_or_init(Self::start).as_ref().map_err(Clone::clone)
    }

    /// A broker of one's own, for tests that stop it or set it otherwise.
    pub(crate) fn start() -> Result<Self, String> {
        Self::start_with("")
    }

    /// As [`Self::start`], with further lines for `server.properties`; a later line wins. `{port}` and `{controller}`
    /// stand for the ports that were chosen.
    pub(crate) fn start_with(settings: &str) -> Result<Self, String> {
        jars()?;
        // Somebody else may take a port between its choice and its use: the JVM then ends, and we choose again.
        let mut last = String::new();
        for _ in 0..5 {
            match Self::attempt(settings) {
                Ok(broker) => return Ok(broker),
                Err(words) => last = words,
            }
        }
        panic!("Kafka does not start; its last words:\n{last}");
    }

    fn attempt(settings: &str) -> Result<Self, String> {
        let (port, controller) = (ports::free(), ports::free());
        let own = format!("listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}\n{settings}");
        Self::launched(cluster_id(), port, controller, 1, &own)
    }

    /// Another broker of this one's cluster, node 2: a second place for replicas. The topics that groups and transactions
    /// keep their state in are made first, so that they are all here.
    pub(crate) fn second(&self) -> Self {
        let mut config = self.client();
        let producer: BaseProducer = config.set("transactional.id", "first").create().expect("a producer");
        producer.init_transactions(Duration::from_mins(1)).expect("the topic of transactions");
        let consumer: BaseConsumer = config.set("group.id", "first").create().expect("a consumer");
        wait_for("the topic of groups", Duration::from_mins(1), || {
            consumer.committed_offsets(TopicPartitionList::new(), Duration::from_secs(5)).ok()
        });
        let port = ports::free();
        let own = format!("process.roles=broker\nnode.id=2\nlisteners=PLAINTEXT://127.0.0.1:{port}\n");
        Self::launched(self.cluster.clone(), port, self.controller, 2, &own).expect("a second broker")
    }

    fn launched(cluster: String, port: u16, controller: u16, of: usize, own: &str) -> Result<Self, String> {
        let folder = scratch::folder("kafka");
        let common = format!(
            "controller.quorum.voters=1@127.0.0.1:{controller}\nadvertised.listeners=PLAINTEXT://127.0.0.1:{port}\n\
             log.dirs={}\n",
            folder.join("data").display()
        );
        let own = own.replace("{port}", &port.to_string()).replace("{controller}", &controller.to_string());
        let properties = folder.join("server.properties");
        std::fs::write(&properties, format!("{SETTINGS}{common}{own}")).expect("server.properties");
        let format = Command::new("java")
            .args(["-XX:TieredStopAtLevel=1", "-cp", &class_path(), "kafka.tools.StorageTool", "format"])
            .args(["-t", &cluster, "-c"])
            .arg(&properties)
            .output()
            .map_err(|e| e.to_string())?;
        assert!(format.status.success(), "StorageTool: {}", String::from_utf8_lossy(&format.stderr));
        let process = Mutex::new(launch(&folder));
        let broker = Self { folder, cluster, port, controller, of, process };
        broker.ready()?;
        Ok(broker)
    }

    pub(crate) fn bootstrap(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    pub(crate) fn pid(&self) -> u32 {
        self.process.lock().expect("the broker").pid()
    }

    /// A client configuration that points here.
    pub(crate) fn client(&self) -> ClientConfig {
        let mut config = ClientConfig::new();
        config.set("bootstrap.servers", self.bootstrap()).set("reconnect.backoff.max.ms", "200");
        config
    }

    /// kill -9.
    pub(crate) fn kill(&self) {
        self.process.lock().expect("the broker").kill();
    }

    /// An orderly stop.
    pub(crate) fn stop(&self) {
        let mut process = self.process.lock().expect("the broker");
        process.signal("TERM");
        process.wait(Duration::from_mins(1));
    }

    /// Stalls it, as a machine that is out of memory stalls; [`Self::resume`] lets it go on.
    pub(crate) fn pause(&self) {
        self.process.lock().expect("the broker").signal("STOP");
    }

    pub(crate) fn resume(&self) {
        self.process.lock().expect("the broker").signal("CONT");
    }

    /// Starts it again on the same ports and data, and waits until it answers.
    pub(crate) fn start_again(&self) {
        *self.process.lock().expect("the broker") = launch(&self.folder);
        self.ready().expect("the broker starts again");
    }

    /// Asks for metadata until the broker gives it; an error when its process ends before.
    fn ready(&self) -> Result<(), String> {
        let client: BaseConsumer = self.client().create().map_err(|e| e.to_string())?;
        wait_for("Kafka's metadata", Duration::from_secs(90), || {
            let mut process = self.process.lock().expect("the broker");
            if process.ended().is_some() {
                return Some(Err(process.last_words()));
            }
            drop(process);
            let metadata = client.fetch_metadata(None, Duration::from_millis(500)).ok()?;
            (metadata.brokers().len() >= self.of).then_some(Ok(()))
        })
    }
}

fn launch(folder: &Path) -> Process {
    let args = ["-Xmx512m", "-XX:+UseSerialGC", "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn", "-cp"];
    let mut args: Vec<String> = args.map(str::to_owned).to_vec();
    args.extend([class_path(), "kafka.Kafka".to_owned(), folder.join("server.properties").display().to_string()]);
    Process::start(Path::new("java"), &args, folder, "kafka").expect("java starts")
}

/// Runs one of Kafka's own command line tools.
pub(crate) fn tool(class: &str, args: &[String]) -> std::process::Output {
    let quiet = ["-XX:TieredStopAtLevel=1", "-Dorg.slf4j.simpleLogger.defaultLogLevel=error", "-cp"];
    let mut java = Command::new("java");
    java.args(quiet).arg(class_path()).arg(class).args(args).output().expect("java starts")
}

fn class_path() -> String {
    format!("{}/*", root().join("target/kafka/libs").display())
}

/// Kafka wants 16 bytes in base64url; two brokers of one run must not be taken for the same cluster.
fn cluster_id() -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    format!("{:0>11}x{:0>9}A", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed))
}

/// The jars are there, or are fetched: `cargo test` alone must work too. The error is a skip's reason.
fn jars() -> Result<(), String> {
    let home = root().join("target/kafka");
    let (pom, stamp) = (root().join("tests/kafka/pom.xml"), home.join("pom.xml"));
    let same = || std::fs::read(&stamp).is_ok_and(|have| std::fs::read(&pom).is_ok_and(|want| want == have));
    let runs = |program: &str| Command::new(program).arg("-version").output().is_ok_and(|o| o.status.success());
    if !runs("java") {
        return Err("no Java on this machine".to_owned());
    }
    if same() {
        return Ok(());
    }
    let mut maven = Command::new("mvn");
    maven.args(["-q", "-B", "-f"]).arg(&pom).arg("dependency:copy-dependencies");
    maven.arg(format!("-DoutputDirectory={}", home.join("libs").display()));
    let fetched = maven.output().map_err(|_| "no Maven on this machine and no jars in target/kafka".to_owned())?;
    if !fetched.status.success() {
        return Err("Maven could not fetch Kafka's jars".to_owned());
    }
    std::fs::copy(&pom, &stamp).map_err(|e| e.to_string())?;
    Ok(())
}
