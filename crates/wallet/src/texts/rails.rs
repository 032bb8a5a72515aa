//! What is said where a bank is not there, takes something back, or is called back from.

use super::cells::{CALLER_MENDS_IT, NO_MERCHANT_INVOLVED, chinese, english};
use super::{Entry, Texts};

pub(super) static SOURCE_UNAVAILABLE: Entry = Entry {
    english: Texts {
        title: "This bank is not available now",
        detail: "The card's bank does not answer at the moment, so it was not asked. Nothing was taken and nothing \
            is under way.",
        remedies: [
            &[
                "Use your balance or a card of another bank, or try this card later.",
                "The list of banks says \
                which ones work now, and when this one is expected back.",
            ],
            english::ASK_THE_PAYER,
            &[
                "Look at the bank's state in the list of banks, and tell the payer which other source works now.",
            ],
            &["Check the connection to the bank; ask the bank, and tell what is wrong as an incident."],
        ],
    },
    chinese: Texts {
        title: "该银行暂不可用",
        detail: "此卡所属银行目前没有应答，因此没有向其发出请求。没有扣款，也没有任何处理中的操作。",
        remedies: [
            &[
                "请改用余额或其他银行的卡，或稍后再用此卡。",
                "银行列表会显示哪些银行目前可用，以及该银行预计何时恢复。",
            ],
            chinese::ASK_THE_PAYER,
            &["在银行列表中查看该银行的状况，告知付款人目前可用的其他付款方式。"],
            &["检查与该银行的连接；联系该银行，并登记为事故。"],
        ],
    },
};

pub(super) static CALLBACK_UNSIGNED: Entry = Entry {
    english: Texts {
        title: "The message is not the bank's",
        detail: "The message does not have the bank's signature, or is older than it may be. It was not read, and \
            nothing changed.",
        remedies: [
            english::UPDATE_THE_APP,
            NO_MERCHANT_INVOLVED,
            &["Nobody but a bank calls this address: tell the people who run the service."],
            &["Compare the secret for callbacks with the bank's, and both clocks."],
        ],
    },
    chinese: Texts {
        title: "消息并非来自银行",
        detail: "消息没有银行的有效签名，或已超过有效时间。消息未被读取，没有任何变化。",
        remedies: [
            chinese::UPDATE_THE_APP,
            NO_MERCHANT_INVOLVED,
            &["只有银行会调用此地址，请告知运维人员。"],
            &["核对双方的回调密钥和时钟。"],
        ],
    },
};

pub(super) static RECALL_NOTHING: Entry = Entry {
    english: Texts {
        title: "Nothing to call back",
        detail: "Only money that a bank has paid out can be called back from it. Nothing was asked of the bank.",
        remedies: [
            &["Ask support to look at the trace."],
            NO_MERCHANT_INVOLVED,
            &["Look at the trace: what is under way has to end first, and what came in is refunded instead."],
            CALLER_MENDS_IT,
        ],
    },
    chinese: Texts {
        title: "没有可追回的款项",
        detail: "只有银行已经付出的款项才能追回。没有向银行发出请求。",
        remedies: [
            &["请客服查看追踪记录。"],
            NO_MERCHANT_INVOLVED,
            &["查看追踪记录：处理中的须先结束，收到的款项应改为退款。"],
            CALLER_MENDS_IT,
        ],
    },
};

pub(super) static RECALL_RETURNED: Entry = Entry {
    english: Texts {
        title: "Back already",
        detail: "The bank has given this money back. There is nothing left to call back.",
        remedies: [
            &["Ask support to look at the trace."],
            NO_MERCHANT_INVOLVED,
            &["Look at the trace for when it came back, and find another way for the money."],
            CALLER_MENDS_IT,
        ],
    },
    chinese: Texts {
        title: "款项已退回",
        detail: "银行已退回此款项，没有可追回的款项。",
        remedies: [
            &["请客服查看追踪记录。"],
            NO_MERCHANT_INVOLVED,
            &["在追踪记录中查看退回时间，并另行安排款项。"],
            CALLER_MENDS_IT,
        ],
    },
};
