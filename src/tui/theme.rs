//! Signs and styles: a sign says it first, a colour second.

use ratatui::style::{Color, Modifier, Style};

/// How the screen looks.
#[derive(Clone, Copy, Debug)]
pub struct Theme {
    /// Whether there are colours.
    pub colours: bool,
    /// Whether only ASCII is drawn.
    pub ascii: bool,
}

/// The signs of the sheet.
#[derive(Clone, Copy, Debug)]
#[allow(missing_docs, reason = "named as they are used")]
pub struct Signs {
    pub locked: &'static str,
    pub asked: &'static str,
    pub differs: &'static str,
    pub held: &'static str,
    pub rest: &'static str,
    pub flat: &'static str,
    pub sharp: &'static str,
    pub block: &'static str,
    pub line: &'static str,
    pub bar: &'static str,
    pub to: &'static str,
    pub star: &'static str,
    pub here: &'static str,
    pub heard: &'static str,
    pub on: &'static str,
    pub off: &'static str,
    pub not: &'static str,
}

impl Theme {
    /// The signs.
    pub fn signs(self) -> Signs {
        match self.ascii {
            false => Signs {
                locked: "■",
                asked: "◆",
                differs: "*",
                held: "─",
                rest: "·",
                flat: "♭",
                sharp: "♯",
                block: "█",
                line: "─",
                bar: "│",
                to: "▐",
                star: "★",
                here: "▶",
                heard: "▼",
                on: "◆",
                off: "◇",
                not: "✗",
            },
            true => Signs {
                locked: "#",
                asked: "+",
                differs: "*",
                held: "-",
                rest: ".",
                flat: "b",
                sharp: "#",
                block: "#",
                line: "-",
                bar: "|",
                to: "]",
                star: "*",
                here: ">",
                heard: "v",
                on: "+",
                off: "o",
                not: "x",
            },
        }
    }

    fn coloured(self, colour: Color) -> Style {
        if self.colours { Style::new().fg(colour) } else { Style::new() }
    }

    /// Lines and what is less important.
    pub fn faint(self) -> Style {
        if self.colours { Style::new().fg(Color::DarkGray) } else { Style::new().add_modifier(Modifier::DIM) }
    }

    /// Heads.
    pub fn head(self) -> Style {
        Style::new().add_modifier(Modifier::BOLD)
    }

    /// What is locked.
    pub fn locked(self) -> Style {
        self.coloured(Color::Yellow)
    }

    /// What is asked.
    pub fn asked(self) -> Style {
        self.coloured(Color::Cyan)
    }

    /// What is not what it was.
    pub fn differs(self) -> Style {
        self.coloured(Color::Magenta)
    }

    /// What stands in the way.
    pub fn wrong(self) -> Style {
        self.coloured(Color::Red).add_modifier(Modifier::BOLD)
    }

    /// Chords.
    pub fn chord(self) -> Style {
        self.coloured(Color::Green).add_modifier(Modifier::BOLD)
    }

    /// What is heard.
    pub fn heard(self) -> Style {
        self.coloured(Color::Magenta).add_modifier(Modifier::BOLD)
    }

    /// What is selected or chosen.
    pub fn selected(self) -> Style {
        Style::new().add_modifier(Modifier::REVERSED)
    }
}
