//! What the service itself answers when it cannot take a request, or has nothing to show. Whoever was moving
//! money looks first and repeats the same request under the same key; nobody is told to pay again.

use super::cells::CALLER_MENDS_IT;
use super::{Entry, Texts};

pub(super) static REQUEST_TIMEOUT: Entry = Entry {
    english: Texts {
        title: "Request took too long to arrive",
        detail: "The request did not arrive completely in time. It was not carried out and moved no money.",
        remedies: [
            &["Check your connection, then try again."],
            &["Check the connection of the till or server, then send the same request again with the same \
                    Idempotency-Key."],
            &["Tell the caller that the request was not carried out, and ask about their connection."],
            &["If this happens to many callers, check the network and the proxy in front of the service."],
        ],
    },
    chinese: Texts {
        title: "请求接收超时",
        detail: "请求未能及时完整送达，因此没有执行，资金未变动。",
        remedies: [
            &["请检查网络连接后重试。"],
            &["请检查收银设备或服务器的网络，然后用相同的 Idempotency-Key 重新发送同一请求。"],
            &["告知对方该请求没有执行，并询问其网络情况。"],
            &["如果大量用户遇到此情况，请检查网络和服务前面的代理。"],
        ],
    },
};

pub(super) static NOT_FOUND: Entry = Entry {
    english: Texts {
        title: "Not found",
        detail: "There is nothing here under this number, or it is not yours to see. This request moved no \
            money.",
        remedies: [
            &[
                "Check the number or scan the code again.",
                "Make sure that you are logged in to the right account.",
            ],
            &["Check the id, and that the API key belongs to the merchant who owns it."],
            &["Ask for the full id, and check which account it belongs to; never tell one person about \
                    another's."],
            CALLER_MENDS_IT,
        ],
    },
    chinese: Texts {
        title: "未找到",
        detail: "没有与此编号对应的内容，或您无权查看。此请求没有变动资金。",
        remedies: [
            &["请核对编号，或重新扫码。", "请确认登录的是正确的账户。"],
            &["请核对编号，并确认所用的 API 密钥属于拥有它的商户。"],
            &["索取完整编号，核对其所属账户；不得向一方透露另一方的信息。"],
            CALLER_MENDS_IT,
        ],
    },
};

pub(super) static RATE_LIMITED: Entry = Entry {
    english: Texts {
        title: "Too many requests",
        detail: "Too many requests came in a short time. This one was not carried out and moved no money; wait as \
            long as `Retry-After` says.",
        remedies: [
            &["Wait as long as `Retry-After` says, then try once more."],
            &[
                "Wait as long as `Retry-After` says, then send the same request with the same Idempotency-Key.",
                "Send fewer requests, and fewer at a time.",
            ],
            &["Ask whether a device or program sends requests by itself."],
            &["Check whether one caller is flooding the service, and whether the limit fits honest use."],
        ],
    },
    chinese: Texts {
        title: "请求过于频繁",
        detail: "短时间内请求过多。本次请求没有执行，资金未变动；请按 `Retry-After` 的时间等待。",
        remedies: [
            &["请按 `Retry-After` 的时间等待，再试一次。"],
            &[
                "请按 `Retry-After` 的时间等待，再用相同的 Idempotency-Key 重发。",
                "请减少请求次数，以及同时发送的请求。",
            ],
            &["询问是否有设备或程序在自动发送请求。"],
            &["检查是否有调用方在大量占用服务，以及限额是否适合正常使用。"],
        ],
    },
};

pub(super) static BUSY: Entry = Entry {
    english: Texts {
        title: "Service busy",
        detail: "The wallet has more to do than it can take right now. This request was not carried out and \
            moved no money.",
        remedies: [
            &["Wait a moment, then try again."],
            &["Wait (as long as `Retry-After` says, where the answer has it), then send the same request \
                    with the same Idempotency-Key."],
            &["Tell the caller that the request was not carried out and that the service is busy."],
            &["Check the length of the queue, the time that commits take and the load of the database; \
                    add capacity if it lasts."],
        ],
    },
    chinese: Texts {
        title: "服务繁忙",
        detail: "钱包当前繁忙，暂时无法处理更多请求。本次请求没有执行，资金未变动。",
        remedies: [
            &["请稍等片刻后重试。"],
            &["请稍候（如应答带有 `Retry-After`，以其为准），再用相同的 Idempotency-Key 重发。"],
            &["告知对方该请求没有执行，目前服务繁忙。"],
            &["检查队列长度、提交耗时和数据库负载；如持续繁忙，请扩容。"],
        ],
    },
};

pub(super) static UNAVAILABLE: Entry = Entry {
    english: Texts {
        title: "Service not available",
        detail: "The wallet cannot reach what it needs to work. Nothing was decided on this request.",
        remedies: [
            &["Wait a few minutes, then look at your payments, top-ups and transfers before you try again."],
            &["Wait, then send the same request with the same Idempotency-Key: it is carried out once at \
                    most."],
            &["Tell the caller that the wallet is out of order for the moment, and when it is expected \
                    back."],
            &["Check the database, its disk and its connection; see `/readyz` and run `makegood doctor`."],
        ],
    },
    chinese: Texts {
        title: "服务暂不可用",
        detail: "钱包暂时无法连接其运行所需的系统。本次请求尚未作出任何处理决定。",
        remedies: [
            &["请等待几分钟，先查看您的付款、充值和转账记录，再决定是否重试。"],
            &["请稍后用相同的 Idempotency-Key 重新发送同一请求：它最多只会执行一次。"],
            &["告知对方钱包暂时无法使用，以及预计恢复时间。"],
            &["检查数据库、磁盘和连接；查看 `/readyz`，并运行 `makegood doctor`。"],
        ],
    },
};

pub(super) static INTERNAL: Entry = Entry {
    english: Texts {
        title: "Something went wrong in the wallet",
        detail: "The fault is the wallet's. Until you have seen what became of the request, do not count it \
            as done or as failed.",
        remedies: [
            &[
                "Look at your payments, top-ups and transfers, and do not pay again until you see what became \
                    of this.",
                "Tell support the request id.",
            ],
            &[
                "Read the order, payment or refund; if it is not there, send the same request with the same \
                    Idempotency-Key.",
                "Tell support the request id.",
            ],
            &["Look for the order, payment, top-up or transfer and its trace, tell the caller what really \
                    happened, and pass the request id on to operations."],
            &[
                "Find the request id in the log and mend the cause.",
                "Run `makegood verify` to be sure that all balances are right.",
            ],
        ],
    },
    chinese: Texts {
        title: "钱包内部出错",
        detail: "这是钱包的故障。在查明该请求的结果之前，请勿认定它已完成或已失败。",
        remedies: [
            &["请先查看您的付款、充值和转账记录；在确认结果之前，请勿再次付款。", "请把请求编号告诉客服。"],
            &[
                "请查询订单、付款或退款；如果没有记录，请用相同的 Idempotency-Key 重新发送同一请求。",
                "请把请求编号告诉客服。",
            ],
            &["查找订单、付款、充值或转账及其追踪记录，把实际情况告知对方，并把请求编号转给运维。"],
            &["用请求编号在日志中查明并消除原因。", "运行 `makegood verify`，确认所有余额正确。"],
        ],
    },
};
