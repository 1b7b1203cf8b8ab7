//! Free ports, below the kernel's ephemeral range, so that no outgoing connection takes one between choice and use.

use std::fs::File;
use std::net::TcpListener;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU16, Ordering};

const FIRST: u16 = 20_000;
const BLOCKS: u16 = 40;
const BLOCK: u16 = 300;

/// The block of ports this process chooses from. It is this process' as long as it lives: the lock on the file goes with
/// it, however it ends. Another test run beside it chooses from another block.
static MINE: LazyLock<(u16, File)> = LazyLock::new(|| {
    let folder = std::env::temp_dir();
    (0..BLOCKS)
        .find_map(|block| {
            // Another user's file cannot be opened: that block is taken.
            let file = File::create(folder.join(format!("homeqos-test-ports-{block}.lock"))).ok()?;
            file.try_lock().ok()?;
            Some((FIRST + block * BLOCK, file))
        })
        .expect("a block of ports that no other test run has: see homeqos-test-ports-*.lock in the temporary folder")
});

/// A port nobody listens on now, and that was not given out for as long as possible.
pub(crate) fn free() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let first = MINE.0;
    for _ in 0..BLOCK {
        let port = first + NEXT.fetch_add(1, Ordering::Relaxed) % BLOCK;
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
    panic!("no free port between {first} and {}", first + BLOCK);
}
