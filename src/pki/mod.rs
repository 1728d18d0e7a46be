//! Floor 0: certificates, holder names and the training CA; the only home of the X.509 crates.
