//! The terminal: taken when the session opens, given back however it ends.

use std::any::Any;
use std::io::{self, stdout};
use std::panic;
use std::sync::{Mutex, PoisonError};
use std::thread;

use ratatui::crossterm::event::{DisableMouseCapture, EnableMouseCapture};
use ratatui::crossterm::terminal::{
    BeginSynchronizedUpdate, EndSynchronizedUpdate, EnterAlternateScreen, disable_raw_mode, enable_raw_mode,
};
use ratatui::crossterm::{execute, queue};
use ratatui::layout::Rect;
use ratatui::{DefaultTerminal, Terminal, backend::CrosstermBackend};

/// What went wrong last on a thread beside that of the screen.
static FAULT: Mutex<Option<String>> = Mutex::new(None);

/// Takes the terminal, and gives it back should the program panic.
///
/// # Errors
/// When it cannot be had.
pub fn take(mouse: bool) -> io::Result<DefaultTerminal> {
    mind_panics();
    enter(mouse)?;
    Terminal::new(CrosstermBackend::new(stdout()))
}

fn enter(mouse: bool) -> io::Result<()> {
    enable_raw_mode()?;
    execute!(stdout(), EnterAlternateScreen)?;
    if mouse {
        execute!(stdout(), EnableMouseCapture)?;
    }
    Ok(())
}

/// Draws so that a terminal that can shows all of it at once, and never half of it.
///
/// # Errors
/// When the terminal cannot be written to.
pub fn whole(draw: impl FnOnce() -> io::Result<()>) -> io::Result<()> {
    queue!(stdout(), BeginSynchronizedUpdate)?;
    draw()?;
    execute!(stdout(), EndSynchronizedUpdate)
}

/// Gives the terminal back as it was.
pub fn give_back() {
    // Where there is no terminal any more nothing has to be given back.
    let _ = execute!(stdout(), DisableMouseCapture);
    ratatui::restore();
}

/// Takes the terminal again after others had it, and draws all anew next.
///
/// # Errors
/// When it cannot be had.
pub fn take_again(screen: &mut DefaultTerminal, mouse: bool) -> io::Result<()> {
    // The shell may have set the terminal to what it likes.
    let _ = disable_raw_mode();
    enter(mouse)?;
    // As after a change of size all is drawn anew; `clear` would ask the terminal for its cursor, and keys are being waited for.
    let size = screen.size()?;
    screen.resize(Rect::new(0, 0, size.width, size.height))
}

/// A panic of the screen's own thread gives the terminal back and is told. One of another thread leaves the screen alone, and is
/// kept for whoever waits for that thread.
fn mind_panics() {
    let own = thread::current().id();
    let before = panic::take_hook();
    panic::set_hook(Box::new(move |fault| {
        if thread::current().id() == own {
            give_back();
            before(fault);
        } else {
            let text = said(fault.payload());
            let place = fault.location().map(|place| format!(" ({place})")).unwrap_or_default();
            *FAULT.lock().unwrap_or_else(PoisonError::into_inner) = Some(format!("{text}{place}"));
        }
    }));
}

/// What a fault says of itself.
pub fn said(fault: &(dyn Any + Send)) -> String {
    let text = fault.downcast_ref::<&str>().map(ToString::to_string);
    let text = text.or_else(|| fault.downcast_ref::<String>().cloned());
    text.unwrap_or_else(|| "no reason given".to_string())
}

/// What went wrong last on another thread, told once.
pub fn last_fault() -> Option<String> {
    FAULT.lock().unwrap_or_else(PoisonError::into_inner).take()
}
