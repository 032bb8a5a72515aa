//! What becomes of a transfer that is new: its card, what the bank was told to do next, and the faults that are set.

use super::{
    Direction, Ledger, STRANGER,
    agreements::{ActiveCard, active_card},
    next_number,
    posting::CardAccount,
    transfer::{self, Change, Executed, Instruction, Refusal, Status, Transfer},
};
use crate::{
    cards::Behaviour,
    chance::{draw, name},
    faults::FaultKind,
    problem::Problem,
};
use makegood_base::{Timestamp, encode_suffix};
use makegood_money::{Currency, Money};
use makegood_sql::{Error, Transaction};
use std::sync::atomic::Ordering;

/// What came of a transfer that was sent.
#[derive(Debug)]
pub(crate) struct Received {
    pub(crate) transfer: Transfer,
    pub(crate) manner: Manner,
}

/// How a transfer that was sent is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Manner {
    Prompt,
    Slow,
    Unanswered,
}

impl Ledger {
    pub(super) async fn receive(
        &self,
        transaction: &mut Transaction,
        reference: &str,
        instruction: &Instruction,
    ) -> Result<Received, Problem> {
        let now = self.clock.now();
        if let Some(known) = transfer::select(transaction, reference).await? {
            if known.instruction != *instruction {
                return Err(Problem::TransferConflict);
            }
            let transfer = self.change_if_due(transaction, known, now).await?;
            let manner = if transfer.is_silent() { Manner::Unanswered } else { Manner::Prompt };
            return Ok(Received { transfer, manner });
        }
        let card = active_card(transaction, &instruction.agreement).await?;
        let own = card.as_ref().map_or(Behaviour::Refuses, |card| card.behaviour);
        let told = self.switches.faults.told();
        let behaviour = told.unwrap_or(own);
        let sequence = next_number(transaction, "transfer").await?;
        let mut transfer = Transfer::new(reference, sequence, instruction.clone(), now);
        if let Some(refusal) = self.refusal(instruction, &[Some(own), told], now) {
            transfer.refuse(refusal);
        } else if behaviour == Behaviour::NeverAnswers {
            transfer.status = Status::Silent;
        } else if behaviour == Behaviour::SettlesLater {
            self.accept(&mut transfer, now);
        } else if let Some(fault) = self.fault(reference, told, own) {
            self.execute_wrongly(transaction, &mut transfer, card, fault, now).await?;
        } else {
            self.execute(transaction, &mut transfer, card, now).await?;
        }
        self.tell(transaction, &mut transfer, None, now).await?;
        transfer::insert(transaction, &transfer).await?;
        self.expect_change(&transfer);
        let manner = self.manner(transaction, &transfer, behaviour, told).await?;
        Ok(Received { transfer, manner })
    }

    /// The fault of a transfer that nothing else is the matter with.
    fn fault(&self, reference: &str, told: Option<Behaviour>, own: Behaviour) -> Option<FaultKind> {
        let is_plain = told.is_none() && own == Behaviour::AlwaysWorks;
        is_plain.then(|| self.switches.faults.outcome(reference)).flatten()
    }

    async fn manner(
        &self,
        transaction: &mut Transaction,
        transfer: &Transfer,
        behaviour: Behaviour,
        told: Option<Behaviour>,
    ) -> Result<Manner, Error> {
        let is_taken = matches!(transfer.status, Status::Accepted | Status::Succeeded);
        let kind = FaultKind::TimeoutExecuted;
        if told.is_none() && is_taken && self.switches.faults.happens(kind, &transfer.reference) {
            self.inject(transaction, kind, &transfer.reference).await?;
            return Ok(Manner::Unanswered);
        }
        Ok(match behaviour {
            Behaviour::TimesOutButExecutes => Manner::Unanswered,
            _ if transfer.is_silent() => Manner::Unanswered,
            Behaviour::Slow => Manner::Slow,
            _ => Manner::Prompt,
        })
    }

    /// Executes with a fault. It is written down where it took effect; what is still to come is, when it happens.
    async fn execute_wrongly(
        &self,
        transaction: &mut Transaction,
        transfer: &mut Transfer,
        card: Option<ActiveCard>,
        fault: FaultKind,
        now: Timestamp,
    ) -> Result<(), Error> {
        let (later, back) = (self.config.delays.change_after, self.config.delays.return_after);
        match fault {
            FaultKind::NeverAnswered => {}
            FaultKind::Late => self.accept(transfer, now),
            FaultKind::SuccessAfterFailure => {
                transfer.refuse(Refusal::CardRefused);
                transfer.change = Some((Change::Execute, self.switches.later(now, later)));
                return Ok(());
            }
            _ => {
                transfer.executed = self.wrong_instruction(transfer, fault);
                self.execute(transaction, transfer, card, now).await?;
                if transfer.status != Status::Succeeded {
                    transfer.executed = None;
                    return Ok(());
                }
                let change = match fault {
                    FaultKind::FailureAfterSuccess => Some((Change::TakeBack, later)),
                    FaultKind::Returned => Some((Change::Return, back)),
                    _ => None,
                };
                if let Some((change, delay)) = change {
                    transfer.change = Some((change, self.switches.later(now, delay)));
                    return Ok(());
                }
            }
        }
        match fault {
            FaultKind::WrongReference => self.receive_from_stranger(transaction, transfer, now).await,
            _ => self.inject(transaction, fault, &transfer.reference).await,
        }
    }

    /// What a transfer is executed with instead of what it says.
    fn wrong_instruction(&self, transfer: &Transfer, fault: FaultKind) -> Option<Executed> {
        let Instruction { agreement, amount, .. } = transfer.instruction.clone();
        let (seed, reference) = (self.config.seed, transfer.reference.as_str());
        match fault {
            FaultKind::WrongAmount => {
                let off = (amount.minor() / 10).max(1);
                let is_short = amount.minor() > off && draw(seed, "short", reference) < 0.5;
                let minor = if is_short { amount.minor() - off } else { amount.minor().saturating_add(off) };
                Some(Executed { agreement, amount: Money::new(minor, amount.currency()) })
            }
            FaultKind::WrongCurrency => {
                let is_dollar = amount.currency() == Currency::USD;
                let currency = if is_dollar { Currency::CNY } else { Currency::USD };
                Some(Executed { agreement, amount: Money::new(amount.minor(), currency) })
            }
            FaultKind::WrongPayee => {
                let agreement = format!("agr_{}", encode_suffix(&name(seed, "payee", reference)));
                Some(Executed { agreement, amount })
            }
            _ => None,
        }
    }

    /// Money that nobody asked for comes in, as much as that of a transfer in, under a reference that is nobody's: that
    /// one is written down.
    async fn receive_from_stranger(
        &self,
        transaction: &mut Transaction,
        transfer: &Transfer,
        now: Timestamp,
    ) -> Result<(), Error> {
        if transfer.instruction.direction == Direction::Out {
            return Ok(());
        }
        let seed = self.config.seed;
        let suffix = encode_suffix(&name(seed, "reference", &transfer.reference));
        // It has the shape of a reference: one that its caller has not given.
        let prefix = transfer.reference.rsplit_once('_').map_or("btr", |(prefix, _)| prefix);
        let reference = format!("{prefix}_{suffix}");
        let agreement = format!("agr_{}", encode_suffix(&name(seed, "stranger", &transfer.reference)));
        let instruction = Instruction { agreement, ..transfer.instruction.clone() };
        let sequence = next_number(transaction, "transfer").await?;
        let mut stray = Transfer::new(&reference, sequence, instruction, now);
        let card = CardAccount { account: STRANGER, is_empty: false };
        if !self.post_transfer(transaction, &stray, card, now).await? {
            return Ok(());
        }
        stray.status = Status::Succeeded;
        self.inject(transaction, FaultKind::WrongReference, &reference).await?;
        self.tell_surely(transaction, &mut stray, now).await?;
        transfer::insert(transaction, &stray).await
    }

    /// Takes a transfer that settles later.
    fn accept(&self, transfer: &mut Transfer, now: Timestamp) {
        let at = self.switches.later(now, self.config.timings.settle_after);
        transfer.change = Some((Change::Settle, at));
    }

    /// The next change is at this one's at the latest.
    pub(super) fn expect_change(&self, transfer: &Transfer) {
        if let Some((_, at)) = transfer.change {
            self.next_change.fetch_min(at.as_micros(), Ordering::Relaxed);
        }
    }

    /// Moves the money, or refuses where there is too little.
    pub(super) async fn execute(
        &self,
        transaction: &mut Transaction,
        transfer: &mut Transfer,
        card: Option<ActiveCard>,
        now: Timestamp,
    ) -> Result<(), Error> {
        let Some(card) = card else {
            transfer.refuse(Refusal::CardRefused);
            return Ok(());
        };
        let is_strangers = transfer
            .executed
            .as_ref()
            .is_some_and(|executed| executed.agreement != transfer.instruction.agreement);
        let account = if is_strangers { STRANGER } else { card.account.as_str() };
        let account = CardAccount { account, is_empty: card.behaviour == Behaviour::NoFunds };
        if self.post_transfer(transaction, transfer, account, now).await? {
            (transfer.status, transfer.refusal) = (Status::Succeeded, None);
        } else {
            transfer.refuse(Refusal::InsufficientFunds);
        }
        Ok(())
    }

    /// Why a new transfer is refused before anybody looks at the balance.
    fn refusal(
        &self,
        instruction: &Instruction,
        behaviours: &[Option<Behaviour>; 2],
        now: Timestamp,
    ) -> Option<Refusal> {
        let has = |behaviour| behaviours.contains(&Some(behaviour));
        let is_out = instruction.direction == Direction::Out;
        let is_told_empty = behaviours[1] == Some(Behaviour::NoFunds);
        [
            (now > instruction.valid_until, Refusal::Expired),
            (has(Behaviour::Refuses), Refusal::CardRefused),
            (has(Behaviour::ClosedWhenRefunded) && is_out, Refusal::CardClosed),
            (instruction.amount.minor() > self.config.transfer_minor_max, Refusal::LimitExceeded),
            (is_told_empty, Refusal::InsufficientFunds),
        ]
        .into_iter()
        .find_map(|(applies, refusal)| applies.then_some(refusal))
    }
}
