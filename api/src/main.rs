//! The one binary of Linli.

use std::process::ExitCode;

fn main() -> ExitCode {
    linli::cli::main()
}
