//! Linking and unlinking bank cards. None of these moves money.

use super::cells::{CALLER_MENDS_IT, NO_MERCHANT_INVOLVED, chinese, english};
use super::{Entry, Texts};

pub(super) static INVALID_NUMBER: Entry = Entry {
    english: Texts {
        title: "Card number not known",
        detail: "The bank does not know this card number. The card was not linked and no money moved.",
        remedies: [
            &["Check the bank and every digit of the card number, then try again."],
            NO_MERCHANT_INVOLVED,
            &["Ask the person to compare the number with the card; never ask for the full number."],
            CALLER_MENDS_IT,
        ],
    },
    chinese: Texts {
        title: "卡号有误",
        detail: "银行查不到这个卡号。银行卡没有绑定，资金未变动。",
        remedies: [
            &["请核对银行和卡号的每一位数字后重试。"],
            NO_MERCHANT_INVOLVED,
            &["请用户对照卡面核对卡号；切勿索要完整卡号。"],
            CALLER_MENDS_IT,
        ],
    },
};

pub(super) static WRONG_CODE: Entry = Entry {
    english: Texts {
        title: "Code not right",
        detail: "This is not the code that the bank sent. The card is not confirmed yet and no money moved.",
        remedies: [
            &[
                "Type the newest code that the bank has sent you.",
                "Never give the code to anyone, not even to support.",
            ],
            NO_MERCHANT_INVOLVED,
            &["Ask the person to look for the newest message of the bank; never ask for the code."],
            &["Watch for many wrong codes by one account: somebody may be trying another person's card."],
        ],
    },
    chinese: Texts {
        title: "验证码错误",
        detail: "这不是银行发送的验证码。银行卡尚未确认，资金未变动。",
        remedies: [
            &["请输入银行最新发送的验证码。", "切勿把验证码告诉任何人，包括客服。"],
            NO_MERCHANT_INVOLVED,
            &["请用户查看银行最新的短信；切勿索要验证码。"],
            &["留意同一账户多次输错验证码：可能有人在尝试绑定他人的银行卡。"],
        ],
    },
};

pub(super) static NOT_ACTIVE: Entry = Entry {
    english: Texts {
        title: "Card not ready to use",
        detail: "The card is not confirmed yet, or is no longer linked. No money moved.",
        remedies: [
            &["Confirm the card with the code that the bank sent, or use another card or your balance."],
            english::ASK_THE_PAYER,
            &["Look at the state of the card, and tell its holder whether to confirm it or to link it \
                    again."],
            CALLER_MENDS_IT,
        ],
    },
    chinese: Texts {
        title: "银行卡暂不可用",
        detail: "银行卡尚未确认，或已解除绑定。资金未变动。",
        remedies: [
            &["请用银行发送的验证码确认此卡，或改用其他银行卡或余额。"],
            chinese::ASK_THE_PAYER,
            &["查看银行卡状态，告知持卡人需要确认还是重新绑定。"],
            CALLER_MENDS_IT,
        ],
    },
};

pub(super) static HOLDER_UNCONFIRMED: Entry = Entry {
    english: Texts {
        title: "Card holder not confirmed",
        detail: "The bank does not confirm that the card belongs to the named person. Nothing was sent and no money \
            moved.",
        remedies: [
            &[
                "Check that the card is the one that you mean. If you are not sure, use another card.",
                "If it is, read `holder_check` and send the request again with `acknowledge` set to its result and \
                    a new Idempotency-Key.",
            ],
            &[
                "Check that the card is the one that you mean. If you are not sure, use another card.",
                "If it is, read `holder_check` and send the request again with `acknowledge` set to its result and \
                    a new Idempotency-Key.",
            ],
            &["Help the person to check the card and the name on it; never accept it for them."],
            CALLER_MENDS_IT,
        ],
    },
    chinese: Texts {
        title: "持卡人未确认",
        detail: "银行未确认此卡属于所填姓名的持卡人。没有转出，资金未变动。",
        remedies: [
            &[
                "请核对是否为您要使用的银行卡；如不确定，请改用其他银行卡。",
                "如确认无误，请阅读 `holder_check`，将 `acknowledge` 设为其结果，并用新的 Idempotency-Key 再次提交。",
            ],
            &[
                "请核对是否为要使用的银行卡；如不确定，请改用其他银行卡。",
                "如确认无误，请阅读 `holder_check`，将 `acknowledge` 设为其结果，并用新的 Idempotency-Key 再次提交。",
            ],
            &["协助用户核对银行卡和卡上姓名；切勿代为确认。"],
            CALLER_MENDS_IT,
        ],
    },
};

pub(super) static BANK_UNKNOWN: Entry = Entry {
    english: Texts {
        title: "Bank not known",
        detail: "The wallet does not work with a bank of this name. No card was linked and no money moved.",
        remedies: [
            &["Choose a bank from the list."],
            NO_MERCHANT_INVOLVED,
            &["Tell the person which banks can be linked."],
            CALLER_MENDS_IT,
        ],
    },
    chinese: Texts {
        title: "不支持此银行",
        detail: "钱包没有接入此银行。没有绑定银行卡，资金未变动。",
        remedies: [
            &["请从列表中选择银行。"],
            NO_MERCHANT_INVOLVED,
            &["告知用户可以绑定哪些银行的卡。"],
            CALLER_MENDS_IT,
        ],
    },
};

pub(super) static BANK_UNAVAILABLE: Entry = Entry {
    english: Texts {
        title: "Bank not answering",
        detail: "The bank does not answer at the moment. The card was not changed and no money moved.",
        remedies: [
            &["Try again in a few minutes, or link a card of another bank."],
            NO_MERCHANT_INVOLVED,
            &["Look at the bank's health in the list of banks, and tell the person when to try again."],
            &["Check the connection to the bank and its error rate; ask the bank if it lasts."],
        ],
    },
    chinese: Texts {
        title: "银行暂无应答",
        detail: "银行目前没有应答。银行卡没有变化，资金未变动。",
        remedies: [
            &["请过几分钟重试，或绑定其他银行的卡。"],
            NO_MERCHANT_INVOLVED,
            &["在银行列表中查看该银行的状况，告知用户何时重试。"],
            &["检查与该银行的连接和错误率；如持续异常，请联系银行。"],
        ],
    },
};
