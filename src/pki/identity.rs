//! Reading a certificate: who holds it, for which company, until when.
//!
//! Never fails on an unknown extension or algorithm: only what people are shown is read.

use p256::ecdsa::signature::Verifier;
use p256::ecdsa::{DerSignature, VerifyingKey};
use sha2::{Digest, Sha256};
use x509_cert::Certificate;
use x509_cert::der::asn1::{Any, BmpString, ObjectIdentifier};
use x509_cert::der::oid::db::rfc4519;
use x509_cert::der::{Decode, Encode, Tag, Tagged};
use x509_cert::name::Name;
use x509_cert::time::Time;

use super::unreadable;
use crate::base::Fault;

/// What every training certificate carries in its issuer's organisation, so that nobody mistakes it for a real one.
pub(super) const TRAINING_MARK: &str = "Ruku 模拟";

/// What a certificate says about its holder.
#[derive(Clone, PartialEq, Eq)]
pub struct Identity {
    /// The holder: common name of the subject.
    pub holder: String,
    /// The company: organisation of the subject.
    pub organisation: Option<String>,
    /// The issuer, as RFC 4514 text (`CN=…,O=…,C=CN`).
    pub issuer: String,
    /// Serial number, upper-case hex, as it stands in the certificate (no leading zero bytes).
    pub serial: String,
    /// Valid from.
    pub not_before: jiff::Timestamp,
    /// Valid to.
    pub not_after: jiff::Timestamp,
    /// SHA-256 of the DER bytes, lower-case hex.
    pub sha256: String,
    /// The certificate itself, DER.
    pub der: Vec<u8>,
}

impl std::fmt::Debug for Identity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Identity")
            .field("holder", &self.holder)
            .field("organisation", &self.organisation)
            .field("issuer", &self.issuer)
            .field("serial", &self.serial)
            .field("not_before", &self.not_before)
            .field("not_after", &self.not_after)
            .field("sha256", &self.sha256)
            .finish_non_exhaustive()
    }
}

/// Reads an X.509 certificate (DER).
///
/// # Errors
/// [`crate::base::FaultKind::Card`] when the bytes are no certificate or the subject has no common name.
pub fn read(der: &[u8]) -> Result<Identity, Fault> {
    let wrong = |detail: &dyn std::fmt::Display| unreadable("证书无法读取", "the certificate cannot be read", detail);
    let certificate = Certificate::from_der(der).map_err(|error| wrong(&error))?;
    let tbs = &certificate.tbs_certificate;
    let holder = attribute(&tbs.subject, rfc4519::CN).ok_or_else(|| wrong(&"no common name"))?;
    let serial = hex::encode_upper(tbs.serial_number.as_bytes());
    let serial = serial.strip_prefix("00").filter(|rest| !rest.is_empty()).unwrap_or(&serial).to_owned();
    Ok(Identity {
        holder,
        organisation: attribute(&tbs.subject, rfc4519::O),
        issuer: tbs.issuer.to_string(),
        serial,
        not_before: timestamp(&tbs.validity.not_before).map_err(|error| wrong(&error))?,
        not_after: timestamp(&tbs.validity.not_after).map_err(|error| wrong(&error))?,
        sha256: hex::encode(Sha256::digest(der)),
        der: der.to_vec(),
    })
}

/// Whether `signature_der` is an ECDSA P-256 SHA-256 signature over `message` by the key of the certificate `der`.
/// Anything that cannot be read counts as no.
pub fn verify(der: &[u8], message: &[u8], signature_der: &[u8]) -> bool {
    let Ok(certificate) = Certificate::from_der(der) else { return false };
    let Ok(spki) = certificate.tbs_certificate.subject_public_key_info.to_der() else { return false };
    let Ok(key) = <VerifyingKey as p256::pkcs8::DecodePublicKey>::from_public_key_der(&spki) else { return false };
    let Ok(signature) = DerSignature::from_bytes(signature_der) else { return false };
    key.verify(message, &signature).is_ok()
}

/// Whether the certificate `der` was issued by the holder of the certificate `ca_der`: same name, and the signature (ECDSA P-256 SHA-256)
/// holds. Anything that cannot be read counts as no. Says nothing about validity dates.
pub fn issued_by(der: &[u8], ca_der: &[u8]) -> bool {
    let (Ok(certificate), Ok(ca)) = (Certificate::from_der(der), Certificate::from_der(ca_der)) else { return false };
    let tbs = &certificate.tbs_certificate;
    let (Ok(message), Some(signature)) = (tbs.to_der(), certificate.signature.as_bytes()) else { return false };
    tbs.issuer == ca.tbs_certificate.subject && verify(ca_der, &message, signature)
}

/// Whether the certificate calls itself one of Ruku's training CA. This is a label, not a proof: use it only to *refuse* others.
pub fn is_training(identity: &Identity) -> bool {
    identity
        .issuer
        .split(',')
        .any(|part| part.strip_prefix("O=").is_some_and(|organisation| organisation.contains(TRAINING_MARK)))
}

/// The first value of an attribute, as text; `None` when absent or of a string type that no CA uses for names.
fn attribute(name: &Name, kind: ObjectIdentifier) -> Option<String> {
    name.0
        .iter()
        .flat_map(|rdn| rdn.0.iter())
        .find(|attribute| attribute.oid == kind)
        .and_then(|attribute| text(&attribute.value))
}

/// The text of a directory string. Chinese CAs use UTF8String, PrintableString and, in old certificates, BMPString.
fn text(value: &Any) -> Option<String> {
    match value.tag() {
        Tag::Utf8String | Tag::PrintableString | Tag::Ia5String => String::from_utf8(value.value().to_vec()).ok(),
        Tag::BmpString => value.decode_as::<BmpString>().ok().map(|text| text.to_string()),
        _ => None,
    }
}

fn timestamp(time: &Time) -> Result<jiff::Timestamp, jiff::Error> {
    jiff::Timestamp::from_second(i64::try_from(time.to_unix_duration().as_secs()).unwrap_or(i64::MAX))
}
