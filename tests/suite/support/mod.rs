//! What tests stand on: a real broker, the real binary, a real Prometheus, and nothing left behind.
//!
//! Everything started here dies with the test process, however that ends (`children`), and everything written here
//! is removed after it (`scratch`). Waiting is always for a condition, with an end.

pub(crate) mod broker;
pub(crate) mod children;
pub(crate) mod http;
pub(crate) mod ports;
pub(crate) mod product;
pub(crate) mod prometheus;
pub(crate) mod records;
pub(crate) mod scratch;
pub(crate) mod topics;
pub(crate) mod town;
pub(crate) mod traces;
pub(crate) mod ucc;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Ends the test with `SKIPPED (reason)`; with `HOMEQOS_REQUIRE_DATA=1` a skip is a failure.
macro_rules! skip {
    ($($reason:tt)*) => {{
        $crate::support::say_skipped(&format!($($reason)*));
        return;
    }};
}
pub(crate) use skip;

/// The value, or the test ends as skipped with the error as its reason.
macro_rules! or_skip {
    ($value:expr) => {
        match $value {
            Ok(value) => value,
            Err(reason) => $crate::support::skip!("{reason}"),
        }
    };
}
pub(crate) use or_skip;

/// Written past the test runner's capture, since a passing test's output is not shown.
pub(crate) fn say_skipped(reason: &str) {
    use std::io::Write as _;
    let reason = in_brackets(reason);
    let test = std::thread::current().name().unwrap_or("?").to_owned();
    assert!(!required(), "skipped, and data are required: {reason}");
    let _ = writeln!(std::io::stderr().lock(), "SKIPPED ({reason}) {test}");
}

/// A reason as it stands in the brackets of `SKIPPED (…)`, in one line.
pub(crate) fn in_brackets(reason: &str) -> String {
    reason.replace(['(', ')', '\n'], " ")
}

/// Whether a skip is a failure.
pub(crate) fn required() -> bool {
    std::env::var("HOMEQOS_REQUIRE_DATA").is_ok_and(|v| v == "1")
}

/// A program that `tests/run prepare` has built under `target/tools`, else the machine's of this name; whether there is one
/// shows when it is started.
pub(crate) fn built(path: &str, name: &str) -> PathBuf {
    let own = root().join("target/tools").join(path);
    if own.exists() { own } else { PathBuf::from(name) }
}

/// The root of the source tree.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A public data set's file: from `HOMEQOS_DATA`, else `data/`, else `../shared/data`.
pub(crate) fn data(file: &str) -> Result<PathBuf, String> {
    let named = std::env::var_os("HOMEQOS_DATA").map(PathBuf::from);
    let places = named.into_iter().chain([root().join("data"), root().join("../shared/data")]);
    let found = places.map(|place| place.join(file)).find(|path| path.exists());
    found.ok_or_else(|| format!("no {file} in HOMEQOS_DATA, data/ or ../shared/data"))
}

/// A clock for time-outs: the harness is of the world.
#[expect(clippy::disallowed_methods, reason = "tests wait for real processes, with an end")]
pub(crate) fn now() -> Instant {
    Instant::now()
}

/// Asks until there is an answer; panics with `what` when there is none in time.
pub(crate) fn wait_for<T>(what: &str, limit: Duration, mut ask: impl FnMut() -> Option<T>) -> T {
    let end = now() + limit;
    loop {
        if let Some(answer) = ask() {
            return answer;
        }
        assert!(now() < end, "waited {limit:?} in vain for {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}
