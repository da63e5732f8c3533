//! `drainboard config` as it is written.

use clap::Args;

use super::Pacing;

pub(super) const EXAMPLES: &str = "\
The file is ~/.config/drainboard/config.toml, or what DRAINBOARD_CONFIG names.
Settings at its top hold for every profile; [profile.NAME] has those of one:

  base_url = \"https://api.getbase.com\"
  token_command = \"pass show sell\"      # or token_file, token_keyring = true
  rate = 10
  default_profile = \"home\"

  [profile.home]
  [profile.work]
  mirror = \"~/crm/sell.db\"
  token_file = \"token.work\"            # beside this file, mode 0600

An option goes before the environment, that before the profile, that before the
file's top, that before the default. `drainboard demo` reads none of it.

Examples:
  drainboard config
  drainboard config --profile work --json | jq -r .settings.mirror.value
  drainboard config --init && $EDITOR \"$(drainboard config --path)\"";

/// `drainboard config`
#[derive(Debug, Args)]
pub(in crate::commands) struct Config {
    /// As one JSON object
    #[arg(long, conflicts_with_all = ["init", "path"])]
    pub(in crate::commands) json: bool,
    /// Write a file with every setting as a comment; one that is there stays
    #[arg(long, conflicts_with = "path")]
    pub(in crate::commands) init: bool,
    /// Print where the file is, or would be
    #[arg(long)]
    pub(in crate::commands) path: bool,
    #[command(flatten)]
    pub(in crate::commands) pacing: Pacing,
}
