//! The shape of the file: what is JSON but not a song is passed over, so that one odd entry costs only itself.

use std::fmt;

use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use crate::format::FormatError;
use crate::music::Duration;

/// What times are counted in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Quarter notes.
    Quarters,
    /// The meter's lower figure, counted from a known downbeat.
    Beats,
}

/// A scalar, or `Other` for what is none.
#[derive(Clone, Debug, PartialEq, Default)]
pub enum Cell {
    /// null, or a missing field.
    #[default]
    Null,
    /// A number or a truth value.
    Number(f64),
    /// A text.
    Text(String),
    /// A list.
    List(Row),
    /// An object.
    Other,
}

/// A list: `[onset, duration, ...]`.
pub type Row = Vec<Cell>;

impl Cell {
    /// The text, unless blank.
    pub fn text(&self) -> Option<&str> {
        match self {
            Cell::Text(text) if !text.trim().is_empty() => Some(text.trim()),
            _ => None,
        }
    }

    /// The number.
    pub fn number(&self) -> Option<f64> {
        match self {
            Cell::Number(number) => Some(*number),
            _ => None,
        }
    }

    /// A length in quarters: a number, or an exact fraction as text.
    pub fn time(&self) -> Option<Duration> {
        match self {
            Cell::Number(number) => Duration::from_quarters_f64(*number),
            Cell::Text(text) => text.parse().ok(),
            _ => None,
        }
    }
}

struct CellVisitor;

impl<'de> Visitor<'de> for CellVisitor {
    type Value = Cell;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number or a text")
    }
    fn visit_bool<E>(self, value: bool) -> Result<Cell, E> {
        Ok(Cell::Number(f64::from(u8::from(value))))
    }
    fn visit_i64<E>(self, value: i64) -> Result<Cell, E> {
        Ok(Cell::Number(value as f64))
    }
    fn visit_u64<E>(self, value: u64) -> Result<Cell, E> {
        Ok(Cell::Number(value as f64))
    }
    fn visit_f64<E>(self, value: f64) -> Result<Cell, E> {
        Ok(Cell::Number(value))
    }
    fn visit_str<E>(self, value: &str) -> Result<Cell, E> {
        Ok(Cell::Text(value.to_string()))
    }
    fn visit_string<E>(self, value: String) -> Result<Cell, E> {
        Ok(Cell::Text(value))
    }
    fn visit_unit<E>(self) -> Result<Cell, E> {
        Ok(Cell::Null)
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Cell, A::Error> {
        let mut row = Vec::new();
        while let Some(cell) = seq.next_element()? {
            row.push(cell);
        }
        Ok(Cell::List(row))
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Cell, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Cell::Other)
    }
}

impl<'de> Deserialize<'de> for Cell {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Cell, D::Error> {
        deserializer.deserialize_any(CellVisitor)
    }
}

/// A list of lists; what is not one counts as an empty row, and what is no list at all as no rows.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Rows(pub Vec<Row>);

impl<'de> Deserialize<'de> for Rows {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Rows, D::Error> {
        let row = |cell| match cell {
            Cell::List(row) => row,
            scalar => vec![scalar],
        };
        Ok(match Cell::deserialize(deserializer)? {
            Cell::List(rows) => Rows(rows.into_iter().map(row).collect()),
            _ => Rows(Vec::new()),
        })
    }
}

/// An object of known fields, or nothing if something else stands there.
#[derive(Clone, Debug, PartialEq)]
pub struct Lenient<T>(pub Option<T>);

impl<T> Default for Lenient<T> {
    fn default() -> Lenient<T> {
        Lenient(None)
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Lenient<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Lenient<T>, D::Error> {
        struct Object<T>(std::marker::PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for Object<T> {
            type Value = Lenient<T>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }
            fn visit_bool<E>(self, _: bool) -> Result<Lenient<T>, E> {
                Ok(Lenient(None))
            }
            fn visit_i64<E>(self, _: i64) -> Result<Lenient<T>, E> {
                Ok(Lenient(None))
            }
            fn visit_u64<E>(self, _: u64) -> Result<Lenient<T>, E> {
                Ok(Lenient(None))
            }
            fn visit_f64<E>(self, _: f64) -> Result<Lenient<T>, E> {
                Ok(Lenient(None))
            }
            fn visit_str<E>(self, _: &str) -> Result<Lenient<T>, E> {
                Ok(Lenient(None))
            }
            fn visit_unit<E>(self) -> Result<Lenient<T>, E> {
                Ok(Lenient(None))
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Lenient<T>, A::Error> {
                while seq.next_element::<IgnoredAny>()?.is_some() {}
                Ok(Lenient(None))
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Lenient<T>, A::Error> {
                T::deserialize(serde::de::value::MapAccessDeserializer::new(map))
                    .map(|value| Lenient(Some(value)))
            }
        }
        deserializer.deserialize_any(Object(std::marker::PhantomData))
    }
}

/// A key as the file says it.
#[derive(Clone, Debug, PartialEq, Default, Deserialize)]
#[serde(default)]
pub struct RawKey {
    /// Pitch class.
    pub tonic: Cell,
    /// `major`, `minor`, ...
    pub mode: Cell,
    /// The spelled key, `C# minor`.
    pub name: Cell,
}

/// One written bar, where a file lists them.
#[derive(Clone, Debug, PartialEq, Default, Deserialize)]
#[serde(default)]
pub struct RawBar {
    /// A new meter.
    pub meter: Cell,
    /// Length in quarters, where it is not the meter's.
    pub length: Cell,
    /// A new key.
    pub key: Cell,
    /// A repeat starts here.
    pub repeat_start: Cell,
    /// A repeat ends here: times played.
    pub repeat_end: Cell,
    /// Passes under an ending bracket.
    pub ending: Cell,
    /// Words of signs and jumps.
    pub jumps: Cell,
}

/// One song as the file says it.
#[derive(Clone, Debug, PartialEq, Default, Deserialize)]
#[serde(default)]
#[allow(missing_docs, reason = "the fields are those of the file, described in docs/formats.md")]
pub struct RawSong {
    pub title: Cell,
    pub artist: Cell,
    pub composer: Cell,
    pub lyricist: Cell,
    pub rights: Cell,
    pub source: Cell,
    pub year: Cell,
    pub key: Lenient<RawKey>,
    pub meter: Cell,
    pub bars: Cell,
    pub barlens: Cell,
    pub beats_per_bar: Cell,
    pub pickup: Cell,
    pub measures: Objects<RawBar>,
    pub tempo: Cell,
    pub feel: Cell,
    pub sections: Rows,
    pub chords: Rows,
    pub melody: Rows,
    pub melody_dur: Cell,
    pub words: Rows,
}

/// A list of objects.
#[derive(Clone, Debug, PartialEq)]
pub struct Objects<T>(pub Option<Vec<Lenient<T>>>);

impl<T> Default for Objects<T> {
    fn default() -> Objects<T> {
        Objects(None)
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Objects<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Objects<T>, D::Error> {
        Ok(Objects(Option::<Vec<Lenient<T>>>::deserialize(deserializer)?))
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Meta {
    unit: Cell,
}

/// Gives every song of the file, in order, with the unit of its times.
///
/// # Errors
/// Malformed JSON, with line and column, or no list `songs`.
pub fn for_each_song(bytes: &[u8], each: impl FnMut(RawSong, Unit)) -> Result<(), FormatError> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    let found = (&mut deserializer).deserialize_any(File { each }).map_err(error)?;
    deserializer.end().map_err(error)?;
    if !found {
        return Err(FormatError::new("there is no list 'songs'")
            .help("neutral JSON is {\"songs\": [{\"title\", \"meter\", \"chords\", \"melody\"}]}, see docs/formats.md"));
    }
    Ok(())
}

fn error(error: serde_json::Error) -> FormatError {
    let text = error.to_string();
    let message = text.rsplit_once(" at line ").map_or(text.as_str(), |(message, _)| message);
    FormatError::new(format!("this is not neutral JSON: {message}")).at(format!(
        "line {}, column {}",
        error.line(),
        error.column()
    ))
}

struct File<F> {
    each: F,
}

impl<'de, F: FnMut(RawSong, Unit)> Visitor<'de> for File<F> {
    type Value = bool;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object with a list 'songs'")
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<bool, A::Error> {
        let mut unit = None;
        let mut found = false;
        while let Some(field) = map.next_key::<String>()? {
            match field.as_str() {
                "meta" => {
                    let meta: Lenient<Meta> = map.next_value()?;
                    let text = meta.0.unwrap_or_default().unit;
                    let beats = text.text().is_some_and(|text| text.starts_with("beat"));
                    let said = if beats { Unit::Beats } else { Unit::Quarters };
                    if found && unit.unwrap_or(Unit::Quarters) != said {
                        return Err(serde::de::Error::custom(
                            "'meta' with the unit of times must stand before 'songs'",
                        ));
                    }
                    unit = Some(said);
                }
                "songs" => {
                    found = true;
                    map.next_value_seed(Songs {
                        each: &mut self.each,
                        unit: unit.unwrap_or(Unit::Quarters),
                    })?;
                }
                _ => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(found)
    }
}

struct Songs<'f, F> {
    each: &'f mut F,
    unit: Unit,
}

impl<'de, F: FnMut(RawSong, Unit)> DeserializeSeed<'de> for Songs<'_, F> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de, F: FnMut(RawSong, Unit)> Visitor<'de> for Songs<'_, F> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of songs")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        while let Some(song) = seq.next_element::<Lenient<RawSong>>()? {
            (self.each)(song.0.unwrap_or_default(), self.unit);
        }
        Ok(())
    }
}
