//! `makegood demo`: the troubles that the wallet is there for, told end to end against a real service on a
//! scratch database, with a bank that misbehaves on purpose. Every step is checked; the first that does not
//! hold ends the demo with an error.

mod client;
mod duplicates;
mod not_received;
mod refunds;
mod stage;
mod withdrawals;

use crate::{Server, ServerConfig, StartError, verify};
use client::Client;
use makegood_banking::Schedule;
use makegood_banksim::Faults;
use makegood_base::{Clock, Entropy};
use makegood_wallet::Settings;
use makegood_wallet::texts::Language;
use stage::Stage;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

/// Why the demo did not come to its end.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// A step did not hold.
    #[error("this did not hold: {step}; the last answer was {answer}")]
    Broken {
        /// What was expected.
        step: String,
        /// The service's last answer.
        answer: String,
    },
    /// The service did not start.
    #[error(transparent)]
    Start(#[from] StartError),
    /// The scratch folder cannot be made.
    #[error("no scratch folder: {0}")]
    Folder(#[from] std::io::Error),
    /// The service did not answer.
    #[error("the service did not answer: {0}")]
    Http(#[from] reqwest::Error),
    /// The database cannot be verified.
    #[error(transparent)]
    Verify(#[from] verify::VerifyError),
}

/// Tells all of it on standard output. Whatever it needs is made in a scratch folder, which is gone afterwards.
pub async fn tell(
    language: Language,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
) -> Result<(), DemoError> {
    let folder = tempfile::tempdir()?;
    let config = config(folder.path());
    let database_url = config.database_url();
    let running = Server::start(config, clock, entropy).await?;
    // A bank that says nothing says nothing by itself either.
    let silent = Faults { callback_lost_rate: 1.0, ..Faults::default() };
    let silenced = running.bank.as_ref().map_or(Ok(()), |bank| bank.control().set_faults(silent));
    let told = match silenced {
        Ok(()) => tell_against(&running.url(), &database_url, language).await,
        Err(error) => {
            Err(DemoError::Broken { step: "the bank is silent".to_owned(), answer: error.to_string() })
        }
    };
    running.stop().await;
    told
}

/// A server whose bank calls take milliseconds where they take seconds in earnest.
fn config(folder: &std::path::Path) -> ServerConfig {
    let millis = Duration::from_millis;
    let schedule = Schedule {
        lease: millis(3_000),
        answer_timeout: millis(700),
        validity_in: millis(20_000),
        validity_margin: millis(100),
        enquiry_backoff: vec![millis(3_000), millis(500)],
        expected_in: millis(30_000),
        ..Schedule::default()
    };
    ServerConfig {
        listen: SocketAddr::from(([127, 0, 0, 1], 0)),
        settings: Settings { schedule, ..Settings::default() },
        simulated_bank_timings: makegood_banksim::Timings {
            slow: millis(300),
            hang: millis(1_500),
            settle_after: millis(1_000),
        },
        ..ServerConfig::new(folder)
    }
}

async fn tell_against(url: &str, database_url: &str, language: Language) -> Result<(), DemoError> {
    let stage = Stage::new(language);
    stage.title(
        "Makegood: every payment arrives, comes back, or is explained.",
        "Makegood：每一笔付款都会到账、退回，或者说得清楚。",
    );
    stage.say(
        "A real service runs on a scratch database, with a simulated bank behind real HTTP.",
        "真实的服务运行在临时数据库上，背后的模拟银行通过真实的 HTTP 连接。",
    );
    let people = client::People::arrive(Client::new(url, language)?, &stage).await?;
    not_received::tell(&people, &stage).await?;
    duplicates::tell(&people, &stage).await?;
    refunds::tell(&people, &stage).await?;
    withdrawals::tell(&people, &stage).await?;
    prove(database_url, &stage).await?;
    not_there_yet(&stage);
    Ok(())
}

async fn prove(database_url: &str, stage: &Stage) -> Result<(), DemoError> {
    stage.title("The proof", "证明");
    stage.say(
        "verify replays the journal from its beginning and compares every balance and every payment:",
        "verify 从头重放日记账，并核对每一个余额和每一笔付款：",
    );
    let report = verify::verify_url(database_url).await?;
    report.lines().iter().for_each(|line| stage.line(line));
    stage.hold("nothing differs", "没有任何差异", report.is_clean(), &report.differences.join("; "))
}

fn not_there_yet(stage: &Stage) {
    stage.title("Not there yet", "尚未实现");
    for (english, chinese) in [
        ("complaints with deadlines, findings and appeals", "带时限、调查结论和申诉的投诉"),
        ("the credit line: bills, repayment, overdue", "信用额度：账单、还款、逾期"),
        ("another way for a refund whose card is closed", "银行卡已注销时，退款的另一条途径"),
        ("bank statements, and matching them with the journal", "银行对账单，以及与日记账的核对"),
        ("static QR codes, and web pages for people and merchants", "静态二维码，以及面向用户和商户的网页"),
        ("payment password, second factor, recovery of an account", "支付密码、双重验证和账户找回"),
        ("limits, freezes and risk alerts", "限额、冻结和风险警报"),
    ] {
        stage.item(english, chinese);
    }
}
