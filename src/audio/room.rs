//! A small room: four walls that give a little back.

/// How long sound takes to the walls and back, in frames: no two have a common divisor, so echoes do not pile up.
const WAYS: [usize; 4] = [1109, 1327, 1523, 1741];
/// What a wall gives back.
const GIVES_BACK: f32 = 0.72;
/// How much of the high part a wall swallows.
const SWALLOWS: f32 = 0.35;
/// Below this there is silence. Numbers that are smaller still would slow the processor down.
const NOTHING: f32 = 1e-15;

/// A feedback delay network after Jot and Chaigne (1991): four delays that are mixed and fed back, each a little duller.
#[derive(Clone, Debug)]
pub struct Room {
    delays: [Vec<f32>; 4],
    at: [usize; 4],
    dull: [f32; 4],
}

impl Default for Room {
    fn default() -> Room {
        Room { delays: WAYS.map(|way| vec![0.0; way]), at: [0; 4], dull: [0.0; 4] }
    }
}

impl Room {
    /// What the room adds, left and right, to what it hears.
    pub fn next(&mut self, left: f32, right: f32) -> [f32; 2] {
        let mut back = [0.0; 4];
        for (wall, heard) in back.iter_mut().enumerate() {
            let now = self.delays[wall][self.at[wall]];
            self.dull[wall] = quiet(now + (self.dull[wall] - now) * SWALLOWS);
            *heard = self.dull[wall] * GIVES_BACK;
        }
        // A Hadamard matrix: what goes round neither grows nor shrinks by being mixed.
        let [a, b, c, d] = back;
        let mixed = [(a + b) + (c + d), (a - b) + (c - d), (a + b) - (c + d), (a - b) - (c - d)];
        let fed = [left, right, left, right];
        for wall in 0..4 {
            self.delays[wall][self.at[wall]] = quiet(mixed[wall] * 0.5 + fed[wall]);
            self.at[wall] = (self.at[wall] + 1) % WAYS[wall];
        }
        [a + c, b + d]
    }
}

fn quiet(value: f32) -> f32 {
    if value.abs() < NOTHING { 0.0 } else { value }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_room_rings_out() {
        let mut room = Room::default();
        let mut energy = |frames: usize, first: f32| -> f32 {
            let heard = (0..frames).map(|frame| room.next(if frame == 0 { first } else { 0.0 }, 0.0));
            heard.map(|[left, right]| left * left + right * right).sum()
        };
        let (early, late) = (energy(22_050, 1.0), energy(44_100, 0.0));
        assert!(early > 0.5 && late < early * 1e-4, "{early} {late}");
        energy(400_000, 0.0);
        assert_eq!(energy(1000, 0.0), 0.0);
    }
}
