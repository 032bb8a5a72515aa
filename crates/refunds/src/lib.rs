//! Refund decisions: what may be returned, from whom, with which fee.
