//! `completions` and `man`: what packagers and shells want, made from the same definitions as the help.

use std::io::{self, Write};

use clap::{Arg, Command, CommandFactory};
use clap_complete::Shell;

use super::arguments::{Arguments, definitions};
use super::output::{self, Ending};

/// `drainboard completions SHELL`
pub(super) fn completions(shell: Shell) -> Ending {
    print(&script(shell))
}

fn script(shell: Shell) -> Vec<u8> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut without_hidden(&definitions()), "drainboard", &mut script);
    script
}

/// The command line without what is hidden: the scripts would offer that too.
fn without_hidden(command: &Command) -> Command {
    let name = command.get_name().to_owned();
    let shown = |arg: &&Arg| !arg.is_hide_set();
    Command::new(name)
        .about(command.get_about().cloned().unwrap_or_default())
        .version(command.get_version().unwrap_or_default().to_owned())
        .disable_help_flag(true)
        .disable_version_flag(true)
        .disable_help_subcommand(true)
        // A global option would come back where it is hidden.
        .args(command.get_arguments().filter(shown).map(|arg| arg.clone().global(false)))
        .subcommands(command.get_subcommands().map(without_hidden))
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
        for task in subcommand.get_subcommands() {
            let about = task.get_about().map(ToString::to_string).unwrap_or_default();
            writeln!(page, ".TP\n\\fB{}\\fR\n{}.", escaped(task.get_name()), escaped(&about))?;
        }
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

#[cfg(test)]
mod tests {
    use clap::ValueEnum as _;

    use super::*;

    fn of(shell: Shell) -> String {
        String::from_utf8(script(shell)).unwrap()
    }

    #[test]
    fn no_script_offers_what_is_hidden() {
        for shell in Shell::value_variants() {
            let script = of(*shell);
            assert!(script.contains("single-session") && !script.contains("retries"), "{shell}");
        }
        let bash = of(Shell::Bash);
        let offers = |command: &str| {
            let from = bash.find(&format!("drainboard__subcmd__{command})\n            opts=")).unwrap();
            bash[from..].lines().nth(1).unwrap().to_owned()
        };
        for command in ["demo", "serve", "completions", "man"] {
            assert!(!offers(command).contains("--mirror"), "{}", offers(command));
        }
        assert!(offers("demo").contains("--keep"));
        assert!(offers("query").contains("--mirror") && !offers("query").contains("--base-url"));
        assert!(offers("sync").contains("--mirror") && offers("sync").contains("--base-url"));
    }

    #[test]
    fn files_are_completed_and_numbers_are_not() {
        let zsh = of(Shell::Zsh);
        for (option, with) in [
            ("--mirror", ":FILE:_files'"),
            ("--token-file", ":FILE:_files'"),
            ("--keep", ":DIR:_files -/'"),
            ("--output", ":DIR:_files -/'"),
            ("--check", ":DIR:_files -/'"),
            ("--account", ":FILE:_files'"),
            ("--replay", ":FILE:_files'"),
            ("--metrics", ":FILE:_files'"),
            ("--scenario", ":NAME|FILE:_files'"),
            ("--items", ":N:'"),
            ("--rate", ":N:'"),
            ("--profile", ":NAME:'"),
            ("--color", ":WHEN:(auto always never)'"),
            ("--format", ":FORMAT:(csv ndjson parquet)'"),
        ] {
            let lines: Vec<&str> = zsh.lines().filter(|line| line.contains(&format!("{option}="))).collect();
            assert!(
                !lines.is_empty() && lines.iter().all(|line| line.contains(with)),
                "{option}: {lines:#?}"
            );
        }
    }

    #[test]
    fn the_page_has_every_command_and_nothing_that_is_hidden() {
        let mut page = Vec::new();
        render(&Arguments::command(), &mut page).unwrap();
        let page = String::from_utf8(page).unwrap();
        for command in Arguments::command().get_subcommands() {
            assert!(page.contains(&format!(".SH \"DRAINBOARD {}\"", command.get_name().to_uppercase())));
            for task in command.get_subcommands() {
                assert!(page.contains(&format!("\\fB{}\\fR", task.get_name())), "{}", task.get_name());
            }
        }
        assert!(!page.contains("\\-\\-retries"));
    }
}
