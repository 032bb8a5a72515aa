//! Cards, transfers at banks from their beginning to their end, and what is read of them.

use super::{BenchError, PRICE, Person, Stage, id_of};
use makegood_banking::{Answer, HolderCheck};
use makegood_base::{BankCardId, RequestId, TopUpId};
use makegood_money::{Currency, Money};
use makegood_store::Store as _;
use makegood_wallet::tables::TimerKey;
use makegood_wallet::texts::Language;
use makegood_wallet::{Action, Caller, ClaimedTransfer, Facts, Query, answer, query_needs};
use std::sync::Arc;

impl Stage {
    /// An active card at this bank, which knows it by this agreement.
    pub(in crate::bench) async fn card(
        &self,
        caller: Caller,
        bank: &str,
        agreement: &str,
    ) -> Result<BankCardId, BenchError> {
        let link = Action::LinkBankCard {
            bank: bank.to_owned(),
            agreement: agreement.to_owned(),
            last4: "1111".to_owned(),
            holder_check: HolderCheck::Match,
        };
        let bank_card: BankCardId = id_of(&self.submit(caller, link).await?)?;
        self.submit(caller, Action::ActivateBankCard { bank_card }).await?;
        Ok(bank_card)
    }

    /// Begins a top-up.
    pub(in crate::bench) async fn top_up(
        &self,
        caller: Caller,
        bank_card: BankCardId,
        amount: Money,
    ) -> Result<TopUpId, BenchError> {
        id_of(&self.submit(caller, Action::TopUp { amount, bank_card, client_ref: None }).await?)
    }

    /// Begins so many top-ups, people taking turns. Returns each with its person.
    pub(in crate::bench) async fn top_ups(
        &self,
        people: &[Person],
        count: usize,
    ) -> Result<Vec<(TopUpId, usize)>, BenchError> {
        let people: Arc<[Person]> = people.into();
        self.all(count, move |stage, number| {
            let whose = number % people.len();
            let Person { caller, bank_card, .. } = people[whose];
            async move { Ok((stage.top_up(caller, bank_card, Money::new(PRICE, Currency::CNY)).await?, whose)) }
        })
        .await
    }

    /// The timers that are due, at most so many.
    pub(in crate::bench) async fn due(&self, count: usize) -> Result<Vec<TimerKey>, BenchError> {
        let limit = u32::try_from(count).unwrap_or(u32::MAX);
        let due = self.store.due_timers(self.tools.clock.now(), limit).await;
        due.map_err(|failure| BenchError::Unexpected(failure.to_string()))
    }

    /// The bank gives this answer to each of these transfers, whose turn it is.
    pub(in crate::bench) async fn answer_all(
        &self,
        due: Vec<TimerKey>,
        answer: fn(Money) -> Answer,
    ) -> Result<(), BenchError> {
        let answered = self.all(due.len(), move |stage, number| {
            let timer = due[number];
            async move { stage.answer(timer, answer).await }
        });
        answered.await.map(drop)
    }

    async fn answer(&self, timer: TimerKey, answer: fn(Money) -> Answer) -> Result<(), BenchError> {
        let bank_transfer = timer.object.into();
        let claimed = self.submit(Caller::System, Action::ClaimBankTransfer { bank_transfer }).await?;
        let claimed: ClaimedTransfer = serde_json::from_slice(&claimed.body)
            .map_err(|error| BenchError::Unexpected(error.to_string()))?;
        let Some(claim) = claimed.claim else { return Ok(()) };
        let answer = answer(claimed.transfer.amount);
        let record = Action::RecordBankAnswer { bank_transfer, generation: claim.generation, answer };
        self.submit(Caller::System, record).await.map(drop)
    }

    /// Answers a query, as the service does. What is asked for must be there.
    pub(in crate::bench) async fn read(&self, caller: Caller, query: &Query) -> Result<(), BenchError> {
        let needs = |facts: &Facts| query_needs(query, caller, facts);
        let facts = self.store.read(None, &needs).await;
        let facts = facts.map_err(|failure| BenchError::Unexpected(failure.to_string()))?;
        let (now, request) = (self.tools.clock.now(), RequestId::from_raw([0; 16]));
        match answer(query, caller, &facts, now, &self.settings, Language::English, request) {
            Ok(reply) if !reply.is_problem() => Ok(()),
            Ok(reply) => Err(BenchError::Unexpected(String::from_utf8_lossy(&reply.body).into_owned())),
            Err(stop) => Err(BenchError::Unexpected(format!("{stop:?}"))),
        }
    }
}
