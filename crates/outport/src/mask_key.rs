//! The key of masks that hash: one for each home, so that equal values stay equal, and that whoever has the hashes and not
//! the home cannot try values.

use std::{
    fs::OpenOptions,
    io::{self, Read, Write},
    path::Path,
};

/// How many bytes it has.
const LENGTH: usize = 32;

/// Reads the key of a home; makes it where there is none.
pub(crate) fn of(home: &Path) -> io::Result<[u8; LENGTH]> {
    let file = home.join("mask.key");
    match read(&file) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => make(home, &file),
        read => read,
    }
}

fn read(file: &Path) -> io::Result<[u8; LENGTH]> {
    let mut key = [0; LENGTH];
    std::fs::File::open(file)?.read_exact(&mut key)?;
    Ok(key)
}

/// Written aside and linked into place, so that of two processes one makes it and both have the same.
fn make(home: &Path, file: &Path) -> io::Result<[u8; LENGTH]> {
    let key: [u8; LENGTH] = rand::random();
    let aside = home.join(format!("mask.key-{}", uuid::Uuid::now_v7().simple()));
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut made = options.open(&aside)?;
    made.write_all(&key)?;
    made.sync_all()?;
    let linked = std::fs::hard_link(&aside, file);
    std::fs::remove_file(&aside)?;
    match linked {
        Ok(()) => Ok(key),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => read(file),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everyone_who_asks_gets_the_same_key() {
        let home = tempfile::tempdir().unwrap();
        let keys: Vec<_> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..8).map(|_| scope.spawn(|| of(home.path()).unwrap())).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        assert!(keys.iter().all(|key| *key == keys[0] && *key != [0; LENGTH]));
        assert_eq!(std::fs::read_dir(home.path()).unwrap().count(), 1, "nothing is left beside it");
        let other = tempfile::tempdir().unwrap();
        assert_ne!(of(other.path()).unwrap(), keys[0]);
    }
}
