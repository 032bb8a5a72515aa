//! The wallet and the bank held against each other, transfer by transfer and in sum.

use super::Verdict;
use super::books::{Amounts, Books, Transfer, add};
use makegood_money::Money;
use std::collections::{BTreeMap, HashMap};

impl Transfer {
    pub(super) fn is_final(&self) -> bool {
        self.state == "settled" || self.state == "refused"
    }

    /// How it stands, in the bank's words.
    fn says(&self) -> &'static str {
        match self.state.as_str() {
            _ if self.is_returned => "returned",
            "settled" => "succeeded",
            "refused" if self.is_late => "succeeded",
            "refused" => "refused",
            // Of what it did otherwise than it was asked the bank says that it succeeded.
            _ if self.mismatch.is_some() => "succeeded",
            _ => "open",
        }
    }

    /// What it moved on the account at the bank, as the wallet's ledger has it.
    fn booked(&self) -> Amounts {
        let (sign, money) = match (self.is_in, self.state.as_str()) {
            _ if self.is_returned => (0, self.amount),
            (true, "settled") => (1, self.amount),
            (true, "refused") => (i128::from(self.is_late), self.amount),
            // It came, and belongs to nobody yet.
            (true, _) => self.mismatch.map_or((0, self.amount), |came| (1, came)),
            (false, "settled") => (-1, self.amount),
            (false, "refused") => (-i128::from(self.is_late), self.amount),
            (false, _) => (0, self.amount),
        };
        amounts(money, sign)
    }
}

fn amounts(money: Money, sign: i128) -> Amounts {
    let mut amounts = Amounts::new();
    add(&mut amounts, money.currency(), sign * i128::from(money.minor()));
    amounts
}

/// Why the wallet and the bank may differ about a transfer: what the bank did, and what it then has not told, or told
/// otherwise. Somebody of the staff has a case of it, or the day's statement shows it.
fn in_flight(books: &Books, transfer: &Transfer) -> Option<&'static str> {
    let had = |kind: &str| books.had(&transfer.reference, kind);
    // That a callback was lost before the last one excuses nothing.
    let is_untold = books.untold.contains(&transfer.reference);
    let is_otherwise = ["wrong_amount", "wrong_currency", "wrong_payee"].iter().any(|kind| had(kind));
    // A wallet that takes it for what it asked for, or gives it back, has not left it to a person.
    let is_left = !transfer.is_final() && books.cases.contains(&transfer.reference);
    if !transfer.is_in && is_otherwise && transfer.mismatch.is_some() && is_left {
        return Some("paid out otherwise than it was asked");
    }
    // Its no may be there before its yes, which is then held for a late one.
    if had("failure_after_success") && (transfer.is_contradicted || transfer.is_late || is_untold) {
        return Some("taken back after its yes");
    }
    if had("success_after_failure") && is_untold {
        return Some("executed after its no");
    }
    (had("returned") && is_untold).then_some("returned without a word")
}

/// Each transfer stands the same in the wallet and in the bank's own books.
pub(super) fn same_state(books: &Books) -> Verdict {
    let mut verdict =
        Verdict::new("same state", "each transfer stands the same in the wallet and at the bank");
    for transfer in &books.transfers {
        let says = transfer.says();
        let bank = books.statuses.get(&transfer.reference).map(String::as_str);
        // What the bank has never received it will not execute any more.
        let agrees = bank == Some(says) || (says == "refused" && bank.is_none());
        // The amount is right, and somebody else has it.
        let is_blind = transfer.state == "settled"
            && bank == Some("succeeded")
            && books.had(&transfer.reference, "wrong_payee");
        if is_blind {
            let Transfer { reference, object, .. } = transfer;
            verdict.fails(format!(
                "{reference} of {object} went to another card, and the wallet says it is paid"
            ));
        } else if !agrees && in_flight(books, transfer).is_none() {
            let Transfer { reference, object, .. } = transfer;
            let at_bank = bank.unwrap_or("not known");
            verdict
                .fails(format!("{reference} of {object} is {says} in the wallet, and {at_bank} at the bank"));
        }
    }
    verdict.looked_at(format!("transfers: {}", books.transfers.len()))
}

/// The bank's ledger is ours, but for items in flight, each of which has a name.
pub(super) fn same_books(books: &Books) -> (Verdict, BTreeMap<&'static str, usize>) {
    let mut verdict =
        Verdict::new("same books", "the bank's ledger equals ours, but for named items in flight");
    let mut named: BTreeMap<&'static str, usize> = BTreeMap::new();
    let nothing = Amounts::new();
    let mut ours = Amounts::new();
    let mut strangers: HashMap<&str, &Amounts> =
        books.moved.iter().map(|(reference, moved)| (reference.as_str(), moved)).collect();
    for transfer in &books.transfers {
        let booked = transfer.booked();
        let moved = strangers.remove(transfer.reference.as_str()).unwrap_or(&nothing);
        booked.iter().for_each(|(currency, minor)| add(&mut ours, *currency, *minor));
        if booked == *moved {
            continue;
        }
        match in_flight(books, transfer) {
            Some(name) => *named.entry(name).or_default() += 1,
            None => {
                let Transfer { reference, object, .. } = transfer;
                verdict.fails(format!(
                    "{reference} of {object} moved {} by our books, and {} by the bank's",
                    told(&booked),
                    told(moved)
                ));
            }
        }
    }
    // What came under a reference that nobody gave is held for whoever it belongs to. What the bank has under any other
    // reference the wallet has sent, and forgotten.
    let strange = strangers.len();
    for (reference, moved) in &strangers {
        if !books.had(reference, "wrong_reference") {
            verdict.fails(format!(
                "{reference} moved {} by the bank's books, and we do not know it",
                told(moved)
            ));
        }
    }
    strangers.into_values().flatten().for_each(|(currency, minor)| add(&mut ours, *currency, *minor));
    let nostro: Amounts =
        books.nostro.iter().filter(|(_, sum)| **sum != 0).map(|(of, sum)| (*of, *sum)).collect();
    if ours != nostro {
        verdict.fails(format!(
            "our accounts at the bank have {}, and our transfers and the strangers' money make {}",
            told(&nostro),
            told(&ours)
        ));
    }
    if !books.bank_is_balanced {
        verdict.fails("the bank's own books do not agree with themselves".to_owned());
    }
    if books.forgeries_believed > 0 {
        verdict.fails(format!("{} forged callbacks were believed", books.forgeries_believed));
    }
    let items: usize = named.values().sum();
    let transfers = books.transfers.len();
    let text = format!("transfers: {transfers}, of strangers: {strange}, named items in flight: {items}");
    (verdict.looked_at(text), named)
}

fn told(amounts: &Amounts) -> String {
    if amounts.is_empty() {
        return "nothing".to_owned();
    }
    let one = |(currency, minor): (&makegood_money::Currency, &i128)| format!("{minor} {}", currency.code());
    amounts.iter().map(one).collect::<Vec<_>>().join(", ")
}

/// Whatever a bank did that only a person can bring to an end, a person has, though it stands the same in both books.
pub(super) fn with_a_person(books: &Books) -> Verdict {
    let mut verdict =
        Verdict::new("with a person", "a person has whatever a bank did that nobody else can end");
    let mut count = 0_usize;
    for transfer in &books.transfers {
        let why = if transfer.mismatch.is_some() {
            "was moved otherwise than it was asked"
        } else if transfer.is_contradicted {
            "was taken back after its yes"
        } else if transfer.is_late && !transfer.is_in {
            "went out after its no"
        } else {
            continue;
        };
        count += 1;
        if !books.has_case(transfer) {
            let Transfer { reference, object, .. } = transfer;
            verdict.fails(format!("{reference} of {object} {why}, and nobody has it"));
        }
    }
    verdict.looked_at(format!("transfers that need one: {count}"))
}

/// No order took money twice that was not given back: by what the bank has booked.
pub(super) fn paid_once(books: &Books) -> Verdict {
    let mut verdict = Verdict::new("paid once", "no order was paid twice, but what was given back");
    let mut paid: HashMap<&str, Vec<&str>> = HashMap::new();
    let mut takings: HashMap<&str, usize> = HashMap::new();
    for payment in &books.payments {
        let has_paid = ["succeeded", "partially_refunded", "refunded"].contains(&payment.status.as_str());
        let is_there = if payment.from_balance { has_paid } else { took_at_bank(books, &payment.id) };
        let came_once = is_there || books.transfers_of(&payment.id).any(|transfer| came(books, transfer));
        *takings.entry(&payment.order).or_default() += usize::from(came_once);
        if is_there {
            paid.entry(&payment.order).or_default().push(&payment.id);
        }
    }
    for (order, payments) in paid.iter().filter(|(_, payments)| payments.len() > 1) {
        // All but one of them must have a reason why they are not given back.
        let unexplained = payments.iter().filter(|payment| !is_kept_with_reason(books, payment)).count();
        if unexplained > 1 {
            verdict.fails(format!("{order} was paid by {}", payments.join(" and ")));
        }
    }
    let twice = takings.values().filter(|takings| **takings > 1).count();
    verdict.looked_at(format!("orders that took money: {}, orders with two takings: {twice}", paid.len()))
}

/// Whether a transfer brought money, whatever became of it.
fn came(books: &Books, transfer: &Transfer) -> bool {
    transfer.is_in && books.booked_at.contains_key(&transfer.reference)
}

/// Whether there is a reason why money that came for a payment is not given back: the give-back is with a person, or the
/// bank took another amount than it was asked and a person has that, or the wallet cannot know that it came at all.
fn is_kept_with_reason(books: &Books, payment: &str) -> bool {
    let is_stuck = books.gives_back(payment).any(|refund| books.is_with_a_person(refund));
    // What was given back, the bank has taken back after its yes, and told nobody.
    let is_back_unseen =
        books.gives_back(payment).flat_map(|refund| books.transfers_of(refund)).any(|transfer| {
            books.untold.contains(&transfer.reference)
                && books.had(&transfer.reference, "failure_after_success")
        });
    is_stuck
        || is_back_unseen
        || books.transfers_of(payment).any(|transfer| {
            let is_untold = books.untold.contains(&transfer.reference) && !transfer.is_late;
            (is_untold && books.had(&transfer.reference, "success_after_failure"))
                || (transfer.mismatch.is_some() && books.is_with_a_person(payment))
        })
}

/// Whether the bank took money for a payment that the wallet has not sent back.
fn took_at_bank(books: &Books, payment: &str) -> bool {
    let objects = std::iter::once(payment).chain(books.gives_back(payment));
    let mut sum = Amounts::new();
    let transfers = objects.flat_map(|object| books.transfers_of(object));
    for moved in transfers.filter_map(|transfer| books.moved.get(&transfer.reference)) {
        moved.iter().for_each(|(currency, minor)| add(&mut sum, *currency, *minor));
    }
    sum.values().any(|minor| *minor > 0)
}

/// For how long the oldest money that the bank had taken had not arrived, at moments in microseconds: in seconds. What
/// waits for a person is not counted.
pub(crate) fn oldest_not_received(books: &Books, moments: &[i64]) -> Vec<f64> {
    let waits: Vec<(i64, i64)> = books
        .transfers
        .iter()
        .filter(|transfer| transfer.is_in && transfer.is_final())
        .filter_map(|transfer| Some((*books.booked_at.get(&transfer.reference)?, transfer.final_at?)))
        .filter(|(booked, received)| received > booked)
        .collect();
    let oldest = |moment: &i64| {
        let open = waits.iter().filter(|(booked, received)| booked <= moment && moment < received);
        let ages = open.map(|(booked, _)| u64::try_from(moment - booked).unwrap_or_default());
        std::time::Duration::from_micros(ages.max().unwrap_or_default()).as_secs_f64()
    };
    moments.iter().map(oldest).collect()
}

#[cfg(test)]
mod tests;
