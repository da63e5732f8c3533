//! Who may do what: tokens, the users they belong to, and what those see.

use serde::{Deserialize, Serialize};

/// What a token's user sees.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sight {
    /// Every record.
    Everything,
    /// What belongs to this user, and what belongs to nobody (stages, products, users …).
    Own(i64),
}

impl Sight {
    /// Whether a record of this owner is seen; none = everybody's.
    pub fn sees(self, owner: Option<i64>) -> bool {
        match (self, owner) {
            (Self::Everything, _) | (_, None) => true,
            (Self::Own(user), Some(owner)) => user == owner,
        }
    }

    /// As the file keeps it.
    pub(super) fn number(self) -> i64 {
        match self {
            Self::Everything => 0,
            Self::Own(user) => user,
        }
    }

    pub(super) fn from_number(number: i64) -> Self {
        if number == 0 { Self::Everything } else { Self::Own(number) }
    }
}

/// A token and what it opens.
#[derive(Clone, PartialEq, Eq)]
pub struct Access {
    /// 64 letters and digits, unless somebody chose another.
    pub token: String,
    /// The user whose token it is.
    pub user: i64,
    /// What that user sees.
    pub sight: Sight,
    /// Whether the token has the `sync` scope.
    pub sync: bool,
}

impl std::fmt::Debug for Access {
    /// Without the token: it never reaches a log.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Access")
            .field("user", &self.user)
            .field("sight", &self.sight)
            .field("sync", &self.sync)
            .finish_non_exhaustive()
    }
}

/// A token that a seed gives: the same for the same seed and purpose, so that a restart keeps it.
pub(super) fn token(seed: u64, purpose: u64) -> String {
    let mut rng =
        fastrand::Rng::with_seed(seed.rotate_left(17) ^ purpose.wrapping_mul(0x9e37_79b9_7f4a_7c15));
    (0..64).map(|_| rng.alphanumeric()).collect()
}
