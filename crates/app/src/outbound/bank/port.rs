//! The port that another bank's adapter implements, in one file (`docs/adding-a-bank.md` shows one whole). An adapter
//! says what it read, and nothing more: what that means for a transfer is the same for every bank, and is judged by
//! [`Told::answer`](makegood_banking::Told::answer).

use makegood_banking::{BankTransfer, CardCheck, CardRefusal, HolderCheck, PlannedWindow, RecallState, Told};
use makegood_base::Timestamp;
use std::future::Future;
use std::pin::Pin;

/// A call that is under way.
pub type Calling<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// What came back from a bank when it was sent a transfer, or asked what became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Heard {
    /// What it shows of the transfer.
    Told(Told),
    /// It does not know the reference: an answer to an enquiry, never to a send.
    NotFound,
    /// Nothing that can be trusted to be the bank's own answer: a timeout, a broken connection, a 5xx, a body that
    /// cannot be read.
    Nothing,
}

/// What came back from a bank when it was asked which maintenance it plans.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Plans {
    /// Nothing that can be trusted to be its own answer: it is not there.
    NoAnswer,
    /// It is there, and does not say: what it named before stays.
    Unsaid,
    /// These windows, and no others: what it named before and names no more is called off.
    Windows(Vec<PlannedWindow>),
}

/// A message that came in, which says that it is a bank's.
#[derive(Debug, Clone, Copy)]
pub struct Message<'a> {
    /// Its headers: names in lower case, and values.
    pub headers: &'a [(String, String)],
    /// Its body.
    pub body: &'a [u8],
}

impl Message<'_> {
    /// The value of a header; nothing where it is not there, or there more than once.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut found =
            self.headers.iter().filter(|(known, _)| known == name).map(|(_, value)| value.as_str());
        found.next().filter(|_| found.next().is_none())
    }
}

/// Why a message is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MessageRefused {
    /// It is not the bank's, or is too old: it was not read.
    #[error("the message is not the bank's")]
    Unsigned,
    /// It is the bank's, and cannot be understood.
    #[error("the message cannot be understood")]
    Malformed,
}

/// A bank, as its own protocol has it. Implementations keep to what the bank itself said: whatever cannot be trusted
/// to be its own answer is [`Heard::Nothing`], [`Plans::NoAnswer`] or `None`, never a failure, never a success. They bound the time of each
/// call by themselves, follow no redirects, and log no number of a card.
pub trait BankAdapter: Send + Sync {
    /// Exchanges a card number for the bank's agreement. The number goes nowhere else.
    fn link<'a>(
        &'a self,
        number: &'a str,
        holder_name: &'a str,
    ) -> Calling<'a, Result<CardCheck, CardRefusal>>;

    /// Says back the code that the bank texted to the card's holder.
    fn confirm<'a>(&'a self, agreement: &'a str, code: &'a str) -> Calling<'a, Result<(), CardRefusal>>;

    /// Asks whether a name is that of the card's holder. Moves no money.
    fn check_holder<'a>(
        &'a self,
        agreement: &'a str,
        holder_name: &'a str,
    ) -> Calling<'a, Option<HolderCheck>>;

    /// Sends a transfer under its reference. The same one again is the same request, which the bank deduplicates.
    fn send<'a>(&'a self, transfer: &'a BankTransfer) -> Calling<'a, Heard>;

    /// Asks what became of a transfer.
    fn enquire<'a>(&'a self, transfer: &'a BankTransfer) -> Calling<'a, Heard>;

    /// Asks for a transfer back, which the bank had executed. The same again is the same request.
    fn recall<'a>(&'a self, transfer: &'a BankTransfer) -> Calling<'a, Option<RecallState>>;

    /// Asks which maintenance windows the bank plans. It moves nothing, so that it is also how a bank that is down is
    /// tried.
    fn maintenance(&self) -> Calling<'_, Plans>;

    /// Reads a message that says that it is the bank's. Its signature is checked before anything of it is read.
    fn read(&self, message: Message<'_>, now: Timestamp) -> Result<Told, MessageRefused>;
}
