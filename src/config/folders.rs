//! Where files live when nobody says otherwise: the user's own folders, by the platform's rules (XDG on Unix).

use std::path::PathBuf;

use etcetera::BaseStrategy as _;

/// The user's folders for this program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Folders {
    /// What must not be lost: the mirrors.
    pub data: PathBuf,
    /// What the user writes: settings and keys.
    pub config: PathBuf,
    /// The user's home.
    pub home: PathBuf,
    /// What is kept from one time to the next and could be lost: statements that were run, how types are looked at.
    pub state: PathBuf,
}

impl Folders {
    /// The folders of the user who runs this; none where the user has no home.
    pub fn of_user() -> Option<Self> {
        let base = etcetera::choose_base_strategy().ok()?;
        let state = base.state_dir().unwrap_or_else(|| base.data_dir());
        Some(Self {
            data: base.data_dir().join("drainboard"),
            config: base.config_dir().join("drainboard"),
            home: base.home_dir().to_owned(),
            state: state.join("drainboard"),
        })
    }

    /// A profile's mirror.
    pub fn mirror(&self, profile: &str) -> PathBuf {
        self.data.join(profile).join("mirror.db")
    }

    /// The statements that were run in the console.
    pub fn statements(&self) -> PathBuf {
        self.state.join("statements.sql")
    }

    /// How the types are looked at in the console: columns and order.
    pub fn browse(&self) -> PathBuf {
        self.state.join("browse.json")
    }

    /// What runs sent in their last second.
    pub fn spent(&self) -> PathBuf {
        self.state.join("spent.json")
    }

    /// The configuration's file.
    pub fn configuration(&self) -> PathBuf {
        self.config.join("config.toml")
    }

    /// The user's key map.
    pub fn keymap(&self) -> PathBuf {
        self.config.join("keymap.toml")
    }
}
