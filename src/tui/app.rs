//! What the screen knows, and the one place where that changes.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;
use std::path::PathBuf;

use super::action::Action;
use super::prompt::{Prompt, What};
use super::sound::Sound;
use super::teller::{About, Possible, Question, Sources};
use super::worker::{Answer, Job, NoTake};
use super::writing::Completion;
use crate::compose::Infeasible;
use crate::constraint::{Constraint, Part};
use crate::music::{Duration, LeadSheet};
use crate::session::{Ask, Change, Session, Song, Take, Wanted};

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
    /// Keys.
    Help,
}

/// What is to be done outside the screen.
#[derive(Clone, Debug)]
pub enum Effect {
    /// Compose this.
    Compose(Box<Job>),
    /// Say what is known of this.
    Tell(Box<Question>),
    /// Write this change down.
    Keep(Change),
    /// Write the session to another file.
    SaveAs(PathBuf),
    /// Write the sheet to a file.
    Export(PathBuf),
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
    /// The command that makes the shown take again.
    pub command: Option<String>,
    /// The job that is waited for.
    pub waiting: Option<u64>,
    /// The styles that there are, and whether they are the user's own.
    pub styles: Vec<(String, bool)>,
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
    /// Bars a line, as drawn last.
    pub bars_a_line: usize,
    pub(super) jobs: u64,
    pub(super) seed: u64,
    ended: bool,
}

impl App {
    /// The screen of a session; the seed is the first that is composed with.
    pub fn new(session: Session, file: Option<PathBuf>, seed: u64) -> App {
        App {
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
            message: "r composes anew   l locks   i writes   A asks for something   ? all keys".to_string(),
            conflict: None,
            command: None,
            waiting: None,
            styles: Vec::new(),
            staff: false,
            shows_sources: false,
            sources: None,
            possible: None,
            completion: Completion::default(),
            sound: Sound::default(),
            bars_a_line: 4,
            jobs: 0,
            seed,
            ended: false,
        }
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
            Up | Down if self.list.is_some() => self.choose(action == Down),
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
            Styles => self.open(List::Styles),
            History => self.open(List::History),
            Help => self.open(List::Help),
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
            Delete => return self.delete(),
            Enter => return self.enter(),
            Back => self.back(),
            Quit => return vec![Effect::Quit],
        }
        Vec::new()
    }

    /// Takes in what the worker composed.
    pub fn answered(&mut self, answer: Answer) -> Vec<Effect> {
        let Answer { job, outcome } = answer;
        if self.waiting != Some(job.number) {
            return Vec::new();
        }
        self.waiting = None;
        match outcome {
            Ok((sheet, log_probability)) => {
                self.conflict = None;
                let at = (&*self.kept_in.to_string_lossy(), self.session.history.at() + 1);
                self.command = match job.request.draft {
                    Some(_) => job.ask.command(self.song(), at, job.request.seed).ok(),
                    None => Some(new_song(&job)),
                };
                (self.anchor, self.marking) =
                    if job.request.draft.is_some() { (self.anchor, self.marking) } else { (None, false) };
                let take = Take {
                    style: job.style,
                    sheet,
                    seed: job.request.seed,
                    number: job.take,
                    log_probability,
                    at: self.session.history.at(),
                    starred: false,
                    ask: job.ask,
                };
                self.change(Change::Take(Box::new(take)), "")
            }
            Err(NoTake::Infeasible(found)) => {
                self.message = "that cannot be had: see what stands in the way".to_string();
                self.conflict = Some(Conflict { found, ask: job.ask });
                Vec::new()
            }
            Err(NoTake::Other(text)) => {
                self.message = text;
                Vec::new()
            }
        }
    }

    /// Takes in what was typed.
    pub fn typed(&mut self, what: What, text: &str) -> Vec<Effect> {
        let text = text.trim();
        match what {
            What::Constraint => match text.parse::<Constraint>() {
                Ok(constraint) => {
                    let mut song = self.song().clone();
                    let label = format!("asked: {constraint}");
                    song.wanted.push(Wanted { constraint, on: true });
                    self.set(label, song)
                }
                Err(error) => {
                    self.message = error.to_string();
                    self.prompt = Some(Prompt::new(What::Constraint, text.to_string()));
                    Vec::new()
                }
            },
            What::Write | What::Edit => self.typed_edit(what, text),
            What::Words => self.typed_words(text),
            What::Form => self.begin(text),
            What::Title => self.typed_edit(What::Edit, &format!("title {text}")),
            _ if text.is_empty() => {
                self.message = "a file needs a name".to_string();
                Vec::new()
            }
            What::Export => vec![Effect::Export(PathBuf::from(text))],
            What::Session => vec![Effect::SaveAs(PathBuf::from(text))],
        }
    }

    /// The entries of the open list.
    pub fn entries(&self) -> usize {
        match self.list {
            Some(List::Constraints) => self.song().wanted.len(),
            Some(List::Takes) => self.session.takes.len(),
            Some(List::Styles) => self.styles.len(),
            Some(List::History) => self.session.history.steps().len(),
            Some(List::Help) => {
                super::action::BINDINGS.iter().filter(|binding| !binding.does.is_empty()).count()
            }
            None => 0,
        }
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

    fn step(&mut self, by: isize, selects: bool) {
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
    fn go_to(&mut self, bar: usize) {
        (self.bar, self.beat) = (bar, self.home(bar));
    }

    /// The first bar: the pickup, bar 0, where there is one.
    pub fn first_bar(&self) -> usize {
        usize::from(!self.song().sheet.form().pickup.is_positive())
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
        } else if self.conflict.take().is_none() && self.list.take().is_none() {
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

    /// What `r` means: the selection, or all where nothing is selected.
    pub(super) fn asked(&self, part: Part) -> Ask {
        let all = self.anchor.is_none();
        let bars: BTreeSet<usize> = match all {
            true => (self.first_bar()..=self.song().bars()).collect(),
            false => self.selected().collect(),
        };
        Ask { bars, part }
    }

    pub(super) fn compose(&mut self, ask: Ask, take: u64) -> Vec<Effect> {
        self.seed += 1;
        let seed = self.seed;
        self.compose_with(ask, take, seed)
    }

    fn compose_with(&mut self, ask: Ask, take: u64, seed: u64) -> Vec<Effect> {
        match ask.request(self.song(), seed) {
            Ok(request) => {
                self.jobs += 1;
                self.waiting = Some(self.jobs);
                self.message = format!("composing {ask}");
                let style = self.song().style.clone();
                vec![Effect::Compose(Box::new(Job { number: self.jobs, style, ask, request, take }))]
            }
            Err(error) => {
                self.message = error.to_string();
                Vec::new()
            }
        }
    }

    /// The next take; after the last a new one of the same.
    fn next_take(&mut self) -> Vec<Effect> {
        let next = self.session.shown.map_or(0, |shown| shown + 1);
        if next < self.session.takes.len() {
            return self.change(Change::Show(next), "");
        }
        let ask = self.session.takes.last().map(|take| take.ask.clone());
        self.compose(ask.unwrap_or_else(|| self.asked(Part::Both)), 0)
    }

    fn previous_take(&mut self) -> Vec<Effect> {
        match self.session.shown.unwrap_or(self.session.takes.len()).checked_sub(1) {
            Some(before) => self.change(Change::Show(before), ""),
            None => {
                self.message = "this is the first take".to_string();
                Vec::new()
            }
        }
    }
}

/// The command that composes a new song as a job does.
fn new_song(job: &Job) -> String {
    let form = job.request.form.iter().map(|form| format!(" --form '{form}'"));
    format!(
        "tunesmith compose --style '{}'{} --seed {}",
        job.style,
        form.collect::<String>(),
        job.request.seed
    )
}
