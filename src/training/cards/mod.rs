//! The virtual CA lock: a PIV-shaped software card on vpcd, in a process of its own beside a private pcscd.
