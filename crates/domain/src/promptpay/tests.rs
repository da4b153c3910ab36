//! Vectors from the tests of other libraries, each with its check worked out anew; ours; and what must be refused.

use super::*;

/// Codes of other libraries' tests, with what they ask for.
const VECTORS: [(&str, &str, Option<i64>); 6] = [
    ("00020101021129370016A000000677010111011300668012345675802TH530376463046197", "phone 0801234567", None),
    ("00020101021129370016A0000006770101110113006681222333353037645802TH63041DCF", "phone 0812223333", None),
    (
        "00020101021229370016A0000006770101110113006681222333353037645802TH540530.0063043CAD",
        "phone 0812223333",
        Some(3_000),
    ),
    (
        "00020101021129390016A00000067701011103150123456789012345802TH530376463049781",
        "wallet 012345678901234",
        None,
    ),
    (
        "00020101021130550016A0000006770101120115099999999999990021211122233344453037645802TH63043EE7",
        "bill 099999999999990 111222333444",
        None,
    ),
    (
        "00020101021230650016A00000067701011201150994000165501000212123456789012030667042953037645802TH54073649.2263044534",
        "bill 099400016550100 123456789012 670429",
        Some(364_922),
    ),
];

fn said(payment: &Payment) -> String {
    match &payment.to {
        Receiver::Transfer(Proxy::Phone(phone)) => format!("phone {phone}"),
        Receiver::Transfer(Proxy::Id(id)) => format!("id {id}"),
        Receiver::Transfer(Proxy::Wallet(wallet)) => format!("wallet {wallet}"),
        Receiver::Bill { biller, ref1, ref2, ref3 } => {
            format!("bill {biller} {ref1} {ref2} {ref3}").trim_end().to_owned()
        }
    }
}

#[test]
fn the_check_is_ccitt_false() {
    assert_eq!(crc16(b"123456789"), 0x29B1);
}

#[test]
fn codes_of_others_are_read_in_any_order() {
    for (text, expected, amount) in VECTORS {
        let payment = Payment::read(text).unwrap();
        assert_eq!((said(&payment), payment.amount), (expected.to_owned(), amount.map(Satang)), "{text}");
        assert_eq!(payment.once, amount.is_some());
        // Written anew in ascending order, it says the same.
        assert_eq!(Payment::read(&payment.text()), Ok(payment), "{text}");
    }
    let zeros = "00020101021229370016A000000677010111011300660000000005802TH530376454044.226304E469";
    let payment = Payment::read(zeros).unwrap();
    assert_eq!((said(&payment), payment.amount), ("phone 0000000000".to_owned(), Some(Satang(422))));
    let id = "00020101021129370016A000000677010111021311111111111115802TH530376463047B5A";
    assert_eq!(said(&Payment::read(id).unwrap()), "id 1111111111111");
    let shop = "00020101021130620016A000000677010112011301122334455660211CUSTOMER0010306INV00153037645802TH62070703SCB6304780E";
    assert_eq!(said(&Payment::read(shop).unwrap()), "bill 0112233445566 CUSTOMER001 INV001 SCB");
}

#[test]
fn those_in_ascending_order_are_written_alike() {
    for text in [
        "00020101021129370016A0000006770101110113006681222333353037645802TH63041DCF",
        "00020101021130550016A0000006770101120115099999999999990021211122233344453037645802TH63043EE7",
        "00020101021130620016A000000677010112011301122334455660211CUSTOMER0010306INV00153037645802TH62070703SCB6304780E",
    ] {
        assert_eq!(Payment::read(text).unwrap().text(), text);
    }
    let ours = Payment::bill("099999999999990", "0000012345", "690800001", Satang(18_725));
    assert_eq!(
        ours.text(),
        "00020101021230660016A000000677010112011509999999999999002100000012345030969080000153037645406187.255802TH6304AFC8"
    );
    let qr_alphanumeric = |c: char| c.is_ascii_digit() || c.is_ascii_uppercase() || " $%*+-./:".contains(c);
    assert!(ours.text().chars().all(qr_alphanumeric));
}

#[test]
fn one_wrong_character_is_noticed() {
    let good = Payment::bill("099999999999990", "0000012345", "690800001", Satang(18_725)).text();
    for at in 0..good.len() {
        let mut bytes = good.clone().into_bytes();
        bytes[at] = if bytes[at] == b'7' { b'8' } else { b'7' };
        let bad = String::from_utf8(bytes).unwrap();
        assert!(Payment::read(&bad).is_err(), "{bad}");
    }
    for text in ["", "0", "0002", "00020101", "สวัสดี", "000201630", "9999", "00990"] {
        assert!(Payment::read(text).is_err(), "{text:?}");
    }
    let sealed = tlv::sealed(&[Tag::new(0, "01"), Tag::new(31, "0000")], 63);
    assert_eq!(Payment::read(&sealed), Err(BadCode::OtherKind));
}

#[test]
fn what_is_typed_is_a_receiver() {
    for (typed, expected) in [
        ("080-123-4567", Some(Proxy::Phone("0801234567".into()))),
        ("๐๘๐๑๒๓๔๕๖๗", Some(Proxy::Phone("0801234567".into()))),
        ("0-9940-00617-72-1", Some(Proxy::Id("0994000617721".into()))),
        ("012345678901234", Some(Proxy::Wallet("012345678901234".into()))),
        ("12345", None),
        ("08o1234567", None),
        ("", None),
    ] {
        assert_eq!(Proxy::read(typed), expected, "{typed}");
    }
    assert_eq!(reference("บ้าน-12/3 ab๔"), "123AB4");
    assert_eq!(reference(&"9".repeat(30)).len(), REFERENCE_MAX);
}

#[test]
fn the_cashiers_bar_code() {
    let payment = Payment::bill("099400016550100", "123456789012", "670429", Satang(364_922));
    let text = "|099400016550100\r123456789012\r670429\r364922";
    assert_eq!(payment.bar_code().as_deref(), Some(text));
    assert_eq!(Payment::read_bar_code(text), Ok(payment.clone()));
    assert_eq!(Payment::read_bar_code(&text.replace('\r', "\n")), Ok(payment));
    let open = "|099400016550100\r123456789012\r\r0";
    let read = Payment::read_bar_code(open).unwrap();
    assert_eq!((read.amount, read.bar_code().as_deref()), (None, Some(open)));
    for bad in
        ["", "|", "099400016550100\r1\r2\r3", "|09940\r1\r2\r3", "|099400016550100\r1\r2\r-3", "|a\rb\rc\rd"]
    {
        assert!(Payment::read_bar_code(bad).is_err(), "{bad:?}");
    }
    assert_eq!(Payment::transfer(Proxy::Phone("0801234567".into()), Satang(1)).bar_code(), None);
}

#[test]
fn a_slip_names_its_transfer() {
    let text = "004000060000010103002021900021231231212000115102TH91049C30";
    let slip = Slip::read(text).unwrap();
    assert_eq!((slip.bank.as_str(), slip.trans_ref.as_str()), ("002", "0002123123121200011"));
    assert_eq!(slip.key(), "002:0002123123121200011");
    assert_eq!(Slip::read(&text.replace("0011", "0012")), Err(BadCode::Check));
    // The bill's own code asks for money; it is no proof that somebody paid.
    let bill = Payment::bill("099999999999990", "1", "2", Satang(100)).text();
    assert_eq!(Slip::read(&bill), Err(BadCode::OtherKind));
    for bad in ["", "https://example.com", "0002019104AAAA"] {
        assert!(Slip::read(bad).is_err(), "{bad}");
    }
}

#[test]
fn hostile_texts_do_no_harm() {
    use proptest::prelude::*;
    proptest!(|(text in ".{0,120}")| {
        let _ = (Payment::read(&text), Slip::read(&text), Payment::read_bar_code(&text), read_tags(&text));
    });
}
