//! Merchants, their keys and their fees.
