//! What a bank has refused for good. Nothing was taken on any of them, so that trying another way is safe;
//! an outcome that is not known is never one of these codes.

use super::cells::{CALLER_MENDS_IT, chinese, english};
use super::{Entry, Texts};

pub(super) static INSUFFICIENT_FUNDS: Entry = Entry {
    english: Texts {
        title: "Not enough money on the card",
        detail: "The bank says that there is not enough money on the card. Nothing was taken.",
        remedies: [
            &["Use another card or your balance, or put money on the card first."],
            english::ASK_THE_PAYER,
            &["Tell the payer, and only the payer, that the bank found too little money on the card."],
            CALLER_MENDS_IT,
        ],
    },
    chinese: Texts {
        title: "银行卡余额不足",
        detail: "银行表示卡内余额不足。没有扣款。",
        remedies: [
            &["请改用其他银行卡或余额，或先向卡内存款。"],
            chinese::ASK_THE_PAYER,
            &["仅向付款人本人说明银行反馈卡内余额不足。"],
            CALLER_MENDS_IT,
        ],
    },
};

pub(super) static CARD_REFUSED: Entry = Entry {
    english: Texts {
        title: "Card refused",
        detail: "The bank refuses this card, and does not say more. Nothing was taken.",
        remedies: [
            &["Use another card or your balance.", "Ask your bank why it refuses the card."],
            english::ASK_THE_PAYER,
            &["Tell the payer, and only the payer, that the bank refuses the card and alone can say why."],
            &["If one bank suddenly refuses many cards, ask the bank."],
        ],
    },
    chinese: Texts {
        title: "银行卡被拒绝",
        detail: "银行拒绝了此卡，没有说明原因。没有扣款。",
        remedies: [
            &["请改用其他银行卡或余额。", "请向您的银行询问拒绝原因。"],
            chinese::ASK_THE_PAYER,
            &["仅向付款人本人说明银行拒绝了此卡，原因只有银行能够解释。"],
            &["如果某家银行突然拒绝大量银行卡，请联系该银行。"],
        ],
    },
};

pub(super) static CARD_CLOSED: Entry = Entry {
    english: Texts {
        title: "Card closed",
        detail: "The bank says that the card or its account is closed. Nothing was taken.",
        remedies: [
            &["Use another card or your balance, and link a card that works."],
            english::ASK_THE_PAYER,
            &["Tell the payer, and only the payer, that the card is closed; look whether a refund is on \
                    its way to it."],
            CALLER_MENDS_IT,
        ],
    },
    chinese: Texts {
        title: "银行卡已注销",
        detail: "银行表示此卡或其账户已注销。没有扣款。",
        remedies: [
            &["请改用其他银行卡或余额，并绑定一张可用的银行卡。"],
            chinese::ASK_THE_PAYER,
            &["仅向付款人本人说明此卡已注销；并查看是否有退款正退往此卡。"],
            CALLER_MENDS_IT,
        ],
    },
};

pub(super) static LIMIT_EXCEEDED: Entry = Entry {
    english: Texts {
        title: "Card limit reached",
        detail: "The amount is more than the card's limit at the bank allows. Nothing was taken.",
        remedies: [
            &["Use another card or your balance, or ask your bank to raise the card's limit."],
            english::ASK_THE_PAYER,
            &["Tell the payer, and only the payer, that the limit is the bank's and that the bank can \
                    change it."],
            CALLER_MENDS_IT,
        ],
    },
    chinese: Texts {
        title: "超过银行卡限额",
        detail: "金额超过了此卡在银行的限额。没有扣款。",
        remedies: [
            &["请改用其他银行卡或余额，或请银行提高此卡的限额。"],
            chinese::ASK_THE_PAYER,
            &["仅向付款人本人说明这是银行设定的限额，可由银行调整。"],
            CALLER_MENDS_IT,
        ],
    },
};

pub(super) static NOT_RECEIVED: Entry = Entry {
    english: Texts {
        title: "The bank never received it",
        detail: "The request did not reach the bank in time, and the bank will not carry it out any more. \
            Nothing was taken; paying again is safe.",
        remedies: [
            &["Try again with this card, or use another source: nothing was taken."],
            &["Ask the payer to try again: nothing was taken."],
            &["Tell the payer that nothing was taken and that trying again is safe."],
            &["Check the connection to the bank, and how many requests do not reach it."],
        ],
    },
    chinese: Texts {
        title: "银行未收到请求",
        detail: "请求没有及时送达银行，银行不会再执行。没有扣款，可以放心重新付款。",
        remedies: [
            &["请用此卡重试，或改用其他付款方式：没有扣款。"],
            &["请付款人重试：没有扣款。"],
            &["告知付款人没有扣款，可以放心重试。"],
            &["检查与该银行的连接，以及有多少请求未能送达。"],
        ],
    },
};

pub(super) static RETURNED: Entry = Entry {
    english: Texts {
        title: "Taken back by the bank",
        detail: "The bank had moved the money, and then took that back. The money is where it came from.",
        remedies: [
            &["Use another card or your balance.", "Ask your bank why it took the money back."],
            english::ASK_THE_PAYER,
            &["Give the payer the bank's reference from the trace: the bank can find the reason with it."],
            &["If a bank takes back more than usual, ask it."],
        ],
    },
    chinese: Texts {
        title: "银行已退回",
        detail: "银行已划转款项，随后又退回。款项已回到原处。",
        remedies: [
            &["请改用其他银行卡或余额。", "请向您的银行询问退回原因。"],
            chinese::ASK_THE_PAYER,
            &["把追踪记录中的银行流水号告知付款人，银行可据此查明原因。"],
            &["如果某家银行的退回明显增多，请联系该银行。"],
        ],
    },
};

pub(super) static REFUSED: Entry = Entry {
    english: Texts {
        title: "Refused by the bank",
        detail: "The bank refused this and did not say why. Nothing was taken.",
        remedies: [
            &["Use another card or your balance.", "Ask your bank why it refused."],
            english::ASK_THE_PAYER,
            &["Give the payer the bank's reference from the trace: the bank can find the reason with it."],
            &["Read the bank's answer in the log; if a bank refuses more than usual, ask it."],
        ],
    },
    chinese: Texts {
        title: "银行拒绝了请求",
        detail: "银行拒绝了此请求，没有说明原因。没有扣款。",
        remedies: [
            &["请改用其他银行卡或余额。", "请向您的银行询问拒绝原因。"],
            chinese::ASK_THE_PAYER,
            &["把追踪记录中的银行流水号告知付款人，银行可据此查明原因。"],
            &["在日志中查看银行的应答；如果某家银行的拒绝明显增多，请联系该银行。"],
        ],
    },
};
