//! The binary: arguments, run, exit code. Shell.

fn main() {}
