//! What a server stands on, as administrators are told: its settings and its depots.

use std::{fs, io, path::Path};

use outport_http::{DepotFound, DepotSetting, Installation, Setting};

use crate::{
    bundles::{environment, plain},
    configuration::{Configuration, Listening, path},
};

/// The settings of this server.
#[derive(Debug)]
pub(crate) struct Installed {
    configuration: Configuration,
    listening: Listening,
}

impl Installed {
    pub(crate) fn new(configuration: Configuration, listening: Listening) -> Self {
        Self { configuration, listening }
    }
}

impl Installation for Installed {
    fn settings(&self) -> Vec<Setting> {
        self.configuration.told(self.listening, environment)
    }

    fn depots(&self) -> Vec<DepotSetting> {
        let depots = self.configuration.depots.iter();
        let depots = depots.map(|(name, folder)| DepotSetting {
            name: name.clone(),
            location: path(folder),
            folder: plain(folder),
        });
        depots.collect()
    }

    fn look_at(&self, depot: &DepotSetting) -> DepotFound {
        found(&depot.folder)
    }
}

/// Whether the names in a folder can be read.
fn found(folder: &Path) -> DepotFound {
    match fs::read_dir(folder) {
        Ok(_) => DepotFound::Readable,
        Err(error) if error.kind() == io::ErrorKind::NotFound => DepotFound::Missing,
        // The kind alone: where it is was said.
        Err(error) => DepotFound::Unreadable { reason: error.kind().to_string() },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_there_or_not_and_a_file_is_none() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("file"), "").unwrap();
        assert_eq!(found(folder.path()), DepotFound::Readable);
        assert_eq!(found(&folder.path().join("nosuch")), DepotFound::Missing);
        let file = found(&folder.path().join("file"));
        assert_eq!(file, DepotFound::Unreadable { reason: "not a directory".to_owned() });
    }
}
