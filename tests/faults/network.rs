//! The broker of a round, the network before it (toxiproxy, where it is to be had), and the disk of the snapshots.

use std::ops::Range;
use std::time::Duration;

use serde_json::{Value, json};

use crate::disk::Disk;
use crate::plan::INSTANCES_MAX;
use crate::support::broker::Broker;
use crate::support::children::Process;
use crate::support::{built, http, ports, scratch, wait_for};

/// Where the rounds take place.
pub(crate) struct Scene {
    pub(crate) broker: Broker,
    /// The error says why there is none: the instances then speak to the broker itself.
    pub(crate) network: Result<Network, String>,
    pub(crate) disk: Result<Disk, String>,
}

impl Scene {
    /// A broker, with a listener for each instance that only the network reaches. The error says why there is none.
    pub(crate) fn start() -> Result<Self, String> {
        let network = Network::start();
        let settings = network.as_ref().map(Network::listeners).unwrap_or_default();
        Ok(Self { broker: Broker::start_with(&settings)?, network, disk: Disk::build() })
    }

    /// What an instance is told as `kafka.brokers`.
    pub(crate) fn bootstrap(&self, at: usize) -> String {
        let through = |network: &Network| format!("127.0.0.1:{}", network.lines[at].listens);
        self.network.as_ref().map_or_else(|_| self.broker.bootstrap(), through)
    }
}

/// A TCP proxy for each instance, which can be made to misbehave. Dropped: killed.
pub(crate) struct Network {
    /// Kept for its end.
    _process: Process,
    api: u16,
    lines: [Line; INSTANCES_MAX],
}

/// What lies between one instance and the broker.
struct Line {
    listens: u16,
    /// The broker's listener behind it.
    behind: u16,
}

/// What happens to the bytes, in toxiproxy's words.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Toxic {
    kind: &'static str,
    /// `upstream`: on the way to the broker; `downstream`: on the way back.
    stream: &'static str,
    attributes: (&'static str, u64),
}

impl Toxic {
    /// Answers come late.
    pub(crate) const SLOW: Self = Self { kind: "latency", stream: "downstream", attributes: ("latency", 400) };
    /// Every connection is reset at its next byte.
    pub(crate) const RESET: Self = Self { kind: "reset_peer", stream: "downstream", attributes: ("timeout", 0) };
    /// The broker hears of the end of a connection seconds later.
    pub(crate) const SLOW_CLOSE: Self = Self { kind: "slow_close", stream: "upstream", attributes: ("delay", 3_000) };

    /// Connections stay open and carry nothing: to the broker, or, of an odd `draw`, back from it.
    pub(crate) fn half_open(draw: usize) -> Self {
        let stream = if draw.is_multiple_of(2) { "upstream" } else { "downstream" };
        Self { kind: "timeout", stream, attributes: ("timeout", 0) }
    }
}

impl Network {
    fn start() -> Result<Self, String> {
        let program = built("toxiproxy/server", "toxiproxy-server");
        let (folder, api) = (scratch::folder("network"), ports::free());
        let lines = std::array::from_fn(|_| Line { listens: ports::free(), behind: ports::free() });
        let args = ["-host".to_owned(), "127.0.0.1".to_owned(), "-port".to_owned(), api.to_string()];
        let mut process = Process::start(&program, &args, &folder, "toxiproxy").map_err(|error| error.to_string())?;
        wait_for("toxiproxy", Duration::from_secs(30), || {
            if process.ended().is_some() {
                return Some(Err(format!("no toxiproxy here: {}", process.last_words())));
            }
            http::get(api, "/version").ok().map(|_| Ok(()))
        })?;
        let network = Self { _process: process, api, lines };
        for (at, line) in network.lines.iter().enumerate() {
            let [listen, upstream] = [line.listens, line.behind].map(|port| format!("127.0.0.1:{port}"));
            network.ask("POST", "/proxies", &json!({"name": proxy(at), "listen": listen, "upstream": upstream}));
        }
        Ok(network)
    }

    /// The broker's settings for a listener of each instance, which tells its clients to come through their proxy.
    fn listeners(&self) -> String {
        let own = "PLAINTEXT://127.0.0.1:{port}";
        let each = |text: fn((usize, &Line)) -> String| self.lines.iter().enumerate().map(text).collect::<String>();
        let behind = each(|(at, line)| format!(",LINE{at}://127.0.0.1:{}", line.behind));
        let proxied = each(|(at, line)| format!(",LINE{at}://127.0.0.1:{}", line.listens));
        let plain = each(|(at, _)| format!(",LINE{at}:PLAINTEXT"));
        format!(
            "listeners={own},CONTROLLER://127.0.0.1:{{controller}}{behind}\nadvertised.listeners={own}{proxied}\n\
             listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT{plain}\n\
             inter.broker.listener.name=PLAINTEXT\n"
        )
    }

    /// Misbehaves for all instances while `during` lasts.
    pub(crate) fn suffer<T>(&self, toxic: Toxic, during: impl FnOnce() -> T) -> T {
        self.suffer_at(0..INSTANCES_MAX, toxic, during)
    }

    /// Misbehaves for these instances alone while `during` lasts.
    pub(crate) fn suffer_at<T>(&self, at: Range<usize>, toxic: Toxic, during: impl FnOnce() -> T) -> T {
        let (name, value) = toxic.attributes;
        let body = json!({
            "name": "fault", "type": toxic.kind, "stream": toxic.stream, "attributes": {name: value},
        });
        at.clone().for_each(|at| self.ask("POST", &format!("/proxies/{}/toxics", proxy(at)), &body));
        let out = during();
        at.for_each(|at| self.ask("DELETE", &format!("/proxies/{}/toxics/fault", proxy(at)), &Value::Null));
        out
    }

    fn ask(&self, method: &str, path: &str, body: &Value) {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let answer = http::send(self.api, method, path, &body);
        let well = answer.as_ref().is_ok_and(|(status, _)| (200..300).contains(status));
        assert!(well, "toxiproxy answers {method} {path} with {answer:?}");
    }
}

/// The name under which toxiproxy knows an instance's line.
fn proxy(at: usize) -> String {
    format!("line{at}")
}
