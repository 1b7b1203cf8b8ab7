//! The engine in this process: what a test can look into and stop, but not kill.

use std::path::Path;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use homeqos::config::{Config, Sources};
use homeqos::pipeline::Policy;
use homeqos::shell::metrics::Metrics;
use homeqos::shell::{Control, Exit, Registry, RunConfig, Settings, run};

/// A running engine.
pub(super) struct Engine {
    control: Arc<Control>,
    metrics: Arc<Metrics>,
    thread: Option<JoinHandle<anyhow::Result<Exit>>>,
    runtime: tokio::runtime::Runtime,
}

/// The policy of a configuration.
pub(super) fn policy(config: &Config) -> Policy {
    config.policy(config.id_key().expect("the deployment's key"))
}

pub(super) fn config(path: &Path) -> Config {
    let text = std::fs::read_to_string(path).expect("the configuration");
    Config::load(&Sources::of_text(&path.display().to_string(), &text, Vec::new())).expect("a good configuration")
}

impl Engine {
    pub(super) fn start(path: &Path) -> Self {
        // What the engine says, for whoever looks for a fault: HOMEQOS_TEST_LOG=info cargo test … -- --nocapture
        if let Ok(filter) = std::env::var("HOMEQOS_TEST_LOG") {
            let _ = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).try_init();
        }
        let config = config(path);
        let settings = Settings::new(&config, false);
        let registry = Arc::new(Registry::new(settings.partitioner, true));
        let metrics = Arc::new(Metrics::new());
        let control = Arc::new(Control::default());
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let run_config = RunConfig { policy: policy(&config), settings, mapping: config.mapping.clone() };
        let thread = {
            let (registry, metrics, control) = (Arc::clone(&registry), Arc::clone(&metrics), Arc::clone(&control));
            let handle = runtime.handle().clone();
            std::thread::spawn(move || run(run_config, metrics, registry, control, &handle))
        };
        Self { control, metrics, thread: Some(thread), runtime }
    }

    /// An orderly stop.
    pub(super) fn stop(mut self) -> Exit {
        self.control.stop();
        let thread = self.thread.take().expect("it runs");
        let exit = thread.join().expect("no panic").expect("no error");
        let runtime = std::mem::replace(&mut self.runtime, tokio::runtime::Runtime::new().unwrap());
        runtime.shutdown_timeout(Duration::from_secs(5));
        exit
    }

    pub(super) fn ended(&self) -> bool {
        self.thread.as_ref().is_none_or(JoinHandle::is_finished)
    }

    /// The value of a series.
    pub(super) fn metric(&self, series: &str) -> f64 {
        let text = self.metrics.render(homeqos::shell::clock::wall());
        let line = text.lines().find(|l| l.strip_prefix(series).is_some_and(|rest| rest.starts_with(' ')));
        line.and_then(|l| l.rsplit(' ').next()?.parse().ok()).unwrap_or_else(|| panic!("no series {series}"))
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        self.control.stop();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
