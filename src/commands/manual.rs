//! `completions` and `man`: what packagers and shells want, made from the same definitions as the help.

use std::io::Write;

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

/// `drainboard man`: one page, the subcommands' options behind the common ones.
pub(super) fn man() -> Ending {
    let mut page = Vec::new();
    let rendered = render(&Arguments::command(), &mut page);
    output::written(rendered)?;
    print(&page)
}

fn render(command: &Command, page: &mut Vec<u8>) -> std::io::Result<()> {
    clap_mangen::Man::new(command.clone()).render(page)?;
    for subcommand in command.get_subcommands() {
        let name = format!("drainboard {}", subcommand.get_name());
        writeln!(page, ".SH \"{}\"", name.to_uppercase())?;
        let man = clap_mangen::Man::new(subcommand.clone().bin_name(name).disable_help_flag(true));
        man.render_synopsis_section(page)?;
        man.render_description_section(page)?;
        man.render_options_section(page)?;
    }
    Ok(())
}

fn print(bytes: &[u8]) -> Ending {
    let mut out = output::stdout();
    output::written(out.write_all(bytes).and_then(|()| out.flush()))
}
