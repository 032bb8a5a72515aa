//! Codes by their texts, and ten thousand changed ones.

use super::*;
use proptest::prelude::*;

const KEY: [u8; 32] = [7; 32];

fn order_code(name: &str) -> MerchantCode {
    MerchantCode {
        target: QrTarget::Order {
            id: OrderId::from_raw([1; 16]),
            amount: Money::new(1_234, Currency::CNY),
            expires_at: Timestamp::from_micros(1_795_370_400 * MICROS_PER_SECOND),
        },
        merchant_name: name.to_owned(),
    }
}

fn static_code() -> MerchantCode {
    MerchantCode {
        target: QrTarget::Static { id: QrCodeId::from_raw([1; 16]), currency: Currency::JPY },
        merchant_name: "Noodles".to_owned(),
    }
}

/// The text with a checksum that is right, whatever stands before it.
fn with_checksum(body: &str) -> String {
    let covered = format!("{body}6304");
    let checksum = crc16(covered.as_bytes());
    format!("{covered}{checksum:04X}")
}

#[test]
fn texts_are_those_of_the_standard() {
    let head = "00020101021226890011io.makegood0130ord_01040g2081040g2081040g208102101795370400";
    // The signatures were computed with another implementation (Python's hmac and hashlib).
    for (code, expected) in [
        (
            order_code("Noodles"),
            format!(
                "{head}0322oSvYEmY-HtY7ZnddlMiwAA5204000053031565405\
                     12.345802CN5907Noodles6005CHINA6304"
            ),
        ),
        (
            order_code("老王饺子馆 Wang"),
            format!(
                "{head}0322-ZTIa_jZ6hQP8vqJ2Qu2OA520400005303156540512.345802CN5904Wang6005CHINA\
                     64200002ZH0110老王饺子馆 Wang6304"
            ),
        ),
        (
            static_code(),
            "00020101021126490011io.makegood0130qrc_01040g2081040g2081040g20815204000053033925802CN\
             5907Noodles6005CHINA6304"
                .to_owned(),
        ),
    ] {
        let text = code.encode(&KEY).unwrap();
        assert_eq!(text[..text.len() - 4], expected);
        assert_eq!(MerchantCode::decode(&text, &KEY), Ok(code));
    }
}

#[test]
fn names_are_cut_and_fall_back() {
    let long_ascii = "Extremely Long Merchant Name Limited";
    let long_chinese = "一二三四五六七八九十".repeat(3) + "ABC";
    for (name, expected) in [
        (long_ascii, "Extremely Long Merchant N"),
        ("Twenty Four Letters Here and", "Twenty Four Letters Here"),
        (&long_chinese, "一二三四五六七八九十一二三四五六七八九十一二三四五"),
        ("", NAME_FALLBACK),
        ("bad\nname", NAME_FALLBACK),
    ] {
        let text = order_code(name).encode(&KEY).unwrap();
        assert_eq!(MerchantCode::decode(&text, &KEY).unwrap().merchant_name, expected);
    }
}

#[test]
fn what_is_not_ours_is_refused_by_its_reason() {
    let example = "00020101021229300012D156000000000510A93FO3230Q31280012D15600000001030812345678520441115802CN\
                   5914BEST TRANSPORT6007BEIJING64200002ZH0104最佳运输0202北京540523.72530315655020162330304\
                   12340603***0708A60086670902ME91320016A0112233449988770708123456786304A13A";
    let good = order_code("Noodles").encode(&KEY).unwrap();
    let fixed = static_code().encode(&KEY).unwrap();
    let body = &good[..good.len() - 8];
    let changed = |from: &str, to: &str| with_checksum(&body.replacen(from, to, 1));
    for (text, expected) in [
        ("", QrError::Malformed),
        ("weixin://wxpay/bizpayurl?pr=abcdefg", QrError::Malformed),
        ("6304FFFF", QrError::Checksum),
        (example, QrError::Foreign),
        (&example.replacen("23.72", "23.73", 1), QrError::Checksum),
        (&"0".repeat(QR_BYTES_MAX + 1), QrError::TooLong),
        (&good.replacen("12.34", "12.35", 1), QrError::Checksum),
        (&good[..good.len() - 1], QrError::Malformed),
        (&with_checksum(""), QrError::Malformed),
        (&with_checksum(&body[1..]), QrError::Malformed),
        (&with_checksum(&format!("{body}99")), QrError::Malformed),
        (&with_checksum(&format!("{body}9999x")), QrError::Malformed),
        (&with_checksum(&format!("{body}99+1x")), QrError::Malformed),
        (&with_checksum(&format!("{body}9901x")), QrError::NotGenuine),
        (&with_checksum(&format!("{body}540512.34")), QrError::NotGenuine),
        (&changed("12.34", "12.35"), QrError::NotGenuine),
        (&changed("540512.34", "540512.3４"), QrError::NotGenuine),
        (&changed("5303156", "5303840"), QrError::NotGenuine),
        (&changed("Noodles", "Poodles"), QrError::NotGenuine),
        (&changed("1795370400", "1795370401"), QrError::NotGenuine),
        (&changed("010212", "010211"), QrError::NotGenuine),
        (&changed("ord_01", "ord_02"), QrError::NotGenuine),
        (&changed("io.makegood", "io.makebad_"), QrError::Foreign),
        (&changed("5802CN", "5802US"), QrError::NotGenuine),
        (&changed("000201", "000202"), QrError::Malformed),
        (&changed("52040000", ""), QrError::NotGenuine),
        (&with_checksum(&fixed[..fixed.len() - 8].replacen("010211", "010212", 1)), QrError::NotGenuine),
        (&with_checksum(&fixed[..fixed.len() - 8].replacen("Noodles", "Noo\nles", 1)), QrError::NotGenuine),
    ] {
        assert_eq!(MerchantCode::decode(text, &KEY), Err(expected), "{text}");
    }
    assert_eq!(MerchantCode::decode(&good, &[8; 32]), Err(QrError::NotGenuine));
}

#[test]
fn an_amount_must_fit() {
    for (minor, expected) in [(999_999_999_999, true), (1_000_000_000_000, false), (i64::MAX, false)] {
        let mut code = order_code("Noodles");
        let QrTarget::Order { amount, .. } = &mut code.target else { panic!("an order") };
        *amount = Money::new(minor, Currency::CNY);
        assert_eq!(code.encode(&KEY).is_ok(), expected, "{minor}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 10_000, failure_persistence: None, ..ProptestConfig::default() })]

    /// S16: no change of a signed code is accepted, with a checksum made right again so that the signature
    /// alone has to find it.
    #[test]
    fn no_changed_code_is_accepted(
        place: prop::sample::Index,
        cut in 0_usize..3,
        inserted in "[ -~]{0,3}|[0-9]{1,3}",
        mends_checksum: bool,
    ) {
        let good = order_code("Noodles").encode(&KEY).unwrap();
        let text = if mends_checksum { &good[..good.len() - 8] } else { &good };
        let start = place.index(text.len());
        let end = text.len().min(start + cut);
        let changed = format!("{}{inserted}{}", &text[..start], &text[end..]);
        prop_assume!(changed != text);
        let presented = if mends_checksum { with_checksum(&changed) } else { changed };
        prop_assert!(MerchantCode::decode(&presented, &KEY).is_err(), "{}", presented);
    }
}
