//! A performance as a stream of sound: for a file and for a sound card the same.

use crate::music::{Duration, Performance};

use super::limiter::limited;
use super::score::{Hearing, Score, Stroke};
use super::synthesizer::Synthesizer;
use super::timeline::Timeline;
use super::tone::smooth;
use super::{Frame, RATE};

/// Frames after the last beat in which what sounds may ring out: 1.5 s.
pub const TAIL: u64 = RATE as u64 * 3 / 2;
/// The last of them, over which everything fades to silence.
const FADE: u64 = RATE as u64 / 2;
/// Before the place at which something goes on, so much of it is worked out unheard: 2 s. What is struck stands by then as if
/// it had been heard from its beginning.
const UNHEARD: u64 = RATE as u64 * 2;
/// Frames that a synthesiser fills at once, at most.
const PORTION: usize = 512;

/// Which part of a rendering is on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    LeadIn,
    Pass,
    Tail,
    Over,
}

/// A performance on its way to the ear. The same blocks come whatever their size, and with [`BuiltIn`](super::BuiltIn)
/// on every machine.
pub struct Rendering {
    score: Score,
    synthesizer: Box<dyn Synthesizer>,
    stage: Stage,
    /// The next frame of the stage, and the next of its strokes.
    frame: u64,
    stroke: usize,
    left: [f32; PORTION],
    right: [f32; PORTION],
    loudest: f32,
}

impl Rendering {
    /// What is to be heard of a performance, played by a synthesiser that sounds nothing yet.
    pub fn new(performance: &Performance, hearing: &Hearing, synthesizer: Box<dyn Synthesizer>) -> Rendering {
        Rendering {
            score: Score::of(performance, hearing),
            synthesizer,
            stage: Stage::LeadIn,
            frame: 0,
            stroke: 0,
            left: [0.0; PORTION],
            right: [0.0; PORTION],
            loudest: 0.0,
        }
    }

    /// Which place is heard at which frame.
    pub fn timeline(&self) -> Timeline {
        self.score.timeline
    }

    /// How many frames there are; `None` if it is played over and over.
    pub fn frames(&self) -> Option<u64> {
        let Timeline { lead_in, entry, pass, repeat, .. } = self.score.timeline;
        (!repeat || pass == 0).then_some(lead_in + pass - entry + TAIL)
    }

    /// Begins at a place, without a count-in, as if all before it had been heard; `false`, and it begins as it would, if the
    /// place is not in it. To be asked of one that nothing was heard of yet.
    pub fn go_on_at(&mut self, place: Duration) -> bool {
        let entry = self.score.timeline.frame_of(place);
        self.count_on(0);
        let Some(entry) = entry else { return false };
        self.score.timeline.entry = entry;
        self.begin_pass(entry.saturating_sub(UNHEARD));
        let mut unheard = [[0.0; 2]; PORTION];
        while self.frame < entry {
            let until = self.do_what_is_due().min(entry);
            let portion = (until - self.frame).min(PORTION as u64) as usize;
            self.sound(&mut unheard[..portion]);
            self.frame += portion as u64;
        }
        self.loudest = 0.0;
        true
    }

    /// Begins where so many frames of its count-in are left. To be asked of one that nothing was heard of yet.
    pub fn count_on(&mut self, left: u64) {
        let gone = self.score.timeline.lead_in.saturating_sub(left);
        self.score.timeline.lead_in -= gone;
        self.score.lead_in.retain(|(frame, _)| *frame >= gone);
        self.score.lead_in.iter_mut().for_each(|(frame, _)| *frame -= gone);
    }

    /// The loudest value so far, before the limiter: above [`UNTOUCHED`](super::limiter::UNTOUCHED) it has acted.
    pub fn loudest(&self) -> f32 {
        self.loudest
    }

    /// Why there is silence instead of sound, if the synthesiser could not go on.
    pub fn fault(&self) -> Option<String> {
        self.synthesizer.fault()
    }

    /// The next frames; how many there were. Fewer than asked for only at the end, and none after it.
    pub fn fill(&mut self, block: &mut [Frame]) -> usize {
        let mut filled = 0;
        while filled < block.len() && self.stage != Stage::Over {
            let until = self.do_what_is_due();
            let portion = (until - self.frame).min((block.len() - filled).min(PORTION) as u64) as usize;
            if portion > 0 {
                self.sound(&mut block[filled..filled + portion]);
                filled += portion;
                self.frame += portion as u64;
            } else {
                self.next_stage();
            }
        }
        filled
    }

    /// Does the strokes of this frame; the frame of the next one, or the last of the stage.
    fn do_what_is_due(&mut self) -> u64 {
        let Timeline { lead_in, pass, .. } = self.score.timeline;
        let (strokes, end) = match self.stage {
            Stage::LeadIn => (self.score.lead_in.as_slice(), lead_in),
            Stage::Pass => (self.score.pass.as_slice(), pass),
            Stage::Tail | Stage::Over => (&[][..], TAIL),
        };
        while let Some((frame, stroke)) = strokes.get(self.stroke) {
            if *frame > self.frame {
                return (*frame).min(end);
            }
            stroke.apply(self.synthesizer.as_mut());
            self.stroke += 1;
        }
        end
    }

    /// Begins the pass at a frame, and strikes there what sounds on from before.
    fn begin_pass(&mut self, frame: u64) {
        let strokes = &self.score.pass;
        let mut held = Vec::new();
        for (at, stroke) in strokes.iter().take_while(|(at, _)| *at <= frame) {
            match *stroke {
                Stroke::Strike(voice, pitch, velocity) if *at < frame => held.push((voice, pitch, velocity)),
                Stroke::Release(voice, pitch) => {
                    let found = held.iter().position(|held| (held.0, held.1) == (voice, pitch));
                    found.map(|found| held.remove(found));
                }
                Stroke::Strike(..) | Stroke::Click { .. } => {}
            }
        }
        (self.stage, self.frame) = (Stage::Pass, frame);
        self.stroke = strokes.partition_point(|(at, _)| *at < frame);
        for (voice, pitch, velocity) in held {
            self.synthesizer.strike(voice, pitch, velocity);
        }
    }

    fn next_stage(&mut self) {
        if self.stage == Stage::LeadIn {
            return self.begin_pass(self.score.timeline.entry);
        }
        let again = self.score.timeline.repeat && self.score.timeline.pass > 0;
        self.stage = match self.stage {
            Stage::Pass if again => Stage::Pass,
            Stage::LeadIn | Stage::Pass => Stage::Tail,
            Stage::Tail | Stage::Over => Stage::Over,
        };
        (self.frame, self.stroke) = (0, 0);
    }

    fn sound(&mut self, block: &mut [Frame]) {
        let (left, right) = (&mut self.left[..block.len()], &mut self.right[..block.len()]);
        self.synthesizer.fill(left, right);
        for (index, (frame, both)) in block.iter_mut().zip(left.iter().zip(right.iter())).enumerate() {
            let fade = match self.stage {
                // The last frame of all is silence.
                Stage::Tail => {
                    let rest = (TAIL - 1).saturating_sub(self.frame + index as u64);
                    smooth(rest.min(FADE) as f32 / FADE as f32)
                }
                _ => 1.0,
            };
            let heard = [both.0 * fade, both.1 * fade];
            self.loudest = self.loudest.max(heard[0].abs()).max(heard[1].abs());
            *frame = heard.map(limited);
        }
    }
}
