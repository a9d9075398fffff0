//! A side of a measurement: a process that takes a step for every line it is given.

use std::error::Error;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use crate::args::Args;
use crate::case::{Case, Peer};
use crate::memory;

/// The process; it ends when this is dropped.
#[derive(Debug)]
pub(crate) struct Worker {
    name: String,
    child: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
}

impl Worker {
    /// Our side of a case, as a process of its own; `data` is the folder of what both sides read.
    pub(crate) fn linnet(case: &Case, data: Option<&Path>) -> Result<Self, Box<dyn Error>> {
        let mut command = Command::new(std::env::current_exe()?);
        command.arg("serve").arg(&case.name).env("RAYON_NUM_THREADS", case.threads.to_string());
        if let Some(data) = data {
            command.arg("--data").arg(data);
        }
        Self::start("linnet", &mut command)
    }

    /// A peer's side of a case.
    pub(crate) fn peer(peer: &Peer, data: Option<&Path>, args: &Args) -> Result<Self, Box<dyn Error>> {
        let mut command = Command::new(&args.python);
        command.arg(args.peers.join(peer.script)).args(&peer.arguments);
        if let Some(data) = data {
            command.arg("--data").arg(data);
        }
        Self::start(peer.name, &mut command)
    }

    /// Starts the process and waits until it says that it is ready.
    fn start(name: &str, command: &mut Command) -> Result<Self, Box<dyn Error>> {
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|e| format!("{name} can't be started: {e}"))?;
        let input = child.stdin.take();
        let output = BufReader::new(child.stdout.take().ok_or("the worker has no output")?);
        let mut worker = Self { name: name.to_string(), child, input, output };
        match worker.line()?.as_str() {
            "ready" => Ok(worker),
            other => Err(format!("{name} said {other:?} in place of \"ready\"").into()),
        }
    }

    fn line(&mut self) -> Result<String, Box<dyn Error>> {
        let mut line = String::new();
        if self.output.read_line(&mut line)? == 0 {
            return Err(format!("{} ended; its own message is above", self.name).into());
        }
        Ok(line.trim().to_string())
    }

    fn ask(&mut self, question: &str) -> Result<String, Box<dyn Error>> {
        let input = self.input.as_mut().ok_or("the worker has no input")?;
        writeln!(input, "{question}")
            .and_then(|()| input.flush())
            .map_err(|e| format!("{}: {e}", self.name))?;
        self.line()
    }

    /// Takes one step and returns its cost in the case's unit.
    pub(crate) fn step(&mut self) -> Result<f64, Box<dyn Error>> {
        let line = self.ask("step")?;
        line.parse().map_err(|_| format!("{} said {line:?} in place of a number", self.name).into())
    }

    /// What the work results in, as JSON.
    pub(crate) fn answer(&mut self) -> Result<String, Box<dyn Error>> {
        self.ask("answer")
    }

    /// The peak of the process's resident memory so far, in MB.
    pub(crate) fn peak_mb(&self) -> Result<f64, Box<dyn Error>> {
        Ok(memory::peak_mb(&self.child.id().to_string())?)
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.input.take();
        let _ = self.child.wait();
    }
}
