//! Orders and QR codes that cannot be paid, or not now.

use super::cells::CALLER_MENDS_IT;
use super::{Entry, Texts};

pub(super) static QR_INVALID: Entry = Entry {
    english: Texts {
        title: "QR code not valid",
        detail: "This QR code is not one of ours, or was changed. Nothing was taken.",
        remedies: [
            &[
                "Check that you scan the merchant's own code, and scan it again.",
                "If it looks like a sticker over another code, do not pay, and tell the merchant.",
            ],
            &["Show a new code from your system, and check that nobody has pasted another over yours."],
            &["Ask where the code was scanned; if it may be forged, warn the merchant and pass it on to \
                    operations."],
            &["Watch for refused codes at one place: somebody may be pasting forged ones."],
        ],
    },
    chinese: Texts {
        title: "二维码无效",
        detail: "此二维码不是本钱包的收款码，或已被改动。没有扣款。",
        remedies: [
            &[
                "请确认扫的是商户本人的收款码，并重新扫码。",
                "如果发现收款码被贴纸覆盖，请勿付款，并告知商户。",
            ],
            &["请从系统中重新出示收款码，并检查收款码是否被他人覆盖。"],
            &["询问在哪里扫的码；如可能是伪造的，请提醒商户并转告运维。"],
            &["留意同一地点的无效二维码：可能有人在张贴伪造的收款码。"],
        ],
    },
};

pub(super) static ALREADY_PAID: Entry = Entry {
    english: Texts {
        title: "Order already paid",
        detail: "This order has been paid, and can be neither paid again nor cancelled, even where its payment was \
            returned since. This request took nothing.",
        remedies: [
            &[
                "Do not pay again.",
                "If you made the payment, show it to the merchant, or look at its refunds.",
            ],
            &[
                "Read the order and the refunds of its payment.",
                "If it is not refunded, hand over what was bought, or refund it to undo the order; if it is \
                    refunded in full, there is nothing to do.",
            ],
            &["Open the order, and tell the caller which payment paid it as far as it is theirs to know."],
            CALLER_MENDS_IT,
        ],
    },
    chinese: Texts {
        title: "订单已付款",
        detail: "此订单已经付过款，不能再付款或取消，即使款项此后已退还。本次请求没有扣款。",
        remedies: [
            &["请勿再次付款。", "如果是您付的款，请向商户出示这笔付款，或查看其退款记录。"],
            &[
                "请查询订单及其付款的退款记录。",
                "如果没有退款，请交付商品，或办理退款以撤销订单；如果已全部退款，则无需处理。",
            ],
            &["打开订单，在对方有权知晓的范围内，告知是哪一笔付款支付了该订单。"],
            CALLER_MENDS_IT,
        ],
    },
};

pub(super) static CANCELLED: Entry = Entry {
    english: Texts {
        title: "Order cancelled",
        detail: "The merchant has cancelled this order. This request took nothing; if an earlier try still \
            goes through at the bank, it is given back by itself.",
        remedies: [
            &["Ask the merchant for a new order if you still want to pay."],
            &["Make a new order if the payer still wants to pay."],
            &["Look whether an earlier try is being given back, and tell the payer by when."],
            CALLER_MENDS_IT,
        ],
    },
    chinese: Texts {
        title: "订单已取消",
        detail: "商户已取消此订单。本次请求没有扣款；如果此前的付款在银行仍然成功，会自动退回。",
        remedies: [
            &["如果仍要付款，请商户重新下单。"],
            &["如果付款人仍要付款，请重新创建订单。"],
            &["查看此前的付款是否正在退回，并告知付款人预计时间。"],
            CALLER_MENDS_IT,
        ],
    },
};

pub(super) static EXPIRED: Entry = Entry {
    english: Texts {
        title: "Order expired",
        detail: "The time to pay this order is over. This request took nothing.",
        remedies: [
            &["Ask the merchant for a new order."],
            &["Make a new order, and show its code."],
            &["Tell the payer that the order cannot be paid any more, and that the merchant can make a \
                    new one."],
            CALLER_MENDS_IT,
        ],
    },
    chinese: Texts {
        title: "订单已过期",
        detail: "此订单的付款时间已过。本次请求没有扣款。",
        remedies: [
            &["请商户重新下单。"],
            &["请重新创建订单，并出示新的收款码。"],
            &["告知付款人此订单已不能付款，可由商户重新下单。"],
            CALLER_MENDS_IT,
        ],
    },
};

pub(super) static ATTEMPT_OPEN: Entry = Entry {
    english: Texts {
        title: "A payment is under way",
        detail: "A payment of this order is under way and its result is not known yet. This request took \
            nothing.",
        remedies: [
            &[
                "Do not pay again. Wait for the result of the payment that is under way.",
                "If you cannot wait, ask the merchant to cancel the order: whatever is taken late is given \
                    back.",
            ],
            &[
                "Wait for the result of the payment that is under way.",
                "If the till cannot wait, cancel the order: whatever is taken late is given back, and a new \
                    order can be paid at once.",
            ],
            &["Open the trace of the payment that is under way, and tell both sides who acts next and by \
                    when."],
            &["If the payment is past its expected time, check the enquiries at its bank."],
        ],
    },
    chinese: Texts {
        title: "已有付款正在处理",
        detail: "此订单已有一笔付款正在处理，结果尚未确定。本次请求没有扣款。",
        remedies: [
            &[
                "请勿再次付款，请等待正在处理的付款结果。",
                "如果不能等待，请商户取消订单：之后若仍被扣款，会自动退回。",
            ],
            &[
                "请等待正在处理的付款结果。",
                "如果收银台不能等待，请取消订单：之后若仍被扣款，会自动退回，新订单可以立即付款。",
            ],
            &["打开正在处理的付款的追踪记录，告知双方下一步由谁在何时之前处理。"],
            &["如果付款已超过预计时间，请检查对其银行的查询。"],
        ],
    },
};
