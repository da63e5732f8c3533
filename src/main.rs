//! Parse, hand over, exit status: nothing else.

fn main() -> std::process::ExitCode {
    drainboard::commands::run(std::env::args_os())
}
