//! Refunds that cannot be made. The payer reads nothing of the merchant's money or reasons.

use super::cells::CALLER_MENDS_IT;
use super::{Entry, Texts};

pub(super) static EXCEEDS_PAYMENT: Entry = Entry {
    english: Texts {
        title: "More than is left to refund",
        detail: "With the earlier refunds, nothing is left of the payment to return, or less than was asked for. \
            This request returned nothing.",
        remedies: [
            &["Look at the refunds of your payment; ask the merchant if you expect more."],
            &[
                "Look at `remaining` and at the earlier refunds of the payment. Refund at most what is left; if \
                    that is zero, the payment is returned in full and there is nothing to do.",
            ],
            &["Tell the merchant what was paid, what has been returned, and what is left."],
            CALLER_MENDS_IT,
        ],
    },
    chinese: Texts {
        title: "超过可退金额",
        detail: "计入此前的退款后，此付款已没有可退金额，或可退金额少于所申请的金额。本次请求没有退款。",
        remedies: [
            &["请查看这笔付款的退款记录；如有疑问，请联系商户。"],
            &[
                "请查看 `remaining` 和此前的退款，退款不能超过剩余金额；如果剩余为零，则款项已全部退还，无需处理。",
            ],
            &["告知商户付款金额、已退金额和剩余可退金额。"],
            CALLER_MENDS_IT,
        ],
    },
};

pub(super) static NOT_REFUNDABLE: Entry = Entry {
    english: Texts {
        title: "Nothing to refund",
        detail: "The payment has not succeeded, so that there is nothing to return yet. This request \
            returned nothing.",
        remedies: [
            &["Look at the status of your payment: it says whether money was taken and what happens next."],
            &[
                "If the payment is still under way, cancel its order: whatever is taken late is given back.",
                "If it failed, there is nothing to do.",
            ],
            &["Open the payment's trace, and tell both sides whether money was taken and what happens next."],
            CALLER_MENDS_IT,
        ],
    },
    chinese: Texts {
        title: "没有可退的款项",
        detail: "此付款没有成功，因此目前没有可退的款项。本次请求没有退款。",
        remedies: [
            &["请查看付款状态：其中写明是否已扣款以及下一步。"],
            &["如果付款仍在处理，请取消订单：之后若仍被扣款，会自动退回。", "如果付款已失败，则无需处理。"],
            &["打开付款的追踪记录，告知双方是否已扣款以及下一步。"],
            CALLER_MENDS_IT,
        ],
    },
};

pub(super) static MERCHANT_SHORT: Entry = Entry {
    english: Texts {
        title: "Not enough money for the refund",
        detail: "The merchant's account has not enough money for this refund. The refund was not started \
            and no money moved.",
        remedies: [
            &["The refund has not started. Ask the merchant when it will be made."],
            &[
                "Wait for further payments to come in, or refund a smaller part.",
                "Then ask for the refund again with a new Idempotency-Key.",
            ],
            &["Tell the payer that the refund has not started; tell the merchant, and only the merchant, \
                    what is missing."],
            &["Watch a merchant who is short again and again: payers may wait for their money."],
        ],
    },
    chinese: Texts {
        title: "退款资金不足",
        detail: "商户账户的资金不足以支付此退款。退款没有开始，资金未变动。",
        remedies: [
            &["退款尚未开始。请向商户询问何时办理。"],
            &["请等待后续收款到账，或先退还较小的金额。", "然后使用新的 Idempotency-Key 再次申请退款。"],
            &["告知付款人退款尚未开始；所缺金额只告知商户本身。"],
            &["留意多次资金不足的商户：付款人可能在等待退款。"],
        ],
    },
};
