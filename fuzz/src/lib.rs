//! The oracles of the fuzz targets: each takes a target's input and panics where a promise is broken.

pub mod amount_parse;
pub mod ledger_ops;
pub mod posting_template;
pub mod qr_decode;
pub mod url_guard;

/// The committed inputs of a target.
#[cfg(test)]
fn seeds(target: &str) -> impl Iterator<Item = Vec<u8>> {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(target);
    let names = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let seeds =
        names.filter(|path| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("seed-")));
    seeds.map(|path| std::fs::read(path).unwrap())
}
