//! Secrets that Florin makes for itself on the first start, each in a file of the data folder that only its owner
//! can read.

use secrecy::{ExposeSecret, SecretString};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Why a secret's file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SecretFileError {
    /// It cannot be read or written.
    #[error("{} cannot be read or written: {source}", path.display())]
    Inaccessible {
        /// Which file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// Others on this machine could read it.
    #[error("{0} is a secret that others can read (mode {mode:03o}); make it private: chmod 600 {0}", path.display())]
    Exposed {
        /// Which file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
}

/// Reads a secret of the data folder; makes it where there is none. Of processes that start at the same moment
/// one makes it and the others read it.
pub(super) fn load_or_create(
    data_dir: &Path,
    name: &str,
    make: impl FnOnce() -> SecretString,
) -> Result<SecretString, SecretFileError> {
    let path = data_dir.join(name);
    let failed = |source| SecretFileError::Inaccessible { path: path.clone(), source };
    if !path.try_exists().map_err(failed)? {
        create(data_dir, &path, &make()).map_err(failed)?;
    }
    refuse_if_exposed(&path)?;
    std::fs::read_to_string(&path).map(SecretString::from).map_err(failed)
}

/// Appears under its name whole or not at all; leaves a file that is there as it is.
fn create(data_dir: &Path, path: &Path, secret: &SecretString) -> io::Result<()> {
    let mut file = tempfile::NamedTempFile::new_in(data_dir)?; // mode 0600
    file.write_all(secret.expose_secret().as_bytes())?;
    file.as_file().sync_all()?;
    match file.persist_noclobber(path) {
        Ok(_) => sync_folder(data_dir),
        Err(error) if error.error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(error.error),
    }
}

#[cfg(unix)]
fn refuse_if_exposed(path: &Path) -> Result<(), SecretFileError> {
    use std::os::unix::fs::PermissionsExt;
    let metadata = std::fs::metadata(path)
        .map_err(|source| SecretFileError::Inaccessible { path: path.to_owned(), source })?;
    let mode = metadata.permissions().mode() & 0o777;
    let of_others = mode & 0o077;
    if of_others == 0 { Ok(()) } else { Err(SecretFileError::Exposed { path: path.to_owned(), mode }) }
}

/// Elsewhere the folder's own access list guards it.
#[cfg(not(unix))]
fn refuse_if_exposed(_path: &Path) -> Result<(), SecretFileError> {
    Ok(())
}

/// A new name survives a power cut only when its folder is synced too.
#[cfg(unix)]
fn sync_folder(folder: &Path) -> io::Result<()> {
    std::fs::File::open(folder)?.sync_all()
}

#[cfg(not(unix))]
fn sync_folder(_folder: &Path) -> io::Result<()> {
    Ok(())
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn the_file_is_private_and_an_exposed_one_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let load = || load_or_create(folder.path(), "secret", || "florence".into());
        assert_eq!(load().unwrap().expose_secret(), "florence");
        let path = folder.path().join("secret");
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        for mode in [0o640, 0o604, 0o660] {
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
            let error = load().unwrap_err();
            assert!(matches!(error, SecretFileError::Exposed { mode: found, .. } if found == mode));
        }
    }
}
