//! Completion scripts and the man page, made from the same definitions as the help.

use clap::CommandFactory;

use super::command::Cli;

/// The completion script of a shell.
pub(crate) fn completions(shell: clap_complete::Shell) -> Vec<u8> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "atgd", &mut script);
    script
}

/// The man page, all commands in it.
pub(crate) fn man_page() -> std::io::Result<Vec<u8>> {
    let mut page = Vec::new();
    let mut command = Cli::command();
    command.build();
    clap_mangen::Man::new(command.clone()).render(&mut page)?;
    for below in command.get_subcommands().filter(|below| below.get_name() != "help") {
        let manual = clap_mangen::Man::new(below.clone());
        manual.render_name_section(&mut page)?;
        manual.render_synopsis_section(&mut page)?;
        manual.render_options_section(&mut page)?;
    }
    Ok(page)
}
