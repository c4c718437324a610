//! `wechat-sim --port N`: the simulator as a program of its own.

use std::io::{self, Write};
use std::process::ExitCode;

const USAGE: &str = "usage: wechat-sim [--port N]   (without a port, any free one)";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let port = match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        [] => Some(0),
        ["--port", port] => port.parse().ok(),
        _ => None,
    };
    let outcome = match port {
        Some(port) => run(port),
        None => Err(io::Error::other(USAGE)),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("wechat-sim: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Serves until it is killed; the first line says where.
fn run(port: u16) -> io::Result<()> {
    let sim = wechat_sim::serve(port)?;
    let mut out = io::stdout();
    writeln!(out, "wechat-sim listening on {}", sim.base_url())?;
    out.flush()?;
    sim.wait();
    Ok(())
}
