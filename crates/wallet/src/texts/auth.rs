//! Who somebody is, what they may do, and the login, password and name that they choose. Texts never say
//! whether a login exists where that is not the person's own question.

use super::cells::{CALLER_MENDS_IT, NO_MERCHANT_INVOLVED};
use super::{Entry, Texts};

pub(super) static REQUIRED: Entry = Entry {
    english: Texts {
        title: "Please log in",
        detail: "You are not logged in, or your session has ended. Nothing was done and no money moved.",
        remedies: [
            &["Log in, then try again."],
            &["Send a valid API key in the header `Authorization: Bearer …`, or log in again."],
            &["Ask the caller to log in again; never ask for a password, token or key."],
            CALLER_MENDS_IT,
        ],
    },
    chinese: Texts {
        title: "请先登录",
        detail: "您尚未登录，或登录已失效。没有执行任何操作，资金未变动。",
        remedies: [
            &["请登录后重试。"],
            &["请在 `Authorization: Bearer …` 请求头中发送有效的 API 密钥，或重新登录。"],
            &["请对方重新登录；切勿索要密码、令牌或密钥。"],
            CALLER_MENDS_IT,
        ],
    },
};

pub(super) static INVALID_CREDENTIALS: Entry = Entry {
    english: Texts {
        title: "Login or password not right",
        detail: "The login and the password do not belong together. Nothing was done and no money moved.",
        remedies: [
            &[
                "Check the login, and type the password again.",
                "Never tell your password to anyone, not even to support.",
            ],
            &["Check the login, and type the password again."],
            &["Help the person to find the right login; never ask for the password."],
            &["Watch for many failures from one place: somebody may be guessing passwords."],
        ],
    },
    chinese: Texts {
        title: "登录名或密码错误",
        detail: "登录名与密码不匹配。没有执行任何操作，资金未变动。",
        remedies: [
            &["请核对登录名，并重新输入密码。", "切勿把密码告诉任何人，包括客服。"],
            &["请核对登录名，并重新输入密码。"],
            &["帮助用户找到正确的登录名；切勿索要密码。"],
            &["留意同一来源的大量失败：可能有人在猜测密码。"],
        ],
    },
};

pub(super) static FORBIDDEN: Entry = Entry {
    english: Texts {
        title: "Not allowed",
        detail: "Your account may not do this. Nothing was done and no money moved.",
        remedies: [
            &["Log in to the account that this belongs to; some of it is for staff alone."],
            &[
                "For what a person does, such as paying, topping up, sending money or linking a card, use that \
                    person's own session: no API key may do it.",
                "For what a merchant does, such as orders and refunds, use the merchant's API key or its \
                    owner's session.",
            ],
            &["Check which role the action needs, and whether the person should have it."],
            &["Watch for repeated tries by one account."],
        ],
    },
    chinese: Texts {
        title: "无权操作",
        detail: "您的账户无权进行此操作。没有执行任何操作，资金未变动。",
        remedies: [
            &["请登录有权操作的账户；有些操作仅限工作人员。"],
            &[
                "个人的操作，例如付款、充值、转账或绑卡，请使用其本人的登录：API 密钥不能代办。",
                "商户的操作，例如订单和退款，请使用该商户的 API 密钥，或商户所有者的登录。",
            ],
            &["核对此操作需要的角色，以及该人员是否应当拥有。"],
            &["留意同一账户的反复尝试。"],
        ],
    },
};

pub(super) static LOGIN_TAKEN: Entry = Entry {
    english: Texts {
        title: "Login already in use",
        detail: "There is already an account with this email address or phone number. No new account was \
            made.",
        remedies: [
            &["Log in with this login, or register with another one."],
            NO_MERCHANT_INVOLVED,
            &["Help the person to log in to their account, or to register with another login."],
            CALLER_MENDS_IT,
        ],
    },
    chinese: Texts {
        title: "登录名已被使用",
        detail: "该邮箱地址或手机号已有账户。没有创建新账户。",
        remedies: [
            &["请用此登录名登录，或换一个登录名注册。"],
            NO_MERCHANT_INVOLVED,
            &["帮助用户登录已有账户，或换一个登录名注册。"],
            CALLER_MENDS_IT,
        ],
    },
};

pub(super) static LOGIN_INVALID: Entry = Entry {
    english: Texts {
        title: "Login not valid",
        detail: "The login must be an email address, or a phone number with its country code such as \
            +8613800138000. No account was made.",
        remedies: [
            &["Correct the email address or the phone number, and try again."],
            NO_MERCHANT_INVOLVED,
            &["Explain how the login is written."],
            CALLER_MENDS_IT,
        ],
    },
    chinese: Texts {
        title: "登录名无效",
        detail: "登录名必须是邮箱地址，或带国家代码的手机号，例如 +8613800138000。没有创建账户。",
        remedies: [
            &["请更正邮箱地址或手机号后重试。"],
            NO_MERCHANT_INVOLVED,
            &["说明登录名的正确写法。"],
            CALLER_MENDS_IT,
        ],
    },
};

pub(super) static PASSWORD_TOO_SHORT: Entry = Entry {
    english: Texts {
        title: "Password too short",
        detail: "The password has fewer than 15 characters, which is too short to be safe. Nothing was changed.",
        remedies: [
            &["Choose a longer password: several words that only you would put together are easy to \
                    remember."],
            NO_MERCHANT_INVOLVED,
            &["Explain that length is what makes a password strong; no special characters are needed."],
            CALLER_MENDS_IT,
        ],
    },
    chinese: Texts {
        title: "密码过短",
        detail: "密码少于 15 个字符，不够安全。没有作任何更改。",
        remedies: [
            &["请设置更长的密码：用几个只有您会想到的词组合起来，既安全又好记。"],
            NO_MERCHANT_INVOLVED,
            &["说明密码的强度主要取决于长度，不要求特殊字符。"],
            CALLER_MENDS_IT,
        ],
    },
};

pub(super) static PASSWORD_TOO_LONG: Entry = Entry {
    english: Texts {
        title: "Password too long",
        detail: "The password has more than 1024 bytes, which is longer than the service can take. Nothing was \
            changed.",
        remedies: [
            &["Choose a shorter password."],
            NO_MERCHANT_INVOLVED,
            &["Explain that the password must be shorter; never ask to see it."],
            CALLER_MENDS_IT,
        ],
    },
    chinese: Texts {
        title: "密码过长",
        detail: "密码超过了服务允许的长度，即 1024 字节。没有作任何更改。",
        remedies: [
            &["请设置短一些的密码。"],
            NO_MERCHANT_INVOLVED,
            &["说明密码需要缩短；切勿要求查看密码。"],
            CALLER_MENDS_IT,
        ],
    },
};

pub(super) static PASSWORD_COMMON: Entry = Entry {
    english: Texts {
        title: "Password too easy to guess",
        detail: "This password is one of those that attackers try first. Nothing was changed.",
        remedies: [
            &["Choose a password that nobody else would think of."],
            NO_MERCHANT_INVOLVED,
            &["Explain that the password is on a list of common ones, and that another is needed."],
            CALLER_MENDS_IT,
        ],
    },
    chinese: Texts {
        title: "密码过于常见",
        detail: "这是攻击者最先尝试的密码之一。没有作任何更改。",
        remedies: [
            &["请设置一个别人想不到的密码。"],
            NO_MERCHANT_INVOLVED,
            &["说明该密码在常见密码名单中，需要另设密码。"],
            CALLER_MENDS_IT,
        ],
    },
};

pub(super) static PASSWORD_CONTAINS_LOGIN: Entry = Entry {
    english: Texts {
        title: "Password contains the login",
        detail: "A password that contains your login is easy to guess. Nothing was changed.",
        remedies: [
            &["Choose a password without your email address or phone number in it."],
            NO_MERCHANT_INVOLVED,
            &["Explain that the login must not be part of the password."],
            CALLER_MENDS_IT,
        ],
    },
    chinese: Texts {
        title: "密码中含有登录名",
        detail: "含有登录名的密码容易被猜到。没有作任何更改。",
        remedies: [
            &["请设置不含邮箱地址或手机号的密码。"],
            NO_MERCHANT_INVOLVED,
            &["说明密码中不能含有登录名。"],
            CALLER_MENDS_IT,
        ],
    },
};

pub(super) static NAME_INVALID: Entry = Entry {
    english: Texts {
        title: "Name not valid",
        detail: "The name is empty, longer than 64 characters, or has characters that cannot be shown. \
            Nothing was changed.",
        remedies: [
            &["Enter a name of 1 to 64 ordinary characters."],
            &["Enter the merchant's name with 1 to 64 ordinary characters, and use a new Idempotency-Key \
                    if you send one."],
            &["Ask for the name as it should be shown, and look for hidden characters copied with it."],
            CALLER_MENDS_IT,
        ],
    },
    chinese: Texts {
        title: "名称无效",
        detail: "名称为空、超过 64 个字符，或含有无法显示的字符。没有作任何更改。",
        remedies: [
            &["请输入 1 到 64 个普通字符的名称。"],
            &["请输入 1 到 64 个普通字符的商户名称；如果带有 Idempotency-Key，请使用新的值。"],
            &["询问应显示的名称，并检查是否一并复制了隐藏字符。"],
            CALLER_MENDS_IT,
        ],
    },
};
