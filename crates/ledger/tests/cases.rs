//! What the ledger does, case by case. The language of the cases is told in `script.rs`.

use super::script::check;

fn check_all(cases: &[(&str, &str)]) {
    cases.iter().for_each(|(script, expected)| check(script, expected));
}

#[test]
#[rustfmt::skip]
fn posts() {
    check_all(&[
        ("A 100 | B 0 | post A>B 60",                                   "A 40:0:0 B 60:0:0"),
        ("A 100 | B 0 | post A>B 100",                                  "A 0:0:0 B 100:0:0"),
        ("A 100 | B 0 | post A>B 101",                                  "insufficient_funds"),
        ("A 100 | B 0 | post A>B 0",                                    "amount_not_positive"),
        ("A 100 | B 0 | post A>B -1",                                   "amount_not_positive"),
        ("A 100 | post A>A 1",                                          "same_account"),
        ("A 100 | post A>B 1",                                          "account_not_found"),
        ("A 100 | B 0 USD | post A>B 1",                                "currency_mismatch"),
        ("A 100 | B 0 | post A>B 1 USD",                                "currency_mismatch"),
        ("A 100 USD | B 0 USD | post A>B 1 USD",                        "A 99:0:0 B 1:0:0"),
        // Both sides of a leg may go up, or both down.
        ("A 5 | B 7 debit | post B>A 3",                                "A 8:0:0 B 10:0:0"),
        ("A 5 | B 7 debit | post A>B 3",                                "A 2:0:0 B 4:0:0"),
        ("A 5 | B 7 debit | post A>B 6",                                "insufficient_funds"),
        ("A 7 | B 5 debit | post A>B 6",                                "insufficient_funds"),
        // A later leg stands on the earlier ones.
        ("A 100 | B 0 | C 0 | post A>B 60 + post B>C 60",               "A 40:0:0 B 0:0:0 C 60:0:0"),
        ("A 100 | B 0 | C 0 | post B>C 60 + post A>B 60",               "insufficient_funds"),
        ("A 100 | B 0 | post A>B 60 + post A>B 60",                     "insufficient_funds"),
        ("A 100 | p: post A>B 60 + B 0",                                "A 40:0:0 B 60:0:0"),
    ]);
}

#[test]
#[rustfmt::skip]
fn bounds() {
    check_all(&[
        ("A 0 floor=-50 | B 0 | post A>B 50",                           "A -50:0:0 B 50:0:0"),
        ("A 0 floor=-50 | B 0 | post A>B 51",                           "insufficient_funds"),
        ("A 0 floor=none | B 0 | post A>B 9000000000000000000",         "A -9000000000000000000:0:0 B 9000000000000000000:0:0"),
        ("A 0 floor=none | B 0 ceiling=10 | post A>B 10",               "A -10:0:0 B 10:0:0"),
        ("A 0 floor=none | B 0 ceiling=10 | post A>B 11",               "ceiling_exceeded"),
        ("A 0 floor=none | B 0 ceiling=10 | hold A>B 6 | post A>B 5",   "ceiling_exceeded"),
        ("A 0 floor=none | B 0 ceiling=10 | hold A>B 6 | hold A>B 4",   "A 0:10:0 B 0:0:10"),
        ("A 0 floor=none | B 0 ceiling=10 | hold A>B 11",               "ceiling_exceeded"),
        ("A 0 floor=none | B 1 | post A>B max",                         "overflow"),
        ("A 0 floor=none | B 0 | post A>B max",                         "A -9223372036854775807:0:0 B 9223372036854775807:0:0"),
        ("A 0 floor=none | B 0 | post A>B max | C 0 | post A>C 1",      "A -9223372036854775808:0:0 B 9223372036854775807:0:0 C 1:0:0"),
        ("A 0 floor=none | B 0 | post A>B max | C 0 | post A>C 2",      "overflow"),
        ("A 0 floor=none | B 0 | hold A>B max | hold A>B 1",            "overflow"),
        ("A 0 floor=1",                                                 "invalid_bounds"),
        ("A 0 ceiling=-1",                                              "invalid_bounds"),
        ("A 0 ceiling=0 floor=0",                                       "A 0:0:0"),
        ("A 0 | A 0",                                                   "account_exists"),
        ("A 0 + A 0",                                                   "account_exists"),
        ("A 0 | A 0 USD",                                               "A 0:0:0"),
    ]);
}

#[test]
#[rustfmt::skip]
fn holds() {
    check_all(&[
        ("A 100 | B 0 | h: hold A>B 60",                                                "A 100:60:0 B 0:0:60"),
        ("A 100 | B 0 | h: hold A>B 60 | post A>B 50",                                  "insufficient_funds"),
        ("A 100 | B 0 | h: hold A>B 60 | post A>B 40",                                  "A 60:60:0 B 40:0:60"),
        ("A 100 | B 0 | h: hold A>B 60 | hold A>B 41",                                  "insufficient_funds"),
        ("A 100 | B 0 | h: hold A>B 60 | post B>A 1",                                   "insufficient_funds"),
        ("A 100 | B 0 | h: hold A>B 60 | capture h A>B 60",                             "A 40:0:0 B 60:0:0"),
        ("A 100 | B 0 | h: hold A>B 60 | capture h A>B 50",                             "A 50:0:0 B 50:0:0"),
        ("A 100 | B 0 | h: hold A>B 60 | capture h A>B 61",                             "capture_exceeded"),
        ("A 100 | B 0 | h: hold A>B 60 | capture h A>B 50 | capture h A>B 10",          "hold_settled"),
        ("A 100 | B 0 | h: hold A>B 60 | capture h A>B 50 | release h A>B 60",          "hold_settled"),
        ("A 100 | B 0 | h: hold A>B 60 | release h A>B 60 | capture h A>B 60",          "hold_settled"),
        ("A 100 | B 0 | h: hold A>B 60 | capture h A>B 30 + capture h A>B 30",          "hold_settled"),
        ("A 100 | B 0 | h: hold A>B 60 | release h A>B 60",                             "A 100:0:0 B 0:0:0"),
        ("A 100 | B 0 | h: hold A>B 60 | release h A>B 59",                             "hold_mismatch"),
        ("A 100 | B 0 | h: hold A>B 60 | capture h B>A 60",                             "hold_mismatch"),
        ("A 100 | B 0 | C 0 | h: hold A>B 60 | capture h A>C 60",                       "hold_mismatch"),
        ("A 100 | B 0 | h: hold A>B 60 | expire h A>B 60",                              "hold_not_expired"),
        ("A 100 | B 0 | h: post A>B 60 | capture h A>B 60",                             "hold_not_found"),
        ("A 100 | B 0 | release nothing A>B 60",                                        "hold_not_found"),
        ("A 100 | B 0 | hold A>B 60 + capture itself A>B 60",                           "hold_not_found"),
        // A hold of a batch of legs: capture one, release another.
        ("A 100 | B 0 | h: hold A>B 60 | g: hold A>B 40 | capture h A>B 1 + release g A>B 40", "A 99:0:0 B 1:0:0"),
        // Reservations on both sides of the same direction.
        ("A 5 | B 7 debit | h: hold A>B 3",                                             "A 5:3:0 B 7:3:0"),
        ("A 5 | B 7 debit | h: hold B>A 3",                                             "A 5:0:3 B 7:0:3"),
        ("A 5 | B 7 debit | h: hold B>A 3 | capture h B>A 2",                           "A 7:0:0 B 9:0:0"),
    ]);
}

#[test]
#[rustfmt::skip]
fn expiries() {
    check_all(&[
        ("A 9 | B 0 | h: hold A>B 5 @10 | at 9  | capture h A>B 5",                     "A 4:0:0 B 5:0:0"),
        ("A 9 | B 0 | h: hold A>B 5 @10 | at 10 | capture h A>B 5",                     "hold_expired"),
        ("A 9 | B 0 | h: hold A>B 5 @10 | at 9  | expire h A>B 5",                      "hold_not_expired"),
        ("A 9 | B 0 | h: hold A>B 5 @10 | at 10 | expire h A>B 5",                      "A 9:0:0 B 0:0:0"),
        ("A 9 | B 0 | h: hold A>B 5 @10 | at 10 | expire h A>B 4",                      "hold_mismatch"),
        ("A 9 | B 0 | h: hold A>B 5 @10 | at 10 | expire h A>B 5 | expire h A>B 5",     "hold_settled"),
        ("A 9 | B 0 | h: hold A>B 5 @10 | at 11 | release h A>B 5",                     "A 9:0:0 B 0:0:0"),
        // What has expired stays reserved until somebody says so; a clock that steps back revives it.
        ("A 9 | B 0 | h: hold A>B 5 @10 | at 99 | post A>B 5",                          "insufficient_funds"),
        ("A 9 | B 0 | h: hold A>B 5 @10 | at 99 | at 5 | capture h A>B 5",              "A 4:0:0 B 5:0:0"),
        ("A 9 | B 0 | at 10 | hold A>B 5 @10",                                          "hold_expired"),
        ("A 9 | B 0 | at 10 | hold A>B 5 @11",                                          "A 9:5:0 B 0:0:5"),
    ]);
}

#[test]
#[rustfmt::skip]
fn returns() {
    check_all(&[
        ("A 100 | B 0 | p: post A>B 60 | against p B>A 60",                             "A 100:0:0 B 0:0:0"),
        ("A 100 | B 0 | p: post A>B 60 | against p B>A 61",                             "return_exceeded"),
        ("A 100 | B 9 | p: post A>B 60 | against p B>A 30 | against p B>A 31",          "return_exceeded"),
        ("A 100 | B 9 | p: post A>B 60 | against p B>A 30 | against p B>A 30",          "A 100:0:0 B 9:0:0"),
        ("A 100 | B 9 | p: post A>B 60 | against p B>A 30 + against p B>A 31",          "return_exceeded"),
        ("A 100 | B 0 | C 50 | p: post A>B 60 | against p C>A 50",                      "A 90:0:0 B 60:0:0 C 0:0:0"),
        ("A 100 | B 0 | p: post A>B 60 | post B>A 60 | against p B>A 1",                "insufficient_funds"),
        ("A 100 | B 0 | p: post A>B 60 | r: against p B>A 60 | against r A>B 60",       "transfer_not_found"),
        ("A 100 | B 0 | h: hold A>B 60 | against h B>A 1",                              "transfer_not_found"),
        ("A 100 | B 0 | h: hold A>B 60 | c: capture h A>B 50 | against c B>A 50",       "A 100:0:0 B 0:0:0"),
        ("A 100 | B 0 | h: hold A>B 60 | c: capture h A>B 50 | against c B>A 51",       "return_exceeded"),
        ("A 100 | B 0 | post A>B 60 + against itself B>A 60",                           "transfer_not_found"),
        ("A 9 | B 0 | C 9 USD | D 0 USD | p: post A>B 9 | against p C>D 1 USD",         "currency_mismatch"),
    ]);
}

#[test]
#[rustfmt::skip]
fn statuses() {
    check_all(&[
        ("A 9 | B 0 | nodebits A | post A>B 1",                                         "debits_refused"),
        ("A 9 | B 9 | nodebits A | post B>A 1",                                         "A 10:0:0 B 8:0:0"),
        ("A 9 | B 0 | nodebits A | hold A>B 1",                                         "debits_refused"),
        ("A 9 debit | B 0 debit | nodebits A | post B>A 1",                             "debits_refused"),
        ("A 9 | B 0 | h: hold A>B 1 | nodebits A | capture h A>B 1",                    "debits_refused"),
        ("A 9 | B 0 | h: hold A>B 1 | nodebits A | release h A>B 1",                    "A 9:0:0 B 0:0:0"),
        ("A 9 | B 0 | freeze A | post A>B 1",                                           "account_frozen"),
        ("A 9 | B 9 | freeze A | post B>A 1",                                           "account_frozen"),
        ("A 9 | B 9 | freeze A | hold B>A 1",                                           "account_frozen"),
        ("A 9 | B 9 | freeze A | thaw A | post B>A 1",                                  "A 10:0:0 B 8:0:0"),
        ("A 9 | B 0 | h: hold A>B 1 | freeze A | release h A>B 1",                      "A 9:0:0 B 0:0:0"),
        ("A 9 | B 0 | h: hold A>B 1 @5 | freeze A | at 5 | expire h A>B 1",             "A 9:0:0 B 0:0:0"),
        ("A 9 | B 0 | p: post A>B 1 | freeze A | against p B>A 1",                      "account_frozen"),
        ("A 9 | B 0 | close A",                                                         "account_not_empty"),
        ("A 9 | B 0 | h: hold A>B 1 | close B",                                         "account_not_empty"),
        ("A 9 | B 0 | close B | post A>B 1",                                            "account_closed"),
        ("A 9 | B 0 | close B | thaw B",                                                "account_closed"),
        ("A 9 | B 0 | close B | close B",                                               "account_closed"),
        // The legs of a transaction come before its statuses.
        ("A 9 | B 0 | close A + post A>B 9",                                            "A 0:0:0 B 9:0:0"),
        ("A 9 | B 0 | freeze A | thaw A + post A>B 9",                                  "account_frozen"),
        ("A 9 | freeze A + thaw A",                                                     "duplicate_status"),
        ("A 9 | freeze C",                                                              "account_not_found"),
        ("A 9 | freeze A | freeze A",                                                   "A 9:0:0"),
    ]);
}

#[test]
#[rustfmt::skip]
fn identity() {
    check_all(&[
        ("A 9 | B 0 | p: post A>B 9 | again p",                                         "A 0:0:0 B 9:0:0"),
        ("A 9 | B 0 | p: post A>B 9 | at 5 | freeze A | again p",                       "A 0:0:0 B 9:0:0"),
        ("A 9 | B 0 | p: post A>B 9 | other p",                                         "transaction_conflict"),
        ("A 9 | B 0 | p: post A>B 9 | freeze A | other p",                              "transaction_conflict"),
    ]);
}
