//! Arguments, run, exit code. Shell.

// Lanes are filled by one thread and snapshots read by another: what each has freed must go back to the system.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    homeqos::cli::main()
}
