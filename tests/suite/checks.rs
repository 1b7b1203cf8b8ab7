//! Start-up checks on a real broker: each refusal with its sentence and its exit code.

use std::path::{Path, PathBuf};
use std::process::Output;
use std::time::Duration;

use homeqos::units::Partitioner;
use rdkafka::admin::{AdminClient, AdminOptions, AlterConfig, NewPartitions, ResourceSpecifier};
use rdkafka::client::DefaultClientContext;
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};

use crate::support::broker::{Broker, tool};
use crate::support::product::command;
use crate::support::records::{Sent, produce, read_all};
use crate::support::topics::Deployment;
use crate::support::{or_skip, ports, wait_for};

/// What a command said and how it ended.
struct Said {
    code: i32,
    out: String,
    err: String,
}

impl From<Output> for Said {
    fn from(output: Output) -> Self {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Self { code: output.status.code().unwrap_or(-1), out: text(&output.stdout), err: text(&output.stderr) }
    }
}

/// A deployment with its topics and the configuration of one instance.
fn deployment(broker: &Broker, name: &str) -> (Deployment, PathBuf) {
    let deployment = Deployment::new(name, 3);
    deployment.create_topics(broker);
    let config = deployment.config(broker, "one", ports::free(), "");
    (deployment, config)
}

fn check(config: &Path, more: &[&str]) -> Said {
    let config = config.to_str().unwrap();
    let folder = Path::new(config).parent().unwrap();
    command(&[&["check", "--config", config], more].concat(), folder).into()
}

/// Refused with this code, by a sentence with all of these words.
fn refused(said: &Said, code: i32, words: &[&str]) {
    assert_eq!(said.code, code, "{}{}", said.out, said.err);
    for word in words {
        assert!(said.err.contains(word), "`{word}` is not in: {}", said.err);
    }
}

fn run_async<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime").block_on(future)
}

fn admin(broker: &Broker) -> AdminClient<DefaultClientContext> {
    broker.client().create().expect("an admin client")
}

fn wait_for_partitions(broker: &Broker, topic: &str, partitions: usize) {
    let admin = admin(broker);
    wait_for("the partitions to be known", Duration::from_secs(20), || {
        let metadata = admin.inner().fetch_metadata(Some(topic), Duration::from_secs(5)).ok()?;
        (metadata.topics()[0].partitions().len() == partitions).then_some(())
    });
}

#[test]
fn topics_are_created_once_with_the_key_and_then_every_check_passes() {
    let broker = or_skip!(Broker::shared());
    let deployment = Deployment::new("create", 3);
    let config = deployment.config(broker, "one", ports::free(), "");
    std::fs::remove_file(deployment.folder.join("homeqos.key")).unwrap();
    let create = |more: &[&str]| -> Said {
        let args = [&["topics", "create", "--config", config.to_str().unwrap()], more].concat();
        command(&args, &deployment.folder).into()
    };
    let first = create(&["--partitions", "3", "--area-partitions", "2", "--replication-factor", "1"]);
    assert_eq!(first.code, 0, "{}", first.err);
    assert_eq!(first.out.matches("created").count(), 12, "{}", first.out);
    assert!(first.out.contains("identity key"), "{}", first.out);
    let key = std::fs::read_to_string(deployment.folder.join("homeqos.key")).unwrap();
    let second = create(&[]);
    assert_eq!((second.code, second.out.matches("exists").count()), (0, 12), "{}{}", second.out, second.err);
    assert!(!second.out.contains("differs"), "{}", second.out);
    assert_eq!(std::fs::read_to_string(deployment.folder.join("homeqos.key")).unwrap(), key);
    let said = check(&config, &[]);
    assert_eq!(said.code, 0, "{}{}", said.out, said.err);
    for words in ["3 lanes", "broker reached", "cleanup.policy", "is empty", "consumer group", "transactions as"] {
        assert!(said.out.contains(words), "`{words}` is not in: {}", said.out);
    }
    assert!(read_all(broker, &deployment.topic("journal")).is_empty());
}

#[test]
fn no_broker_a_missing_key_and_bad_configuration_are_refused_with_their_codes() {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("h.toml");
    std::fs::write(folder.path().join("homeqos.key"), "5a".repeat(32)).unwrap();
    let port = ports::free();
    let good = format!("[kafka]\nbrokers = \"127.0.0.1:{port}\"\nrequest_timeout_ms = 1000\n[http]\nlisten = \"\"\n");
    std::fs::write(&config, &good).unwrap();
    refused(&check(&config, &[]), 3, &["kafka.brokers", "no broker answered within 1000 ms", "refused"]);
    std::fs::write(&config, "[kafka]\nwrokers = 2\n").unwrap();
    refused(&check(&config, &[]), 2, &["h.toml, line 2", "kafka.wrokers", "`workers`"]);
    std::fs::write(&config, "[time]\nzone = \"Mars\"\n").unwrap();
    refused(&check(&config, &[]), 2, &["h.toml, line 2", "time.zone", "Mars"]);
    let properties = format!("{good}[kafka.properties]\n\"sekurity.protocol\" = \"SSL\"\n");
    std::fs::write(&config, properties).unwrap();
    refused(&check(&config, &[]), 2, &["kafka.properties", "sekurity.protocol"]);
    std::fs::write(&config, &good).unwrap();
    std::fs::remove_file(folder.path().join("homeqos.key")).unwrap();
    refused(&check(&config, &[]), 2, &["identity.key_file", "homeqos topics create"]);
}

#[test]
fn a_missing_topic_is_refused_by_its_name_and_unequal_partitions_by_their_numbers() {
    let broker = or_skip!(Broker::shared());
    let (deployment, config) = deployment(broker, "missing");
    let contacts = deployment.topic("contacts");
    let more = [NewPartitions::new(&contacts, 5)];
    run_async(admin(broker).create_partitions(&more, &AdminOptions::new())).unwrap();
    wait_for_partitions(broker, &contacts, 5);
    refused(&check(&config, &[]), 3, &["same number of partitions", "3 partitions:", "5 partitions:", &contacts]);
    let elsewhere = check(&config, &["--set", "topics.contacts=nowhere.contacts"]);
    refused(&elsewhere, 3, &["nowhere.contacts", "topics.contacts", "homeqos topics create"]);
    let areas = deployment.topic("areas");
    let more = [NewPartitions::new(&areas, 9)];
    run_async(admin(broker).create_partitions(&more, &AdminOptions::new())).unwrap();
    wait_for_partitions(broker, &areas, 9);
    let set = format!("topics.contacts={}", deployment.topic("dead_letters"));
    let other = format!("topics.dead_letters={contacts}");
    refused(&check(&config, &["--set", &set, "--set", &other]), 3, &["(4 partitions)", &areas, "(9)"]);
}

#[test]
fn keys_of_another_partitioner_are_refused_with_the_one_that_fits() {
    let broker = or_skip!(Broker::shared());
    let (deployment, config) = deployment(broker, "keys");
    let crc = |i: usize| {
        let key = format!("C{i:07}");
        let partition = Partitioner::Crc32.partition(key.as_bytes(), 3);
        Sent { partition: Some(i32::from(partition)), ..Sent::new(&key, "{}") }
    };
    produce(broker, &deployment.topic("probes"), (0..500).map(crc));
    refused(&check(&config, &[]), 2, &[&deployment.topic("probes"), "`kafka.partitioner` = \"crc32\""]);
    for fitting in ["crc32", "trust"] {
        let said = check(&config, &["--set", &format!("kafka.partitioner={fitting}")]);
        assert_eq!(said.code, 0, "{fitting}: {}{}", said.out, said.err);
    }
    // Only the newest thousand count: a producer that was put right is believed.
    let mended = (0..1_200).map(|i| Sent::new(&format!("C{i:07}"), "{}"));
    produce(broker, &deployment.topic("probes"), mended);
    let said = check(&config, &[]);
    assert_eq!(said.code, 0, "{}{}", said.out, said.err);
}

#[test]
fn a_taken_port_is_refused_and_a_wrong_cleanup_policy_warns() {
    let broker = or_skip!(Broker::shared());
    let (deployment, config) = deployment(broker, "port");
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let listen = format!("http.listen={}", taken.local_addr().unwrap());
    refused(&check(&config, &["--set", &listen]), 2, &["http.listen", "is taken by another process"]);
    let crm = deployment.topic("crm");
    let change = [AlterConfig::new(ResourceSpecifier::Topic(&crm)).set("cleanup.policy", "delete")];
    let changed = run_async(admin(broker).alter_configs(&change, &AdminOptions::new())).unwrap();
    assert!(changed.iter().all(Result::is_ok), "{changed:?}");
    // The broker learns of a changed setting a moment later.
    let warning = wait_for("the warning", Duration::from_secs(20), || {
        let said = check(&config, &[]);
        assert_eq!(said.code, 0, "{}{}", said.out, said.err);
        said.out.lines().find(|line| line.starts_with("warning")).map(str::to_owned)
    });
    assert!(warning.contains(&crm) && warning.contains("needs compact"), "{warning}");
}

#[test]
fn an_unreadable_snapshot_warns_while_the_journal_reaches_back_and_is_refused_when_it_does_not() {
    let broker = or_skip!(Broker::shared());
    let (deployment, config) = deployment(broker, "snapshot");
    let folder = deployment.folder.join(format!("state/{}/lane-00001", deployment.name));
    std::fs::create_dir_all(&folder).unwrap();
    let snapshot = folder.join(format!("{:020}.snap", 7));
    std::fs::write(&snapshot, b"homeqos\x1a\x09\x00 of a later release").unwrap();
    let said = check(&config, &[]);
    assert_eq!(said.code, 0, "{}{}", said.out, said.err);
    assert!(said.out.contains("warning") && said.out.contains("format 9"), "{}", said.out);
    assert!(said.out.contains("the journal is replayed whole"), "{}", said.out);
    let journal = deployment.topic("journal");
    produce(broker, &journal, (0..3).map(|i| Sent { partition: Some(1), ..Sent::new("1", format!("{i}")) }));
    let mut before = TopicPartitionList::new();
    before.add_partition_offset(&journal, 1, Offset::Offset(2)).unwrap();
    run_async(admin(broker).delete_records(&before, &AdminOptions::new())).unwrap();
    refused(&check(&config, &[]), 4, &["lane 1", "format 9", "journal no longer reaches back"]);
}

/// A broker that knows users and asks what they may do; everybody without a password is the administrator.
const WITH_RIGHTS: &str = "\
authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer
super.users=User:ANONYMOUS
listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,USERS:SASL_PLAINTEXT
listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller},USERS://127.0.0.1:@USERS@
advertised.listeners=PLAINTEXT://127.0.0.1:{port},USERS://127.0.0.1:@USERS@
sasl.enabled.mechanisms=PLAIN
listener.name.users.sasl.enabled.mechanisms=PLAIN
listener.name.users.plain.sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required \
user_homeqos=\"secret\";
";

#[test]
fn the_rights_that_are_printed_are_enough_and_without_them_the_refusal_names_what_is_missing() {
    let users = ports::free();
    let broker = or_skip!(Broker::start_with(&WITH_RIGHTS.replace("@USERS@", &users.to_string())));
    let deployment = Deployment::new("rights", 2);
    deployment.create_topics(&broker);
    std::fs::write(deployment.folder.join("password"), "secret\n").unwrap();
    let secured = format!(
        "[kafka]\nbrokers = \"127.0.0.1:{users}\"\nrequest_timeout_ms = 4000\n[kafka.properties]\n\"security.protocol\" = \"SASL_PLAINTEXT\"\n\
         \"sasl.mechanisms\" = \"PLAIN\"\n\"sasl.username\" = \"homeqos\"\n[kafka.secret_files]\n\"sasl.password\" = {:?}\n",
        deployment.folder.join("password").display().to_string()
    );
    let config = deployment.config(&broker, "one", ports::free(), &secured);
    refused(&check(&config, &[]), 3, &[&deployment.topic("probes"), "access is denied", "--print-acls"]);
    let printed = check(&config, &["--print-acls"]);
    assert_eq!(printed.code, 0, "{}", printed.err);
    let lines: Vec<&str> = printed.out.lines().filter(|line| line.starts_with("kafka-acls.sh")).collect();
    assert_eq!(lines.len(), 5, "{}", printed.out);
    let last = |line: &&&str| line.contains("--group") || line.contains("--transactional-id");
    std::thread::scope(|scope| {
        for line in lines.iter().filter(|line| !last(line)) {
            let arguments = acl_arguments(line, &broker);
            scope.spawn(move || apply(&arguments));
        }
    });
    refused(&check(&config, &[]), 3, &["consumer group", "transactions as", "access is denied"]);
    for line in lines.iter().filter(last) {
        apply(&acl_arguments(line, &broker));
    }
    let said = check(&config, &[]);
    assert_eq!(said.code, 0, "{}{}", said.out, said.err);
    assert!(said.out.contains("every topic is kept as it must be"), "{}", said.out);
}

/// The printed command, as the administrator of this broker gives it.
fn acl_arguments(line: &str, broker: &Broker) -> Vec<String> {
    let mut words = line.split_whitespace().skip(1);
    let mut arguments = Vec::new();
    while let Some(word) = words.next() {
        match word {
            "--bootstrap-server" => {
                words.next();
                arguments.extend(["--bootstrap-server".to_owned(), broker.bootstrap()]);
            }
            "--command-config" => drop(words.next()),
            other => arguments.push(other.to_owned()),
        }
    }
    arguments
}

fn apply(arguments: &[String]) {
    let output = tool("org.apache.kafka.tools.AclCommand", arguments);
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
}
