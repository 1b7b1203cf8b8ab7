//! Child processes that cannot outlive the test process.
//!
//! `setpriv --pdeathsig KILL` has the kernel kill a child when the *thread* that started it ends. Test threads end with
//! their test, so one thread that never ends, the nursery, starts them all. A handle that is dropped, in a panic too,
//! kills and reaps its child.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Mutex, OnceLock};
use std::time::Duration;

type Order = (Command, Sender<io::Result<Child>>);

static NURSERY: OnceLock<Mutex<Sender<Order>>> = OnceLock::new();

fn spawn(command: Command) -> io::Result<Child> {
    let nursery = NURSERY.get_or_init(|| {
        let (orders, inbox) = channel::<Order>();
        let nurse = move || inbox.into_iter().for_each(|(mut command, reply)| drop(reply.send(command.spawn())));
        std::thread::Builder::new().name("nursery".to_owned()).spawn(nurse).expect("a thread for the nursery");
        Mutex::new(orders)
    });
    let (reply, born) = channel();
    nursery.lock().expect("the nursery").send((command, reply)).expect("the nursery lives");
    born.recv().expect("the nursery answers")
}

/// A running program, its output in files.
#[derive(Debug)]
pub(crate) struct Process {
    child: Child,
    stdout: PathBuf,
    stderr: PathBuf,
}

impl Process {
    /// Starts `program` with its output in `folder/name.out` and `folder/name.err` (appended to).
    pub(crate) fn start(program: &Path, args: &[String], folder: &Path, name: &str) -> io::Result<Self> {
        Self::start_with(program, args, &[], folder, name)
    }

    pub(crate) fn start_with(
        program: &Path,
        args: &[String],
        environment: &[(&str, &str)],
        folder: &Path,
        name: &str,
    ) -> io::Result<Self> {
        let (stdout, stderr) = (folder.join(format!("{name}.out")), folder.join(format!("{name}.err")));
        let append = |path: &Path| File::options().create(true).append(true).open(path);
        let mut command = Command::new("setpriv");
        command.args(["--pdeathsig", "KILL", "--"]).arg(program).args(args).envs(environment.iter().copied());
        command.current_dir(folder).stdin(Stdio::null()).stdout(append(&stdout)?).stderr(append(&stderr)?);
        Ok(Self { child: spawn(command)?, stdout, stderr })
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// `None` while it runs.
    pub(crate) fn ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().expect("our own child can be asked")
    }

    /// Waits for its end; panics with its last words when it does not come.
    pub(crate) fn wait(&mut self, limit: Duration) -> ExitStatus {
        let end = super::now() + limit;
        while super::now() < end {
            if let Some(status) = self.ended() {
                return status;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        panic!("process {} did not end in {limit:?}; its last words:\n{}", self.pid(), self.last_words());
    }

    /// Sends `TERM`, `HUP`, `STOP`, `CONT`, … by name.
    pub(crate) fn signal(&self, name: &str) {
        let sent = Command::new("bash").args(["-c", "kill -s \"$0\" \"$1\"", name, &self.pid().to_string()]).status();
        assert!(sent.is_ok_and(|s| s.success()), "SIG{name} could not be sent to {}", self.pid());
    }

    /// kill -9, and reaped.
    pub(crate) fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    pub(crate) fn stdout(&self) -> String {
        read(&self.stdout)
    }

    pub(crate) fn stderr(&self) -> String {
        read(&self.stderr)
    }

    /// The end of what it wrote, for a panic's message.
    pub(crate) fn last_words(&self) -> String {
        let all = self.stdout() + &self.stderr();
        let lines: Vec<_> = all.lines().collect();
        lines[lines.len().saturating_sub(25)..].join("\n")
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}

fn read(path: &Path) -> String {
    String::from_utf8_lossy(&std::fs::read(path).unwrap_or_default()).into_owned()
}
