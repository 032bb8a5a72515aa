//! Keys and references that keep one intent from being carried out twice.

use super::cells::{CALLER_MENDS_IT, chinese, english};
use super::{Entry, Texts};

pub(super) static KEY_MISSING: Entry = Entry {
    english: Texts {
        title: "Idempotency-Key missing",
        detail: "A request that creates something or moves money needs a key that keeps it from being done \
            twice. Nothing was done and no money moved.",
        remedies: [
            english::UPDATE_THE_APP,
            &["Send the header `Idempotency-Key` with a new random value for every new intent, and the \
                    same value when you repeat it."],
            english::ASK_FOR_REQUEST_ID,
            CALLER_MENDS_IT,
        ],
    },
    chinese: Texts {
        title: "缺少 Idempotency-Key",
        detail: "创建内容或变动资金的请求必须带有防止重复执行的幂等键。没有执行任何操作，资金未变动。",
        remedies: [
            chinese::UPDATE_THE_APP,
            &["请发送 `Idempotency-Key` 请求头：每个新操作使用新的随机值，重发时使用相同的值。"],
            chinese::ASK_FOR_REQUEST_ID,
            CALLER_MENDS_IT,
        ],
    },
};

pub(super) static KEY_INVALID: Entry = Entry {
    english: Texts {
        title: "Idempotency-Key not valid",
        detail: "A request has one key, of 1 to 255 printable ASCII characters. Nothing was done and no money \
            moved.",
        remedies: [
            english::UPDATE_THE_APP,
            &["Send the header once, with 1 to 255 printable ASCII characters as the key, such as a UUID."],
            english::ASK_FOR_REQUEST_ID,
            CALLER_MENDS_IT,
        ],
    },
    chinese: Texts {
        title: "Idempotency-Key 无效",
        detail: "一个请求只带一个幂等键，由 1 到 255 个可打印 ASCII 字符组成。没有执行任何操作，资金未变动。",
        remedies: [
            chinese::UPDATE_THE_APP,
            &["请只发送一次该请求头，以 1 到 255 个可打印 ASCII 字符作为幂等键，例如 UUID。"],
            chinese::ASK_FOR_REQUEST_ID,
            CALLER_MENDS_IT,
        ],
    },
};

pub(super) static IN_PROGRESS: Entry = Entry {
    english: Texts {
        title: "Already being worked on",
        detail: "The same request arrived before and is being worked on. It is carried out once only.",
        remedies: [
            &["Wait for the result, and do not pay again meanwhile."],
            &["Wait a moment, then send the same request with the same Idempotency-Key to get its result."],
            &["Look for the payment or order that the first request made, and tell the caller its status."],
            &["If a key stays like this after its request has ended, find that request in the log."],
        ],
    },
    chinese: Texts {
        title: "请求正在处理",
        detail: "同一请求此前已经收到，正在处理。它只会执行一次。",
        remedies: [
            &["请等待结果，在此期间请勿再次付款。"],
            &["请稍等片刻，再用相同的 Idempotency-Key 发送同一请求以获取结果。"],
            &["查找第一次请求产生的付款或订单，并告知对方其状态。"],
            &["如果请求结束后该键仍处于此状态，请在日志中查找该请求。"],
        ],
    },
};

pub(super) static KEY_REUSED: Entry = Entry {
    english: Texts {
        title: "Idempotency-Key used for something else",
        detail: "This key already belongs to another request. This request was not carried out and moved no \
            money.",
        remedies: [
            &[
                "Look at your payments, top-ups and transfers to see what the first request did.",
                "Update the app if this happens again.",
            ],
            &["Read what the first request made. Use a new key only for what is really a new intent."],
            &["Find what the first request did, and explain that a key stands for one request only."],
            CALLER_MENDS_IT,
        ],
    },
    chinese: Texts {
        title: "Idempotency-Key 已用于其他请求",
        detail: "该幂等键已属于另一个请求。本次请求没有执行，资金未变动。",
        remedies: [
            &["请查看您的付款、充值和转账记录，了解第一次请求的结果。", "如果再次出现，请更新应用。"],
            &["请先查询第一次请求的结果。只有确实是新的操作时，才使用新的键。"],
            &["查明第一次请求的结果，并说明一个键只能对应一个请求。"],
            CALLER_MENDS_IT,
        ],
    },
};

pub(super) static REFERENCE_CONFLICT: Entry = Entry {
    english: Texts {
        title: "Reference already used",
        detail: "Your own reference already stands for something with another content. This request was not \
            carried out and moved no money.",
        remedies: [
            &[
                "Look at your payments, top-ups and transfers: what you want may be done already.",
                "Update the app if this happens again.",
            ],
            &["Look up what this number stands for. Give a new number only to what is really a new order \
                    or refund."],
            &["Find what has this reference, and tell the caller how it differs from what they sent."],
            CALLER_MENDS_IT,
        ],
    },
    chinese: Texts {
        title: "业务编号已被使用",
        detail: "您自定的编号已对应另一项内容不同的业务。本次请求没有执行，资金未变动。",
        remedies: [
            &["请查看您的付款、充值和转账记录：您要办理的业务可能已经完成。", "如果再次出现，请更新应用。"],
            &["请查询该编号对应的业务。只有确实是新的订单或退款时，才使用新的编号。"],
            &["查找使用该编号的业务，告知对方它与本次请求的差异。"],
            CALLER_MENDS_IT,
        ],
    },
};
