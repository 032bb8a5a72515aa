//! The wallet service: `makegood --help` says what it does.

mod command_line;
mod commands;
mod serve;

use clap::Parser as _;
use command_line::{Command, CommandLine, StaffCommand};
use std::process::ExitCode;
use std::time::Duration;
use tracing_subscriber::filter::LevelFilter;

/// Most of what a command allocates on one thread the engine frees on its own, which the system's allocator is slow at.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Why a command failed, for the person at the terminal.
type Failure = Box<dyn std::error::Error + Send + Sync>;

fn main() -> ExitCode {
    let command_line = CommandLine::parse();
    // What these print is for the same terminal.
    let is_report = matches!(command_line.command, Some(Command::Demo { .. } | Command::Bench { .. }));
    command_line.options.start_logging(if is_report { LevelFilter::ERROR } else { LevelFilter::INFO });
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let outcome = match runtime {
        Ok(runtime) => {
            let outcome = runtime.block_on(Box::pin(run(command_line)));
            // What a disk that does not answer still holds is left as a crash leaves it.
            runtime.shutdown_timeout(Duration::from_secs(1));
            outcome
        }
        Err(error) => Err(error.into()),
    };
    outcome.unwrap_or_else(|failure| {
        eprint_line(&format!("makegood: {failure}"));
        ExitCode::FAILURE
    })
}

async fn run(command_line: CommandLine) -> Result<ExitCode, Failure> {
    let CommandLine { options, command } = command_line;
    match command.unwrap_or(Command::Serve { stop_with_input: false }) {
        Command::Serve { stop_with_input } => serve::serve(&options, stop_with_input).await,
        Command::Play => serve::play(&options).await,
        Command::Migrate => commands::migrate(&options).await,
        Command::Verify => commands::verify(&options).await,
        Command::Doctor => commands::doctor(&options).await,
        Command::Demo { language } => commands::demo(language).await,
        Command::Bench { bare_endpoint: true, .. } => commands::bare_endpoint().await,
        Command::Bench { json, quick, only, .. } => commands::bench(&options, json, quick, only).await,
        Command::Staff { command: StaffCommand::Add { login, role, password_stdin } } => {
            commands::add_staff(&options, &login, role.role(), password_stdin).await
        }
        Command::Banksim(banksim) => serve::banksim(&options, banksim).await,
    }
}

/// Writes a line on standard error. When nobody reads it, nothing can be done about it.
fn eprint_line(text: &str) {
    use std::io::Write as _;
    let _unread = writeln!(std::io::stderr(), "{text}");
}
