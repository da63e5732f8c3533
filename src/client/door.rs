//! What messages call a setting: everybody said it at a door of their own, and hears of it in that door's words. Pure.

/// A setting that messages speak of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subject {
    /// The service's base URL.
    BaseUrl,
    /// The device that a new mirror is.
    Device,
    /// Requests a second.
    Rate,
    /// The largest body.
    MaxPage,
    /// The file that has the token.
    TokenFile,
    /// The command that writes the token.
    TokenCommand,
}

/// Where somebody said a setting, or would say it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Door {
    /// The command line: what stands in the environment has an option too.
    #[default]
    Options,
    /// The configuration's file.
    File,
    /// The questions of the welcome screen, and the file for what is not asked.
    Questions,
}

impl Door {
    /// What a setting is called here.
    pub fn calls(self, subject: Subject) -> &'static str {
        use Subject::{BaseUrl, Device, MaxPage, Rate, TokenCommand, TokenFile};
        match (self, subject) {
            (Self::Options, BaseUrl) => "--base-url",
            (Self::Options, Device) => "--device-uuid",
            (Self::Options, Rate) => "--rate",
            (Self::Options, MaxPage) => "--max-page",
            (Self::Options, TokenFile) => "--token-file",
            (Self::Options, TokenCommand) => "--token-command",
            (Self::Questions, BaseUrl) => "the address of the service",
            (Self::Questions, TokenFile) => "the file",
            (Self::Questions, TokenCommand) => "the command",
            (Self::File, BaseUrl) => "base_url",
            (Self::File, TokenFile) => "token_file",
            (Self::File, TokenCommand) => "token_command",
            (Self::File | Self::Questions, Device) => "device_uuid",
            (Self::File | Self::Questions, Rate) => "rate",
            (Self::File | Self::Questions, MaxPage) => "max_page",
        }
    }
}
