//! The wallet service: `makegood --help` says what it does.

mod command_line;
mod serve;

use clap::Parser as _;
use command_line::{Command, CommandLine};
use makegood::output::say;
use std::process::ExitCode;

/// Why a command failed, for the person at the terminal.
type Failure = Box<dyn std::error::Error + Send + Sync>;

fn main() -> ExitCode {
    let command_line = CommandLine::parse();
    command_line.options.start_logging();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let outcome = match runtime {
        Ok(runtime) => runtime.block_on(Box::pin(run(command_line))),
        Err(error) => Err(error.into()),
    };
    outcome.unwrap_or_else(|failure| {
        eprint_line(&format!("makegood: {failure}"));
        ExitCode::FAILURE
    })
}

async fn run(command_line: CommandLine) -> Result<ExitCode, Failure> {
    let CommandLine { options, command } = command_line;
    match command.unwrap_or(Command::Serve) {
        Command::Serve => serve::serve(&options).await,
        Command::Migrate => {
            let version = makegood::schema::migrate(&options.server_config()?).await?;
            say(&format!("the schema is at version {version}"));
            Ok(ExitCode::SUCCESS)
        }
    }
}

/// Writes a line on standard error. When nobody reads it, nothing can be done about it.
fn eprint_line(text: &str) {
    use std::io::Write as _;
    let _unread = writeln!(std::io::stderr(), "{text}");
}
