//! Signs drawn as outlines, so that a picture looks the same whatever fonts there are where it is looked at.

/// A cell, in points.
pub const WIDTH: usize = 8;
/// How high it is.
pub const HEIGHT: usize = 17;

/// The outline of a sign that fonts have in different widths or not at all, from the upper left corner of its cell on; `None` for
/// what is left to the font.
pub fn outline(sign: char) -> Option<String> {
    // Lines to the left, right, top and bottom.
    let arms = |left: bool, right: bool, up: bool, down: bool| {
        let (from, to) = (if left { 0 } else { 4 }, if right { WIDTH } else { 5 });
        let (top, foot) = (if up { 0 } else { 8 }, if down { HEIGHT } else { 9 });
        let across = format!("m{from} 8h{}v1h-{}z", to - from, to - from);
        let along = format!("m{} {}h1v{}h-1z", 4 - from as isize, top as isize - 8, foot - top);
        match (left || right, up || down) {
            (true, false) => across,
            (false, true) => format!("m4 {top}h1v{}h-1z", foot - top),
            _ => across + &along,
        }
    };
    let block =
        |x: usize, y: usize, width: usize, height: usize| format!("m{x} {y}h{width}v{height}h-{width}z");
    Some(match sign {
        '─' => arms(true, true, false, false),
        '╌' => "m1 8h2v1h-2zm4 0h2v1h-2z".into(),
        '│' => arms(false, false, true, true),
        '┌' => arms(false, true, false, true),
        '┐' => arms(true, false, false, true),
        '└' => arms(false, true, true, false),
        '┘' => arms(true, false, true, false),
        '├' => arms(false, true, true, true),
        '┤' => arms(true, false, true, true),
        '┬' => arms(true, true, false, true),
        '┴' => arms(true, true, true, false),
        '┼' => arms(true, true, true, true),
        '█' => block(0, 0, WIDTH, HEIGHT),
        '▌' => block(0, 0, WIDTH / 2, HEIGHT),
        '▐' => block(WIDTH / 2, 0, WIDTH / 2, HEIGHT),
        '▁'..='▇' => {
            let height = (sign as usize - '▁' as usize + 1) * HEIGHT / 8;
            block(0, HEIGHT - height, WIDTH, height)
        }
        '■' => block(1, 5, 6, 7),
        '·' => block(3, 8, 2, 2),
        '◆' => "m4 4 3.5 4.5-3.5 4.5-3.5-4.5z".into(),
        '◇' => "m4 4 3.5 4.5-3.5 4.5-3.5-4.5zm0 1.7-2.2 2.8 2.2 2.8 2.2-2.8z".into(),
        '▶' => "m1 4 6.5 4.5-6.5 4.5z".into(),
        '▼' => "m.5 5h7l-3.5 7z".into(),
        '★' => "m4 3.6 1 3.4h3l-2.4 2 .9 3.4-2.5-2-2.5 2 .9-3.4-2.4-2h3z".into(),
        '●' => "m.5 8.5a3.5 3.5 0 0 1 7 0a3.5 3.5 0 0 1-7 0z".into(),
        '○' => "m.5 8.5a3.5 3.5 0 0 1 7 0a3.5 3.5 0 0 1-7 0zm1.2 0a2.3 2.3 0 0 0 4.6 0a2.3 2.3 0 0 0-4.6 0z".into(),
        '✗' => "m1 5 1-1 2 3 2-3 1 1-2.2 3.5 2.2 3.5-1 1-2-3-2 3-1-1 2.2-3.5z".into(),
        '♭' => "m1.5 2h1.2v6c2-1.6 4.3-1 4.3.9 0 2-2.5 3.5-5.5 5.100zm1.2 7.500v2.700c1.7-1 3-2.2 3-3.2 0-1.2-1.6-1.1-3 .5z".into(),
        '♯' => "m2 3.500h1.100v2.700l2-.5v-2.700h1.100v2.400l1.3-.3v1.700l-1.3.3v2.600l1.3-.3v1.700l-1.3.3v2.800h-1.100v-2.500l-2 .5v2.800h-1.100v-2.500l-1.3.3v-1.700l1.3-.3v-2.600l-1.3.3v-1.700l1.3-.3zm1.1 4.500v2.600l2-.5v-2.600z".into(),
        '♮' => "m1.7 2h1.100v4.900l3.5-.9v9h-1.100v-4.800l-3.5.9zm1.1 6.600v1.800l2.4-.6v-1.800z".into(),
        _ => return None,
    })
}

/// A sign that joins its neighbours.
pub fn is_long(sign: char) -> bool {
    matches!(sign, '─' | '█')
}
