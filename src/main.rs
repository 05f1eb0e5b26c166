//! Runs the command line and prints the error once.
fn main() {}
