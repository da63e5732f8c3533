//! `completions` and `man`: what packagers and shells want, made from the same definitions as the help.

use std::io::{self, Write};

use clap::{Command, CommandFactory};
use clap_complete::Shell;

use super::arguments::Arguments;
use super::output::{self, Ending};

/// `drainboard completions SHELL`
pub(super) fn completions(shell: Shell) -> Ending {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Arguments::command(), "drainboard", &mut script);
    print(&script)
}

/// `drainboard man`: one page, the subcommands behind the console.
pub(super) fn man() -> Ending {
    let mut page = Vec::new();
    output::written(render(&Arguments::command(), &mut page))?;
    print(&page)
}

fn render(command: &Command, page: &mut Vec<u8>) -> io::Result<()> {
    let man = clap_mangen::Man::new(command.clone());
    man.render_title(page)?;
    man.render_name_section(page)?;
    man.render_synopsis_section(page)?;
    man.render_options_section(page)?;
    for subcommand in command.get_subcommands() {
        let name = format!("drainboard {}", subcommand.get_name());
        writeln!(page, ".SH \"{}\"", name.to_uppercase())?;
        if let Some(about) = subcommand.get_about() {
            writeln!(page, "{}.", escaped(&about.to_string()))?;
        }
        let mut options = Vec::new();
        let man = clap_mangen::Man::new(subcommand.clone().bin_name(name).disable_help_flag(true));
        man.render_options_section(&mut options)?;
        // The sections of a command are sections of this page's section.
        page.extend(String::from_utf8_lossy(&options).replace(".SH ", ".SS ").bytes());
        notes(subcommand, page)?;
    }
    writeln!(page, ".SH \"EXAMPLES AND EXIT STATUS\"")?;
    notes(command, page)
}

/// What stands below a help page, line by line as it is written there.
fn notes(command: &Command, page: &mut Vec<u8>) -> io::Result<()> {
    let Some(notes) = command.get_after_help() else { return Ok(()) };
    writeln!(page, ".PP\n.nf")?;
    for line in notes.to_string().lines() {
        writeln!(page, "{}", escaped(line))?;
    }
    writeln!(page, ".fi")
}

/// Text as troff takes it for text.
fn escaped(text: &str) -> String {
    let text = text.replace('\\', "\\e").replace('-', "\\-");
    if text.starts_with(['.', '\'']) { format!("\\&{text}") } else { text }
}

fn print(bytes: &[u8]) -> Ending {
    let mut out = output::stdout();
    output::written(out.write_all(bytes).and_then(|()| out.flush()))
}
