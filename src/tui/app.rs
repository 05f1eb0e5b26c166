//! What the screen knows, and the one place where that changes.

use std::ops::RangeInclusive;
use std::path::PathBuf;

use super::action::Action;
use super::keys::Keys;
use super::learner::Lesson;
use super::mouse::{Areas, Click};
use super::opening;
use super::prompt::{Prompt, What};
use super::recent::Recent;
use super::settings::Settings;
use super::sound::Sound;
use super::styles::Styles;
use super::teller::{About, Possible, Question, Sources};
use super::worker::Job;
use super::writing::Completion;
use crate::compose::Infeasible;
use crate::compose::infeasible::Wish;
use crate::constraint::Part;
use crate::music::{Duration, LeadSheet};
use crate::session::{Ask, Change, Session, Song, Wanted};

/// A list that stands over or beside the sheet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum List {
    /// What is asked.
    Constraints,
    /// Takes.
    Takes,
    /// Styles.
    Styles,
    /// Steps.
    History,
    /// Sessions that were open.
    Files,
}

/// What is to be done outside the screen.
#[derive(Clone, Debug)]
pub enum Effect {
    /// Compose this.
    Compose(Box<Job>),
    /// Say what is known of this.
    Tell(Box<Question>),
    /// Learn this.
    Learn(Box<Lesson>),
    /// Write this change down.
    Keep(Change),
    /// Write the session to another file.
    SaveAs(PathBuf),
    /// Write the sheet to a file, unless there is one.
    Export(PathBuf),
    /// Write the sheet over a file.
    Replace(PathBuf),
    /// Look up which sessions were open last.
    Recall,
    /// Take a session off that list.
    Forget(PathBuf),
    /// Close the session and open this one, or this sheet.
    Open(PathBuf),
    /// Give the terminal back to the shell for a while.
    Suspend,
    /// Leave.
    Quit,
}

/// A request that has no solution, as the screen tells it.
#[derive(Clone, Debug)]
pub struct Conflict {
    /// What stands in the way and what would help.
    pub found: Box<Infeasible>,
    /// What was asked for.
    pub(super) ask: Ask,
}

/// The state of the screen.
#[derive(Clone, Debug)]
pub struct App {
    /// The session.
    pub session: Session,
    /// Its file, if it has a name.
    pub file: Option<PathBuf>,
    /// Where it is kept, with a name or without.
    pub kept_in: PathBuf,
    /// The bar with the cursor, from 1.
    pub bar: usize,
    /// How far into it the cursor stands.
    pub beat: Duration,
    /// Where a selection begins, if there is one.
    pub anchor: Option<usize>,
    /// Whether moving selects.
    pub marking: bool,
    /// The list that is open.
    pub list: Option<List>,
    /// Which entry of it is chosen.
    pub entry: usize,
    /// What is being typed.
    pub prompt: Option<Prompt>,
    /// The last thing that was done or could not be.
    pub message: String,
    /// Why the last request has no solution.
    pub conflict: Option<Conflict>,
    /// What was found to be in the way of each other when this was asked.
    pub(super) in_the_way: Option<(Vec<Wanted>, Vec<Wish>)>,
    /// The command that makes the shown take again.
    pub command: Option<String>,
    /// The job that is waited for.
    pub waiting: Option<u64>,
    /// The styles that there are, and whether they are the user's own.
    pub styles: Vec<(String, bool)>,
    /// What is known of them.
    pub style_view: Styles,
    /// Whether notes are shown on a staff instead of as a roll.
    pub staff: bool,
    /// Whether the sheet shows where its notes come from.
    pub shows_sources: bool,
    /// Where the notes of a sheet come from, as far as it was told.
    pub sources: Option<(LeadSheet, Sources)>,
    pub(super) possible: Option<(About, Possible)>,
    pub(super) completion: Completion,
    /// What is heard.
    pub sound: Sound,
    /// The keys in force.
    pub keys: Keys,
    /// The songwriter's settings.
    pub settings: Settings,
    /// Sessions that were open last.
    pub recent: Vec<Recent>,
    /// The file that is written over if the songwriter says yes.
    pub replacing: Option<PathBuf>,
    /// Where things stand on the screen.
    pub areas: Areas,
    pub(super) click: Option<Click>,
    /// Which of the actions that were found is chosen.
    pub found: usize,
    /// Bars a line, as drawn last.
    pub bars_a_line: usize,
    pub(super) jobs: u64,
    pub(super) seed: u64,
    ended: bool,
}

impl App {
    /// The screen of a session; the seed is the first that is composed with.
    pub fn new(session: Session, file: Option<PathBuf>, seed: u64) -> App {
        let mut app = App {
            session,
            kept_in: file.clone().unwrap_or_default(),
            file,
            bar: 1,
            beat: Duration::ZERO,
            anchor: None,
            marking: false,
            list: None,
            entry: 0,
            prompt: None,
            message: String::new(),
            conflict: None,
            in_the_way: None,
            command: None,
            waiting: None,
            styles: Vec::new(),
            style_view: Styles::default(),
            staff: false,
            shows_sources: false,
            sources: None,
            possible: None,
            completion: Completion::default(),
            sound: Sound::default(),
            keys: Keys::default(),
            settings: Settings::default(),
            recent: Vec::new(),
            replacing: None,
            areas: Areas::default(),
            click: None,
            found: 0,
            bars_a_line: 4,
            jobs: 0,
            seed,
            ended: false,
        };
        app.settle(Settings::default());
        app
    }

    /// Takes the songwriter's settings, and says which keys are the first to know.
    pub fn settle(&mut self, settings: Settings) {
        self.keys = settings.keys();
        self.settings = settings;
        let keys =
            [Action::Regenerate, Action::Lock, Action::Ask, Action::Help].map(|action| self.key_of(action));
        let [anew, lock, ask, help] = keys;
        self.message =
            format!("{anew} composes anew   {lock} locks   {ask} asks for something   {help} all keys");
    }

    /// The song at hand.
    pub fn song(&self) -> &Song {
        self.session.song()
    }

    /// The selected bars; those of the cursor alone without a selection.
    pub fn selected(&self) -> RangeInclusive<usize> {
        let anchor = self.anchor.unwrap_or(self.bar);
        anchor.min(self.bar)..=anchor.max(self.bar)
    }

    /// Does what a key asks for.
    pub fn update(&mut self, action: Action) -> Vec<Effect> {
        use Action::*;
        match action {
            Left | SelectLeft => self.step(-1, action == SelectLeft),
            Right | SelectRight => self.step(1, action == SelectRight),
            Up | Down if self.list.is_some() => {
                self.choose(action == Down);
                return self.look_into_style();
            }
            Up | SelectUp => self.step(-(self.bars_a_line as isize), action == SelectUp),
            Down | SelectDown => self.step(self.bars_a_line as isize, action == SelectDown),
            First if self.list.is_some() => self.entry = 0,
            Last if self.list.is_some() => self.entry = self.entries().saturating_sub(1),
            First => self.go_to(self.first_bar()),
            Last => self.go_to(self.song().bars()),
            Earlier | Later => self.step_finely(action == Later),
            Mark => {
                self.marking = !self.marking;
                self.anchor = self.marking.then_some(self.bar);
            }
            SelectSection => self.select_section(),
            SelectAll => (self.anchor, self.bar) = (Some(self.first_bar()), self.song().bars()),
            Write => return self.begin_writing(),
            Edit => self.prompt = Some(Prompt::new(What::Edit, String::new())),
            Action::Words => self.begin_words(),
            Higher => return self.nudge("up 1"),
            Lower => return self.nudge("down 1"),
            OctaveUp => return self.nudge("up an octave"),
            OctaveDown => return self.nudge("down an octave"),
            Clear => return self.clear(),
            InsertBars => return self.insert_bars(),
            DeleteBars => return self.delete_bars(),
            TakeMelody => return self.mix("melody"),
            TakeChords => return self.mix("chords"),
            Staff => self.staff = !self.staff,
            Sources => return self.turn_sources(),
            Regenerate => return self.compose(self.asked(Part::Both), 0),
            RegenerateChords => return self.compose(self.asked(Part::Chords), 0),
            RegenerateMelody => return self.compose(self.asked(Part::Melody), 0),
            NextTake => return self.next_take(),
            PreviousTake => return self.previous_take(),
            Closer | Wilder => return self.bend(action == Wilder),
            Star => return self.star(),
            Lock => return self.lock(Part::Both),
            LockChords => return self.lock(Part::Chords),
            LockMelody => return self.lock(Part::Melody),
            LockOthers => return self.lock_others(),
            Undo => return self.change(Change::Undo, "this is the first step"),
            Redo => return self.change(Change::Redo, "there is nothing to do again"),
            Constraints => self.open(List::Constraints),
            Takes => self.open(List::Takes),
            Styles => {
                self.open(List::Styles);
                return self.look_into_style();
            }
            Learn => self.prompt = Some(Prompt::new(What::Learn, String::new())),
            History => self.open(List::History),
            Help => self.open_palette(),
            Files => {
                self.open(List::Files);
                return vec![Effect::Recall];
            }
            Suspend => return vec![Effect::Suspend],
            Action::Ask => self.prompt = Some(Prompt::new(What::Constraint, self.place())),
            New => self.prompt = Some(Prompt::new(What::Form, String::new())),
            Title => self.prompt = Some(Prompt::new(What::Title, self.song().sheet.title().to_string())),
            Export => {
                self.prompt = Some(Prompt::new(What::Export, format!("{}.musicxml", self.plain_title())))
            }
            Save => self.prompt = Some(Prompt::new(What::Session, format!("{}.tune", self.plain_title()))),
            Mend1 => return self.mend(0),
            Mend2 => return self.mend(1),
            Mend3 => return self.mend(2),
            Play => self.play(),
            PlayHere => self.play_here(),
            Loop => self.turn_loop(),
            Metronome => self.turn_metronome(),
            CountIn => self.turn_count_in(),
            Voices => self.turn_voices(),
            Switch => return self.switch(),
            ChangeWish => return self.change_wish(),
            Pin => return self.pin(),
            Delete => return self.delete(),
            Enter => return self.enter(),
            Back => self.back(),
            Quit => return vec![Effect::Quit],
        }
        Vec::new()
    }

    /// Takes in what was typed.
    pub fn typed(&mut self, what: What, text: &str) -> Vec<Effect> {
        let text = text.trim();
        match what {
            What::Constraint => self.typed_wish(text, None),
            What::Wish(number) => self.typed_wish(text, Some(number)),
            What::Write | What::Edit => self.typed_edit(what, text),
            What::Mix => self.typed_mix(text),
            What::Learn => self.typed_lesson(text),
            What::Words => self.typed_words(text),
            What::Form => self.begin(text),
            What::Title => self.typed_edit(What::Edit, &format!("title {text}")),
            What::Action => self.do_found(text),
            _ if text.is_empty() => {
                self.message = "a file needs a name".to_string();
                Vec::new()
            }
            What::Export => vec![Effect::Export(opening::at_home(text))],
            What::Session => vec![Effect::SaveAs(opening::at_home(text))],
            What::Open => vec![Effect::Open(opening::at_home(text))],
        }
    }

    /// The entries of the open list.
    pub fn entries(&self) -> usize {
        match self.list {
            Some(List::Constraints) => self.song().wanted.len(),
            Some(List::Takes) => self.session.takes.len(),
            Some(List::Styles) => self.styles.len(),
            Some(List::History) => self.session.history.steps().len(),
            Some(List::Files) => self.recent.len() + 1,
            None => 0,
        }
    }

    /// The key of an action as it is named in messages.
    pub fn key_of(&self, action: Action) -> String {
        let key = self.keys.of(action).first().map(ToString::to_string);
        key.unwrap_or_else(|| format!("'{}'", action.name()))
    }

    /// Whether the session was left.
    pub fn is_over(&self) -> bool {
        self.ended
    }

    /// Leaves the session.
    pub fn end(&mut self) {
        self.ended = true;
    }

    pub(super) fn change(&mut self, change: Change, otherwise: &str) -> Vec<Effect> {
        match self.session.apply(change.clone()) {
            Some(done) => {
                self.message = done;
                let bars = self.first_bar()..=self.song().bars();
                self.bar = self.bar.clamp(*bars.start(), *bars.end());
                self.anchor = self.anchor.map(|anchor| anchor.clamp(*bars.start(), *bars.end()));
                let (from, to) = self.bar_span(self.bar);
                if from + self.beat >= to || self.beat < self.home(self.bar) {
                    self.beat = self.home(self.bar);
                }
                self.entry = self.entry.min(self.entries().saturating_sub(1));
                let mut effects = vec![Effect::Keep(change)];
                let is_told = self.sources.as_ref().is_some_and(|(sheet, _)| *sheet == self.song().sheet);
                if self.shows_sources && !is_told {
                    effects.extend(self.ask_about(About::Sources));
                }
                effects
            }
            None => {
                self.message = otherwise.to_string();
                Vec::new()
            }
        }
    }

    pub(super) fn set(&mut self, label: String, song: Song) -> Vec<Effect> {
        self.change(Change::Step { label, song: Box::new(song) }, "")
    }

    pub(super) fn step(&mut self, by: isize, selects: bool) {
        if selects {
            self.anchor = self.anchor.or(Some(self.bar));
        } else if !self.marking {
            self.anchor = None;
        }
        let bars = self.first_bar()..=self.song().bars();
        let to = self.bar.saturating_add_signed(by);
        // From a line's end a step up or down leads to no bar of another line.
        if bars.contains(&to) {
            self.go_to(to);
        } else if by.unsigned_abs() == 1 {
            self.go_to(to.clamp(*bars.start(), *bars.end()));
        }
    }

    /// The cursor to the beginning of a bar.
    pub(super) fn go_to(&mut self, bar: usize) {
        (self.bar, self.beat) = (bar, self.home(bar));
    }

    /// The first bar: the pickup, bar 0, where there is one.
    pub fn first_bar(&self) -> usize {
        usize::from(!self.song().sheet.form().pickup.is_positive())
    }

    /// Takes in where things stand on the screen.
    pub fn drawn(&mut self, areas: Areas) {
        self.bars_a_line = areas.bars_a_line;
        self.areas = areas;
    }

    /// Moves by a line of the sheet, whatever list is open.
    pub(super) fn scroll(&mut self, down: bool) {
        let line = self.bars_a_line as isize;
        self.step(if down { line } else { -line }, false);
    }

    fn choose(&mut self, down: bool) {
        let last = self.entries().saturating_sub(1);
        self.entry = if down { (self.entry + 1).min(last) } else { self.entry.saturating_sub(1) };
    }

    fn open(&mut self, list: List) {
        self.list = (self.list != Some(list)).then_some(list);
        self.entry = match self.list {
            Some(List::Takes) => self.session.shown.unwrap_or_default(),
            Some(List::History) => self.session.history.at(),
            Some(List::Styles) => {
                let own = self.styles.iter().position(|style| style.0 == self.song().style);
                own.unwrap_or_default()
            }
            _ => 0,
        };
    }

    fn back(&mut self) {
        if self.waiting.take().is_some() {
            self.message = "let go of what was being composed".to_string();
        } else if self.conflict.take().is_none() && !self.stop_learning() && self.list.take().is_none() {
            (self.anchor, self.marking) = (None, false);
        }
    }

    fn select_section(&mut self) {
        let form = self.song().sheet.form();
        let sections = (0..form.sections.len()).map(|number| form.section_bars(number));
        let own = sections.into_iter().find(|bars| bars.contains(&(self.bar - 1)));
        if let Some(bars) = own.filter(|bars| !bars.is_empty()) {
            (self.anchor, self.bar, self.marking) = (Some(bars.start + 1), bars.end, false);
        }
    }
}
