//! Operations cases: what a person at the wallet has to take care of, each with a reason, an owner, a next step
//! and a time. Nobody filed them but the wallet itself; a complaint is something else.

use crate::texts::Language;
use makegood_auth::StaffRole;
use makegood_base::{CaseId, StaffId, Timestamp};

macro_rules! worded {
    ($(#[$meta:meta])* $name:ident {
        $($(#[$own:meta])* $variant:ident = $word:literal, $english:literal, $chinese:literal;)*
    }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name {
            $($(#[$own])* $variant,)*
        }

        impl $name {
            /// Every one.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The word as it is stored, and as clients read it.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word,)* }
            }

            /// What it means, in a sentence.
            #[must_use]
            pub const fn text(self, language: Language) -> &'static str {
                match (self, language) {
                    $((Self::$variant, Language::English) => $english,
                    (Self::$variant, Language::Chinese) => $chinese,)*
                }
            }
        }
    };
}

worded! {
    /// What kind of thing went wrong. An object has at most one case of a kind.
    CaseKind {
        /// The same thing failed again and again.
        RepeatedFailure = "repeated_failure",
            "The same thing has failed again and again.", "同一件事多次失败。";
        /// A merchant did not get its money on the day that it was due.
        OverdueSettlement = "overdue_settlement",
            "A merchant's settlement is overdue.", "商户结算已逾期。";
        /// A bank has not said for long how something ended.
        Delayed = "delayed", "A bank has not answered for long.", "银行长时间未应答。";
        /// Money came, or is said to have gone, that does not match what was asked for.
        UnidentifiedMoney = "unidentified_money",
            "Money does not match what was asked for.", "款项与请求不符。";
        /// A bank took back what it had said.
        Contradiction = "contradiction", "A bank has contradicted itself.", "银行前后说法不一致。";
        /// Money that has to go back does not find its way.
        StuckReturn = "stuck_return", "Money cannot be given back.", "款项无法退回。";
    }
}

worded! {
    /// Why a case was opened.
    CaseReason {
        /// Withdrawals to one card failed as often as the wallet takes note of.
        WithdrawalFailedAgain = "withdrawal_failed_again",
            "Withdrawals to this card fail again and again. The money is back in the balance.",
            "向此银行卡提现多次失败。款项已退回余额。";
        /// Payouts to one card failed as often as the wallet takes note of.
        PayoutFailedAgain = "payout_failed_again",
            "Payouts to this card fail again and again. The money is available to the merchant again.",
            "向此银行卡付款多次失败。款项已退回商户可用余额。";
        /// A settlement was not made when it was due.
        SettlementOverdue = "settlement_overdue",
            "The settlement was not made on its due date.", "结算没有在到期日完成。";
        /// A bank has not said how something ended.
        BankSilent = "bank_silent",
            "The bank has not said how it ended.", "银行一直没有告知结果。";
        /// A bank says that it moved something else than it was asked to.
        BankMismatch = "bank_mismatch",
            "The bank names another amount, currency, payee or reference.", "银行告知的金额、币种、收款方或流水号不符。";
        /// A bank took back what it had said.
        BankContradiction = "bank_contradiction",
            "The bank first said one thing and then another.", "银行先后告知了不同的结果。";
        /// A bank paid out although it had refused, and the money was given back by then.
        PaidAfterRefusal = "paid_after_refusal",
            "The bank paid it out after it had refused, and the wallet had given the money back.",
            "银行拒绝后又付出了款项，而钱包已将款项退回。";
        /// A bank refused to take money back.
        ReturnRefused = "return_refused",
            "The bank refuses to take the money back.", "银行拒绝接收退回的款项。";
        /// A bank took money back that is not there any more.
        ReturnShort = "return_short",
            "The bank took back money that was spent by then.", "银行收回的款项已被使用。";
    }
}

worded! {
    /// What to do next about a case.
    CaseStep {
        /// Talk to whoever asked for it.
        AskCustomer = "ask_customer",
            "Find out with the customer and the bank what is wrong with the card, and agree on another way.",
            "与客户和银行查明银行卡的问题，并商定其他办法。";
        /// Make the settlement.
        Settle = "settle",
            "Find out what keeps the settlement back, and tell the merchant by when it is made.",
            "查明结算未完成的原因，并告知商户完成时间。";
        /// Ask the bank.
        AskBank = "ask_bank",
            "Ask the bank how it ended, by its own number, and tell whoever waits.",
            "凭银行流水号向银行询问结果，并告知等待的一方。";
        /// Compare the books.
        CompareBooks = "compare_books",
            "Compare with the bank's statement, and book what really happened.",
            "与银行对账单核对，按实际情况入账。";
        /// Find another way back.
        FindOtherWay = "find_other_way",
            "Agree with its owner on another way to give the money back.",
            "与款项所有人商定其他退款方式。";
    }
}

impl CaseKind {
    /// Who takes care of such a case.
    #[must_use]
    pub const fn owner(self) -> StaffRole {
        match self {
            Self::RepeatedFailure | Self::StuckReturn => StaffRole::Support,
            Self::OverdueSettlement | Self::Delayed | Self::UnidentifiedMoney | Self::Contradiction => {
                StaffRole::Operations
            }
        }
    }

    /// What to do first.
    #[must_use]
    pub const fn next_step(self) -> CaseStep {
        match self {
            Self::RepeatedFailure => CaseStep::AskCustomer,
            Self::OverdueSettlement => CaseStep::Settle,
            Self::Delayed => CaseStep::AskBank,
            Self::UnidentifiedMoney | Self::Contradiction => CaseStep::CompareBooks,
            Self::StuckReturn => CaseStep::FindOtherWay,
        }
    }
}

/// An operations case. There is one of a kind for an object: what goes wrong again after it was closed opens it
/// again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OperationsCase {
    /// Its id.
    pub id: CaseId,
    /// What kind of thing went wrong.
    pub kind: CaseKind,
    /// With what, as everybody else writes its id.
    pub object: String,
    /// Why it was opened.
    pub reason: CaseReason,
    /// Who takes care of it.
    pub owner: StaffRole,
    /// What to do next.
    pub next_step: CaseStep,
    /// When it was opened, or opened again.
    pub opened_at: Timestamp,
    /// By when it is to be closed.
    pub due_at: Timestamp,
    /// When it was closed.
    pub closed_at: Option<Timestamp>,
    /// Who closed it.
    pub closed_by: Option<StaffId>,
    /// What whoever closed it wrote.
    pub note: Option<String>,
}

impl OperationsCase {
    /// The words of [`status`](Self::status).
    pub const STATUSES: &'static [&'static str] = &["open", "closed"];

    /// `open` or `closed`.
    #[must_use]
    pub const fn status(&self) -> &'static str {
        if self.closed_at.is_none() { "open" } else { "closed" }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_word_is_one_alone_and_has_its_sentences() {
        let mut words = BTreeSet::new();
        let kinds = CaseKind::ALL.iter().map(|kind| (kind.as_str(), Language::ALL.map(|it| kind.text(it))));
        let reasons = CaseReason::ALL.iter().map(|why| (why.as_str(), Language::ALL.map(|it| why.text(it))));
        let steps = CaseStep::ALL.iter().map(|step| (step.as_str(), Language::ALL.map(|it| step.text(it))));
        for (word, texts) in kinds.chain(reasons).chain(steps) {
            assert!(words.insert(word), "{word} is there twice");
            assert_eq!(texts.map(|text| text.ends_with('.')), [true, false], "{word}");
            assert_eq!(texts.map(|text| text.ends_with('。')), [false, true], "{word}");
        }
        for kind in CaseKind::ALL {
            assert!(StaffRole::ALL.contains(&kind.owner()) && CaseStep::ALL.contains(&kind.next_step()));
        }
    }
}
