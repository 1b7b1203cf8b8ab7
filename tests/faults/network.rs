//! The broker of a round, and the network before it: toxiproxy, where it is to be had.

use std::time::Duration;

use serde_json::{Value, json};

use crate::support::broker::Broker;
use crate::support::children::Process;
use crate::support::{built, http, ports, scratch, wait_for};

/// Where the rounds take place.
pub(crate) struct Scene {
    pub(crate) broker: Broker,
    /// The error says why there is none: the instances then speak to the broker itself.
    pub(crate) network: Result<Network, String>,
}

impl Scene {
    /// A broker, with a listener for the instances that only the network reaches. The error says why there is none.
    pub(crate) fn start() -> Result<Self, String> {
        let network = Network::start();
        let settings = network.as_ref().map(Network::listeners).unwrap_or_default();
        Ok(Self { broker: Broker::start_with(&settings)?, network })
    }

    /// What the instances are told as `kafka.brokers`.
    pub(crate) fn bootstrap(&self) -> String {
        let through = |network: &Network| format!("127.0.0.1:{}", network.listens);
        self.network.as_ref().map_or_else(|_| self.broker.bootstrap(), through)
    }
}

/// One TCP proxy that can be made to misbehave. Dropped: killed.
pub(crate) struct Network {
    /// Kept for its end.
    _process: Process,
    api: u16,
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
        let (folder, [api, listens, behind]) = (scratch::folder("network"), std::array::from_fn(|_| ports::free()));
        let args = ["-host".to_owned(), "127.0.0.1".to_owned(), "-port".to_owned(), api.to_string()];
        let mut process = Process::start(&program, &args, &folder, "toxiproxy").map_err(|error| error.to_string())?;
        wait_for("toxiproxy", Duration::from_secs(30), || {
            if process.ended().is_some() {
                return Some(Err(format!("no toxiproxy here: {}", process.last_words())));
            }
            http::get(api, "/version").ok().map(|_| Ok(()))
        })?;
        let network = Self { _process: process, api, listens, behind };
        let [listen, upstream] = [listens, behind].map(|port| format!("127.0.0.1:{port}"));
        network.ask("POST", "/proxies", &json!({"name": "kafka", "listen": listen, "upstream": upstream}));
        Ok(network)
    }

    /// The broker's settings for a listener of its own, which tells its clients to come through the proxy.
    fn listeners(&self) -> String {
        let (own, proxied) = ("PLAINTEXT://127.0.0.1:{port}", "PROXIED://127.0.0.1");
        format!(
            "listeners={own},CONTROLLER://127.0.0.1:{{controller}},{proxied}:{}\nadvertised.listeners={own},{proxied}:{}\n\
             listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,PROXIED:PLAINTEXT\n\
             inter.broker.listener.name=PLAINTEXT\n",
            self.behind, self.listens
        )
    }

    /// Misbehaves while `during` lasts.
    pub(crate) fn suffer<T>(&self, toxic: Toxic, during: impl FnOnce() -> T) -> T {
        let (name, value) = toxic.attributes;
        let body = json!({
            "name": "fault", "type": toxic.kind, "stream": toxic.stream, "attributes": {name: value},
        });
        self.ask("POST", "/proxies/kafka/toxics", &body);
        let out = during();
        self.ask("DELETE", "/proxies/kafka/toxics/fault", &Value::Null);
        out
    }

    fn ask(&self, method: &str, path: &str, body: &Value) {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let answer = http::send(self.api, method, path, &body);
        let well = answer.as_ref().is_ok_and(|(status, _)| (200..300).contains(status));
        assert!(well, "toxiproxy answers {method} {path} with {answer:?}");
    }
}
