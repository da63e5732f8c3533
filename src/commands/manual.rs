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
    synopsis(command, &man, page)?;
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

/// The synopsis, with the names of the options' values.
fn synopsis(command: &Command, man: &clap_mangen::Man, page: &mut Vec<u8>) -> io::Result<()> {
    let mut section = Vec::new();
    man.render_synopsis_section(&mut section)?;
    let mut section = String::from_utf8_lossy(&section).into_owned();
    for option in command.get_arguments().filter(|option| option.get_action().takes_values()) {
        let (Some(long), Some([value, ..])) = (option.get_long(), option.get_value_names()) else { continue };
        let flag = format!("\\fB\\-\\-{}\\fR", escaped(long));
        let optional = option.get_num_args().is_some_and(|count| count.min_values() == 0);
        let value = if optional { format!("[=\\fI{value}\\fR]") } else { format!(" \\fI{value}\\fR") };
        section = section.replace(&format!("[{flag}]"), &format!("[{flag}{value}]"));
    }
    page.write_all(section.as_bytes())
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
