#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| makegood_fuzz::url_guard::check(input));
