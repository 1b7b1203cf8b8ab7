//! Arguments, run, exit code. Shell.

fn main() -> std::process::ExitCode {
    homeqos::cli::main()
}
