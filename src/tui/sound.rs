//! What is heard of the session: the keys for it, what plays with which bars, and where it is.

use std::path::PathBuf;

use super::app::{App, List};
use crate::audio::{Hearing, Instrument, Moment, Voices};
use crate::music::{Duration, LeadSheet, Performance};
use crate::session::quoted;

/// How the session sounds, and what plays.
#[derive(Clone, Debug, Default)]
pub struct Sound {
    /// Whether what is played is played over and over: the selection, or all where nothing is selected.
    pub repeat: bool,
    /// Whether the metronome goes along.
    pub metronome: bool,
    /// Whether a bar is counted before the music begins.
    pub count_in: bool,
    /// Which voices are heard.
    pub alone: Alone,
    /// What plays the melody.
    pub instrument: Instrument,
    /// The SoundFont in place of the built-in sounds.
    pub soundfont: Option<PathBuf>,
    /// What plays now.
    pub playing: Option<Playing>,
    /// How often something began to play.
    begun: u64,
}

/// Which voices are heard.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Alone {
    /// All.
    #[default]
    Nothing,
    /// The melody alone.
    Melody,
    /// Chords and bass alone.
    Chords,
}

/// What is to be heard: everything that a player must know.
#[derive(Clone, Debug, PartialEq)]
pub struct Piece {
    /// Which time something began to play: a piece of the same number goes on where the last one is.
    pub number: u64,
    /// The music.
    pub performance: Performance,
    /// What of it.
    pub hearing: Hearing,
    /// What plays the melody.
    pub instrument: Instrument,
    /// The SoundFont.
    pub soundfont: Option<PathBuf>,
}

/// Where what plays stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// On the sheet, whatever becomes of that.
    Sheet,
    /// Among the takes.
    Take(usize),
    /// Composed to hear what a style is like.
    Sample,
}

/// What plays.
#[derive(Clone, Debug)]
pub struct Playing {
    /// Where it stands.
    pub source: Source,
    /// What is to be heard of it.
    pub piece: Piece,
    /// Which bars are played over and over, as written, from 1; `None`: all.
    pub bars: Option<(usize, usize)>,
    /// What is heard; `None` until something is.
    pub moment: Option<Moment>,
    /// Whether the screen follows what is heard, and not the cursor.
    pub is_followed: bool,
    sheet: LeadSheet,
    repeat: bool,
    count_in: bool,
    /// The bar it began at, as written.
    first: usize,
    /// Where the cursor was last.
    cursor: usize,
}

/// A place in a bar as written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HeardBar {
    /// The bar, from 1; 0 is the pickup.
    pub bar: usize,
    /// How far into it; into the whole bar that a pickup ends.
    pub at: Duration,
    /// The beat, from 1.
    pub beat: i64,
}

impl App {
    /// Plays from the selection, or from the cursor; or stops.
    pub(super) fn play(&mut self) {
        match self.sound.playing {
            Some(_) => self.stop(),
            None => self.begin_to_play(Source::Sheet, *self.selected().start()),
        }
    }

    /// Plays from the cursor, whatever plays.
    pub(super) fn play_here(&mut self) {
        self.begin_to_play(Source::Sheet, self.bar);
    }

    /// Plays the sample of a style from its beginning, or stops if it is heard already.
    pub(super) fn hear_sample(&mut self) {
        match &self.sound.playing {
            Some(playing) if playing.source == Source::Sample => self.stop(),
            _ => {
                self.begin_to_play(Source::Sample, 1);
                if let Some((style, _)) = &self.style_view.sample {
                    self.message = format!("something composed in {style} is heard");
                }
            }
        }
    }

    /// Lets the chosen take be heard, where something plays at the same place; or stops, if it is heard already. In lists of
    /// other things it plays what stands on the sheet.
    pub(super) fn hear_chosen(&mut self) {
        let take = Source::Take(self.entry);
        let source = match self.list {
            Some(List::Takes) if self.entry >= self.session.takes.len() => return,
            Some(List::Takes) if self.session.shown != Some(self.entry) => take,
            Some(List::Takes) => Source::Sheet,
            _ => return self.play(),
        };
        match &mut self.sound.playing {
            Some(playing) if playing.source == source => self.stop(),
            Some(playing) => {
                playing.source = source;
                self.message = match source {
                    Source::Sheet => "what stands on the sheet is heard".to_string(),
                    Source::Take(number) => {
                        format!("take {} is heard: enter puts it on the sheet", number + 1)
                    }
                    Source::Sample => return,
                };
            }
            None => self.begin_to_play(source, *self.selected().start()),
        }
    }

    /// Is silent.
    pub fn stop(&mut self) {
        if self.sound.playing.take().is_some() {
            self.message = "stopped".to_string();
        }
    }

    /// Plays the selection over and over, or no longer.
    pub(super) fn turn_loop(&mut self) {
        let bars = self.selected_bars();
        let sound = &mut self.sound;
        let is_other = sound.playing.as_ref().is_some_and(|playing| bars.is_some() && playing.bars != bars);
        sound.repeat = !sound.repeat || is_other;
        let repeat = sound.repeat;
        if let Some(playing) = &mut sound.playing {
            playing.repeat = repeat;
            playing.bars = bars.filter(|_| repeat);
            // A loop that it is not in begins with its first bar.
            playing.first = playing.bars.map_or(1, |bars| bars.0);
        }
        self.message = match (repeat, bars) {
            (false, _) => "played once, to the end".to_string(),
            (true, None) => "all is played over and over".to_string(),
            (true, Some((one, last))) if one == last => format!("bar {one} is played over and over"),
            (true, Some((first, last))) => format!("bars {first}-{last} are played over and over"),
        };
    }

    pub(super) fn turn_metronome(&mut self) {
        self.sound.metronome = !self.sound.metronome;
        self.message = format!("metronome {}", if self.sound.metronome { "on" } else { "off" });
    }

    pub(super) fn turn_count_in(&mut self) {
        self.sound.count_in = !self.sound.count_in;
        let counted = if self.sound.count_in { "a bar is" } else { "nothing is" };
        self.message = format!("{counted} counted before the music begins");
    }

    /// All, the melody alone, chords and bass alone.
    pub(super) fn turn_voices(&mut self) {
        (self.sound.alone, self.message) = match self.sound.alone {
            Alone::Nothing => (Alone::Melody, "the melody alone is heard".to_string()),
            Alone::Melody => (Alone::Chords, "chords and bass alone are heard".to_string()),
            Alone::Chords => (Alone::Nothing, "all is heard".to_string()),
        };
    }

    /// The selected bars, if there is a selection.
    fn selected_bars(&self) -> Option<(usize, usize)> {
        let selected = self.selected();
        self.anchor.map(|_| (*selected.start(), *selected.end()))
    }

    fn sheet_of(&self, source: Source) -> Option<&LeadSheet> {
        match source {
            Source::Sheet => Some(&self.song().sheet),
            Source::Take(number) => self.session.takes.get(number).map(|take| &take.sheet),
            Source::Sample => self.style_view.sample.as_ref().map(|(_, sheet)| sheet),
        }
    }

    fn begin_to_play(&mut self, source: Source, bar: usize) {
        let Some(sheet) = self.sheet_of(source).cloned() else { return };
        let bar = bar.min(sheet.form().bars.len());
        let performance = Performance::of(&sheet);
        if place_of(&performance, bar).is_none() {
            self.message = format!("bar {bar} is never played: a repeat or a jump leads past it");
            return;
        }
        self.sound.begun += 1;
        self.message = format!("playing from bar {bar}");
        self.sound.playing = Some(Playing {
            source,
            piece: Piece {
                number: self.sound.begun,
                performance,
                hearing: Hearing::default(),
                instrument: self.sound.instrument,
                soundfont: self.sound.soundfont.clone(),
            },
            bars: self.selected_bars().filter(|_| self.sound.repeat && source != Source::Sample),
            moment: None,
            is_followed: true,
            sheet,
            repeat: self.sound.repeat,
            count_in: self.sound.count_in,
            first: bar,
            cursor: self.bar,
        });
    }

    /// Brings what plays in line with what became of the sheet and of the keys. To be asked for after each key and answer.
    pub fn settle_sound(&mut self) {
        let (session, sound) = (&self.session, &mut self.sound);
        let Some(playing) = &mut sound.playing else { return };
        if playing.source == session.shown.map_or(Source::Sheet, Source::Take) {
            // A take that stands on the sheet is the sheet.
            playing.source = Source::Sheet;
        }
        let sheet = match playing.source {
            Source::Sheet => &session.song().sheet,
            Source::Take(number) => session.takes.get(number).map_or(&playing.sheet, |take| &take.sheet),
            Source::Sample => &playing.sheet,
        };
        if playing.sheet != *sheet {
            let sheet = sheet.clone();
            playing.piece.performance = Performance::of(&sheet);
            playing.sheet = sheet;
        }
        let performance = &playing.piece.performance;
        let passage = playing.bars.and_then(|bars| passage(performance, bars));
        playing.piece.hearing = Hearing {
            from: passage.map(|(first, _)| start_of(performance, first)),
            to: passage.map(|(_, last)| start_of(performance, last + 1)),
            enter: place_of(performance, playing.first),
            repeat: playing.repeat,
            count_in: playing.count_in,
            metronome: sound.metronome,
            voices: Voices {
                melody: sound.alone != Alone::Chords,
                chords: sound.alone != Alone::Melody,
                bass: sound.alone != Alone::Melody,
            },
            ..Hearing::default()
        };
        if playing.cursor != self.bar {
            (playing.cursor, playing.is_followed) = (self.bar, false);
        }
    }

    /// Takes in what is heard.
    pub fn heard(&mut self, moment: Moment) {
        match (&mut self.sound.playing, moment) {
            (_, Moment::Over) => self.sound.playing = None,
            (Some(playing), moment) => playing.moment = Some(moment),
            (None, _) => {}
        }
    }

    /// The bar that is heard, as written.
    pub fn heard_bar(&self) -> Option<HeardBar> {
        let playing = self.sound.playing.as_ref().filter(|playing| playing.source != Source::Sample)?;
        let Some(Moment::Music(place)) = playing.moment else { return None };
        let performance = &playing.piece.performance;
        let meter = playing.sheet.meter();
        let place = place - performance.downbeat;
        let after = performance.bars.partition_point(|bar| bar.start <= place);
        let (bar, at, unit) = match after.checked_sub(1).and_then(|index| performance.bars.get(index)) {
            None => (0, place.rem_floor(meter.bar_length()), meter.unit_length()),
            Some(bar) => {
                let at = place - bar.start;
                let pickup = if bar.pickup_follows { performance.downbeat } else { Duration::ZERO };
                let number = if at < bar.length - pickup { bar.bar + 1 } else { 0 };
                (number, at, bar.meter.unit_length())
            }
        };
        Some(HeardBar { bar, at, beat: at.div_floor(unit) + 1 })
    }

    /// The bar that is to be in sight: the one that is heard, or that of the cursor.
    pub fn bar_in_sight(&self) -> usize {
        let is_followed = self.sound.playing.as_ref().is_some_and(|playing| playing.is_followed);
        let heard = self.heard_bar().filter(|_| is_followed);
        heard.map_or(self.bar, |heard| heard.bar).clamp(self.first_bar(), self.song().bars().max(1))
    }

    /// The command that plays what plays.
    pub fn play_command(&self) -> Option<String> {
        let playing = self.sound.playing.as_ref()?;
        let mut command = format!("tunesmith play {}", quoted(&self.kept_in.to_string_lossy()));
        if playing.source != Source::Sheet {
            let mut steps = self.session.history.steps().iter();
            let step = steps.position(|step| step.song.sheet == playing.sheet)?;
            command += &format!(" --step {}", step + 1);
        }
        let performance = &playing.piece.performance;
        let passage = playing.bars.and_then(|bars| passage(performance, bars));
        let begun = performance.bars.iter().position(|bar| bar.bar + 1 == playing.first);
        let (first, last) = match passage {
            Some((first, last)) => (Some(first), Some(last)),
            // All over and over comes back to the beginning.
            None => (begun.filter(|_| !playing.repeat), None),
        };
        if let Some(first) = first.filter(|&first| first > 0 || last.is_some()) {
            command += &format!(" --from-bar {}", first + 1);
        }
        if let Some(last) = last {
            command += &format!(" --to-bar {}", last + 1);
        }
        let hearing = &playing.piece.hearing;
        let flags = [
            (playing.repeat, " --loop"),
            (hearing.metronome, " --metronome"),
            (hearing.count_in, " --count-in"),
            (!hearing.voices.chords, " --melody-only"),
            (!hearing.voices.melody, " --no-melody"),
        ];
        flags.iter().filter(|flag| flag.0).for_each(|flag| command += flag.1);
        let piece = &playing.piece;
        if piece.instrument != Instrument::default() {
            command += &format!(" --instrument {}", piece.instrument);
        }
        if let Some(path) = &piece.soundfont {
            command += &format!(" --soundfont {}", quoted(&path.to_string_lossy()));
        }
        Some(command)
    }
}

/// Where a bar starts, counted as played from 0; the end for the bar after the last.
fn start_of(performance: &Performance, index: usize) -> Duration {
    performance.bars.get(index).map_or(performance.end, |bar| performance.downbeat + bar.start)
}

/// Where a written bar (from 1) is played first, bar 1 with its pickup; `None` if it never is.
fn place_of(performance: &Performance, bar: usize) -> Option<Duration> {
    let index = performance.bars.iter().position(|played| played.bar + 1 == bar)?;
    Some(if index == 0 { Duration::ZERO } else { start_of(performance, index) })
}

/// The first and the last bar, counted as played from 0, of written bars (from 1) played once through; `None` if none of them is.
fn passage(performance: &Performance, (first, last): (usize, usize)) -> Option<(usize, usize)> {
    let is_inside = |index: usize| {
        performance.bars.get(index).is_some_and(|played| (first..=last).contains(&(played.bar + 1)))
    };
    let begin = (0..performance.bars.len()).find(|&index| is_inside(index))?;
    let mut end = begin;
    while performance.bars[end].bar + 1 != last && is_inside(end + 1) {
        end += 1;
    }
    Some((begin, end))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::music::{Chart, Form, Header, Key, Melody, Meter};
    use crate::session::{Session, Song};

    /// Four bars of 4/4 with a pickup of a quarter, of which the second and the third are repeated; so six are played.
    fn app() -> App {
        let mut form = Form::plain(Meter::COMMON, 4);
        form.pickup = Duration::QUARTER;
        form.bars[1].repeat_start = true;
        form.bars[2].repeat_end = Some(2);
        let (chart, melody) = (Chart::default(), Melody::default());
        let sheet = LeadSheet::new(Header::new("", Key::C_MAJOR), form, chart, melody).expect("a sheet");
        App::new(Session::new("begun", Song::new("folk", sheet)), Some("a song.tune".into()), 1)
    }

    fn at(app: &mut App, quarters: i64) -> Option<(usize, i64)> {
        app.heard(Moment::Music(Duration::quarters(quarters)));
        app.heard_bar().map(|heard| (heard.bar, heard.beat))
    }

    #[test]
    fn what_is_heard_is_a_bar_as_written_repeats_and_pickup_too() {
        let mut app = app();
        assert_eq!(at(&mut app, 5), None, "nothing plays");
        app.play();
        app.settle_sound();
        assert_eq!(app.heard_bar(), None, "nothing is heard yet");
        for (quarters, bar) in
            [(0, (0, 4)), (1, (1, 1)), (5, (2, 1)), (12, (3, 4)), (13, (2, 1)), (21, (4, 1))]
        {
            assert_eq!(at(&mut app, quarters), Some(bar), "{quarters}");
        }
        app.heard(Moment::Over);
        assert!(app.sound.playing.is_none());
    }

    #[test]
    fn bars_are_found_as_they_are_played() {
        let app = app();
        let performance = Performance::of(&app.song().sheet);
        assert_eq!(place_of(&performance, 1), Some(Duration::ZERO));
        assert_eq!(place_of(&performance, 4), Some(Duration::quarters(21)));
        assert_eq!(place_of(&performance, 5), None);
        // The repeat leads out of bars 3 and 4, and comes back to the first of bars 2 and 3.
        for (bars, played) in
            [((1, 2), Some((0, 1))), ((2, 3), Some((1, 2))), ((3, 4), Some((2, 2))), ((5, 6), None)]
        {
            assert_eq!(passage(&performance, bars), played, "{bars:?}");
        }
    }

    #[test]
    fn the_command_names_what_plays() {
        let mut app = app();
        let command = |app: &mut App| {
            app.settle_sound();
            app.play_command()
        };
        assert_eq!(command(&mut app), None);
        app.play();
        assert_eq!(command(&mut app).as_deref(), Some("tunesmith play 'a song.tune'"));
        (app.bar, app.sound.count_in) = (4, true);
        app.play_here();
        assert_eq!(
            command(&mut app).as_deref(),
            Some("tunesmith play 'a song.tune' --from-bar 6 --count-in")
        );
        (app.anchor, app.sound.instrument) = (Some(2), Instrument::Flute);
        app.stop();
        app.turn_loop();
        app.turn_metronome();
        app.turn_voices();
        app.play();
        assert_eq!(
            command(&mut app).as_deref(),
            Some(
                "tunesmith play 'a song.tune' --from-bar 2 --to-bar 6 --loop --metronome --count-in --melody-only \
                 --instrument flute"
            )
        );
        app.anchor = None;
        app.turn_loop();
        app.turn_voices();
        assert_eq!(
            command(&mut app).as_deref(),
            Some("tunesmith play 'a song.tune' --metronome --count-in --no-melody --instrument flute")
        );
    }
}
