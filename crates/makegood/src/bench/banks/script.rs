//! A bank inside, which answers at once, or not at all.

use crate::bench::BenchError;
use makegood_app::{Bank, BankAdapter, BankConfig, Calling, Heard, Message, MessageRefused, Plans};
use makegood_banking::{
    BankTransfer, BreakerLimits, CardCheck, CardRefusal, HolderCheck, RecallState, Schedule, Told, ToldStatus,
};
use makegood_base::Timestamp;
use makegood_wallet::Outlooks;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;

/// What the bank does when it is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Manner {
    /// It executes what it is sent, and says of everything else that it has it and is not done.
    Answers,
    /// It says nothing, and lets callers wait.
    Silent,
}

struct Scripted {
    manner: Manner,
    asked: watch::Sender<usize>,
}

/// A bank of this name, as the jobs call it, and how often it was asked.
pub(super) fn bank(id: &str, manner: Manner) -> Result<(Arc<Bank>, watch::Receiver<usize>), BenchError> {
    let (asked, count) = watch::channel(0);
    let config = BankConfig {
        id: id.to_owned(),
        name: id.to_owned(),
        url: String::new(),
        secret: String::new(),
        callback_secret: None,
        answer_timeout: Duration::MAX,
    };
    let calls_max = makegood_app::JobsConfig::default().bank_calls_max;
    let (breaker, schedule) = (BreakerLimits::default(), Schedule::default());
    let adapter = Box::new(Scripted { manner, asked });
    let bank = Bank::with_adapter(&config, adapter, calls_max, breaker, schedule, Outlooks::default());
    Ok((Arc::new(bank.map_err(BenchError::Unexpected)?), count))
}

impl Scripted {
    async fn asked(&self, transfer: &BankTransfer, status: ToldStatus) -> Heard {
        self.asked.send_modify(|asked| *asked += 1);
        if self.manner == Manner::Silent {
            std::future::pending::<()>().await;
        }
        Heard::Told(Told {
            reference: transfer.id.to_string(),
            bank_reference: "none".to_owned(),
            direction: None,
            agreement: None,
            amount: transfer.amount,
            status,
        })
    }
}

impl BankAdapter for Scripted {
    fn link<'a>(&'a self, _: &'a str, _: &'a str) -> Calling<'a, Result<CardCheck, CardRefusal>> {
        Box::pin(async { Err(CardRefusal::NoAnswer) })
    }

    fn confirm<'a>(&'a self, _: &'a str, _: &'a str) -> Calling<'a, Result<(), CardRefusal>> {
        Box::pin(async { Err(CardRefusal::NoAnswer) })
    }

    fn check_holder<'a>(&'a self, _: &'a str, _: &'a str) -> Calling<'a, Option<HolderCheck>> {
        Box::pin(async { None })
    }

    fn send<'a>(&'a self, transfer: &'a BankTransfer) -> Calling<'a, Heard> {
        Box::pin(self.asked(transfer, ToldStatus::Succeeded))
    }

    fn enquire<'a>(&'a self, transfer: &'a BankTransfer) -> Calling<'a, Heard> {
        Box::pin(self.asked(transfer, ToldStatus::Accepted))
    }

    fn recall<'a>(&'a self, _: &'a BankTransfer) -> Calling<'a, Option<RecallState>> {
        Box::pin(async { None })
    }

    fn maintenance(&self) -> Calling<'_, Plans> {
        Box::pin(async { Plans::Unsaid })
    }

    fn read(&self, _: Message<'_>, _: Timestamp) -> Result<Told, MessageRefused> {
        Err(MessageRefused::Unsigned)
    }
}
