//! The training CA: certificates of fictitious people, from an issuer that says so in its name.
//!
//! Its key lives in memory only, is made anew for each training instance, and never signs for a real person or site.

use std::time::Duration;

use p256::ecdsa::signature::hazmat::PrehashSigner;
use p256::ecdsa::{DerSignature, SigningKey};
use p256::pkcs8::{DecodePrivateKey, EncodePrivateKey, EncodePublicKey};
use x509_cert::Certificate;
use x509_cert::attr::AttributeTypeAndValue;
use x509_cert::builder::{Builder, CertificateBuilder, Profile};
use x509_cert::der::asn1::{Any, ObjectIdentifier, PrintableStringRef, SetOfVec, Utf8StringRef};
use x509_cert::der::oid::db::rfc4519;
use x509_cert::der::pem::LineEnding;
use x509_cert::der::{DateTime, Decode, Encode, EncodePem};
use x509_cert::name::{Name, RdnSequence, RelativeDistinguishedName};
use x509_cert::serial_number::SerialNumber;
use x509_cert::spki::SubjectPublicKeyInfoOwned;
use x509_cert::time::{Time, Validity};
use zeroize::Zeroizing;

use super::identity::TRAINING_MARK;
use crate::base::{Fault, FaultKind, random};

const DAY: i64 = 24 * 60 * 60;
/// Upper bound of a common name or organisation in characters (RFC 5280, ub-common-name).
const NAME_LIMIT: usize = 64;

/// A certificate authority for fictitious people.
pub struct TrainingCa {
    key: SigningKey,
    name: Name,
    der: Vec<u8>,
    pem: String,
}

/// The fictitious person a certificate is made for.
#[derive(Debug, Clone)]
pub struct PersonSubject {
    /// Name of the person, 1–64 characters; becomes the common name.
    pub holder: String,
    /// The company, 1–64 characters; becomes the organisation.
    pub organisation: String,
    /// Days from now until the certificate ends; zero or less makes an expired one.
    pub valid_days: i64,
}

/// A certificate and its private key.
pub struct Issued {
    /// The certificate, DER.
    pub der: Vec<u8>,
    /// The private key, PKCS#8 DER, wiped when dropped.
    pub key_pkcs8: Zeroizing<Vec<u8>>,
}

impl TrainingCa {
    /// A new CA with a new key, valid for ten years.
    ///
    /// # Errors
    /// [`FaultKind::Io`] when the system gives no random numbers.
    pub fn create() -> Result<TrainingCa, Fault> {
        let key = new_key()?;
        let name = name(&[
            (rfc4519::C, "CN"),
            (rfc4519::O, &format!("{TRAINING_MARK}（非真实机构）")),
            (rfc4519::CN, "Ruku 模拟 CA（仅供练习）"),
        ])?;
        let certificate = certificate(Profile::Root, serial()?, &name, &key, &key, validity(3650)?)?;
        Ok(TrainingCa {
            key,
            name,
            der: certificate.to_der().map_err(failed)?,
            pem: certificate.to_pem(LineEnding::LF).map_err(failed)?,
        })
    }

    /// A CA that was made before, from its certificate (DER) and private key (PKCS#8 DER).
    ///
    /// # Errors
    /// [`FaultKind::Card`] when either cannot be read or they do not belong together.
    pub fn load(der: &[u8], key_pkcs8: &[u8]) -> Result<TrainingCa, Fault> {
        let key = SigningKey::from_pkcs8_der(key_pkcs8).map_err(failed)?;
        let certificate = Certificate::from_der(der).map_err(failed)?;
        let own = certificate.tbs_certificate.subject_public_key_info.subject_public_key.raw_bytes();
        if own != key.verifying_key().to_encoded_point(false).as_bytes() {
            return Err(failed("the key is not the certificate's"));
        }
        let pem = certificate.to_pem(LineEnding::LF).map_err(failed)?;
        Ok(TrainingCa { key, name: certificate.tbs_certificate.subject, der: der.to_vec(), pem })
    }

    /// The private key, PKCS#8 DER, wiped when dropped: for a training that is to come back as the same CA.
    ///
    /// # Errors
    /// [`FaultKind::Card`] when the key cannot be encoded.
    pub fn key_pkcs8(&self) -> Result<Zeroizing<Vec<u8>>, Fault> {
        Ok(Zeroizing::new(self.key.to_pkcs8_der().map_err(failed)?.as_bytes().to_vec()))
    }

    /// The CA's own certificate, DER.
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// The CA's own certificate, PEM, for `openssl verify -CAfile`.
    pub fn pem(&self) -> String {
        self.pem.clone()
    }

    /// A new key and certificate for a fictitious person. The certificate carries a random subject serial number, never an ID number.
    ///
    /// # Errors
    /// [`FaultKind::Refused`] for an empty or too long name; [`FaultKind::Io`] when the system gives no random numbers.
    pub fn issue(&self, subject: &PersonSubject) -> Result<Issued, Fault> {
        for value in [&subject.holder, &subject.organisation] {
            if value.is_empty() || value.chars().count() > NAME_LIMIT {
                return Err(Fault::new(
                    FaultKind::Refused,
                    crate::say!(
                        "证书中的姓名或单位名称须为 1–{NAME_LIMIT} 个字符：“{value}”。请改短后重试。",
                        "names in a certificate have 1 to {NAME_LIMIT} characters: “{value}”; shorten it and try again"
                    ),
                ));
            }
        }
        let key = new_key()?;
        let person = name(&[
            (rfc4519::C, "CN"),
            (rfc4519::O, &subject.organisation),
            (rfc4519::CN, &subject.holder),
            (rfc4519::SERIAL_NUMBER, &format!("RUKU-{}", hex::encode_upper(random::bytes::<6>()?))),
        ])?;
        let profile = self.leaf();
        let certificate = certificate(profile, serial()?, &person, &key, &self.key, validity(subject.valid_days)?)?;
        let key_pkcs8 = Zeroizing::new(key.to_pkcs8_der().map_err(failed)?.as_bytes().to_vec());
        Ok(Issued { der: certificate.to_der().map_err(failed)?, key_pkcs8 })
    }

    /// The same certificate, serial number and key included, with another end: `valid_days` from now, zero or less for an expired one.
    ///
    /// # Errors
    /// [`FaultKind::Card`] when certificate or key cannot be read.
    pub fn revise(&self, issued: &Issued, valid_days: i64) -> Result<Issued, Fault> {
        let before = Certificate::from_der(&issued.der).map_err(failed)?.tbs_certificate;
        let key = SigningKey::from_pkcs8_der(&issued.key_pkcs8).map_err(failed)?;
        let validity = validity(valid_days)?;
        let revised = certificate(self.leaf(), before.serial_number, &before.subject, &key, &self.key, validity)?;
        Ok(Issued { der: revised.to_der().map_err(failed)?, key_pkcs8: issued.key_pkcs8.clone() })
    }

    fn leaf(&self) -> Profile {
        Profile::Leaf { issuer: self.name.clone(), enable_key_agreement: false, enable_key_encipherment: false }
    }
}

/// Signs a hash (1–32 bytes) with a P-256 key (PKCS#8 DER); answers the ECDSA signature as DER. For the virtual lock.
///
/// # Errors
/// [`FaultKind::Card`] for a key that cannot be read or a hash of a wrong length.
pub fn sign_digest(key_pkcs8: &[u8], digest: &[u8]) -> Result<Vec<u8>, Fault> {
    let key = SigningKey::from_pkcs8_der(key_pkcs8).map_err(failed)?;
    if digest.is_empty() || digest.len() > 32 {
        return Err(failed(format!("hash of {} bytes", digest.len())));
    }
    // A shorter hash is a smaller number: zeros in front leave its value as it is.
    let mut field = [0_u8; 32];
    field[32 - digest.len()..].copy_from_slice(digest);
    let signature: DerSignature = key.sign_prehash(&field).map_err(failed)?;
    Ok(signature.as_bytes().to_vec())
}

fn certificate(
    profile: Profile,
    serial: SerialNumber,
    subject: &Name,
    key: &SigningKey,
    signer: &SigningKey,
    validity: Validity,
) -> Result<Certificate, Fault> {
    let public = key.verifying_key().to_public_key_der().map_err(failed)?;
    let public = SubjectPublicKeyInfoOwned::from_der(public.as_bytes()).map_err(failed)?;
    CertificateBuilder::new(profile, serial, validity, subject.clone(), public, signer)
        .and_then(|builder| builder.build::<DerSignature>())
        .map_err(failed)
}

/// A distinguished name; values are taken as they are, whatever characters they hold.
fn name(parts: &[(ObjectIdentifier, &str)]) -> Result<Name, Fault> {
    let mut names = Vec::with_capacity(parts.len());
    for (kind, value) in parts {
        // RFC 5280 wants PrintableString for these two.
        let value = if *kind == rfc4519::C || *kind == rfc4519::SERIAL_NUMBER {
            Any::from(PrintableStringRef::new(value).map_err(failed)?)
        } else {
            Any::from(Utf8StringRef::new(value).map_err(failed)?)
        };
        let set = SetOfVec::try_from(vec![AttributeTypeAndValue { oid: *kind, value }]).map_err(failed)?;
        names.push(RelativeDistinguishedName(set));
    }
    Ok(RdnSequence(names))
}

/// From one day before now (clocks differ) to `days` from now; an expired one still has a start before its end.
fn validity(days: i64) -> Result<Validity, Fault> {
    let now = jiff::Timestamp::now().as_second();
    let end = now.saturating_add(days.saturating_mul(DAY));
    let time = |seconds: i64| {
        let seconds = Duration::from_secs(u64::try_from(seconds).unwrap_or(0));
        DateTime::from_unix_duration(seconds).map(|at| Time::GeneralTime(at.into())).map_err(failed)
    };
    Ok(Validity { not_before: time(now.min(end) - DAY)?, not_after: time(end)? })
}

fn serial() -> Result<SerialNumber, Fault> {
    let mut bytes = random::bytes::<16>()?;
    // Positive and without a leading zero: one length, one way to write it.
    bytes[0] = (bytes[0] & 0x3F) | 0x40;
    SerialNumber::new(&bytes).map_err(failed)
}

fn new_key() -> Result<SigningKey, Fault> {
    loop {
        let bytes = Zeroizing::new(random::bytes::<32>()?);
        // One in 2^32 values is out of the curve's range: draw again.
        if let Ok(key) = SigningKey::from_slice(&*bytes) {
            return Ok(key);
        }
    }
}

fn failed(detail: impl std::fmt::Display) -> Fault {
    super::unreadable("模拟证书无法生成或使用", "the training certificate cannot be made or used", detail)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pki::{is_training, read, verify};
    use sha2::{Digest, Sha256};

    fn person(holder: &str) -> PersonSubject {
        PersonSubject { holder: holder.into(), organisation: "青城试验有限公司".into(), valid_days: 30 }
    }

    #[test]
    fn a_person_reads_back_as_issued() {
        let ca = TrainingCa::create().unwrap();
        let issued = ca.issue(&person("云小鹿, \"O=x\"")).unwrap();
        let identity = read(&issued.der).unwrap();
        assert_eq!(identity.holder, "云小鹿, \"O=x\"");
        assert_eq!(identity.organisation.as_deref(), Some("青城试验有限公司"));
        assert!(identity.issuer.contains("O=Ruku 模拟"), "{}", identity.issuer);
        assert!(is_training(&identity));
        assert_eq!(identity.serial.len(), 32);
        let now = jiff::Timestamp::now();
        assert!(identity.not_before < now && now < identity.not_after);
        assert!(!format!("{identity:?}").contains(" der:"), "the bytes are not printed");
    }

    #[test]
    fn signatures_verify_and_only_over_their_own_message() {
        let ca = TrainingCa::create().unwrap();
        let issued = ca.issue(&person("云小鹿")).unwrap();
        let signature = sign_digest(&issued.key_pkcs8, &Sha256::digest(b"hello")).unwrap();
        assert!(verify(&issued.der, b"hello", &signature));
        assert!(!verify(&issued.der, b"hullo", &signature));
        assert!(!verify(ca.der(), b"hello", &signature));
        assert!(!verify(b"", b"hello", &signature));
        assert!(!verify(&issued.der, b"hello", b"30"));
        assert!(sign_digest(&issued.key_pkcs8, &[0; 33]).is_err() && sign_digest(&issued.key_pkcs8, &[]).is_err());
    }

    #[test]
    fn an_expired_certificate_can_be_made() {
        let expired = PersonSubject { valid_days: -2, ..person("云小鹿") };
        let identity = read(&TrainingCa::create().unwrap().issue(&expired).unwrap().der).unwrap();
        assert!(identity.not_before < identity.not_after && identity.not_after < jiff::Timestamp::now());
    }

    #[test]
    fn a_revised_certificate_is_the_same_but_for_its_end() {
        let ca = TrainingCa::create().unwrap();
        let issued = ca.issue(&person("云小鹿")).unwrap();
        let before = read(&issued.der).unwrap();
        for (days, expired) in [(-1, true), (10, false)] {
            let revised = ca.revise(&issued, days).unwrap();
            let after = read(&revised.der).unwrap();
            assert_eq!((&after.holder, &after.serial, &after.issuer), (&before.holder, &before.serial, &before.issuer));
            assert_eq!(after.not_after < jiff::Timestamp::now(), expired);
            assert_ne!(after.sha256, before.sha256);
            let signature = sign_digest(&issued.key_pkcs8, &Sha256::digest(b"hello")).unwrap();
            assert!(verify(&revised.der, b"hello", &signature));
        }
    }

    #[test]
    fn wrong_names_and_wrong_bytes_are_faults() {
        let ca = TrainingCa::create().unwrap();
        assert_eq!(ca.issue(&person("")).err().unwrap().kind, FaultKind::Refused);
        assert_eq!(ca.issue(&person(&"长".repeat(65))).err().unwrap().kind, FaultKind::Refused);
        assert!(read(b"not a certificate").is_err());
        let mut cut = ca.der().to_vec();
        cut.pop();
        assert!(read(&cut).is_err());
    }

    #[test]
    fn a_person_named_like_the_training_is_not_of_the_training() {
        let ca = TrainingCa::create().unwrap();
        let mut identity = read(&ca.issue(&person("云小鹿")).unwrap().der).unwrap();
        identity.issuer = "CN=Ruku 模拟 CA,O=某真实机构,C=CN".into();
        assert!(!is_training(&identity));
        assert!(ca.pem().starts_with("-----BEGIN CERTIFICATE-----"));
    }

    proptest::proptest! {
        #[test]
        fn no_bytes_make_reading_panic(bytes in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..200)) {
            let _ = (read(&bytes), verify(&bytes, &bytes, &bytes), sign_digest(&bytes, &bytes));
        }
    }
}
