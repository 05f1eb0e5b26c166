//! What the system tells the program: to end, to stop for a while, to go on, that the terminal has another size.

/// What is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal {
    /// To end, with the number to end by.
    End(i32),
    /// To stop for a while.
    Stop,
    /// To go on.
    GoOn,
    /// That the terminal has another size.
    Size,
}

/// Hands on what the system tells for as long as it is wanted.
///
/// # Errors
/// When the system does not let us listen.
#[cfg(unix)]
pub fn listen(told: impl Fn(Signal) -> bool + Send + 'static) -> std::io::Result<()> {
    use signal_hook::consts::{SIGCONT, SIGHUP, SIGINT, SIGTERM, SIGTSTP, SIGWINCH};
    let all = [SIGTERM, SIGHUP, SIGINT, SIGTSTP, SIGCONT, SIGWINCH];
    let mut signals = signal_hook::iterator::Signals::new(all)?;
    std::thread::Builder::new().name("signals".into()).spawn(move || {
        for signal in signals.forever() {
            let signal = match signal {
                SIGTSTP => Signal::Stop,
                SIGCONT => Signal::GoOn,
                // Whoever reads keys tells of it too, but not before the first is waited for.
                SIGWINCH => Signal::Size,
                end => Signal::End(end),
            };
            if !told(signal) {
                return;
            }
        }
    })?;
    Ok(())
}

/// Nothing is told on this system.
///
/// # Errors
/// Never.
#[cfg(not(unix))]
pub fn listen(_: impl Fn(Signal) -> bool + Send + 'static) -> std::io::Result<()> {
    Ok(())
}

/// Stops until the shell lets us go on; gives whether this system can.
#[cfg(unix)]
pub fn stop() -> bool {
    signal_hook::low_level::emulate_default_handler(signal_hook::consts::SIGTSTP).is_ok()
}

/// This system has no stopping.
#[cfg(not(unix))]
pub fn stop() -> bool {
    false
}

/// Ends by a signal, so that whoever sent it sees that it was heard.
#[cfg(unix)]
pub fn end_by(signal: i32) {
    let _ = signal_hook::low_level::emulate_default_handler(signal);
}

/// Ends as usual.
#[cfg(not(unix))]
pub fn end_by(_: i32) {}
