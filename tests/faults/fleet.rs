//! The instances under attack, and what an orchestrator would do for them: start, and start again.

use std::path::PathBuf;
use std::process::ExitStatus;
use std::time::Duration;

use serde_json::{Value, json};

use crate::network::{Network, Scene};
use crate::plan::{INSTANCES_MAX, Plan};
use crate::support::broker::Broker;
use crate::support::product::Product;
use crate::support::topics::Deployment;
use crate::support::{http, now, ports};
use crate::town::{One, send};

/// Which passages of which moment wait how long; rare enough that work goes on.
const FAIL_POINTS: &str = "before_offsets=120/4,before_commit=120/3,after_commit=120/5,upload=300/2,replay=15/4";

/// An idle fetch is answered within 50 ms: after five times that a stopped instance has no question open, even on a machine
/// that does other things too, and what is then written to five topics comes to it at once.
const FETCHES_ANSWERED: Duration = Duration::from_millis(250);

pub(crate) struct Slot {
    pub(crate) path: PathBuf,
    pub(crate) port: u16,
    pub(crate) product: Option<Product>,
    /// Stopped by SIGSTOP as a fault: not to be woken by feeding.
    pub(crate) frozen: bool,
    lives: usize,
    /// The file of its present life's log.
    pub(crate) log: PathBuf,
}

pub(crate) struct Fleet<'a> {
    pub(crate) broker: &'a Broker,
    /// What lies between the broker and the instances, where anything does.
    pub(crate) network: Option<&'a Network>,
    pub(crate) deployment: &'a Deployment,
    pub(crate) slots: Vec<Slot>,
    /// Environment of every instance beyond the fail points.
    environment: Vec<(&'static str, String)>,
    /// How lives ended that were not ended by a fault.
    pub(crate) exits: Vec<Value>,
}

/// What all instances are told: where the broker is, and time-outs that are not the shipped ones unless the plan says so.
fn overrides(plan: &Plan, brokers: &str) -> String {
    let stage = if plan.kind == crate::plan::Kind::Alone { "off" } else { "on" };
    let times = if plan.production_times {
        ""
    } else {
        "session_timeout_ms = 4000\ntransaction_timeout_ms = 2000\nrequest_timeout_ms = 5000\nmax_poll_interval_ms = 20000\n"
    };
    format!(
        "[time]\nmode = \"input\"\n[area]\nstage = \"{stage}\"\n[kafka]\nbrokers = {brokers:?}\nworkers = 2\n{times}[state]\nsnapshot_seconds = 2\n\
         [log]\nfilter = \"info\"\n"
    )
}

impl<'a> Fleet<'a> {
    pub(crate) fn new(scene: &'a Scene, deployment: &'a Deployment, plan: &Plan, mutant: Option<&str>) -> Self {
        let broker = &scene.broker;
        let slot = |n: usize| {
            let port = ports::free();
            let path = deployment.config(broker, &format!("i{n}"), port, &overrides(plan, &scene.bootstrap(n)));
            Slot { path, port, product: None, frozen: false, lives: 0, log: PathBuf::new() }
        };
        let mutant = mutant.map(|name| ("HOMEQOS_MUTANT", name.to_owned()));
        let disk = scene.disk.as_ref().ok().map(|disk| disk.environment(&deployment.folder));
        let environment = mutant.into_iter().chain(disk.into_iter().flatten()).collect();
        let slots = (0..INSTANCES_MAX).map(slot).collect();
        Self { broker, network: scene.network.as_ref().ok(), deployment, slots, environment, exits: Vec::new() }
    }

    pub(crate) fn start(&mut self, at: usize) {
        let (path, port) = (self.slots[at].path.clone(), self.slots[at].port);
        let (product, log) = self.launch(&path, port, &format!("i{at}"), self.slots[at].lives + 1);
        let slot = &mut self.slots[at];
        slot.lives += 1;
        slot.frozen = false;
        slot.log = log;
        slot.product = Some(product);
    }

    /// Starts a process that is in no slot yet.
    pub(crate) fn launch(&self, path: &std::path::Path, port: u16, name: &str, life: usize) -> (Product, PathBuf) {
        let mut environment: Vec<(&str, &str)> = vec![("HOMEQOS_FAIL_POINTS", FAIL_POINTS)];
        environment.extend(self.environment.iter().map(|(name, value)| (*name, value.as_str())));
        let (path, name) = (path.display().to_string(), format!("{name}-{life}"));
        let folder = &self.deployment.folder;
        let product = Product::start_with(&["run", "--config", &path], &environment, port, folder, &name);
        (product, folder.join(format!("{name}.err")))
    }

    pub(crate) fn running(&self) -> Vec<usize> {
        (0..self.slots.len()).filter(|at| self.slots[*at].product.is_some()).collect()
    }

    /// Adds to the topics while nobody looks: what lies in five topics is then seen at once, and in one order.
    pub(crate) fn feed(&self, part: &[One]) {
        let awake = || self.slots.iter().filter(|slot| !slot.frozen).filter_map(|slot| slot.product.as_ref());
        awake().for_each(|product| product.signal("STOP"));
        std::thread::sleep(FETCHES_ANSWERED);
        send(self.broker, self.deployment, part);
        awake().for_each(|product| product.signal("CONT"));
    }

    /// What `/readyz` tells of an instance's lanes; nothing while it does not answer.
    pub(crate) fn told(&self, at: usize) -> String {
        http::get(self.slots[at].port, "/readyz").map(|(_, body)| body).unwrap_or_default()
    }

    pub(crate) fn log(&self, at: usize) -> String {
        String::from_utf8_lossy(&std::fs::read(&self.slots[at].log).unwrap_or_default()).into_owned()
    }

    pub(crate) fn kill(&mut self, at: usize) {
        if let Some(mut product) = self.slots[at].product.take() {
            if let Some(status) = product.ended() {
                self.note(at, status, "by itself");
            }
            product.kill();
        }
    }

    /// SIGTERM; how it ended is noted and judged.
    pub(crate) fn stop(&mut self, at: usize) {
        if let Some(mut product) = self.slots[at].product.take() {
            let status = product.terminate();
            self.note(at, status, "told to stop");
        }
    }

    pub(crate) fn note(&mut self, at: usize, status: ExitStatus, why: &str) {
        let log = self.log(at);
        let words: Vec<&str> = log.lines().rev().filter(|line| !line.trim().is_empty()).take(3).collect();
        self.exits.push(
            json!({"instance": at, "life": self.slots[at].lives, "code": status.code(), "why": why, "said": words}),
        );
    }

    /// Starts again what has ended by itself.
    pub(crate) fn tend(&mut self) {
        for at in self.running() {
            let ended = self.slots[at].product.as_mut().and_then(Product::ended);
            if let Some(status) = ended {
                self.note(at, status, "by itself");
                self.slots[at].product = None;
                assert!(self.slots[at].lives < 60, "instance {at} ends again and again:\n{}", self.log(at));
                self.start(at);
            }
        }
    }

    /// Waits until the condition holds, tending meanwhile; `false` when it never did.
    pub(crate) fn until(&mut self, limit: Duration, mut holds: impl FnMut(&Self) -> bool) -> bool {
        let end = now() + limit;
        while now() < end {
            if holds(self) {
                return true;
            }
            self.tend();
            std::thread::sleep(Duration::from_millis(20));
        }
        false
    }
}
