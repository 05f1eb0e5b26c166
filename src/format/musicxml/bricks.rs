//! The elements of MusicXML that are laborious to build, each built in one place, and text made safe for XML.

use musicxml::datatypes as d;
use musicxml::elements as e;

/// Text as it may stand in an element or attribute: the five special characters escaped, line ends as spaces, and
/// characters left out that XML 1.0 does not allow at all.
pub fn safe(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&apos;"),
            '\t' | '\n' | '\r' => safe.push(' '),
            '\u{FFFE}' | '\u{FFFF}' => {}
            c if c.is_control() && c < ' ' => {}
            c => safe.push(c),
        }
    }
    safe
}

/// A short text for an attribute.
pub fn token(text: &str) -> d::Token {
    d::Token(safe(text))
}

/// `<supports>`: says that the file writes every such element, or this attribute of it.
pub fn supports(element: &str, attribute: Option<&str>) -> e::EncodingContents {
    e::EncodingContents::Supports(e::Supports {
        attributes: e::SupportsAttributes {
            element: d::NmToken(safe(element)),
            r#type: d::YesNo::Yes,
            attribute: attribute.map(|name| d::NmToken(safe(name))),
            value: attribute.map(|_| token("yes")),
        },
        content: (),
    })
}

/// `<direction>` above the staff.
pub fn direction(
    types: Vec<e::DirectionTypeContents>,
    sound: Option<e::SoundAttributes>,
) -> e::MeasureElement {
    let typed = |content| e::DirectionType { attributes: e::DirectionTypeAttributes::default(), content };
    e::MeasureElement::Direction(e::Direction {
        attributes: e::DirectionAttributes {
            placement: Some(d::AboveBelow::Above),
            ..e::DirectionAttributes::default()
        },
        content: e::DirectionContents {
            direction_type: types.into_iter().map(typed).collect(),
            sound: sound.map(|attributes| e::Sound { attributes, content: e::SoundContents::default() }),
            ..e::DirectionContents::default()
        },
    })
}

/// `<words>` in bold.
pub fn words(text: &str) -> e::DirectionTypeContents {
    let attributes =
        e::WordsAttributes { font_weight: Some(d::FontWeight::Bold), ..e::WordsAttributes::default() };
    e::DirectionTypeContents::Words(vec![e::Words { attributes, content: safe(text) }])
}

/// `<rehearsal>` in a square.
pub fn rehearsal(text: &str) -> e::DirectionTypeContents {
    let attributes = e::RehearsalAttributes {
        enclosure: Some(d::EnclosureShape::Square),
        font_weight: Some(d::FontWeight::Bold),
        ..e::RehearsalAttributes::default()
    };
    e::DirectionTypeContents::Rehearsal(vec![e::Rehearsal { attributes, content: safe(text) }])
}

/// `<print new-system="yes"/>`.
pub fn new_system() -> e::MeasureElement {
    let attributes = e::PrintAttributes { new_system: Some(d::YesNo::Yes), ..e::PrintAttributes::default() };
    e::MeasureElement::Print(e::Print { attributes, content: e::PrintContents::default() })
}

/// `<ending>`: the bracket over bars that are played on some passes only; text only where it starts.
pub fn ending(passes: &[u8], kind: d::StartStopDiscontinue) -> e::Ending {
    let number = passes.iter().map(u8::to_string).collect::<Vec<_>>().join(",");
    let content = if kind == d::StartStopDiscontinue::Start { format!("{number}.") } else { String::new() };
    e::Ending {
        attributes: e::EndingAttributes {
            number: d::EndingNumber(number),
            r#type: kind,
            color: None,
            default_x: None,
            default_y: None,
            end_length: None,
            font_family: None,
            font_size: None,
            font_style: None,
            font_weight: None,
            print_object: None,
            relative_x: None,
            relative_y: None,
            system: None,
            text_x: None,
            text_y: None,
        },
        content,
    }
}

/// `<repeat>`; how many times in all is said unless it is two.
pub fn repeat(direction: d::BackwardForward, times: u8) -> e::Repeat {
    let times = (times != 2).then(|| d::NonNegativeInteger(u32::from(times)));
    e::Repeat {
        attributes: e::RepeatAttributes { direction, after_jump: None, times, winged: None },
        content: (),
    }
}

/// `<barline>`.
pub fn barline(
    location: d::RightLeftMiddle,
    style: d::BarStyle,
    ending: Option<e::Ending>,
    repeat: Option<e::Repeat>,
) -> e::MeasureElement {
    e::MeasureElement::Barline(e::Barline {
        attributes: e::BarlineAttributes { location: Some(location), ..e::BarlineAttributes::default() },
        content: e::BarlineContents {
            bar_style: Some(e::BarStyle { attributes: e::BarStyleAttributes::default(), content: style }),
            ending,
            repeat,
            ..e::BarlineContents::default()
        },
    })
}

/// `<tie>`: what sounds.
pub fn tie(kind: d::StartStop) -> e::Tie {
    e::Tie { attributes: e::TieAttributes { r#type: kind, time_only: None }, content: () }
}

/// `<tied>`: what is drawn.
pub fn tied(kind: d::StartStopContinue) -> e::NotationContentTypes {
    e::NotationContentTypes::Tied(e::Tied {
        attributes: e::TiedAttributes {
            r#type: kind,
            bezier_offset: None,
            bezier_offset2: None,
            bezier_x: None,
            bezier_x2: None,
            bezier_y: None,
            bezier_y2: None,
            color: None,
            dash_length: None,
            default_x: None,
            default_y: None,
            id: None,
            line_type: None,
            number: None,
            orientation: None,
            placement: None,
            relative_x: None,
            relative_y: None,
            space_length: None,
        },
        content: (),
    })
}

/// `<tuplet>`, with a bracket where it starts.
pub fn tuplet(kind: d::StartStop) -> e::NotationContentTypes {
    let bracket = (kind == d::StartStop::Start).then_some(d::YesNo::Yes);
    e::NotationContentTypes::Tuplet(e::Tuplet {
        attributes: e::TupletAttributes {
            r#type: kind,
            bracket,
            default_x: None,
            default_y: None,
            id: None,
            line_shape: None,
            number: None,
            placement: None,
            relative_x: None,
            relative_y: None,
            show_number: None,
            show_type: None,
        },
        content: e::TupletContents::default(),
    })
}

/// The name of a note value: how often a whole note is halved, −1 to 8.
pub fn value_name(halvings: i8) -> d::NoteTypeValue {
    match halvings {
        ..=-1 => d::NoteTypeValue::Breve,
        0 => d::NoteTypeValue::Whole,
        1 => d::NoteTypeValue::Half,
        2 => d::NoteTypeValue::Quarter,
        3 => d::NoteTypeValue::Eighth,
        4 => d::NoteTypeValue::Sixteenth,
        5 => d::NoteTypeValue::ThirtySecond,
        6 => d::NoteTypeValue::SixtyFourth,
        7 => d::NoteTypeValue::OneHundredTwentyEighth,
        8.. => d::NoteTypeValue::TwoHundredFiftySixth,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_safe_for_xml() {
        assert_eq!(safe("Rock & Roll <\"'>"), "Rock &amp; Roll &lt;&quot;&apos;&gt;");
        assert_eq!(safe("a\u{0}b\u{B}c\u{FFFE}d\ne"), "abcd e");
        assert_eq!(safe("Für Élise 𝄞"), "Für Élise 𝄞");
    }
}
