//! When two rejections apply, the one that is earlier in the table at [`Rejection`] is reported.

use super::script::{Script, check, spec};
use makegood_base::Timestamp;
use makegood_ledger::{AccountId, AccountStatus, Action, Book, LEGS_MAX, Leg, Rejection, Transaction, apply};
use makegood_money::{Currency, Money};

/// A flaw of the whole transaction, and its code.
type Flaw = (&'static str, fn(&mut Transaction));

fn leg(debit: AccountId, credit: AccountId, minor: i64) -> Leg {
    Leg { debit, credit, amount: Money::new(minor, Currency::CNY), action: Action::Post }
}

fn id(name: &str) -> AccountId {
    spec(name, &[]).id()
}

/// In order of precedence. All of them fit together, so that every pair is tried. `NotLoaded` is tried below.
const FLAWS: &[Flaw] = &[
    ("too_many_legs", |t| t.legs.resize(LEGS_MAX + 1, leg(id("A"), id("B"), 1))),
    ("invalid_bounds", |t| t.opens.push(spec("X", &["floor=1"]))),
    ("duplicate_status", |t| t.statuses.extend([(id("B"), AccountStatus::Open); 2])),
    ("amount_not_positive", |t| t.legs.push(leg(id("A"), id("B"), 0))),
    ("same_account", |t| t.legs.push(leg(id("A"), id("A"), 1))),
    ("account_exists", |t| t.opens.push(spec("A", &[]))),
    ("insufficient_funds", |t| t.legs.push(leg(id("A"), id("B"), 1_000))),
    ("account_not_empty", |t| t.statuses.push((id("A"), AccountStatus::Closed))),
];

#[test]
fn of_two_flaws_of_a_transaction_the_earlier_is_reported() {
    for (place, (code, first)) in FLAWS.iter().enumerate() {
        for (later, second) in FLAWS.iter().skip(place + 1) {
            let mut script = Script::new();
            script.all("A 100 | B 0").unwrap();
            let mut transaction = script.empty();
            // The later flaw goes in first, so that the order of the table decides and not that of the lists.
            second(&mut transaction);
            first(&mut transaction);
            let rejection = apply(&mut script.book, &transaction, Timestamp::EPOCH).unwrap_err();
            assert_eq!(rejection.code(), *code, "against {later}");
        }
    }
}

#[test]
fn a_conflict_comes_before_everything() {
    for (_, flaw) in FLAWS {
        let mut script = Script::new();
        script.all("A 100 | B 0").unwrap();
        let mut transaction = script.empty();
        transaction.legs.push(leg(id("A"), id("B"), 1));
        apply(&mut script.book, &transaction, Timestamp::EPOCH).unwrap();
        flaw(&mut transaction);
        let result = apply(&mut script.book, &transaction, Timestamp::EPOCH);
        assert_eq!(result, Err(Rejection::Conflict));
        transaction.legs.clear();
        transaction.opens.clear();
        transaction.statuses.clear();
        assert_eq!(apply(&mut script.book, &transaction, Timestamp::EPOCH), Err(Rejection::Conflict));
    }
}

/// A row that is not loaded is asked for before anything that stands behind it in the table, and after all that
/// needs no rows.
#[test]
fn what_is_not_loaded_comes_after_the_shape_and_before_the_rest() {
    for (code, flaw) in FLAWS {
        let mut script = Script::new();
        script.all("A 100 | B 0").unwrap();
        let mut transaction = script.empty();
        flaw(&mut transaction);
        transaction.legs.push(leg(id("Z"), id("A"), 1));
        let mut book = Book::new(script.book.head());
        ["A", "B"].iter().for_each(|name| book.put_account(*script.book.account(&id(name)).unwrap(), 1));
        book.put_absent(makegood_ledger::RowKey::Transaction(transaction.id));
        let rejection = apply(&mut book, &transaction, Timestamp::EPOCH).unwrap_err();
        let shape = rejection.precedence()
            < Rejection::NotLoaded(makegood_ledger::RowKey::Account(id("Z"))).precedence();
        assert_eq!(rejection.code(), if shape { code } else { "not_loaded" }, "{code}");
        assert_eq!(shape, !["account_exists", "insufficient_funds", "account_not_empty"].contains(code));
    }
}

/// Within a leg. Each row has the two flaws that its name says; pairs that exclude each other (a hold that is not
/// there and one that is settled; anything about an account that is not there) have none.
#[test]
#[rustfmt::skip]
fn of_two_flaws_of_a_leg_the_earlier_is_reported() {
    const HELD: &str = "A 100 | B 0 | C 0 | U 9 USD | h: hold A>B 60 @10";
    let settled = format!("{HELD} | release h A>B 60");
    let paid = "A 100 | B 0 | C 0 | U 9 USD | V 0 USD | p: post A>B 60";
    for (script, expected) in [
        ("A 100 | post A>Z 1 USD".to_owned(),                                                       "account_not_found"),
        ("A 100 | release nothing A>Z 1".to_owned(),                                                "account_not_found"),
        ("A 100 | against nothing A>Z 1".to_owned(),                                                "account_not_found"),
        ("A 100 | freeze A | post A>Z 1".to_owned(),                                                "account_not_found"),
        ("A 100 | post A>Z 101".to_owned(),                                                         "account_not_found"),
        (format!("{HELD} | capture nothing A>B 1 USD"),                                             "currency_mismatch"),
        (format!("{HELD} | release h A>B 60 USD"),                                                  "currency_mismatch"),
        (format!("{paid} | against nothing A>B 1 USD"),                                             "currency_mismatch"),
        (format!("{paid} | against p U>V 61 USD"),                                                  "currency_mismatch"),
        (format!("{paid} | freeze U | against p U>V 1 USD"),                                        "currency_mismatch"),
        (format!("{HELD} | freeze A | capture nothing A>B 1"),                                      "hold_not_found"),
        (format!("{HELD} | capture nothing A>B 1000"),                                              "hold_not_found"),
        (format!("{paid} | freeze A | against nothing A>B 1"),                                      "transfer_not_found"),
        (format!("{paid} | against nothing A>B 1000"),                                              "transfer_not_found"),
        (format!("{settled} | capture h A>C 60"),                                                   "hold_mismatch"),
        (format!("{HELD} | at 10 | capture h A>C 60"),                                              "hold_mismatch"),
        (format!("{HELD} | expire h A>C 60"),                                                       "hold_mismatch"),
        (format!("{HELD} | capture h A>C 61"),                                                      "hold_mismatch"),
        (format!("{HELD} | freeze A | capture h A>C 60"),                                           "hold_mismatch"),
        (format!("{settled} | at 10 | capture h A>B 60"),                                           "hold_settled"),
        (format!("{settled} | expire h A>B 60"),                                                    "hold_settled"),
        (format!("{settled} | capture h A>B 61"),                                                   "hold_settled"),
        (format!("{settled} | freeze A | capture h A>B 60"),                                        "hold_settled"),
        (format!("{settled} | close B | capture h A>B 60"),                                         "hold_settled"),
        (format!("{HELD} | at 10 | capture h A>B 61"),                                              "hold_expired"),
        (format!("{HELD} | at 10 | freeze A | capture h A>B 60"),                                   "hold_expired"),
        (format!("{HELD} | at 10 | nodebits A | hold A>B 1 @9"),                                    "hold_expired"),
        (format!("{HELD} | at 10 | hold A>B 1000 @9"),                                              "hold_expired"),
        (format!("{HELD} | freeze A | expire h A>B 60"),                                            "hold_not_expired"),
        (format!("{HELD} | freeze A | capture h A>B 61"),                                           "capture_exceeded"),
        (format!("{HELD} | nodebits A | capture h A>B 61"),                                         "capture_exceeded"),
        (format!("{paid} | freeze B | against p B>A 61"),                                           "return_exceeded"),
        (format!("{paid} | close C | against p C>A 61"),                                            "return_exceeded"),
        (format!("{paid} | against p C>A 61"),                                                      "return_exceeded"),
        // The debited account's flaw is the later one, so that the order of the sides does not decide.
        ("A 9 | B 0 | freeze A | close B | post A>B 1".to_owned(),                                  "account_closed"),
        ("A 9 | B 0 | nodebits A | close B | post A>B 1".to_owned(),                                "account_closed"),
        ("A 9 | B 0 | close B | post A>B 10".to_owned(),                                            "account_closed"),
        ("A 9 | B 0 | nodebits A | freeze B | post A>B 1".to_owned(),                               "account_frozen"),
        ("A 9 | B 0 | freeze B | post A>B 10".to_owned(),                                           "account_frozen"),
        ("A 9 | B 9 debit | nodebits B | post A>B 10".to_owned(),                                   "debits_refused"),
        ("A 9 | nodebits A | post A>B 10 + B 0".to_owned(),                                         "debits_refused"),
        ("A 0 ceiling=1 debit | B 0 debit | post A>B 2".to_owned(),                                 "insufficient_funds"),
        ("A 1 debit floor=none | B 9 debit | post A>B max".to_owned(),                                    "insufficient_funds"),
        ("A 1 debit floor=none | B 0 ceiling=9 | post A>B max".to_owned(),                          "ceiling_exceeded"),
    ] {
        check(&script, expected);
    }
}
