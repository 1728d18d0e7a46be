//! The few PIV commands that Ruku knows (NIST SP 800-73): certificate, PIN and signature of key 9A.
//!
//! Never sends VERIFY to a card whose driver does not say `pin: training-piv`, never asks a count where the driver does not say
//! `ask_tries`: there are cards that spend a try on the mere question.

use zeroize::Zeroizing;

use super::card::Exchange;
use super::drivers::{LockDriver, PinUse};
use super::status::{PinAnswer, Tries};
use super::{tlv, trouble};
use crate::base::{Fault, FaultKind, Secret};
use crate::say;

/// GET DATA for the discovery object, which only an entered PIV application has.
const DISCOVERY: [u8; 9] = [0x00, 0xCB, 0x3F, 0xFF, 0x03, 0x5C, 0x01, 0x7E, 0x00];
/// GET DATA for the certificate of key 9A (PIV authentication).
const CERTIFICATE_9A: [u8; 11] = [0x00, 0xCB, 0x3F, 0xFF, 0x05, 0x5C, 0x03, 0x5F, 0xC1, 0x05, 0x00];
/// A PIV PIN field is this long, in bytes; shorter PINs are filled up with FF.
const PIN_FIELD: usize = 8;

/// The entered PIV application of a card, inside one transaction.
pub struct Piv<'a>(&'a Exchange<'a>);

impl<'a> Piv<'a> {
    /// Enters the application. If it is entered already, nothing is selected: a SELECT could end the PIN session of others.
    ///
    /// # Errors
    /// [`FaultKind::Refused`] when the driver names no application, [`FaultKind::Card`] when the card has none.
    pub fn enter(exchange: &'a Exchange<'a>) -> Result<Piv<'a>, Fault> {
        let Some(aid) = &exchange.driver.aid else {
            return Err(refused(exchange.driver));
        };
        let discovery = exchange.send(Zeroizing::new(DISCOVERY.to_vec()))?;
        let inside = tlv::find(&discovery.data, 0x7E).and_then(|object| tlv::find(object, 0x4F));
        // Cards give the version bytes behind the registered name, or leave them out.
        if discovery.status == 0x9000
            && inside.is_some_and(|found| found.len() >= 5 && (found.starts_with(&aid.0) || aid.0.starts_with(found)))
        {
            return Ok(Piv(exchange));
        }
        let mut select = vec![0x00, 0xA4, 0x04, 0x00, aid.0.len() as u8];
        select.extend(&aid.0);
        select.push(0x00);
        let answer = exchange.send(Zeroizing::new(select))?;
        match answer.status {
            0x9000 => Ok(Piv(exchange)),
            status => Err(trouble::answer("选择应用", "SELECT", status)),
        }
    }

    /// The certificate of key 9A, DER. Needs no PIN.
    ///
    /// # Errors
    /// [`FaultKind::Refused`] when the driver does not allow it; [`FaultKind::Card`] when there is none or it cannot be read.
    pub fn certificate(&self) -> Result<Vec<u8>, Fault> {
        if !self.0.driver.reads_certificate() {
            return Err(refused(self.0.driver));
        }
        let answer = self.0.send(Zeroizing::new(CERTIFICATE_9A.to_vec()))?;
        if answer.status != 0x9000 {
            return Err(trouble::answer("读取证书", "GET DATA", answer.status));
        }
        let object = tlv::find(&answer.data, 0x53);
        let packed =
            object.and_then(|object| tlv::find(object, 0x71)).is_some_and(|info| info.first().is_some_and(|i| i & 1 == 1));
        match object.and_then(|object| tlv::find(object, 0x70)) {
            Some(der) if !packed && !der.is_empty() => Ok(der.to_vec()),
            _ => Err(Fault::new(
                FaultKind::Card,
                say!(
                    "CA 锁里没有可读取的证书。请用 CA 公司的工具检查证书是否已写入。",
                    "the CA lock holds no readable certificate; check with the issuer's tool that it was written"
                ),
            )),
        }
    }

    /// The tries left, asked by an empty VERIFY; [`Tries::Unknown`] without asking when the driver does not allow the question.
    ///
    /// # Errors
    /// [`FaultKind::Card`] when the card went away.
    pub fn tries(&self) -> Result<Tries, Fault> {
        if self.0.driver.pin != PinUse::TrainingPiv || !self.0.driver.ask_tries {
            return Ok(Tries::Unknown);
        }
        Ok(Tries::from_status(self.0.send(Zeroizing::new(vec![0x00, 0x20, 0x00, 0x80]))?.status))
    }

    /// Presents `pin`, exactly once. A PIN that does not fit the field (1 to 8 bytes) is not sent.
    ///
    /// # Errors
    /// [`FaultKind::Refused`] when the driver does not say `training-piv`, or the PIN does not fit; [`FaultKind::Card`] when the card went
    /// away: then it is not known whether the try counted.
    pub fn verify(&self, pin: &Secret) -> Result<PinAnswer, Fault> {
        if self.0.driver.pin != PinUse::TrainingPiv {
            return Err(refused(self.0.driver));
        }
        let pin = pin.expose().as_bytes();
        if pin.is_empty() || pin.len() > PIN_FIELD {
            return Err(Fault::new(
                FaultKind::Refused,
                say!("CA 锁密码应为 1 至 8 位。", "the PIN of this lock has 1 to 8 characters"),
            ));
        }
        let mut command = Zeroizing::new(Vec::with_capacity(5 + PIN_FIELD));
        command.extend([0x00, 0x20, 0x00, 0x80, PIN_FIELD as u8]);
        command.extend(pin);
        command.resize(5 + PIN_FIELD, 0xFF);
        Ok(PinAnswer::from_status(self.0.send(command)?.status))
    }

    /// Signs a SHA-256 digest with key 9A (ECDSA P-256); the signature is DER. `None` when the card wants its PIN first.
    ///
    /// # Errors
    /// [`FaultKind::Refused`] when the driver does not say `training-piv`; [`FaultKind::Card`] for any other answer of the card.
    pub fn sign(&self, digest: &[u8; 32]) -> Result<Option<Vec<u8>>, Fault> {
        if self.0.driver.pin != PinUse::TrainingPiv {
            return Err(refused(self.0.driver));
        }
        // Dynamic authentication template: an empty response (wanted), a challenge (given).
        let mut command = vec![0x00, 0x87, 0x11, 0x9A, 0x26, 0x7C, 0x24, 0x82, 0x00, 0x81, 0x20];
        command.extend(digest);
        command.push(0x00);
        let answer = self.0.send(Zeroizing::new(command))?;
        match answer.status {
            0x9000 => match tlv::find(&answer.data, 0x7C).and_then(|template| tlv::find(template, 0x82)) {
                Some(signature) if !signature.is_empty() => Ok(Some(signature.to_vec())),
                _ => Err(trouble::answer("签名", "GENERAL AUTHENTICATE", answer.status)),
            },
            0x6982 => Ok(None),
            status => Err(trouble::answer("签名", "GENERAL AUTHENTICATE", status)),
        }
    }
}

fn refused(driver: &LockDriver) -> Fault {
    let (zh, en) = (&driver.title.zh, &driver.title.en);
    Fault::new(
        FaultKind::Refused,
        say!("驱动“{zh}”不允许这样操作 CA 锁。", "the driver “{en}” does not allow this with the CA lock"),
    )
}

#[cfg(test)]
mod tests {
    use super::super::card::tests::Script;
    use super::super::drivers::tests::training;
    use super::*;

    const INSIDE: &[u8] = &[0x7E, 0x07, 0x4F, 0x05, 0xA0, 0x00, 0x00, 0x03, 0x08, 0x90, 0x00];

    fn with<T>(driver: &LockDriver, script: &Script, work: impl FnOnce(&Piv<'_>) -> T) -> Result<T, Fault> {
        let exchange = Exchange { wire: script, driver };
        Ok(work(&Piv::enter(&exchange)?))
    }

    #[test]
    fn an_entered_application_is_not_selected_again() {
        let script = Script::new(&[INSIDE]);
        with(&training(), &script, |_| ()).unwrap();
        assert_eq!(script.asked.borrow().len(), 1);
        let script = Script::new(&[&[0x6A, 0x82], &[0x90, 0x00]]);
        with(&training(), &script, |_| ()).unwrap();
        assert_eq!(script.asked.borrow()[1][..5], [0x00, 0xA4, 0x04, 0x00, 5]);
    }

    #[test]
    fn the_certificate_is_unwrapped_and_a_packed_one_is_told() {
        let plain: &[u8] = &[0x53, 0x08, 0x70, 0x01, 0x30, 0x71, 0x01, 0x00, 0xFE, 0x00, 0x90, 0x00];
        let read = |answer: &[u8]| with(&training(), &Script::new(&[INSIDE, answer]), |piv| piv.certificate()).unwrap();
        assert_eq!(read(plain).unwrap(), [0x30]);
        let mut packed = plain.to_vec();
        packed[7] = 0x01;
        assert_eq!(read(&packed).unwrap_err().kind, FaultKind::Card);
        assert_eq!(read(&[0x6A, 0x82]).unwrap_err().kind, FaultKind::Card);
    }

    #[test]
    fn a_pin_is_sent_once_and_only_where_the_driver_says_so() {
        let pin = Secret::new("1234");
        let script = Script::new(&[INSIDE, &[0x63, 0xC2]]);
        let answer = with(&training(), &script, |piv| piv.verify(&pin)).unwrap().unwrap();
        assert_eq!(answer, PinAnswer::Wrong(Tries::Known(2)));
        assert_eq!(script.asked.borrow()[1], [0, 0x20, 0, 0x80, 8, b'1', b'2', b'3', b'4', 0xFF, 0xFF, 0xFF, 0xFF]);

        let mut real = training();
        real.pin = PinUse::None;
        let script = Script::new(&[INSIDE]);
        with(&real, &script, |piv| {
            assert_eq!(piv.verify(&pin).unwrap_err().kind, FaultKind::Refused);
            assert_eq!(piv.sign(&[0; 32]).unwrap_err().kind, FaultKind::Refused);
            assert_eq!(piv.tries().unwrap(), Tries::Unknown);
        })
        .unwrap();
        assert_eq!(script.asked.borrow().len(), 1, "nothing was sent beyond the first question");
    }

    #[test]
    fn a_pin_that_does_not_fit_costs_no_try() {
        let script = Script::new(&[INSIDE]);
        let answer = with(&training(), &script, |piv| piv.verify(&Secret::new("123456789"))).unwrap();
        assert_eq!(answer.unwrap_err().kind, FaultKind::Refused);
        assert_eq!(script.asked.borrow().len(), 1);
    }

    #[test]
    fn a_signature_comes_out_of_its_template_or_needs_the_pin() {
        let sign = |answer: &[u8]| with(&training(), &Script::new(&[INSIDE, answer]), |piv| piv.sign(&[7; 32])).unwrap();
        assert_eq!(sign(&[0x7C, 0x03, 0x82, 0x01, 0x55, 0x90, 0x00]).unwrap(), Some(vec![0x55]));
        assert_eq!(sign(&[0x69, 0x82]).unwrap(), None);
        assert!(sign(&[0x7C, 0x00, 0x90, 0x00]).is_err());
    }
}
