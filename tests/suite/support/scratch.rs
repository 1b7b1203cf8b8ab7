//! Folders for what tests write: one root per test process, removed when the process has ended, however it ended.

use std::path::PathBuf;
use std::process::{ChildStdin, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

/// Reads until its standard input closes, which the kernel does when we die; then removes the folder it was given.
/// Children of ours die at the same moment and may still be writing, hence the repetition.
const JANITOR: &str = r#"read -r _; for _ in 1 2 3 4 5 6 7 8 9 10; do rm -rf -- "$0" && exit; sleep 0.2; done"#;

static ROOT: OnceLock<(PathBuf, Option<ChildStdin>)> = OnceLock::new();

/// A new empty folder. `HOMEQOS_KEEP=1` keeps all of them for a look afterwards.
pub(crate) fn folder(name: &str) -> PathBuf {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let (root, _) = ROOT.get_or_init(|| {
        let root = std::env::temp_dir().join(format!("homeqos-tests-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&root);
        std::fs::create_dir_all(&root).expect("a folder for tests");
        (root.clone(), janitor(&root))
    });
    let folder = root.join(format!("{name}-{}", NEXT.fetch_add(1, Ordering::Relaxed)));
    std::fs::create_dir_all(&folder).expect("a folder for a test");
    folder
}

fn janitor(root: &PathBuf) -> Option<ChildStdin> {
    if std::env::var_os("HOMEQOS_KEEP").is_some() {
        return None;
    }
    // A session of its own: an interrupt at the terminal must not end the janitor before it has worked.
    let mut command = Command::new("setsid");
    command.args(["bash", "-c", JANITOR]).arg(root);
    let child = command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
    child.expect("setsid and bash are there").stdin
}
