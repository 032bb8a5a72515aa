//! Payments and transfers that the wallet declines, before a bank is asked. Nothing was taken on any of them.
//! A merchant learns no more of a payer's cause than that the payer should try again or use another source.

use super::cells::{CALLER_MENDS_IT, chinese, english};
use super::{Entry, Texts};

pub(super) static EXPECTATION_MISMATCH: Entry = Entry {
    english: Texts {
        title: "Amount or payee has changed",
        detail: "The amount or the payee is not what you saw. Nothing was taken.",
        remedies: [
            &["Scan the code again, and check the amount and the payee before you confirm."],
            &["Check the amount of the order, and ask the payer to scan it again."],
            &["Compare what the payer saw with the order, and tell both sides how they differ."],
            CALLER_MENDS_IT,
        ],
    },
    chinese: Texts {
        title: "金额或收款方有变化",
        detail: "金额或收款方与您看到的不一致。没有扣款。",
        remedies: [
            &["请重新扫码，核对金额和收款方后再确认。"],
            &["请核对订单金额，并请付款人重新扫码。"],
            &["对比付款人看到的信息与订单，告知双方差异所在。"],
            CALLER_MENDS_IT,
        ],
    },
};

pub(super) static NOT_CONFIRMABLE: Entry = Entry {
    english: Texts {
        title: "Payment cannot be confirmed",
        detail: "This payment is not waiting for a confirmation: it is already under way, finished, or was \
            left too long. This request took nothing.",
        remedies: [
            &["Look at the status of the payment before you do anything else."],
            &["Read the order: it says whether it is paid."],
            &["Open the payment's trace, and tell the payer what became of it."],
            CALLER_MENDS_IT,
        ],
    },
    chinese: Texts {
        title: "付款无法确认",
        detail: "此付款不在等待确认：它已在处理、已结束，或已超时关闭。本次请求没有扣款。",
        remedies: [
            &["请先查看这笔付款的状态，再作其他操作。"],
            &["请查询订单：其中写明是否已付款。"],
            &["打开付款的追踪记录，告知付款人结果。"],
            CALLER_MENDS_IT,
        ],
    },
};

pub(super) static NOT_CANCELLABLE: Entry = Entry {
    english: Texts {
        title: "Payment cannot be cancelled",
        detail: "The payment is already under way or finished, so its payer cannot cancel it any more. This \
            request changed nothing.",
        remedies: [
            &[
                "Look at the status of the payment, and do not pay the same again.",
                "To undo it, ask the merchant to cancel the order, or for a refund if it is paid.",
            ],
            &["Cancel the order if it is not paid; refund the payment if it is."],
            &["Open the payment's trace, and tell the payer whether the merchant can cancel or refund."],
            CALLER_MENDS_IT,
        ],
    },
    chinese: Texts {
        title: "付款无法取消",
        detail: "此付款已在处理或已结束，付款人不能再取消。本次请求没有改变任何内容。",
        remedies: [
            &["请查看付款状态，请勿重复付款。", "如需撤销，请商户取消订单；如果已经付款，请商户退款。"],
            &["订单未付款时，请取消订单；已付款时，请办理退款。"],
            &["打开付款的追踪记录，告知付款人商户可以取消还是退款。"],
            CALLER_MENDS_IT,
        ],
    },
};

pub(super) static WITHDRAWAL_NOT_CANCELLABLE: Entry = Entry {
    english: Texts {
        title: "Too late to cancel",
        detail: "The money is on its way to the card, or has come to its end. Only what was not sent yet can be \
            cancelled. This request changed nothing.",
        remedies: [
            &["Look at where it stands: it says whether the card has the money, and what happens next."],
            &["Look at where it stands: it says whether the card has the money, and what happens next."],
            &["Open its trace, and tell its owner whether the card has the money and what happens next."],
            CALLER_MENDS_IT,
        ],
    },
    chinese: Texts {
        title: "已无法取消",
        detail: "款项正在转往银行卡，或已有结果。只有尚未发出的才能取消。本次请求没有改变任何内容。",
        remedies: [
            &["请查看其状态：其中写明款项是否已到银行卡以及下一步。"],
            &["请查看其状态：其中写明款项是否已到银行卡以及下一步。"],
            &["打开其追踪记录，告知用户款项是否已到银行卡以及下一步。"],
            CALLER_MENDS_IT,
        ],
    },
};

pub(super) static PAYEE_IS_PAYER: Entry = Entry {
    english: Texts {
        title: "You cannot pay yourself",
        detail: "The payee of this payment is you. Nothing was taken.",
        remedies: [
            &["Check whom you want to pay, and choose another payee."],
            &["Have the order paid from an account that is not the merchant owner's."],
            &["Explain that payer and payee must be two different people."],
            CALLER_MENDS_IT,
        ],
    },
    chinese: Texts {
        title: "不能向自己付款",
        detail: "此付款的收款方就是您本人。没有扣款。",
        remedies: [
            &["请核对要付款的对象，选择其他收款方。"],
            &["请用商户所有者以外的账户支付订单。"],
            &["说明付款人和收款人不能是同一人。"],
            CALLER_MENDS_IT,
        ],
    },
};

pub(super) static SOURCE_NOT_ACCEPTED: Entry = Entry {
    english: Texts {
        title: "Way of paying not accepted",
        detail: "The merchant does not accept this way of paying here. Nothing was taken.",
        remedies: [
            &["Use one of the ways of paying that the merchant accepts."],
            &["Ask the payer to use a source that the order accepts, or make an order that accepts more."],
            &["Tell the payer which sources the order accepts."],
            CALLER_MENDS_IT,
        ],
    },
    chinese: Texts {
        title: "不接受此付款方式",
        detail: "商户在此不接受这种付款方式。没有扣款。",
        remedies: [
            &["请改用商户接受的付款方式。"],
            &["请付款人改用订单接受的付款方式，或创建一个接受更多付款方式的订单。"],
            &["告知付款人该订单接受哪些付款方式。"],
            CALLER_MENDS_IT,
        ],
    },
};

pub(super) static BALANCE_INSUFFICIENT: Entry = Entry {
    english: Texts {
        title: "Balance too low",
        detail: "There is not enough money in the balance. Nothing was taken.",
        remedies: [
            &["Top up your balance, or use another source."],
            english::ASK_THE_PAYER,
            &["Tell the payer, and only the payer, what is available and what is held, and for what."],
            CALLER_MENDS_IT,
        ],
    },
    chinese: Texts {
        title: "余额不足",
        detail: "余额中的可用资金不够。没有扣款。",
        remedies: [
            &["请充值，或改用其他付款方式。"],
            chinese::ASK_THE_PAYER,
            &["仅向付款人本人说明可用余额、冻结金额及其原因。"],
            CALLER_MENDS_IT,
        ],
    },
};

pub(super) static ACCOUNT_FROZEN: Entry = Entry {
    english: Texts {
        title: "Account cannot be used now",
        detail: "One of the accounts that are needed for this cannot be used at the moment. Nothing was \
            taken.",
        remedies: [
            &["Do not try again for now. Ask support whether it is about your account, and what to do."],
            &["Ask the payer to use another source. If no payment reaches you, ask support about your own \
                    account."],
            &["Find out which account it is and why, and tell its owner, and nobody else, how to have it \
                    opened."],
            &["Check that the freeze has a reason and an owner, and is lifted when the reason has gone."],
        ],
    },
    chinese: Texts {
        title: "账户暂时无法使用",
        detail: "此操作所需的账户中，有一个目前无法使用。没有扣款。",
        remedies: [
            &["请暂时不要重试。请联系客服，确认是否涉及您的账户以及如何处理。"],
            &["请付款人改用其他付款方式。如果一直收不到款，请向客服查询您自己的账户。"],
            &["查明是哪个账户及其原因，只告知账户所有者如何恢复使用。"],
            &["检查冻结是否有明确的原因和负责人，并在原因消除后及时解除。"],
        ],
    },
};

pub(super) static ACCOUNT_CEILING: Entry = Entry {
    english: Texts {
        title: "More than the account may hold",
        detail: "With this amount, an account would hold more than it may. No money moved.",
        remedies: [
            &["Use a smaller amount, or ask support about the limit."],
            &["Ask the payer to try again later, and ask support whether it is about your own account."],
            &["Find out which account it is and what it may hold, and tell its owner and nobody else."],
            &["Check whether the ceiling that is set is the one that is meant."],
        ],
    },
    chinese: Texts {
        title: "超过账户限额",
        detail: "加上这笔金额，账户中的资金将超过允许的上限。资金未变动。",
        remedies: [
            &["请减少金额，或向客服咨询限额。"],
            &["请付款人稍后重试，并向客服查询是否涉及您自己的账户。"],
            &["查明是哪个账户及其上限，只告知账户所有者。"],
            &["检查所设置的上限是否正确。"],
        ],
    },
};
