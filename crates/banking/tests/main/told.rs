//! What a bank shows of a transfer, and what that means for ours.

use crate::transfer;
use makegood_banking::{Answer, Direction, Refusal, ReturnReason, Schedule, Told, ToldStatus};
use makegood_money::{Currency, Money};

#[test]
fn what_is_about_another_transfer_says_nothing_but_that_money_moved() {
    let transfer = transfer(&Schedule::default());
    let (bank_reference, amount) = ("b1".to_owned(), Money::new(10_000, Currency::CNY));
    let succeeded = Answer::Succeeded { bank_reference: bank_reference.clone(), amount };
    let misdirected = Answer::Misdirected { bank_reference: bank_reference.clone(), amount };
    let accepted = Answer::Accepted { bank_reference: bank_reference.clone() };
    let refusal = Refusal::CardClosed;
    let refused = Answer::Refused { refusal, bank_reference: Some(bank_reference.clone()) };
    let reason = ReturnReason::WrongDetails;
    let returned = Answer::Returned { bank_reference: bank_reference.clone(), amount, reason };
    let own = transfer.id.to_string();
    let (input, output) = (Some(Direction::In), Some(Direction::Out));
    for (reference, direction, agreement, fits) in [
        (own.as_str(), input, Some("agr_1"), true),
        (own.as_str(), None, None, true),
        (own.as_str(), output, Some("agr_1"), false),
        (own.as_str(), input, Some("agr_2"), false),
        ("btr_other", input, Some("agr_1"), false),
        ("", None, None, false),
    ] {
        for (status, mine, others) in [
            (ToldStatus::Succeeded, &succeeded, &misdirected),
            (ToldStatus::Accepted, &accepted, &Answer::NoAnswer),
            (ToldStatus::Refused { refusal }, &refused, &Answer::NoAnswer),
            // What moved back was ours, if it has our name: in whatever else it differs.
            (
                ToldStatus::Returned { reason },
                &returned,
                if reference == own { &returned } else { &Answer::NoAnswer },
            ),
        ] {
            let told = Told {
                reference: reference.to_owned(),
                bank_reference: bank_reference.clone(),
                direction,
                agreement: agreement.map(str::to_owned),
                amount,
                status,
            };
            assert_eq!(told.is_of(&transfer), fits, "{told:?}");
            let text = serde_json::to_string(&told).unwrap();
            assert_eq!(serde_json::from_str::<Told>(&text).unwrap(), told);
            let brings = direction == input && status == ToldStatus::Succeeded;
            assert_eq!(told.brings_money(), brings);
            assert_eq!(&told.clone().answer(&transfer), if fits { mine } else { others }, "{told:?}");
        }
    }
}
