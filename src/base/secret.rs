//! `Secret`: a value that is never printed, logged, written or compared in variable time, and wiped when dropped.

use zeroize::Zeroizing;

/// A PIN or a key. `Debug` and `Display` print `***`; there is no serialisation on purpose.
#[derive(Clone)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Takes ownership of the value.
    pub fn new(value: impl Into<String>) -> Secret {
        Secret(Zeroizing::new(value.into()))
    }

    /// The value itself, for the one call that has to use it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("***")
    }
}

impl std::fmt::Display for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("***")
    }
}

#[cfg(test)]
mod tests {
    use super::Secret;

    #[test]
    fn a_secret_never_prints() {
        let secret = Secret::new("482913");
        assert_eq!((format!("{secret}"), format!("{secret:?}")), ("***".into(), "***".into()));
        assert_eq!(secret.expose(), "482913");
    }
}
