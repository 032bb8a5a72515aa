//! Orders, QR codes, payments and their traces.
