//! Webhook endpoints. None of these moves money.

use super::cells::CALLER_MENDS_IT;
use super::{Entry, Texts};

pub(super) static URL_REFUSED: Entry = Entry {
    english: Texts {
        title: "Webhook address not allowed",
        detail: "Events are sent to public addresses over HTTPS alone. Nothing was changed and no money moved.",
        remedies: [
            &["Use an https address of the public internet, without a user name or password in it."],
            &["Use an https address of the public internet, without a user name or password in it."],
            &["Tell the merchant what is wrong with the address, as the reason says it."],
            CALLER_MENDS_IT,
        ],
    },
    chinese: Texts {
        title: "Webhook 地址不可用",
        detail: "事件只发送到公网的 HTTPS 地址。没有任何变更，资金未变动。",
        remedies: [
            &["请使用公网的 https 地址，地址中不要包含用户名或密码。"],
            &["请使用公网的 https 地址，地址中不要包含用户名或密码。"],
            &["按原因告知商户地址的问题所在。"],
            CALLER_MENDS_IT,
        ],
    },
};

pub(super) static ENDPOINT_LIMIT: Entry = Entry {
    english: Texts {
        title: "Too many webhook endpoints",
        detail: "The merchant has as many webhook endpoints as it can have. None was made and no money moved.",
        remedies: [
            &["Delete an endpoint that is not used any more, or change one."],
            &["Delete an endpoint that is not used any more, or change one."],
            &["Look with the merchant at which endpoints are still used."],
            &["Raise the limit in the configuration if merchants need more."],
        ],
    },
    chinese: Texts {
        title: "Webhook 端点过多",
        detail: "该商户的 Webhook 端点已达上限。没有新建端点，资金未变动。",
        remedies: [
            &["请删除不再使用的端点，或修改已有端点。"],
            &["请删除不再使用的端点，或修改已有端点。"],
            &["与商户确认哪些端点仍在使用。"],
            &["如商户确有需要，请在配置中提高上限。"],
        ],
    },
};

pub(super) static ENDPOINT_DISABLED: Entry = Entry {
    english: Texts {
        title: "Webhook endpoint disabled",
        detail: "The endpoint is disabled, so that nothing is sent to it. Nothing was changed and no money moved.",
        remedies: [
            &["Mend the receiver, enable the endpoint, and ask again."],
            &["Mend the receiver, enable the endpoint, and ask again."],
            &["Tell the merchant why the endpoint is disabled, as the endpoint says it."],
            CALLER_MENDS_IT,
        ],
    },
    chinese: Texts {
        title: "Webhook 端点已停用",
        detail: "该端点已停用，不会向其发送任何内容。没有任何变更，资金未变动。",
        remedies: [
            &["请修复接收方并启用端点后重试。"],
            &["请修复接收方并启用端点后重试。"],
            &["按端点显示的原因告知商户停用的缘由。"],
            CALLER_MENDS_IT,
        ],
    },
};

pub(super) static SECRET_OVERLAPS: Entry = Entry {
    english: Texts {
        title: "The secret was replaced a short while ago",
        detail: "The secret before this one still signs too, and a third would cut off a receiver that has only that one. \
                 Nothing was changed and no money moved.",
        remedies: [
            &[
                "Ask again once the earlier secret has ended.",
                "If the secret is known to others, make another endpoint, then delete this one.",
            ],
            &[
                "Ask again once the earlier secret has ended.",
                "If the secret is known to others, make another endpoint, then delete this one.",
            ],
            &["Tell the merchant when the earlier secret ends, as the endpoint says it."],
            CALLER_MENDS_IT,
        ],
    },
    chinese: Texts {
        title: "密钥刚刚更换过",
        detail: "上一个密钥仍在同时签名，再次更换会使只持有该密钥的接收方无法验证。没有任何变更，资金未变动。",
        remedies: [
            &["请在上一个密钥失效后重试。", "如密钥已泄露，请新建端点后删除此端点。"],
            &["请在上一个密钥失效后重试。", "如密钥已泄露，请新建端点后删除此端点。"],
            &["按端点显示的时间告知商户上一个密钥何时失效。"],
            CALLER_MENDS_IT,
        ],
    },
};

pub(super) static BACKLOG_FULL: Entry = Entry {
    english: Texts {
        title: "Too many events are waiting",
        detail: "As many events as there can be failed at the endpoint or wait there. No other is sent and no money moved.",
        remedies: [
            &["Mend the receiver, so that it takes what waits, and ask again."],
            &["Mend the receiver, so that it takes what waits, and ask again."],
            &["Tell the merchant how the endpoint fails, as its deliveries say it."],
            CALLER_MENDS_IT,
        ],
    },
    chinese: Texts {
        title: "等待发送的事件过多",
        detail: "该端点发送失败或等待中的事件已达上限。不再发送其他事件，资金未变动。",
        remedies: [
            &["请修复接收方，待其接收积压的事件后重试。"],
            &["请修复接收方，待其接收积压的事件后重试。"],
            &["按端点投递记录显示的原因告知商户。"],
            CALLER_MENDS_IT,
        ],
    },
};
