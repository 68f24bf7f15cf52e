//! The `outport` command.

fn main() -> std::process::ExitCode {
    outport::main()
}
