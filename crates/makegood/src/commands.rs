//! The commands that do one thing and end.

use crate::Failure;
use crate::command_line::{DemoLanguage, Options};
use makegood::bench::{self, BenchConfig, Part};
use makegood::doctor::{self, Finding};
use makegood::output::say;
use makegood::{demo, schema, staff, verify};
use makegood_app::{SystemClock, SystemEntropy};
use makegood_auth::StaffRole;
use makegood_wallet::texts::Language;
use std::process::ExitCode;
use std::sync::Arc;

fn exit_code(is_well: bool) -> ExitCode {
    if is_well { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

pub(crate) async fn migrate(options: &Options) -> Result<ExitCode, Failure> {
    let version = schema::migrate(&options.server_config()?).await?;
    say(&format!("the schema is at version {version}"));
    Ok(ExitCode::SUCCESS)
}

pub(crate) async fn verify(options: &Options) -> Result<ExitCode, Failure> {
    let report = verify::verify_url(&options.server_config()?.database_url()).await?;
    report.lines().iter().for_each(|line| say(line));
    Ok(exit_code(report.is_clean()))
}

pub(crate) async fn doctor(options: &Options) -> Result<ExitCode, Failure> {
    let mut findings = doctor::examine(&options.server_config()?, &SystemClock).await;
    if let Some(file) = &options.secrets_file {
        findings.push(Finding { name: "secrets file", outcome: doctor::owner_alone(file) });
    }
    findings.iter().for_each(|finding| say(&finding.to_string()));
    Ok(exit_code(findings.iter().all(|finding| finding.outcome.is_ok())))
}

pub(crate) async fn demo(language: DemoLanguage) -> Result<ExitCode, Failure> {
    let language = match language {
        DemoLanguage::En => Language::English,
        DemoLanguage::Zh => Language::Chinese,
    };
    demo::tell(language, Arc::new(SystemClock), Arc::new(SystemEntropy)).await?;
    Ok(ExitCode::SUCCESS)
}

pub(crate) async fn add_staff(
    options: &Options,
    login: &str,
    role: StaffRole,
    password_stdin: bool,
) -> Result<ExitCode, Failure> {
    let config = options.server_config()?;
    let password = if password_stdin { first_line()? } else { staff::generate_password(&SystemEntropy) };
    let (clock, entropy) = (Arc::new(SystemClock), Arc::new(SystemEntropy));
    staff::add(&config, login, password.clone(), role, clock, entropy).await?;
    say(&format!("added {login}, role {}", role.as_str()));
    if !password_stdin {
        say(&format!("password: {password}"));
    }
    Ok(ExitCode::SUCCESS)
}

pub(crate) async fn bench(
    options: &Options,
    json: bool,
    quick: bool,
    parts: Vec<Part>,
) -> Result<ExitCode, Failure> {
    let config = options.server_config()?;
    let postgres_url = config.database_url.filter(|url| !url.starts_with("sqlite:"));
    let folder = config.data_folder.is_dir().then_some(config.data_folder);
    let bench = BenchConfig { folder: folder.unwrap_or_else(|| ".".into()), postgres_url, quick, parts };
    let report = bench::run(&bench, Arc::new(SystemClock), Arc::new(SystemEntropy)).await?;
    if json {
        say(&serde_json::to_string_pretty(&report)?);
    } else {
        report.lines().iter().for_each(|line| say(line));
    }
    Ok(ExitCode::SUCCESS)
}

pub(crate) async fn bare_endpoint() -> Result<ExitCode, Failure> {
    bench::endpoint::serve().await?;
    Ok(ExitCode::SUCCESS)
}

fn first_line() -> Result<String, Failure> {
    let mut line = String::new();
    std::io::stdin().read_line(&mut line)?;
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}
