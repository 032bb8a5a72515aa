//! The sentences of a trace: where the money is, and who acts next. Payer and payee read the same ones, so
//! they name both and address neither.

use super::{Language, texts};
use crate::Code;

/// A sentence of a trace.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Sentence {
    /// The payer has not confirmed yet.
    PaymentWaitsForConfirmation,
    /// The bank is at work.
    PaymentProcessing,
    /// The payee has the money.
    PaymentSucceeded,
    /// It was refused; nothing was taken.
    PaymentFailed,
    /// The bank did not answer.
    PaymentUnknown,
    /// The wallet has taken the attempt over.
    PaymentReversing,
    /// The wallet took the attempt over, and the bank took nothing.
    PaymentReversed,
    /// The payer left before anything was taken.
    PaymentCancelled,
    /// Nobody confirmed in time.
    PaymentClosed,
    /// Part of it has been returned.
    PaymentPartlyRefunded,
    /// All of it has been returned.
    PaymentRefunded,
    /// The bank took it back after its yes.
    PaymentReturned,
    /// The bank is at work.
    TopUpProcessing,
    /// The bank did not answer.
    TopUpUnknown,
    /// The balance has the money.
    TopUpSucceeded,
    /// It was refused; nothing was taken.
    TopUpFailed,
    /// The bank took it back after its yes.
    TopUpReturned,
    /// It takes longer than was promised.
    Delayed,
    /// What the bank took too late is on its way back.
    LateReturning,
    /// What the bank took too late is back.
    LateReturned,
    /// What the bank took too late is with the wallet; a person finds a way back.
    LateReturnStuck,
    /// The money is on its way back.
    RefundProcessing,
    /// The payer has the money.
    RefundSucceeded,
    /// The bank did not answer.
    RefundUnknown,
    /// The bank refused it; a person finds another way.
    RefundNeedsAction,
    /// The payee has the money.
    TransferSucceeded,
    /// The money is reserved, and about to be sent to the card.
    OutgoingHeld,
    /// The bank was asked to pay it to the card.
    OutgoingSent,
    /// The bank did not answer.
    OutgoingUnknown,
    /// The card has the money.
    OutgoingCompleted,
    /// The bank sent it back after its yes.
    OutgoingReturned,
    /// The bank refused; all of it is back.
    OutgoingFailed,
    /// It was taken back before it was sent.
    OutgoingCancelled,
    /// The bank paid it after it had refused.
    OutgoingPaidLate,
    /// The money becomes available on its day.
    SettlementScheduled,
    /// The money was to be available before now.
    SettlementOverdue,
    /// The money is available.
    SettlementSettled,
    /// The card is the named person's.
    HolderMatch,
    /// The name is nearly that of the card's holder.
    HolderCloseMatch,
    /// The name is another one.
    HolderNoMatch,
    /// The bank cannot say whose card it is.
    HolderUnavailable,
    /// The payer has to confirm.
    NextConfirm,
    /// The bank has to answer.
    NextBankAnswer,
    /// The wallet asks the bank.
    NextEnquiry,
    /// The wallet gives the money back.
    NextGiveBack,
    /// The wallet's staff have to act.
    NextStaffAction,
    /// What a payer reads of refunds before paying.
    RefundPolicy,
    /// What a merchant reads where a payer was declined.
    DeclinedTitle,
}

/// A sentence with what was refused behind it: the title of its code, and the code.
pub(crate) fn with_reason(key: Sentence, code: Option<Code>, language: Language) -> String {
    let text = sentence(key, language);
    let Some(code) = code else { return text.to_owned() };
    let title = texts(code, language).title;
    match language {
        Language::English => format!("{text} Reason: {title} ({}).", code.as_str()),
        Language::Chinese => format!("{text}原因：{title}（{}）。", code.as_str()),
    }
}

/// A sentence in a language.
#[must_use]
pub const fn sentence(key: Sentence, language: Language) -> &'static str {
    let (english, chinese) = pair(key);
    match language {
        Language::English => english,
        Language::Chinese => chinese,
    }
}

const fn pair(key: Sentence) -> (&'static str, &'static str) {
    use Sentence as S;
    match key {
        S::PaymentWaitsForConfirmation => (
            "The payment waits for the payer to confirm the amount and the payee. Nothing has been taken.",
            "等待付款人确认金额和收款方。尚未扣款。",
        ),
        S::PaymentProcessing => {
            ("The payment is being processed. Do not pay again.", "付款正在处理。请勿重复付款。")
        }
        S::PaymentSucceeded => {
            ("The payment succeeded: the payee has the money.", "付款成功，收款方已收到款项。")
        }
        S::PaymentFailed => {
            ("The payment failed. The payee has received nothing.", "付款失败，收款方没有收到款项。")
        }
        S::PaymentUnknown => (
            "The bank has not answered, so it is not known yet whether the money was taken. The wallet is \
                finding out. Do not pay again.",
            "银行尚未应答，还不能确定是否已扣款。钱包正在查询结果，请勿重复付款。",
        ),
        S::PaymentReversing => (
            "The order was cancelled while the payment was under way. If the bank has taken the money or \
                takes it late, it is given back. It is safe to pay with a new order.",
            "付款处理期间订单已取消。如果银行已经扣款或之后才扣款，款项会退回。可以放心用新订单付款。",
        ),
        S::PaymentReversed => {
            ("The payment was undone: the bank took nothing.", "付款已撤销：银行没有扣款。")
        }
        S::PaymentCancelled => {
            ("The payer cancelled the payment. Nothing was taken.", "付款人已取消付款。没有扣款。")
        }
        S::PaymentClosed => (
            "The payment was not confirmed in time and is closed. Nothing was taken.",
            "付款未在规定时间内确认，已关闭。没有扣款。",
        ),
        S::PaymentPartlyRefunded => {
            ("The payment succeeded, and part of it has been refunded.", "付款成功，其中一部分已退款。")
        }
        S::PaymentRefunded => {
            ("The payment succeeded, and all of it has been refunded.", "付款成功，已全额退款。")
        }
        S::PaymentReturned => (
            "The payment succeeded, and the bank has taken it back since: the payer has the money again.",
            "付款曾成功，但银行之后撤回了款项，款项已回到付款人处。",
        ),
        S::TopUpProcessing => ("The top-up is being processed at the bank.", "充值正在由银行处理。"),
        S::TopUpUnknown => (
            "The bank has not answered, so it is not known yet whether the money was taken. The wallet is \
                finding out. Do not top up the same again.",
            "银行尚未应答，还不能确定是否已扣款。钱包正在查询结果，请勿重复充值。",
        ),
        S::TopUpSucceeded => {
            ("The top-up succeeded: the money is in the balance.", "充值成功，款项已进入余额。")
        }
        S::TopUpFailed => ("The top-up failed. The balance is unchanged.", "充值失败，余额没有变化。"),
        S::TopUpReturned => (
            "The top-up succeeded, and the bank has taken it back since: the money is on the card again.",
            "充值曾成功，但银行之后撤回了款项，款项已回到银行卡。",
        ),
        S::Delayed => (
            "It takes longer than usual; nothing is lost, and a new time is promised.",
            "处理时间比平时长，款项不会丢失，系统已给出新的预计时间。",
        ),
        S::LateReturning => (
            "The bank took the money when it was too late, and the wallet is giving it back.",
            "银行扣款过晚，钱包正在退回款项。",
        ),
        S::LateReturned => (
            "The bank took the money when it was too late, and it has been given back.",
            "银行扣款过晚，款项已退回。",
        ),
        S::LateReturnStuck => (
            "The bank took the money when it was too late, and could not take it back. The wallet keeps it \
                for the payer until its staff have found another way.",
            "银行扣款过晚，且无法接收退款。款项由钱包为付款人保留，工作人员将另行安排退还。",
        ),
        S::RefundProcessing => ("The refund is on its way to the payer.", "退款正在退还给付款人。"),
        S::RefundSucceeded => {
            ("The refund succeeded: the payer has the money.", "退款成功，付款人已收到款项。")
        }
        S::RefundUnknown => (
            "The refund was sent, but the bank has not answered yet. The money is safe; the wallet is \
                finding out where it is.",
            "退款已发出，但银行尚未应答。款项是安全的，钱包正在查询结果。",
        ),
        S::RefundNeedsAction => (
            "The bank could not take the refund. The wallet keeps the money for the payer until its staff \
                have found another way.",
            "银行无法接收此退款。款项由钱包为付款人保留，工作人员将另行安排退还。",
        ),
        S::TransferSucceeded => {
            ("The transfer succeeded: the payee has the money.", "转账成功，收款方已收到款项。")
        }
        S::OutgoingHeld => (
            "The money is set aside and about to be sent to the card. It can still be cancelled.",
            "款项已冻结，即将转往银行卡，仍可取消。",
        ),
        S::OutgoingSent => (
            "The money was sent to the card. The bank has not confirmed it yet.",
            "款项已发往银行卡，银行尚未确认。",
        ),
        S::OutgoingUnknown => (
            "The bank has not answered, so it is not known yet whether the card has the money. The wallet is \
                finding out. Do not ask for the same again.",
            "银行尚未应答，还不能确定款项是否已到银行卡。钱包正在查询结果，请勿重复提交。",
        ),
        S::OutgoingCompleted => {
            ("The bank has confirmed it: the money is on the card.", "银行已确认，款项已到银行卡。")
        }
        S::OutgoingReturned => (
            "The bank sent the money back after it had confirmed it. It is available again.",
            "银行确认后又将款项退回。款项已恢复可用。",
        ),
        S::OutgoingFailed => {
            ("The bank refused it. All of the money is available again.", "银行已拒绝。全部款项已恢复可用。")
        }
        S::OutgoingCancelled => (
            "It was cancelled before it was sent. All of the money is available again.",
            "发出前已取消。全部款项已恢复可用。",
        ),
        S::OutgoingPaidLate => (
            "The bank paid it out after it had refused it, when the money was available again. The wallet's staff \
                take care of it. Do not ask for the same again.",
            "银行拒绝后又付出了款项，而款项当时已恢复可用。钱包工作人员正在处理，请勿重复提交。",
        ),
        S::SettlementScheduled => {
            ("The money becomes available on its due date.", "款项将于到期日变为可用。")
        }
        S::SettlementOverdue => (
            "The money was due and is not available yet. The wallet's staff take care of it.",
            "款项已到期但尚不可用，钱包工作人员正在处理。",
        ),
        S::SettlementSettled => ("The money is available.", "款项已可用。"),
        S::HolderMatch => {
            ("The bank says that the name is that of the card's holder.", "银行确认姓名与持卡人一致。")
        }
        S::HolderCloseMatch => (
            "The bank says that the name is nearly, but not quite, that of the card's holder.",
            "银行表示姓名与持卡人相近，但不完全一致。",
        ),
        S::HolderNoMatch => (
            "The bank says that the card belongs to somebody with another name. Money that goes there may be \
                hard to get back.",
            "银行表示此卡持卡人为其他姓名。转往此卡的款项可能难以追回。",
        ),
        S::HolderUnavailable => (
            "The bank cannot say now whose card it is. Money that goes to a wrong card may be hard to get back.",
            "银行目前无法确认持卡人。转往错误银行卡的款项可能难以追回。",
        ),
        S::NextConfirm => ("Next: the payer confirms or cancels.", "下一步：由付款人确认或取消。"),
        S::NextBankAnswer => ("Next: the bank answers.", "下一步：等待银行应答。"),
        S::NextEnquiry => {
            ("Next: the wallet asks the bank what became of it.", "下一步：由钱包向银行查询结果。")
        }
        S::NextGiveBack => ("Next: the wallet gives the money back.", "下一步：由钱包退回款项。"),
        S::NextStaffAction => ("Next: the wallet's staff take care of it.", "下一步：由钱包工作人员处理。"),
        S::RefundPolicy => (
            "The merchant can refund all or part of it at any time, to where the money came from.",
            "商户可随时全额或部分退款，款项原路退回。",
        ),
        S::DeclinedTitle => ("The payment was declined", "付款被拒绝"),
    }
}
