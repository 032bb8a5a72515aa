//! A small disk that can be filled up: a tmpfs, which ends at its size as a disk does.

use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Write as _};
use std::path::Path;
use std::process::Command;
use tempfile::TempDir;

/// What a tmpfs hands out at a time.
pub(crate) const PAGE: u64 = 4_096;

/// A mounted disk; unmounted when it is dropped.
#[derive(Debug)]
pub(crate) struct Disk {
    folder: TempDir,
    /// Whose rights mounting takes: ours, or those that sudo gives without asking.
    with: &'static [&'static str],
}

impl Disk {
    pub(crate) fn mount(mebibytes: u64) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let options = format!("size={mebibytes}m,mode=0777");
        let path = folder.path().to_str().unwrap().to_owned();
        let mount = ["mount", "-t", "tmpfs", "-o", &options, "makegood-proof", &path];
        let mut refusals = Vec::new();
        for with in [[].as_slice(), &["sudo", "-n"]] {
            match run(with, &mount) {
                Ok(()) => return Self { folder, with },
                Err(refusal) => refusals.push(refusal),
            }
        }
        panic!(
            "a disk that fills up is a tmpfs, and mounting one needs root or sudo. Run the tests as root, or this one as\n\
             unshare --map-root-user --mount cargo test -p makegood --test main disk\n{}",
            refusals.join("\n")
        );
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    fn ballast(&self) -> File {
        let path = self.folder.path().join("ballast");
        OpenOptions::new().create(true).append(true).open(path).unwrap()
    }

    /// Fills it up, but for so many bytes.
    pub(crate) fn fill_but(&self, room: u64) {
        let mut ballast = self.ballast();
        for chunk in [vec![0; 1 << 20], vec![0; usize::try_from(PAGE).unwrap()]] {
            loop {
                match ballast.write_all(&chunk) {
                    Ok(()) => {}
                    Err(error) if error.kind() == ErrorKind::StorageFull => break,
                    Err(error) => panic!("the ballast: {error}"),
                }
            }
        }
        let length = ballast.metadata().unwrap().len();
        ballast.set_len(length.checked_sub(room).unwrap()).unwrap();
    }

    /// Gives all of its space back.
    pub(crate) fn free(&self) {
        self.ballast().set_len(0).unwrap();
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let path = self.folder.path().to_str().unwrap_or_default();
        if let Err(refusal) = run(self.with, &["umount", path]) {
            eprintln!("{path} stays mounted: {refusal}");
        }
    }
}

fn run(with: &[&str], command: &[&str]) -> Result<(), String> {
    let command = [with, command].concat();
    let output = Command::new(command[0]).args(&command[1..]).output();
    let output = output.map_err(|error| format!("{}: {error}", command[0]))?;
    if output.status.success() { Ok(()) } else { Err(String::from_utf8_lossy(&output.stderr).into_owned()) }
}
