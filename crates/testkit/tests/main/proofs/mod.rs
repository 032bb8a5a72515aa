//! Proofs of promises: each prints one line with its figures, and each has a control that must be caught.
