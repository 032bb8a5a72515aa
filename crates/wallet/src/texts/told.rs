//! What a trace says to each side: one sentence for the payer, one for the merchant, who do different things next. A
//! merchant does not learn why a payer was declined.

use super::{Language, Role, Sentence};

/// What is said to the payer and to the merchant, each in English and Chinese.
struct Told {
    payer: (&'static str, &'static str),
    merchant: (&'static str, &'static str),
}

/// What is said to a payer or a merchant of where something stands; nothing where the standing is not one of an
/// object, and nothing to others.
#[must_use]
pub(crate) const fn told_to(role: Role, standing: Sentence, language: Language) -> Option<&'static str> {
    let Some(told) = told(standing) else { return None };
    let (english, chinese) = match role {
        Role::Payer => told.payer,
        Role::Merchant => told.merchant,
        Role::Staff | Role::Operations => return None,
    };
    Some(match language {
        Language::English => english,
        Language::Chinese => chinese,
    })
}

const fn told(standing: Sentence) -> Option<Told> {
    match of_payment(standing) {
        Some(told) => Some(told),
        None => of_others(standing),
    }
}

const fn of_payment(standing: Sentence) -> Option<Told> {
    use Sentence as S;
    Some(match standing {
        S::PaymentWaitsForConfirmation => Told {
            payer: (
                "Compare the amount and the payee, then confirm or leave. Nothing has been taken.",
                "请核对金额和收款方，然后确认或离开。尚未扣款。",
            ),
            merchant: (
                "The payer has not confirmed yet. Do not hand over the goods.",
                "付款人尚未确认，请勿交付商品。",
            ),
        },
        S::PaymentProcessing => Told {
            payer: (
                "Your bank is working on it. Do not pay again: you are told how it ends.",
                "您的银行正在处理。请勿重复付款，结果会通知您。",
            ),
            merchant: (
                "The payer's bank is working on it. Do not hand over the goods yet; if the payer cannot wait, cancel \
                    the order.",
                "付款人的银行正在处理，请暂勿交付商品。如付款人不能等待，请取消订单。",
            ),
        },
        S::PaymentUnknown => Told {
            payer: (
                "Your bank has not answered. Either the payee gets the money or you have it back; the wallet is finding \
                    out. Do not pay again.",
                "您的银行尚未应答。款项要么到达收款方，要么退回给您，钱包正在查询。请勿重复付款。",
            ),
            merchant: (
                "The payer's bank has not answered. Do not hand over the goods yet; if the payer cannot wait, cancel the \
                    order: what comes late is given back.",
                "付款人的银行尚未应答，请暂勿交付商品。如付款人不能等待，请取消订单，之后到达的款项会自动退回。",
            ),
        },
        S::PaymentSucceeded => Told {
            payer: ("You have paid: the payee has the money.", "您已付款，收款方已收到款项。"),
            merchant: ("Paid: the money is on your account.", "已付款，款项已计入您的账户。"),
        },
        S::PaymentPartlyRefunded => Told {
            payer: ("You have paid, and part of it has been refunded.", "您已付款，其中一部分已退款。"),
            merchant: ("Paid, and part of it has been refunded.", "已付款，其中一部分已退款。"),
        },
        S::PaymentRefunded => Told {
            payer: ("You have paid, and all of it has been refunded.", "您已付款，并已全额退款。"),
            merchant: ("Paid, and all of it has been refunded.", "已付款，并已全额退款。"),
        },
        S::PaymentReturned => Told {
            payer: (
                "Your bank took this payment back, and you have the money again. Agree with the payee on how to settle it.",
                "您的银行撤回了此笔付款，款项已回到您处。请与收款方商定如何结清。",
            ),
            merchant: (
                "The payer's bank took this payment back, and it is not on your account any more. Agree with the payer on \
                    how to settle it.",
                "付款人的银行撤回了此笔付款，款项已不在您的账户。请与付款人商定如何结清。",
            ),
        },
        S::PaymentFailed => Told {
            payer: ("The payment failed, and the payee has nothing of it.", "付款失败，收款方没有收到款项。"),
            merchant: (
                "Not paid. Ask the payer to use another source.",
                "未付款。请付款人改用其他付款方式。",
            ),
        },
        S::PaymentReversing => Told {
            payer: (
                "The order was cancelled. If your bank took the money, it is given back without your doing.",
                "订单已取消。如果银行已经扣款，款项会自动退回。",
            ),
            merchant: (
                "The order was cancelled and is not paid. Go on with a new order.",
                "订单已取消，未付款。请使用新订单。",
            ),
        },
        S::PaymentReversed => Told {
            payer: (
                "The order was cancelled, and your bank has nothing of it.",
                "订单已取消，银行没有扣款。",
            ),
            merchant: ("The order was cancelled and is not paid.", "订单已取消，未付款。"),
        },
        S::PaymentCancelled => Told {
            payer: ("You left this payment. Nothing was taken.", "您已离开此笔付款，没有扣款。"),
            merchant: ("Not paid: the payer left.", "未付款，付款人已离开。"),
        },
        S::PaymentClosed => Told {
            payer: ("You did not confirm in time. Nothing was taken.", "您没有按时确认，没有扣款。"),
            merchant: ("Not paid: the payer did not confirm in time.", "未付款，付款人没有按时确认。"),
        },
        _ => return None,
    })
}

const fn of_others(standing: Sentence) -> Option<Told> {
    use Sentence as S;
    const NONE: (&str, &str) = ("This is not between you and the payer.", "此事与您和付款人之间的交易无关。");
    Some(match standing {
        S::LateReturning => Told {
            payer: (
                "Your bank took the money too late. It is on its way back to you, and you need do nothing.",
                "您的银行扣款过晚，款项正在退回给您，您无需操作。",
            ),
            merchant: (
                "Not paid: what came too late goes back to the payer.",
                "未付款，过晚到达的款项正在退回给付款人。",
            ),
        },
        S::LateReturned => Told {
            payer: (
                "Your bank took the money too late, and you have it back.",
                "您的银行扣款过晚，款项已退回给您。",
            ),
            merchant: (
                "Not paid: what came too late is back with the payer.",
                "未付款，过晚到达的款项已退回给付款人。",
            ),
        },
        S::LateReturnStuck => Told {
            payer: (
                "Your bank took the money too late and does not take it back. The wallet keeps it for you, and its staff \
                    find another way.",
                "您的银行扣款过晚，且无法接收退款。钱包为您保留款项，工作人员会另行安排。",
            ),
            merchant: (
                "Not paid: what came too late is kept for the payer.",
                "未付款，过晚到达的款项由钱包为付款人保留。",
            ),
        },
        S::TopUpProcessing => {
            Told { payer: ("Your bank is working on it.", "您的银行正在处理。"), merchant: NONE }
        }
        S::TopUpUnknown => Told {
            payer: (
                "Your bank has not answered. Either the money is on your balance soon or it was never taken; the wallet is \
                    finding out.",
                "您的银行尚未应答。款项要么很快进入余额，要么没有扣款，钱包正在查询。",
            ),
            merchant: NONE,
        },
        S::TopUpSucceeded => Told {
            payer: ("The money is on your balance.", "款项已进入您的余额。"),
            merchant: NONE,
        },
        S::TopUpFailed => Told {
            payer: ("The top-up failed, and your balance is unchanged.", "充值失败，您的余额没有变化。"),
            merchant: NONE,
        },
        S::TopUpReturned => Told {
            payer: (
                "Your bank took this top-up back, and the money is on your card again.",
                "您的银行撤回了此笔充值，款项已回到您的银行卡。",
            ),
            merchant: NONE,
        },
        S::RefundProcessing => Told {
            payer: ("Your refund is on its way to you.", "您的退款正在途中。"),
            merchant: (
                "The refund has left your account and is on its way to the payer.",
                "退款已从您的账户划出，正在退还给付款人。",
            ),
        },
        S::RefundUnknown => Told {
            payer: (
                "Your refund was sent, and your bank has not answered yet. The money is safe.",
                "您的退款已发出，银行尚未应答。款项是安全的。",
            ),
            merchant: (
                "The refund has left your account; the payer's bank has not answered yet. You need do nothing.",
                "退款已从您的账户划出，付款人的银行尚未应答。您无需操作。",
            ),
        },
        S::RefundNeedsAction => Told {
            payer: (
                "Your bank does not take the refund. The wallet keeps the money for you, and its staff find another way.",
                "您的银行无法接收此退款。钱包为您保留款项，工作人员会另行安排。",
            ),
            merchant: (
                "The refund has left your account, and has not reached the payer. The wallet's staff take care of it.",
                "退款已从您的账户划出，但尚未到达付款人。钱包工作人员会处理。",
            ),
        },
        S::RefundSucceeded => Told {
            payer: ("You have the refund.", "您已收到退款。"),
            merchant: ("The payer has the refund.", "付款人已收到退款。"),
        },
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const STANDINGS: &[Sentence] = &[
        Sentence::PaymentWaitsForConfirmation,
        Sentence::PaymentProcessing,
        Sentence::PaymentUnknown,
        Sentence::PaymentSucceeded,
        Sentence::PaymentPartlyRefunded,
        Sentence::PaymentRefunded,
        Sentence::PaymentReturned,
        Sentence::PaymentFailed,
        Sentence::PaymentReversing,
        Sentence::PaymentReversed,
        Sentence::PaymentCancelled,
        Sentence::PaymentClosed,
        Sentence::LateReturning,
        Sentence::LateReturned,
        Sentence::LateReturnStuck,
        Sentence::TopUpProcessing,
        Sentence::TopUpUnknown,
        Sentence::TopUpSucceeded,
        Sentence::TopUpFailed,
        Sentence::TopUpReturned,
        Sentence::RefundProcessing,
        Sentence::RefundUnknown,
        Sentence::RefundNeedsAction,
        Sentence::RefundSucceeded,
    ];

    #[test]
    fn every_standing_has_a_finished_sentence_for_each_side() {
        for standing in STANDINGS {
            for role in [Role::Payer, Role::Merchant] {
                for language in Language::ALL {
                    let text = told_to(role, *standing, language).unwrap();
                    let ends = if language == Language::Chinese { '。' } else { '.' };
                    assert!(text.ends_with(ends) && !text.contains("  "), "{standing:?}: {text:?}");
                    let half_width = language == Language::Chinese && text.contains([',', ';', ':', '.']);
                    assert!(!half_width, "{standing:?}: {text:?}");
                }
            }
            assert_eq!(told_to(Role::Staff, *standing, Language::English), None);
        }
        assert_eq!(told_to(Role::Payer, Sentence::NextConfirm, Language::English), None);
    }

    #[test]
    fn goods_are_never_handed_over_before_the_money_is_there() {
        for standing in STANDINGS {
            let text = told_to(Role::Merchant, *standing, Language::English).unwrap();
            let waits = text.contains("Do not hand over");
            let is_open = matches!(
                standing,
                Sentence::PaymentWaitsForConfirmation
                    | Sentence::PaymentProcessing
                    | Sentence::PaymentUnknown
            );
            assert_eq!(waits, is_open, "{standing:?}: {text:?}");
        }
    }
}
