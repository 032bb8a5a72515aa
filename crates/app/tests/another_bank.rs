//! Another bank's adapter, whole. `docs/adding-a-bank.md` shows this file, and a test here compares the two.

use makegood_app::{BankAdapter, Calling, Heard, Message, MessageRefused, Plans};
use makegood_banking::{
    BankTransfer, CardCheck, CardRefusal, Direction, HolderCheck, RecallState, Refusal, Told, ToldStatus,
};
use makegood_base::Timestamp;
use makegood_money::{Currency, Money};

// begin of the adapter
/// A bank that speaks lines: `MOVE <reference> <in|out> <card> <fen>` and `STATE <reference>`, each answered with
/// `<state> <its own number> <fen>` or `NONE`. It names no card when it answers, has no recall, plans no maintenance,
/// and tells nothing by itself.
struct LineBank<L> {
    /// Sends a line, and reads the answer; nothing where there is none in time. A real one opens a connection.
    line: L,
}

impl<L: Fn(String) -> Option<String> + Send + Sync> LineBank<L> {
    fn ask(&self, transfer: &BankTransfer, line: String) -> Heard {
        let Some(answer) = (self.line)(line) else { return Heard::Nothing };
        if answer == "NONE" {
            return Heard::NotFound;
        }
        let mut words = answer.split(' ');
        let (Some(state), Some(number), Some(fen)) = (words.next(), words.next(), words.next()) else {
            return Heard::Nothing;
        };
        let status = match state {
            "DONE" => ToldStatus::Succeeded,
            "WAIT" => ToldStatus::Accepted,
            "NOFUNDS" => ToldStatus::Refused { refusal: Refusal::InsufficientFunds },
            "NO" => ToldStatus::Refused { refusal: Refusal::Other },
            // A word that we do not know says nothing: it is neither a yes nor a no.
            _ => return Heard::Nothing,
        };
        let Ok(fen) = fen.parse() else { return Heard::Nothing };
        Heard::Told(Told {
            reference: transfer.id.to_string(),
            bank_reference: number.to_owned(),
            direction: None,
            agreement: None,
            amount: Money::new(fen, Currency::CNY),
            status,
        })
    }
}

impl<L: Fn(String) -> Option<String> + Send + Sync> BankAdapter for LineBank<L> {
    fn link<'a>(&'a self, number: &'a str, _: &'a str) -> Calling<'a, Result<CardCheck, CardRefusal>> {
        let last4 = number.get(number.len().saturating_sub(4)..).unwrap_or_default().to_owned();
        let holder_check = HolderCheck::Unavailable;
        let linked = (self.line)(format!("CARD {number}")).ok_or(CardRefusal::NoAnswer);
        Box::pin(async move { linked.map(|agreement| CardCheck { agreement, last4, holder_check }) })
    }

    fn confirm<'a>(&'a self, agreement: &'a str, code: &'a str) -> Calling<'a, Result<(), CardRefusal>> {
        let answer = (self.line)(format!("CODE {agreement} {code}"));
        Box::pin(async move {
            match answer.as_deref() {
                Some("OK") => Ok(()),
                Some(_) => Err(CardRefusal::WrongCode),
                None => Err(CardRefusal::NoAnswer),
            }
        })
    }

    fn check_holder<'a>(&'a self, _: &'a str, _: &'a str) -> Calling<'a, Option<HolderCheck>> {
        Box::pin(async { Some(HolderCheck::Unavailable) })
    }

    fn send<'a>(&'a self, transfer: &'a BankTransfer) -> Calling<'a, Heard> {
        let direction = if transfer.direction == Direction::In { "in" } else { "out" };
        let (id, card, fen) = (transfer.id, &transfer.agreement, transfer.amount.minor());
        let heard = match self.ask(transfer, format!("MOVE {id} {direction} {card} {fen}")) {
            Heard::NotFound => Heard::Nothing,
            heard => heard,
        };
        Box::pin(async move { heard })
    }

    fn enquire<'a>(&'a self, transfer: &'a BankTransfer) -> Calling<'a, Heard> {
        let heard = self.ask(transfer, format!("STATE {}", transfer.id));
        Box::pin(async move { heard })
    }

    fn recall<'a>(&'a self, _: &'a BankTransfer) -> Calling<'a, Option<RecallState>> {
        Box::pin(async { Some(RecallState::Refused) })
    }

    fn maintenance(&self) -> Calling<'_, Plans> {
        let plans = (self.line)("HELLO".to_owned()).map_or(Plans::NoAnswer, |_| Plans::Unsaid);
        Box::pin(async move { plans })
    }

    fn read(&self, _: Message<'_>, _: Timestamp) -> Result<Told, MessageRefused> {
        Err(MessageRefused::Unsigned)
    }
}
// end of the adapter

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;
    use makegood_banking::{Answer, NewTransfer, Purpose, Schedule};

    fn transfer() -> BankTransfer {
        let new = NewTransfer {
            id: [7; 16].into(),
            bank: "line".to_owned(),
            direction: Direction::In,
            purpose: Purpose::TopUp([8; 16].into()),
            bank_card: [9; 16].into(),
            agreement: "card-1".to_owned(),
            amount: Money::new(1_000, Currency::CNY),
        };
        BankTransfer::new(new, Timestamp::EPOCH, &Schedule::default())
    }

    #[tokio::test]
    async fn what_it_reads_is_judged_as_any_banks() {
        let (transfer, amount) = (transfer(), Money::new(1_000, Currency::CNY));
        let succeeded = Answer::Succeeded { bank_reference: "N1".to_owned(), amount };
        for (line, expected) in [
            (Some("DONE N1 1000"), Some(succeeded)),
            (Some("WAIT N1 1000"), Some(Answer::Accepted { bank_reference: "N1".to_owned() })),
            (Some("MAYBE N1 1000"), None),
            (Some("DONE"), None),
            (None, None),
        ] {
            let bank = LineBank { line: |_: String| line.map(str::to_owned) };
            for heard in [bank.send(&transfer).await, bank.enquire(&transfer).await] {
                let answer = match heard {
                    Heard::Told(told) => Some(told.answer(&transfer)),
                    Heard::NotFound | Heard::Nothing => None,
                };
                assert_eq!(answer, expected, "{line:?}");
            }
            assert_eq!(bank.maintenance().await == Plans::NoAnswer, line.is_none());
        }
        let unknown = LineBank { line: |_: String| Some("NONE".to_owned()) };
        assert_eq!(unknown.enquire(&transfer).await, Heard::NotFound);
        assert_eq!(unknown.send(&transfer).await, Heard::Nothing);
    }

    #[test]
    fn the_page_shows_this_file() {
        let (page, file) = (include_str!("../../../docs/adding-a-bank.md"), include_str!("another_bank.rs"));
        let adapter = file.split("// begin of the adapter\n").nth(1).unwrap();
        let adapter = adapter.split("// end of the adapter").next().unwrap();
        assert!(
            page.contains(adapter),
            "docs/adding-a-bank.md shows another adapter than tests/another_bank.rs"
        );
    }
}
