//! Two people and a bank: a top-up, a payment that is reserved before it is made, a refund, a refusal, and the
//! proof that the payment is in the journal.
#![allow(clippy::print_stdout, reason = "an example shows what happens")]

use makegood_base::Timestamp;
use makegood_ledger::{
    AccountSpec, Action, Book, Head, Leg, Side, Transaction, TransactionId, TransferRef, apply,
    merkle::{inclusion_proof, verify_inclusion},
};
use makegood_money::{Currency, Money};

fn account(owner: u8, normal: Side, floor: Option<i64>) -> AccountSpec {
    AccountSpec { owner: [owner; 16], code: 1, currency: Currency::CNY, normal, floor, ceiling: None }
}

/// A transaction of one leg whose id derives from its name.
fn movement(
    name: &str,
    debit: &AccountSpec,
    credit: &AccountSpec,
    minor: i64,
    action: Action,
) -> Transaction {
    Transaction {
        id: TransactionId::derive(name, [0; 16]),
        code: 1,
        reference: [0; 16],
        opens: vec![],
        statuses: vec![],
        legs: vec![Leg {
            debit: debit.id(),
            credit: credit.id(),
            amount: Money::new(minor, Currency::CNY),
            action,
        }],
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let bank = account(1, Side::Debit, None);
    let ann = account(2, Side::Credit, Some(0));
    let ben = account(3, Side::Credit, Some(0));

    let mut top_up = movement("top-up", &bank, &ann, 10_000, Action::Post);
    top_up.opens = vec![bank, ann, ben];
    let hold = movement("hold", &ann, &ben, 6_000, Action::Hold { expires_at: None });
    let held = TransferRef { transaction: hold.id, leg: 0 };
    let payment = movement("payment", &ann, &ben, 5_500, Action::Capture(held));
    let paid = TransferRef { transaction: payment.id, leg: 0 };
    let refund = movement("refund", &ben, &ann, 1_500, Action::PostAgainst(paid));
    let greedy = movement("greedy", &ben, &ann, 4_001, Action::PostAgainst(paid));

    let mut book = Book::complete(Head::default());
    let steps = [
        ("top up 100.00", &top_up),
        ("reserve 60.00", &hold),
        ("pay 55.00 of it", &payment),
        ("the same again", &payment),
        ("give 15.00 back", &refund),
        ("give 40.01 more back", &greedy),
    ];
    for (step, transaction) in steps {
        let answer = match apply(&mut book, transaction, Timestamp::EPOCH) {
            Ok(posted) if posted.already => format!("was posted already as number {}", posted.sequence),
            Ok(posted) => format!("posted as number {}", posted.sequence),
            Err(rejection) => format!("refused: {} ({rejection})", rejection.code()),
        };
        println!("{step}: {answer}");
        for (name, spec) in [("Ann", &ann), ("Ben", &ben)] {
            if let Some(account) = book.account(&spec.id()) {
                let [posted, available] =
                    [account.posted, account.available()].map(|minor| Money::new(minor, Currency::CNY));
                println!("    {name} has {posted}, available {available}");
            }
        }
    }

    let changes = book.clone().into_changes();
    let row = book.transaction(&payment.id).ok_or("the payment was posted")?;
    let (index, root) = (u64::try_from(row.sequence)? - 1, changes.head.log.root());
    let leaves: Vec<_> = changes.transactions.iter().map(|row| row.leaf).collect();
    let proof = inclusion_proof(index, changes.head.log.size(), |_, place| {
        leaves.get(usize::try_from(place).ok()?).copied()
    })
    .ok_or("a log this small needs its leaves alone")?;
    let proven = verify_inclusion(&row.leaf, index, changes.head.log.size(), &proof, &root);
    println!("the payment is in the journal, by a proof of {} hashes: {proven}", proof.len());
    Ok(())
}
