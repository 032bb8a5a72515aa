//! Requests that cannot be understood, or ask for what does not exist. Nothing moves on any of them.

use super::cells::{CALLER_MENDS_IT, chinese, english};
use super::{Entry, Texts};

pub(super) static MALFORMED: Entry = Entry {
    english: Texts {
        title: "Request not understood",
        detail: "The body or the parameters of the request are not what is expected here. Nothing was done and no \
            money moved.",
        remedies: [
            english::UPDATE_THE_APP,
            &[
                "Send what the API documentation shows for this call: no unknown or doubled fields, each of its \
                    type.",
            ],
            english::ASK_FOR_REQUEST_ID,
            CALLER_MENDS_IT,
        ],
    },
    chinese: Texts {
        title: "无法识别请求",
        detail: "请求体或请求参数不符合此处的要求。没有执行任何操作，资金未变动。",
        remedies: [
            chinese::UPDATE_THE_APP,
            &["请按接口文档发送此接口要求的内容：不要有未知字段或重复字段，类型也须相符。"],
            chinese::ASK_FOR_REQUEST_ID,
            CALLER_MENDS_IT,
        ],
    },
};

pub(super) static INVALID: Entry = Entry {
    english: Texts {
        title: "A field is not valid",
        detail: "One of the fields has a value that is not allowed. Nothing was done and no money moved.",
        remedies: [
            &["Check what you entered, correct it, and try again."],
            &["Correct the field, and send the request with a new Idempotency-Key."],
            &["Ask for the request id, and explain which value is allowed."],
            CALLER_MENDS_IT,
        ],
    },
    chinese: Texts {
        title: "字段内容无效",
        detail: "有一个字段的值不符合要求。没有执行任何操作，资金未变动。",
        remedies: [
            &["请检查并更正所填内容，然后重试。"],
            &["请更正该字段，并使用新的 Idempotency-Key 重新发送请求。"],
            &["索取请求编号，并说明允许填写的值。"],
            CALLER_MENDS_IT,
        ],
    },
};

pub(super) static TOO_LARGE: Entry = Entry {
    english: Texts {
        title: "Request too large",
        detail: "The request is larger than the service accepts. Nothing was done and no money moved.",
        remedies: [
            &["Shorten the text that you entered, and try again."],
            &["Send less in one request: shorten the descriptions."],
            english::ASK_FOR_REQUEST_ID,
            CALLER_MENDS_IT,
        ],
    },
    chinese: Texts {
        title: "请求过大",
        detail: "请求超过了服务允许的大小。没有执行任何操作，资金未变动。",
        remedies: [
            &["请缩短所填内容后重试。"],
            &["请减少单次请求的内容，例如缩短描述。"],
            chinese::ASK_FOR_REQUEST_ID,
            CALLER_MENDS_IT,
        ],
    },
};

pub(super) static MEDIA_TYPE: Entry = Entry {
    english: Texts {
        title: "Not sent as JSON",
        detail: "The request does not say that it is JSON. Nothing was done and no money moved.",
        remedies: [
            english::UPDATE_THE_APP,
            &["Send the request with the header `Content-Type: application/json`."],
            english::ASK_FOR_REQUEST_ID,
            CALLER_MENDS_IT,
        ],
    },
    chinese: Texts {
        title: "请求不是 JSON 类型",
        detail: "请求没有声明内容类型为 JSON。没有执行任何操作，资金未变动。",
        remedies: [
            chinese::UPDATE_THE_APP,
            &["请在请求中加上 `Content-Type: application/json` 请求头。"],
            chinese::ASK_FOR_REQUEST_ID,
            CALLER_MENDS_IT,
        ],
    },
};

pub(super) static METHOD: Entry = Entry {
    english: Texts {
        title: "Not possible at this address",
        detail: "This address does not take this kind of request. Nothing was done and no money moved.",
        remedies: [
            english::UPDATE_THE_APP,
            &["Use one of the methods that the `Allow` header of the answer names."],
            english::ASK_FOR_REQUEST_ID,
            CALLER_MENDS_IT,
        ],
    },
    chinese: Texts {
        title: "此地址不支持该操作",
        detail: "此地址不接受这种请求方法。没有执行任何操作，资金未变动。",
        remedies: [
            chinese::UPDATE_THE_APP,
            &["请使用应答的 `Allow` 头中列出的请求方法。"],
            chinese::ASK_FOR_REQUEST_ID,
            CALLER_MENDS_IT,
        ],
    },
};

pub(super) static AMOUNT_INVALID: Entry = Entry {
    english: Texts {
        title: "Amount not valid",
        detail: "An amount is written in the digits 0 to 9, with a point before the decimals and at most as many \
            of them as its currency has: 12.34 in CNY, 1234 in JPY. It has no sign, comma, space, exponent or \
            extra zero in front, is more than zero, and is not too large. No money moved.",
        remedies: [
            &["Enter an amount above zero in plain digits, such as 12.34, and try again."],
            &[
                "Send the amount as such a string, for example `12.34`, above zero and with at most the decimals \
                    of its currency, under a new Idempotency-Key.",
            ],
            &["Explain how the amount is written in its currency."],
            CALLER_MENDS_IT,
        ],
    },
    chinese: Texts {
        title: "金额无效",
        detail: "金额由数字 0 到 9 组成，小数前用小数点，小数位数不超过该币种的规定：CNY 如 12.34，JPY 如 1234。不能有正负号、逗号、空格、指数或多余的前导零，必须大于零，且不能过大。资金未变动。",
        remedies: [
            &["请用普通数字输入大于零的金额，例如 12.34，然后重试。"],
            &[
                "请以上述格式的字符串发送金额，例如 `12.34`，须大于零，小数位数不超过该币种的规定，并使用新的 Idempotency-Key。",
            ],
            &["说明该币种金额的正确写法。"],
            CALLER_MENDS_IT,
        ],
    },
};

pub(super) static CURRENCY_UNSUPPORTED: Entry = Entry {
    english: Texts {
        title: "Currency not supported",
        detail: "Money is held in currencies of ISO 4217, named by three capital letters such as CNY. No money \
            moved.",
        remedies: [
            &["Choose another currency, and try again."],
            &["Send one of the codes that `reason` lists, in capitals, under a new Idempotency-Key."],
            &["Tell the caller which currencies are accepted, and how their codes are written."],
            CALLER_MENDS_IT,
        ],
    },
    chinese: Texts {
        title: "不支持该币种",
        detail: "资金以 ISO 4217 规定的币种持有，用三个大写字母表示，例如 CNY。资金未变动。",
        remedies: [
            &["请选择其他币种后重试。"],
            &["请使用 `reason` 中列出的币种代码，字母须大写，并使用新的 Idempotency-Key。"],
            &["告知对方可用的币种及其代码的写法。"],
            CALLER_MENDS_IT,
        ],
    },
};

pub(super) static CURRENCY_MISMATCH: Entry = Entry {
    english: Texts {
        title: "Wrong currency",
        detail: "The amount is in another currency than the one that is asked for here. No money moved.",
        remedies: [
            &["Check the currency that is shown, and try again in that currency."],
            &["Use the currency of the order or payment, and send the request with a new Idempotency-Key."],
            &["Tell the caller which currency the order, payment or card has."],
            CALLER_MENDS_IT,
        ],
    },
    chinese: Texts {
        title: "币种不符",
        detail: "金额的币种与此处要求的币种不一致。资金未变动。",
        remedies: [
            &["请核对所显示的币种，并以该币种重试。"],
            &["请使用订单或付款的币种，并以新的 Idempotency-Key 重新发送请求。"],
            &["告知对方订单、付款或银行卡所用的币种。"],
            CALLER_MENDS_IT,
        ],
    },
};
