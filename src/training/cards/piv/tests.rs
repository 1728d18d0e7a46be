//! The card, command by command.

use super::*;
use crate::training::cards::memory::tests::folder;

const SELECT: &[u8] = &[0x00, 0xA4, 0x04, 0x00, 0x09, 0xA0, 0x00, 0x00, 0x03, 0x08, 0x00, 0x00, 0x10, 0x00, 0x00];
const ASK: &[u8] = &[0x00, 0x20, 0x00, 0x80];
const READ_CERTIFICATE: &[u8] = &[0x00, 0xCB, 0x3F, 0xFF, 0x05, 0x5C, 0x03, 0x5F, 0xC1, 0x05, 0x00];

fn card(dir: &tempfile::TempDir) -> Card {
    let mut card = Card::open(dir.path(), "p1").unwrap();
    assert_eq!(status_of(&card.execute(SELECT, Manner::Standard)), 0x9000);
    card
}

fn status_of(answer: &[u8]) -> u16 {
    u16::from_be_bytes(*answer.last_chunk().unwrap())
}

fn pin(digits: &str) -> Vec<u8> {
    let mut field = digits.as_bytes().to_vec();
    field.resize(8, 0xFF);
    [&[0x00, 0x20, 0x00, 0x80, 0x08][..], &field].concat()
}

fn sign(hash: &[u8]) -> Vec<u8> {
    let template = tlv(&[0x7C], &[tlv(&[0x82], &[]), tlv(&[0x81], hash)].concat());
    [&[0x00, 0x87, 0x11, 0x9A, u8::try_from(template.len()).unwrap()][..], &template, &[0x00]].concat()
}

fn says(card: &mut Card, command: &[u8]) -> u16 {
    status_of(&card.execute(command, Manner::Standard))
}

/// Sends a command and fetches what waits, as a reader's driver does.
fn all(card: &mut Card, command: &[u8]) -> Vec<u8> {
    let mut answer = card.execute(command, Manner::Standard);
    let mut data = Vec::new();
    loop {
        let status = status_of(&answer);
        answer.truncate(answer.len() - 2);
        data.append(&mut answer);
        if status & 0xFF00 != 0x6100 {
            assert_eq!(status, 0x9000);
            return data;
        }
        answer = card.execute(&[0x00, 0xC0, 0x00, 0x00, u8::try_from(status & 0xFF).unwrap()], Manner::Standard);
    }
}

#[test]
fn the_atr_has_the_right_checksum_and_is_what_the_driver_file_names() {
    assert_eq!(ATR[1..].iter().fold(0, |sum, byte| sum ^ byte), 0);
    let driver = include_str!("../../../../drivers/locks/training.yaml");
    assert!(driver.contains(&format!("atr: \"{}\"", hex::encode_upper(ATR))), "{driver}");
    assert!(driver.contains(&format!("aid: \"{}\"", hex::encode_upper(&AID[..9]))), "{driver}");
}

#[test]
fn the_application_is_selected_by_its_name_or_a_left_part_of_it() {
    let dir = folder();
    let mut card = Card::open(dir.path(), "p1").unwrap();
    assert_eq!(says(&mut card, READ_CERTIFICATE), 0x6D00, "nothing before SELECT");
    for length in 5..=11 {
        let command = [&[0x00, 0xA4, 0x04, 0x00, u8::try_from(length).unwrap()][..], &AID[..length], &[0x00]].concat();
        assert_eq!(says(&mut card, &command), 0x9000, "{length}");
    }
    for other in [
        &[0x00, 0xA4, 0x04, 0x00][..],
        &[0x00, 0xA4, 0x04, 0x00, 0x04, 0xA0, 0x00, 0x00, 0x03],
        &[0x00, 0xA4, 0x00, 0x00, 0x02, 0x3F, 0x00],
    ] {
        assert_eq!(says(&mut card, other), 0x6A82, "{other:02X?}");
    }
}

#[test]
fn the_certificate_comes_in_pieces() {
    let dir = folder();
    let mut card = card(&dir);
    let first = card.execute(READ_CERTIFICATE, Manner::Standard);
    assert_eq!((first.len(), first[256]), (258, 0x61));
    let object = all(&mut card, READ_CERTIFICATE);
    let der = find(find(&object, 0x53).unwrap(), 0x70).unwrap();
    assert_eq!(pki::read(der).unwrap().holder, "云小鹿");
    // A short look, then something else: what waited is gone.
    assert_eq!(says(&mut card, &[0x00, 0xCB, 0x3F, 0xFF, 0x05, 0x5C, 0x03, 0x5F, 0xC1, 0x05, 0x08]), 0x6100);
    assert_eq!(says(&mut card, ASK), 0x63C3);
    assert_eq!(says(&mut card, &[0x00, 0xC0, 0x00, 0x00, 0x00]), 0x6982);
}

#[test]
fn other_objects_are_there_or_plainly_absent() {
    let dir = folder();
    let mut card = card(&dir);
    for (tag, length) in [(&[0x7E][..], 20), (&[0x5F, 0xC1, 0x02], 61), (&[0x5F, 0xC1, 0x07], 53)] {
        let list = tlv(&[0x5C], tag);
        let command = [&[0x00, 0xCB, 0x3F, 0xFF, u8::try_from(list.len()).unwrap()][..], &list, &[0x00]].concat();
        assert_eq!(all(&mut card, &command).len(), length, "{tag:02X?}");
    }
    assert_eq!(says(&mut card, &[0x00, 0xCB, 0x3F, 0xFF, 0x05, 0x5C, 0x03, 0x5F, 0xC1, 0x0A, 0x00]), 0x6A82);
    assert_eq!(says(&mut card, &[0x00, 0xCB, 0x3F, 0xFF, 0x01, 0x5C, 0x00]), 0x6A80);
    assert_eq!(says(&mut card, &[0x00, 0xCB, 0x00, 0x00, 0x00]), 0x6A86);
    assert_eq!(says(&mut card, &[0x00, 0xDB, 0x3F, 0xFF, 0x00]), 0x6D00, "nothing can be written");
    assert_eq!(says(&mut card, &[0x80, 0xCB, 0x3F, 0xFF, 0x00]), 0x6E00);
}

#[test]
fn the_pin_counter_falls_blocks_and_survives() {
    let dir = folder();
    let mut first = card(&dir);
    assert_eq!(says(&mut first, ASK), 0x63C3);
    assert_eq!(says(&mut first, &pin("000000")), 0x63C2);
    assert_eq!(says(&mut first, &pin("48291")), 0x6A80, "a wrong format is no try");
    assert_eq!(says(&mut first, &[0x00, 0x20, 0x00, 0x00]), 0x6A88);
    assert_eq!(says(&mut first, ASK), 0x63C2);
    let mut again = card(&dir);
    assert_eq!(says(&mut again, ASK), 0x63C2, "pulled and inserted");
    assert_eq!(says(&mut again, &pin("482913")), 0x9000);
    assert_eq!(says(&mut again, ASK), 0x9000);
    for expected in [0x63C2, 0x63C1, 0x63C0, 0x6983] {
        assert_eq!(says(&mut again, &pin("111111")), expected);
    }
    assert_eq!(says(&mut again, &pin("482913")), 0x6983, "the right PIN comes too late");
    assert_eq!(says(&mut card(&dir), ASK), 0x6983);
}

#[test]
fn it_signs_only_between_the_pin_and_the_next_reset() {
    let dir = folder();
    let mut card = card(&dir);
    let hash = Sha256::digest(b"challenge");
    assert_eq!(says(&mut card, &sign(&hash)), 0x6982);
    assert_eq!(says(&mut card, &pin("482913")), 0x9000);
    let answer = all(&mut card, &sign(&hash));
    let signature = find(find(&answer, 0x7C).unwrap(), 0x82).unwrap();
    assert!(pki::verify(&card.memory.certificate, b"challenge", signature));
    assert_eq!(says(&mut card, &sign(&[7; 33])), 0x6A80);
    assert_eq!(says(&mut card, &[0x00, 0x87, 0x07, 0x9A, 0x00]), 0x6A86, "RSA");
    assert_eq!(says(&mut card, &pin("000000")), 0x63C2);
    assert_eq!(says(&mut card, &sign(&hash)), 0x6982, "a wrong PIN ends the session");
    assert_eq!(says(&mut card, &pin("482913")), 0x9000);
    assert_eq!(says(&mut card, &[0x00, 0x20, 0xFF, 0x80]), 0x9000);
    assert_eq!(says(&mut card, &sign(&hash)), 0x6982, "so does asking it to");
    assert_eq!(says(&mut card, &pin("482913")), 0x9000);
    card.reset();
    assert_eq!(says(&mut card, SELECT), 0x9000);
    assert_eq!(says(&mut card, &sign(&hash)), 0x6982, "and a reset");
}

#[test]
fn chained_commands_are_joined_and_broken_ones_dropped() {
    let dir = folder();
    let mut card = card(&dir);
    assert_eq!(says(&mut card, &pin("482913")), 0x9000);
    let whole = sign(&Sha256::digest(b"challenge"));
    let data = &whole[5..whole.len() - 1];
    let (first, rest) = data.split_at(20);
    let part = |class: u8, bytes: &[u8]| [&[class, 0x87, 0x11, 0x9A, u8::try_from(bytes.len()).unwrap()][..], bytes].concat();
    assert_eq!(says(&mut card, &part(0x10, first)), 0x9000);
    assert_eq!(says(&mut card, &part(0x00, rest)), 0x9000);
    assert_eq!(says(&mut card, &part(0x10, first)), 0x9000);
    assert_eq!(says(&mut card, ASK), 0x9000);
    assert_eq!(says(&mut card, &part(0x00, rest)), 0x6A80, "the first part is forgotten");
    let long = part(0x10, &[7; 255]);
    let last = (0..17).map(|_| says(&mut card, &long)).last();
    assert_eq!(last, Some(0x6700), "no chain without end");
}

#[test]
fn a_burning_card_spends_a_try_on_the_question_and_tells_no_count() {
    let dir = folder();
    let mut card = card(&dir);
    assert_eq!(status_of(&card.execute(ASK, Manner::Burning)), 0x6300);
    assert_eq!(card.tries(), 2);
    assert_eq!(status_of(&card.execute(&pin("000000"), Manner::Burning)), 0x6300);
    assert_eq!(status_of(&card.execute(&pin("482913"), Manner::Burning)), 0x9000);
    for _ in 0..3 {
        assert_eq!(status_of(&card.execute(ASK, Manner::Burning)), 0x6300);
    }
    assert_eq!(status_of(&card.execute(&pin("482913"), Manner::Burning)), 0x6983);
}

proptest::proptest! {
    #![proptest_config(proptest::test_runner::Config::with_cases(64))]

    #[test]
    fn no_bytes_make_the_card_panic(commands in proptest::collection::vec(proptest::collection::vec(proptest::prelude::any::<u8>(), 0..40), 0..40)) {
        let dir = folder();
        let mut card = card(&dir);
        for command in commands {
            proptest::prop_assert!(card.execute(&command, Manner::Standard).len() >= 2);
        }
    }

    // Random bytes seldom reach far: these commands are nearly right.
    #[test]
    fn no_nearly_right_command_makes_the_card_panic(
        commands in proptest::collection::vec((
            proptest::sample::select(vec![0x00_u8, 0x10, 0x80]),
            proptest::sample::select(vec![0xA4_u8, 0xCB, 0x20, 0x87, 0xC0]),
            proptest::sample::select(vec![0x00_u8, 0x04, 0x3F, 0x11, 0xFF]),
            proptest::sample::select(vec![0x00_u8, 0xFF, 0x80, 0x9A]),
            proptest::collection::vec(proptest::sample::select(vec![0x7C_u8, 0x81, 0x82, 0x5C, 0x03, 0x5F, 0xC1, 0x05, 0x00, 0xFF, 0x31]), 0..40),
            proptest::option::of(proptest::prelude::any::<u8>()),
        ), 1..60),
        burning: bool,
    ) {
        let dir = folder();
        let mut card = card(&dir);
        card.verified = true;
        for (class, instruction, p1, p2, data, le) in commands {
            let mut command = vec![class, instruction, p1, p2];
            if !data.is_empty() {
                command.push(u8::try_from(data.len()).unwrap());
                command.extend(data);
            }
            command.extend(le);
            let before = card.tries();
            let answer = card.execute(&command, if burning { Manner::Burning } else { Manner::Standard });
            proptest::prop_assert!(answer.len() >= 2);
            proptest::prop_assert!(before - card.tries() <= 1, "one command costs one try at most");
        }
    }
}
