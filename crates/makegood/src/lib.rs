//! A wallet backend that makes good on every payment: it arrives, it comes back, or it is explained.
