//! Nothing is missing in the matrix, and nothing in it says what must not be said.

use super::{Language, Role, Sentence, sentence, texts};
use crate::code::Code;
use makegood_auth::password::PASSWORD_LENGTH_MIN;
use makegood_base::limits::{IDEMPOTENCY_KEY_BYTES_MAX, NAME_LENGTH_MAX, PASSWORD_BYTES_MAX};

/// Every empty cell: for whom, why, and of which codes.
pub(super) const NOTHING_TO_DO: &[(Role, &str, &[Code])] = &[
    (
        Role::Merchant,
        "it is between a person and the wallet",
        &[
            Code::AuthLoginTaken,
            Code::AuthLoginInvalid,
            Code::AuthPasswordTooShort,
            Code::AuthPasswordTooLong,
            Code::AuthPasswordCommon,
            Code::AuthPasswordContainsLogin,
            Code::CardInvalidNumber,
            Code::CardWrongCode,
            Code::BankUnknown,
            Code::BankUnavailable,
            Code::BankCallbackUnsigned,
            Code::RecallNothing,
            Code::RecallReturned,
        ],
    ),
    (
        Role::Operations,
        "the caller mends it, and the service works as it should",
        &[
            Code::RequestMalformed,
            Code::RequestInvalid,
            Code::RequestTooLarge,
            Code::RequestMediaType,
            Code::RequestMethod,
            Code::AmountInvalid,
            Code::CurrencyUnsupported,
            Code::CurrencyMismatch,
            Code::NotFound,
            Code::IdempotencyKeyMissing,
            Code::IdempotencyKeyInvalid,
            Code::IdempotencyKeyReused,
            Code::ReferenceConflict,
            Code::AuthRequired,
            Code::AuthLoginTaken,
            Code::AuthLoginInvalid,
            Code::AuthPasswordTooShort,
            Code::AuthPasswordTooLong,
            Code::AuthPasswordCommon,
            Code::AuthPasswordContainsLogin,
            Code::NameInvalid,
            Code::CardInvalidNumber,
            Code::CardNotActive,
            Code::CardHolderUnconfirmed,
            Code::BankUnknown,
            Code::OrderAlreadyPaid,
            Code::OrderCancelled,
            Code::OrderExpired,
            Code::PaymentExpectationMismatch,
            Code::PaymentNotConfirmable,
            Code::PaymentNotCancellable,
            Code::WithdrawalNotCancellable,
            Code::PayeeIsPayer,
            Code::SourceNotAccepted,
            Code::BalanceInsufficient,
            Code::BankInsufficientFunds,
            Code::BankCardClosed,
            Code::BankLimitExceeded,
            Code::RecallNothing,
            Code::RecallReturned,
            Code::RefundExceedsPayment,
            Code::RefundNotRefundable,
            Code::WebhookUrlRefused,
            Code::WebhookEndpointDisabled,
            Code::WebhookSecretOverlaps,
            Code::WebhookBacklogFull,
        ],
    ),
];

const SENTENCES: &[Sentence] = &[
    Sentence::PaymentWaitsForConfirmation,
    Sentence::PaymentProcessing,
    Sentence::PaymentSucceeded,
    Sentence::PaymentFailed,
    Sentence::PaymentUnknown,
    Sentence::PaymentReversing,
    Sentence::PaymentReversed,
    Sentence::PaymentCancelled,
    Sentence::PaymentClosed,
    Sentence::PaymentPartlyRefunded,
    Sentence::PaymentRefunded,
    Sentence::PaymentReturned,
    Sentence::TopUpReturned,
    Sentence::Delayed,
    Sentence::TopUpProcessing,
    Sentence::TopUpUnknown,
    Sentence::TopUpSucceeded,
    Sentence::TopUpFailed,
    Sentence::LateReturning,
    Sentence::LateReturned,
    Sentence::LateReturnStuck,
    Sentence::RefundProcessing,
    Sentence::RefundSucceeded,
    Sentence::RefundUnknown,
    Sentence::RefundNeedsAction,
    Sentence::TransferSucceeded,
    Sentence::OutgoingHeld,
    Sentence::OutgoingSent,
    Sentence::OutgoingUnknown,
    Sentence::OutgoingCompleted,
    Sentence::OutgoingReturned,
    Sentence::OutgoingFailed,
    Sentence::OutgoingCancelled,
    Sentence::OutgoingPaidLate,
    Sentence::SettlementScheduled,
    Sentence::SettlementOverdue,
    Sentence::SettlementSettled,
    Sentence::HolderMatch,
    Sentence::HolderCloseMatch,
    Sentence::HolderNoMatch,
    Sentence::HolderUnavailable,
    Sentence::NextConfirm,
    Sentence::NextBankAnswer,
    Sentence::NextEnquiry,
    Sentence::NextGiveBack,
    Sentence::NextStaffAction,
    Sentence::RefundPolicy,
    Sentence::DeclinedTitle,
];

/// Every text in a language, each with where it stands.
fn every_text(language: Language) -> Vec<(String, &'static str)> {
    let mut all = Vec::new();
    for &code in Code::ALL {
        let texts = texts(code, language);
        all.push((format!("{} title", code.as_str()), texts.title));
        all.push((format!("{} detail", code.as_str()), texts.detail));
        for role in Role::ALL {
            let place = format!("{} {}", code.as_str(), role.as_str());
            all.extend(texts.remedies_of(role).iter().map(|remedy| (place.clone(), *remedy)));
        }
    }
    all.extend(SENTENCES.iter().map(|&key| (format!("{key:?}"), sentence(key, language))));
    all
}

fn is_chinese(character: char) -> bool {
    matches!(character, '\u{3000}'..='\u{303f}' | '\u{4e00}'..='\u{9fff}' | '\u{ff00}'..='\u{ffef}')
}

#[test]
fn a_cell_is_empty_only_for_a_reason() {
    for &code in Code::ALL {
        for role in Role::ALL {
            let listed = NOTHING_TO_DO.iter().any(|(of, _, codes)| *of == role && codes.contains(&code));
            for language in Language::ALL {
                let empty = texts(code, language).remedies_of(role).is_empty();
                assert_eq!(empty, listed, "{} {} {}", code.as_str(), role.as_str(), language.tag());
            }
        }
    }
}

#[test]
fn both_languages_name_the_same_steps() {
    for &code in Code::ALL {
        for role in Role::ALL {
            let [english, chinese] =
                Language::ALL.map(|language| texts(code, language).remedies_of(role).len());
            assert_eq!(english, chinese, "{} {}", code.as_str(), role.as_str());
        }
    }
}

#[test]
fn every_text_is_finished_and_in_its_language() {
    for language in Language::ALL {
        for (place, text) in every_text(language) {
            assert!(!text.is_empty() && text.trim() == text, "{place}: {text:?}");
            for unfinished in ["TODO", "TBD", "FIXME", "XXX", "lorem", "{", "}", "  ", "\n"] {
                assert!(!text.contains(unfinished), "{place}: {text:?} contains {unfinished:?}");
            }
            assert_eq!(text.chars().any(is_chinese), language == Language::Chinese, "{place}: {text:?}");
            let ends = if language == Language::Chinese { '。' } else { '.' };
            assert_eq!(text.ends_with(ends), !place.to_lowercase().ends_with("title"), "{place}: {text:?}");
        }
    }
}

#[test]
fn chinese_texts_have_no_half_width_punctuation() {
    for (place, text) in every_text(Language::Chinese) {
        // What stands between backticks is what a machine reads.
        for (index, prose) in text.split('`').enumerate().filter(|(index, _)| index % 2 == 0) {
            assert!(!prose.contains([',', ';', ':', '?', '!', '(', ')']), "{place}, part {index}: {prose:?}");
        }
    }
}

/// Whether a text offers to pay again: a phrase for it with none of the words that forbid it just before.
fn offers_to_pay_again(text: &str, phrases: &[&str], forbidding: &[&str]) -> bool {
    phrases.iter().any(|phrase| {
        text.match_indices(phrase).any(|(at, _)| !forbidding.iter().any(|word| text[..at].ends_with(word)))
    })
}

#[test]
fn paying_again_is_offered_only_where_the_bank_never_received_it() {
    for (place, text) in every_text(Language::English) {
        let phrases =
            ["pay again", "paying again", "Pay again", "pay the same again", "top up the same again"];
        let offers = offers_to_pay_again(text, &phrases, &["not ", "Do not "]);
        assert_eq!(offers, place == "bank.not_received detail", "{place}: {text:?}");
    }
    for (place, text) in every_text(Language::Chinese) {
        let phrases = ["再次付款", "重新付款", "重复付款", "重复充值", "再付一次"];
        let offers = offers_to_pay_again(text, &phrases, &["请勿"]);
        assert_eq!(offers, place == "bank.not_received detail", "{place}: {text:?}");
    }
}

#[test]
fn a_merchant_learns_nothing_of_a_payers_money() {
    for code in [
        Code::CardNotActive,
        Code::BalanceInsufficient,
        Code::BankInsufficientFunds,
        Code::BankCardRefused,
        Code::BankCardClosed,
        Code::BankLimitExceeded,
        Code::BankRefused,
    ] {
        for (language, expected) in [
            (Language::English, "Ask the payer to try again or to use another source."),
            (Language::Chinese, "请付款人重试，或改用其他付款方式。"),
        ] {
            assert_eq!(texts(code, language).remedies_of(Role::Merchant), [expected], "{}", code.as_str());
        }
    }
}

#[test]
fn nobody_is_sent_to_transactions_where_card_payments_are_not() {
    for language in Language::ALL {
        for (place, text) in every_text(language) {
            assert!(
                !["transactions", "交易记录"].iter().any(|word| text.contains(word)),
                "{place}: {text:?}"
            );
        }
    }
}

#[test]
fn a_low_balance_is_topped_up_or_passed_by() {
    let remedies = texts(Code::BalanceInsufficient, Language::English).remedies_of(Role::Payer);
    assert_eq!(remedies, ["Top up your balance, or use another source."]);
}

#[test]
fn numbers_in_texts_are_the_limits() {
    for language in Language::ALL {
        let check = |code: Code, limit: usize| {
            let texts = texts(code, language);
            let all = [texts.detail, &texts.remedies_of(Role::Merchant).concat()].concat();
            assert!(all.contains(&format!(" {limit} ")), "{}: {all}", code.as_str());
        };
        check(Code::NameInvalid, NAME_LENGTH_MAX);
        check(Code::AuthPasswordTooShort, PASSWORD_LENGTH_MIN);
        check(Code::AuthPasswordTooLong, PASSWORD_BYTES_MAX);
        check(Code::IdempotencyKeyInvalid, IDEMPOTENCY_KEY_BYTES_MAX);
    }
}

#[test]
fn a_role_is_written_as_its_name() {
    for role in Role::ALL {
        let json = format!("\"{}\"", role.as_str());
        assert_eq!(serde_json::to_string(&role).unwrap(), json);
        assert_eq!(serde_json::from_str::<Role>(&json).unwrap(), role);
    }
}
