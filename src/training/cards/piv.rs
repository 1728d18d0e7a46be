//! The PIV-shaped card application (SP 800-73pt2-5): select, read, verify, sign. Shaped so that OpenSC takes it.
//!
//! Never panics on any bytes, never answers a PIN try that is not yet on disk, never signs before the PIN was verified since the
//! last reset. Nothing on the card can be written from outside.

use std::path::Path;

use sha2::{Digest, Sha256};

use super::apdu::{Command, find, status, tlv};
use super::memory::{Memory, Tried};
use crate::base::Fault;
use crate::pki;

/// Answer to reset: offers T=1 (vpcd delivers answers as T=1). Historical bytes: command chaining, no extended length, and the
/// issuer's data `RUKU`, so that a lock driver matches this card and no other.
pub(super) const ATR: [u8; 16] = [0x3B, 0x9A, 0x13, 0x81, 0x01, 0x80, 0x73, 0xFF, 0x01, 0x80, 0x54, b'R', b'U', b'K', b'U', 0xC9];

/// The full application identifier with its version; a caller may leave out bytes at its right end.
const AID: [u8; 11] = [0xA0, 0x00, 0x00, 0x03, 0x08, 0x00, 0x00, 0x10, 0x00, 0x01, 0x00];
/// The registered provider part: no shorter selection counts.
const AID_SHORTEST: usize = 5;
const PIN_REFERENCE: u8 = 0x80;
const AUTHENTICATION_KEY: u8 = 0x9A;
const ECC_P256: u8 = 0x11;
const CHAINING: u8 = 0x10;
/// The FASC-N of a card that no agency issued (agency code 9999, TIG SCEPACS 2.3): readers take the GUID as serial number then.
const NO_AGENCY: [u8; 25] = [
    0xD4, 0xE7, 0x39, 0xDA, 0x73, 0x9C, 0xED, 0x39, 0xCE, 0x73, 0x9D, 0x83, 0x68, 0x58, 0x21, 0x08, 0x42, 0x10, 0x84, 0x21, 0xC8,
    0x42, 0x10, 0xC3, 0xEB,
];
/// More chained bytes than any command of this card needs.
const CHAIN_LIMIT: usize = 4096;

/// How the card behaves when asked for the PIN status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Manner {
    /// As the standard says: asking costs nothing and tells the tries left.
    Standard,
    /// As one card type in the field does: each VERIFY, an empty one too, costs a try, and no count is ever told.
    Burning,
}

/// A card in a reader.
pub(super) struct Card {
    memory: Memory,
    selected: bool,
    verified: bool,
    /// A chain under way: its instruction and parameters, and the data so far.
    chain: Option<([u8; 3], Vec<u8>)>,
    /// Answer bytes not yet fetched by GET RESPONSE.
    waiting: Vec<u8>,
}

/// Answer bytes and status word of one command.
type Answer = (Vec<u8>, u16);

impl Card {
    /// The card whose file is `name` below `dir`, freshly powered.
    pub(super) fn open(dir: &Path, name: &str) -> Result<Card, Fault> {
        Ok(Card { memory: Memory::open(dir, name)?, selected: false, verified: false, chain: None, waiting: Vec::new() })
    }

    /// Tries left.
    pub(super) fn tries(&self) -> u8 {
        self.memory.tries()
    }

    /// Power on, off or reset: forgets everything but what is in the file.
    pub(super) fn reset(&mut self) {
        self.selected = false;
        self.verified = false;
        self.chain = None;
        self.waiting.clear();
    }

    /// Executes one command APDU; answers data and status word (two bytes at least).
    pub(super) fn execute(&mut self, bytes: &[u8], manner: Manner) -> Vec<u8> {
        let Some(command) = Command::parse(bytes) else { return status::WRONG_LENGTH.to_be_bytes().to_vec() };
        let expected = command.expected.unwrap_or(256);
        let (data, status) = if command.instruction == 0xC0 {
            match std::mem::take(&mut self.waiting) {
                waiting if waiting.is_empty() => (waiting, status::SECURITY_STATUS),
                waiting => (waiting, status::OK),
            }
        } else {
            self.waiting.clear();
            self.chained(&command, manner)
        };
        self.hand_out(data, status, expected)
    }

    /// The first `expected` bytes now; the rest waits for GET RESPONSE.
    fn hand_out(&mut self, mut data: Vec<u8>, mut status: u16, expected: usize) -> Vec<u8> {
        if data.len() > expected {
            self.waiting = data.split_off(expected);
            status = status::MORE | u8::try_from(self.waiting.len()).map_or(0, u16::from);
        }
        data.extend(status.to_be_bytes());
        data
    }

    /// Collects the parts of a chained command; executes it with the last one.
    fn chained(&mut self, command: &Command<'_>, manner: Manner) -> Answer {
        if command.class & !CHAINING != 0 {
            self.chain = None;
            return (Vec::new(), status::UNKNOWN_CLASS);
        }
        let head = [command.instruction, command.p1, command.p2];
        // A different command in the middle of a chain ends the chain.
        let mut data = match self.chain.take() {
            Some((begun, data)) if begun == head => data,
            _ => Vec::new(),
        };
        data.extend_from_slice(command.data);
        if data.len() > CHAIN_LIMIT {
            return (Vec::new(), status::WRONG_LENGTH);
        }
        if command.class & CHAINING != 0 {
            self.chain = Some((head, data));
            return (Vec::new(), status::OK);
        }
        match self.whole(head, &data, manner) {
            Ok(data) => (data, status::OK),
            Err(status) => (Vec::new(), status),
        }
    }

    fn whole(&mut self, [instruction, p1, p2]: [u8; 3], data: &[u8], manner: Manner) -> Result<Vec<u8>, u16> {
        match instruction {
            0xA4 => self.select(p1, p2, data),
            // Everything else belongs to the application.
            0xCB | 0x20 | 0x87 if !self.selected => Err(status::UNKNOWN_INSTRUCTION),
            0xCB => self.get_data(p1, p2, data),
            0x20 => self.verify(p1, p2, data, manner),
            0x87 => self.authenticate(p1, p2, data),
            _ => Err(status::UNKNOWN_INSTRUCTION),
        }
    }

    /// SELECT by application identifier; answers the application property template.
    fn select(&mut self, p1: u8, p2: u8, aid: &[u8]) -> Result<Vec<u8>, u16> {
        if p1 != 0x04 || p2 != 0x00 || aid.len() < AID_SHORTEST || !AID.starts_with(aid) {
            return Err(status::NOT_FOUND);
        }
        self.selected = true;
        let (provider, identifier) = AID.split_at(5);
        let authority = tlv(&[0x4F], provider);
        let algorithms = [tlv(&[0x80], &[ECC_P256]), tlv(&[0x06], &[0x00])].concat();
        let template = [
            tlv(&[0x4F], identifier),
            tlv(&[0x79], &authority),
            tlv(&[0x50], "Ruku 模拟锁".as_bytes()),
            tlv(&[0xAC], &algorithms),
        ];
        Ok(tlv(&[0x61], &template.concat()))
    }

    /// GET DATA of one object by its tag list.
    fn get_data(&self, p1: u8, p2: u8, data: &[u8]) -> Result<Vec<u8>, u16> {
        if (p1, p2) != (0x3F, 0xFF) {
            return Err(status::WRONG_P1P2);
        }
        match find(data, 0x5C).ok_or(status::WRONG_DATA)? {
            [0x7E] => {
                // The PIN of this application unlocks it; no global PIN, no on-card comparison.
                let discovery = [tlv(&[0x4F], &AID), tlv(&[0x5F, 0x2F], &[0x40, 0x00])];
                Ok(tlv(&[0x7E], &discovery.concat()))
            }
            [0x5F, 0xC1, 0x02] => Ok(tlv(&[0x53], &self.holder_id())),
            [0x5F, 0xC1, 0x05] => {
                let certificate = [tlv(&[0x70], &self.memory.certificate), tlv(&[0x71], &[0x00]), tlv(&[0xFE], &[])];
                Ok(tlv(&[0x53], &certificate.concat()))
            }
            [0x5F, 0xC1, 0x07] => Ok(tlv(&[0x53], &self.capabilities())),
            _ => Err(status::NOT_FOUND),
        }
    }

    /// The cardholder unique identifier (CHUID). The GUID comes from the certificate, so each training lock has its own serial number.
    fn holder_id(&self) -> Vec<u8> {
        let guid = &Sha256::digest(&self.memory.certificate)[..16];
        // No signature: readers of a training lock have no use for one.
        [tlv(&[0x30], &NO_AGENCY), tlv(&[0x34], guid), tlv(&[0x35], b"20991231"), tlv(&[0x3E], &[]), tlv(&[0xFE], &[])].concat()
    }

    /// The card capability container (CCC): the fixed values of SP 800-73pt1-5 and an identifier of this card.
    fn capabilities(&self) -> Vec<u8> {
        let mut identifier = vec![0xA0, 0x00, 0x00, 0x01, 0x16, 0xFF, 0x02];
        identifier.extend_from_slice(&Sha256::digest(&self.memory.certificate)[..14]);
        let mut container = tlv(&[0xF0], &identifier);
        for (tag, value) in [(0xF1, &[0x21][..]), (0xF2, &[0x21]), (0xF3, &[]), (0xF4, &[0x00]), (0xF5, &[0x10])] {
            container.extend(tlv(&[tag], value));
        }
        for tag in [0xF6, 0xF7, 0xFA, 0xFB, 0xFC, 0xFD, 0xFE] {
            container.extend(tlv(&[tag], &[]));
        }
        container
    }

    /// VERIFY: with a PIN, a try; with none, the question how many are left.
    fn verify(&mut self, p1: u8, p2: u8, data: &[u8], manner: Manner) -> Result<Vec<u8>, u16> {
        match (p1, p2) {
            (0x00, PIN_REFERENCE) => {}
            // Asked to forget that the PIN was verified.
            (0xFF, PIN_REFERENCE) if data.is_empty() => {
                self.verified = false;
                return Ok(Vec::new());
            }
            (0x00, _) => return Err(status::NO_SUCH_KEY),
            _ => return Err(status::WRONG_P1P2),
        }
        let pin = match (data.is_empty(), manner) {
            (true, Manner::Standard) if self.verified => return Ok(Vec::new()),
            (true, Manner::Standard) => return Err(self.tries_left()),
            (true, Manner::Burning) => None,
            // A PIN in a wrong format is not a try.
            (false, _) => Some(unpadded(data).ok_or(status::WRONG_DATA)?),
        };
        self.verified = false;
        match self.memory.try_pin(pin).map_err(|_| status::MEMORY_FAILURE)? {
            Tried::Right => {
                self.verified = true;
                Ok(Vec::new())
            }
            Tried::Wrong(_) if manner == Manner::Burning => Err(status::FAILED_COUNT_UNTOLD),
            Tried::Wrong(left) => Err(status::TRIES_LEFT | u16::from(left)),
            Tried::Blocked => Err(status::BLOCKED),
        }
    }

    fn tries_left(&self) -> u16 {
        match self.memory.tries() {
            0 => status::BLOCKED,
            left => status::TRIES_LEFT | u16::from(left),
        }
    }

    /// GENERAL AUTHENTICATE: signs the hash of the challenge with the authentication key.
    fn authenticate(&mut self, algorithm: u8, key: u8, data: &[u8]) -> Result<Vec<u8>, u16> {
        if (algorithm, key) != (ECC_P256, AUTHENTICATION_KEY) {
            return Err(status::WRONG_P1P2);
        }
        if !self.verified {
            return Err(status::SECURITY_STATUS);
        }
        let template = find(data, 0x7C).ok_or(status::WRONG_DATA)?;
        let hash = find(template, 0x81).ok_or(status::WRONG_DATA)?;
        let signature = pki::sign_digest(&self.memory.key_pkcs8, hash).map_err(|_| status::WRONG_DATA)?;
        Ok(tlv(&[0x7C], &tlv(&[0x82], &signature)))
    }
}

/// The PIN without its padding: eight bytes, digits first, then `FF` to the end.
fn unpadded(field: &[u8]) -> Option<&[u8]> {
    let field: &[u8; 8] = field.try_into().ok()?;
    let digits = field.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let (pin, padding) = field.split_at(digits);
    (digits >= 6 && padding.iter().all(|byte| *byte == 0xFF)).then_some(pin)
}

#[cfg(test)]
mod tests;
