//! TLS and SASL/SCRAM to a real broker, by configuration; and secrets that are told to nobody.

use std::path::Path;
use std::process::{Command, Output};
use std::time::Duration;

use crate::support::broker::{Broker, tool};
use crate::support::product::{Product, command};
use crate::support::records::{Sent, produce, read_all};
use crate::support::topics::Deployment;
use crate::support::{or_skip, ports, scratch, skip, wait_for};

const LIMIT: Duration = Duration::from_mins(1);
const PASSWORD: &str = "s3cret-Brouillard-41";

/// A certificate of its own authority for 127.0.0.1, and the broker's file of key and certificate.
pub(crate) fn certificate(folder: &Path) -> Result<(), String> {
    let args = "req -x509 -newkey rsa:2048 -nodes -keyout key.pem -out ca.pem -subj /CN=localhost -days 2 -addext \
                subjectAltName=IP:127.0.0.1,DNS:localhost";
    let made = Command::new("openssl").args(args.split_whitespace()).current_dir(folder).output();
    let made = made.map_err(|_| "no openssl on this machine".to_owned())?;
    assert!(made.status.success(), "openssl: {}", String::from_utf8_lossy(&made.stderr));
    let read = |file: &str| std::fs::read_to_string(folder.join(file)).expect("what openssl wrote");
    std::fs::write(folder.join("broker.pem"), read("key.pem") + &read("ca.pem")).expect("the broker's key store");
    Ok(())
}

/// A broker that listens in plain for the test, and by TLS with SCRAM on `secure` for the product.
fn broker(folder: &Path, secure: u16) -> Result<Broker, String> {
    let listeners = format!("PLAINTEXT://127.0.0.1:{{port}},SASL_SSL://127.0.0.1:{secure}");
    let store = folder.join("broker.pem").display().to_string();
    let broker = Broker::start_with(&format!(
        "listeners={listeners},CONTROLLER://127.0.0.1:{{controller}}\nadvertised.listeners={listeners}\n\
         listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,SASL_SSL:SASL_SSL\n\
         sasl.enabled.mechanisms=SCRAM-SHA-512\nssl.keystore.type=PEM\nssl.keystore.location={store}\n\
         listener.name.sasl_ssl.scram-sha-512.sasl.jaas.config=\
         org.apache.kafka.common.security.scram.ScramLoginModule required;\n"
    ))?;
    let user = format!("SCRAM-SHA-512=[iterations=4096,password={PASSWORD}]");
    let bootstrap = broker.bootstrap();
    let args = ["--bootstrap-server", &bootstrap, "--alter", "--entity-type", "users", "--entity-name", "homeqos"];
    let args = [&args[..], &["--add-config", &user]].concat();
    let made = tool("kafka.admin.ConfigCommand", &args.iter().map(|a| (*a).to_owned()).collect::<Vec<_>>());
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    Ok(broker)
}

fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

#[test]
fn over_tls_with_scram_the_engine_works_and_tells_its_password_to_nobody() {
    let folder = scratch::folder("secure");
    or_skip!(certificate(&folder));
    let secure = ports::free();
    let broker = match broker(&folder, secure) {
        Ok(broker) => broker,
        Err(reason) => skip!("{reason}"),
    };
    let deployment = Deployment::new("secure", 2);
    deployment.create_topics(&broker);
    let port = ports::free();
    let secret = folder.join("password");
    std::fs::write(&secret, format!("{PASSWORD}\n")).unwrap();
    let ca = folder.join("ca.pem");
    let overrides = format!(
        "[kafka]\nbrokers = \"127.0.0.1:{secure}\"\nrequest_timeout_ms = 20000\n[kafka.properties]\n\
         \"security.protocol\" = \"SASL_SSL\"\n\"sasl.mechanism\" = \"SCRAM-SHA-512\"\n\
         \"sasl.username\" = \"homeqos\"\n\"ssl.ca.location\" = {:?}\n[kafka.secret_files]\n\
         \"sasl.password\" = {:?}\n[time]\nmode = \"input\"\n[log]\nfilter = \"trace\"\n",
        ca.display().to_string(),
        secret.display().to_string()
    );
    let config = deployment.config(&broker, "one", port, &overrides);
    let config = config.to_str().unwrap();
    let refused = |change: &str, words: &[&str]| {
        let more = ["--set", change, "--set", "kafka.request_timeout_ms=8000"];
        let output = command(&[&["check", "--config", config], &more[..]].concat(), &folder);
        assert_eq!(output.status.code(), Some(3), "{change}: {}", said(&output));
        assert!(words.iter().all(|word| said(&output).contains(word)), "{change}: {}", said(&output));
        assert!(!said(&output).contains(PASSWORD), "{change}: {}", said(&output));
    };
    refused("kafka.properties.sasl.username=somebody", &["no broker answered", "kafka.properties"]);
    refused("kafka.properties.security.protocol=SASL_PLAINTEXT", &["no broker answered", "security.protocol"]);
    refused("kafka.properties.ssl.ca.location=/etc/ssl/certs/ca-certificates.crt", &["no broker answered"]);
    let checked = command(&["check", "--config", config], &folder);
    assert!(checked.status.success(), "{}", said(&checked));
    assert!(!said(&checked).contains(PASSWORD), "{}", said(&checked));

    let probe = r#"{"customer_id":"C1","ts":1792443850000,"kind":"measurement","rsrp_dbm":-90}"#;
    produce(&broker, &deployment.topic("probes"), [Sent::new("C1", probe), Sent::new("C1", "{oops")]);
    let mut product = Product::start(&["run", "--config", config], port, &deployment.folder, "one");
    product.ready(LIMIT);
    let folded = r#"homeqos_records_folded_total{input="probes"}"#;
    wait_for("a folded probe", LIMIT, || (product.metric(folded)? >= 1.0).then_some(()));
    wait_for("the dead letter", LIMIT, || {
        (read_all(&broker, &deployment.topic("dead_letters")).len() == 1).then_some(())
    });
    assert!(product.terminate().success(), "{}", product.stderr());
    let told = product.stdout() + &product.stderr();
    assert!(told.lines().count() > 10, "a log at its finest level says more: {told}");
    assert!(!told.contains(PASSWORD), "the log tells the password");
}
