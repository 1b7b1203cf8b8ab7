//! `homeqos run`: the engine with its signals and its HTTP. Shell.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use tokio::runtime::Runtime;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::{Notify, oneshot};

use super::check::before_start;
use super::options::flag;
use super::{ConfigOptions, Failure, Kind};
use crate::config::{Config, LogFormat, Override};
use crate::shell::http::Server;
use crate::shell::metrics::Metrics;
use crate::shell::{self, Control, Exit, Registry, RunConfig, Settings, log};

/// Runs an instance: probes and contacts in, actions out
///
/// Checks first what `homeqos check` checks, and refuses to start with the same sentences. Then it joins the group and
/// works until SIGTERM or SIGINT: the epoch is finished, snapshots are written, and the exit code is 0. On SIGHUP the
/// configuration is read again and `offers.enabled` takes effect; everything else takes a restart.
#[derive(Debug, Clone, clap::Args)]
#[command(
    after_help = "Examples:\n  homeqos run --config config/homeqos.toml\n  homeqos run --config homeqos.toml --shadow --set \
                        kafka.brokers=kafka-1:9092"
)]
pub(super) struct Args {
    /// Decide and journal, send no action: see them with `homeqos tap decisions`
    #[arg(long)]
    shadow: bool,
    /// Name of this instance (kafka.instance)
    #[arg(long, value_name = "NAME")]
    instance: Option<String>,
    /// Worker threads; 0: as many as cores (kafka.workers)
    #[arg(long, value_name = "N")]
    workers: Option<u16>,
    /// address:port of /metrics and /readyz; empty: none (http.listen)
    #[arg(long, value_name = "ADDRESS")]
    listen: Option<String>,
    /// How to log (log.format)
    #[arg(long, value_enum, value_name = "FORMAT")]
    log_format: Option<LogFormat>,
    #[command(flatten)]
    options: ConfigOptions,
}

impl Args {
    fn load(&self) -> Result<Config, Failure> {
        let format = self.log_format.map(|format| format!("{format:?}").to_lowercase());
        let flags = [
            flag("--instance", "kafka.instance", self.instance.as_ref()),
            flag("--workers", "kafka.workers", self.workers),
            flag("--listen", "http.listen", self.listen.as_ref()),
            flag("--log-format", "log.format", format),
        ];
        self.options.load(flags.into_iter().flatten().collect::<Vec<Override>>())
    }

    /// What SIGHUP does: the same sources, read again.
    fn load_again(&self) -> impl Fn() -> Result<Config, Failure> + Send + 'static {
        let args = self.clone();
        move || args.load()
    }
}

pub(super) fn run(args: &Args) -> Result<(), Failure> {
    let config = Arc::new(args.load()?);
    log::start(config.written.log.format, &config.written.log.filter)
        .map_err(|said| Failure::new(Kind::Configuration, said))?;
    let settings = Settings::new(&config, args.shadow);
    let metrics = Arc::new(Metrics::new());
    let registry = Arc::new(Registry::new(settings.partitioner, config.written.offers.enabled));
    let control = Arc::new(Control::default());
    // HTTP, signals and uploads; the lanes' work is done by threads of the engine's own.
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).thread_name("aside").enable_all().build()?;
    let told = watch_signals(&runtime, args.load_again(), &metrics, &registry, &control)?;
    if !checked(&runtime, &config, &told)? {
        // Nothing was joined and nothing written: what the checks still wait for ends with the process.
        runtime.shutdown_background();
        return Ok(());
    }
    let key = config.id_key()?;
    let server = match config.listen {
        Some(listen) => Some(bind(listen, &config)?),
        None => None,
    };
    let policy = config.policy(key);
    tracing::info!(
        version = env!("CARGO_PKG_VERSION"),
        deployment = config.written.deployment.name,
        instance = config.instance,
        policy = policy.hash(),
        key = policy.ids.key().fingerprint(),
        zone = config.zone.name(),
        shadow = args.shadow,
        offers = config.written.offers.enabled,
        "homeqos starts"
    );
    let stopped = serve(&runtime, server, &metrics, &registry);
    let run = RunConfig { settings, policy, mapping: config.mapping.clone() };
    let exit = shell::run(run, metrics, registry, control, runtime.handle());
    drop(stopped);
    runtime.shutdown_timeout(std::time::Duration::from_secs(2));
    ended(exit?)
}

/// The checks before the start, given up when a signal says stop: a broker that does not answer is waited for long.
/// Answers whether they were made.
fn checked(runtime: &Runtime, config: &Arc<Config>, told: &Notify) -> Result<bool, Failure> {
    let config = Arc::clone(config);
    let checks = runtime.spawn_blocking(move || before_start(&config));
    runtime.block_on(async {
        tokio::select! {
            done = checks => {
                done.map_err(|error| Failure::new(Kind::Other, format!("the checks have broken down: {error}")))??;
                Ok(true)
            }
            () = told.notified() => {
                tracing::info!("stopped during the checks: no lane was joined, nothing was written");
                Ok(false)
            }
        }
    })
}

fn bind(listen: SocketAddr, config: &Config) -> Result<Server, Failure> {
    Server::bind(listen, &config.http).map_err(|said| Failure::new(Kind::Configuration, said))
}

fn ended(exit: Exit) -> Result<(), Failure> {
    match exit {
        Exit::Clean => Ok(()),
        Exit::Broker(said) => Err(Failure::new(Kind::Broker, said)),
        Exit::Refused(said) => Err(Failure::new(Kind::State, said)),
        Exit::Fenced(said) => Err(Failure::new(Kind::Fenced, said)),
    }
}

/// Serves until what it returns is dropped.
fn serve(
    runtime: &Runtime,
    server: Option<Server>,
    metrics: &Arc<Metrics>,
    registry: &Arc<Registry>,
) -> oneshot::Sender<()> {
    let (stop, stopped) = oneshot::channel::<()>();
    if let Some(server) = server {
        let (metrics, lanes) = (Arc::clone(metrics), Arc::clone(registry));
        runtime.spawn(async move {
            let stop = async move { drop(stopped.await) };
            if let Err(error) = server.serve(metrics, lanes, stop).await {
                tracing::error!(%error, "HTTP has ended");
            }
        });
    }
    stop
}

/// SIGTERM and SIGINT stop, and are told to who waits; SIGHUP reads the configuration again.
fn watch_signals(
    runtime: &Runtime,
    load: impl Fn() -> Result<Config, Failure> + Send + 'static,
    metrics: &Arc<Metrics>,
    registry: &Arc<Registry>,
    control: &Arc<Control>,
) -> Result<Arc<Notify>, Failure> {
    let _entered = runtime.enter();
    let (terminate, interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    let control = Arc::clone(control);
    let told = Arc::new(Notify::new());
    let tell = Arc::clone(&told);
    runtime.spawn(async move {
        let name = first_of(terminate, interrupt).await;
        tracing::info!(signal = name, "stopping: the epoch is finished and snapshots are written");
        control.stop();
        tell.notify_one();
    });
    let mut hangup = signal(SignalKind::hangup())?;
    let (metrics, registry) = (Arc::clone(metrics), Arc::clone(registry));
    runtime.spawn(async move {
        while hangup.recv().await.is_some() {
            match load() {
                Ok(config) => {
                    let enabled = config.written.offers.enabled;
                    registry.offers_enabled.store(enabled, Ordering::Relaxed);
                    metrics.offers_enabled(enabled);
                    tracing::info!(
                        offers_enabled = enabled,
                        "configuration read again: only `offers.enabled` takes effect"
                    );
                }
                Err(failure) => tracing::error!("configuration not read again, nothing changes: {failure}"),
            }
        }
    });
    Ok(told)
}

async fn first_of(mut terminate: Signal, mut interrupt: Signal) -> &'static str {
    tokio::select! {
        _ = terminate.recv() => "SIGTERM",
        _ = interrupt.recv() => "SIGINT",
    }
}
