//! From bytes to XML text that is safe to parse: encodings, and a look ahead for what no score contains.

use crate::format::FormatError;

/// Bytes of XML that are read at most.
pub const LARGEST: usize = 64 << 20;
/// Elements inside one another that are read at most; scores need about ten.
const DEEPEST: usize = 256;
/// Attributes of one element that are read at most: the parser compares each with each.
const MOST_ATTRIBUTES: usize = 128;

/// The text of an XML file: UTF-8, UTF-16 (with a byte order mark or plainly so) or what its first line declares.
///
/// # Errors
/// When the bytes are too many or in an encoding that is not known.
pub fn text(bytes: &[u8], remarks: &mut Vec<String>) -> Result<String, FormatError> {
    if bytes.len() > LARGEST {
        return Err(too_large());
    }
    match bytes {
        [0xEF, 0xBB, 0xBF, rest @ ..] => utf8(rest, remarks),
        [0xFF, 0xFE, rest @ ..] => Ok(utf16(rest, u16::from_le_bytes)),
        [0xFE, 0xFF, rest @ ..] => Ok(utf16(rest, u16::from_be_bytes)),
        [b'<', 0, ..] => Ok(utf16(bytes, u16::from_le_bytes)),
        [0, b'<', ..] => Ok(utf16(bytes, u16::from_be_bytes)),
        _ => utf8(bytes, remarks),
    }
}

/// The error for a file beyond [`LARGEST`].
pub fn too_large() -> FormatError {
    FormatError::new(format!("the score is larger than {} MiB of XML", LARGEST >> 20))
        .help("export fewer bars or parts")
}

fn utf8(bytes: &[u8], remarks: &mut Vec<String>) -> Result<String, FormatError> {
    let encoding = declared_encoding(bytes).unwrap_or_else(|| "utf-8".to_string());
    match encoding.as_str() {
        "iso-8859-1" | "iso8859-1" | "latin1" | "latin-1" | "windows-1252" | "cp1252" | "iso-8859-15" => {
            Ok(bytes.iter().map(|byte| western(*byte)).collect())
        }
        // A file that says UTF-16 but is not was converted by someone who left the first line alone.
        "utf-8" | "utf8" | "us-ascii" | "ascii" | "utf-16" => Ok(match std::str::from_utf8(bytes) {
            Ok(text) => text.to_string(),
            Err(_) => {
                remarks.push(
                    "The file is not the UTF-8 it should be and was read as Western European.".to_string(),
                );
                bytes.iter().map(|byte| western(*byte)).collect()
            }
        }),
        other => {
            let name: String = other.chars().take(40).collect();
            Err(FormatError::new(format!("the text encoding '{name}' is not known"))
                .help("save the file as UTF-8"))
        }
    }
}

/// The encoding that the XML declaration names, in lower case.
fn declared_encoding(bytes: &[u8]) -> Option<String> {
    let head = bytes.get(..bytes.len().min(300))?;
    let head = String::from_utf8_lossy(head);
    let declaration = head.trim_start().strip_prefix("<?xml")?.split("?>").next()?;
    let value = declaration.split_once("encoding")?.1.trim_start().strip_prefix('=')?.trim_start();
    let quote = value.chars().next().filter(|quote| *quote == '"' || *quote == '\'')?;
    Some(value.get(1..)?.split(quote).next()?.trim().to_ascii_lowercase())
}

/// A byte of Windows-1252, which is Latin-1 with printable characters where that has control characters.
fn western(byte: u8) -> char {
    const UPPER: [char; 32] = [
        '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8D}', 'Ž', '\u{8F}',
        '\u{90}', '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9D}', 'ž', 'Ÿ',
    ];
    match byte {
        0x80..=0x9F => UPPER.get(usize::from(byte - 0x80)).copied().unwrap_or(' '),
        byte => char::from(byte),
    }
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> String {
    let units = bytes.chunks_exact(2).map(|pair| unit([pair[0], pair[1]]));
    char::decode_utf16(units).map(|read| read.unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
}

/// Refuses XML that could take a parser's time or memory: elements nested without end, thousands of attributes,
/// entities of its own.
///
/// # Errors
/// What was found, and the line.
pub fn check(text: &str) -> Result<(), FormatError> {
    let bytes = text.as_bytes();
    let mut depth = 0usize;
    let mut at = 0;
    while let Some(found) = bytes.get(at..).and_then(|rest| rest.iter().position(|byte| *byte == b'<')) {
        let open = at + found;
        let rest = &bytes[open..];
        if let Some(end) = skip(rest, b"<!--", b"-->").or_else(|| skip(rest, b"<![CDATA[", b"]]>")) {
            at = open + end;
            continue;
        }
        if let Some(end) = skip(rest, b"<?", b"?>") {
            at = open + end;
            continue;
        }
        if rest.starts_with(b"<!") {
            if rest.starts_with(b"<!ENTITY") {
                let error =
                    FormatError::new("the file defines XML entities of its own, which no score needs");
                return Err(error.at(line(bytes, open)).help("remove them in a text editor"));
            }
            // A document type: its inner declarations are looked at one by one.
            at = open + 2;
            continue;
        }
        let (length, attributes) = tag(rest);
        match (rest.get(1), rest.get(length.saturating_sub(2))) {
            (Some(b'/'), _) => depth = depth.saturating_sub(1),
            (_, Some(b'/')) => {}
            _ => depth += 1,
        }
        if depth > DEEPEST {
            let error = FormatError::new(format!("elements are nested more than {DEEPEST} deep"));
            return Err(error.at(line(bytes, open)).help("this is no score"));
        }
        if attributes > MOST_ATTRIBUTES {
            let error = FormatError::new(format!("an element has more than {MOST_ATTRIBUTES} attributes"));
            return Err(error.at(line(bytes, open)).help("this is no score"));
        }
        at = open + length.max(1);
    }
    Ok(())
}

/// The length of a construct that starts with `open`, up to and with `close`; to the end if it never closes.
fn skip(text: &[u8], open: &[u8], close: &[u8]) -> Option<usize> {
    let inner = text.strip_prefix(open)?;
    let end = inner.windows(close.len()).position(|window| window == close);
    Some(end.map_or(text.len(), |end| open.len() + end + close.len()))
}

/// The length of a tag, brackets included, and how many attributes it has.
fn tag(text: &[u8]) -> (usize, usize) {
    let mut quote = None;
    let mut attributes = 0;
    for (index, &byte) in text.iter().enumerate() {
        match (quote, byte) {
            (None, b'"' | b'\'') => quote = Some(byte),
            (Some(open), _) if byte == open => quote = None,
            (None, b'=') => attributes += 1,
            (None, b'>') => return (index + 1, attributes),
            _ => {}
        }
    }
    (text.len(), attributes)
}

fn line(bytes: &[u8], at: usize) -> String {
    let lines = bytes.get(..at).map_or(0, |before| before.iter().filter(|byte| **byte == b'\n').count());
    format!("line {}", lines + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8]) -> String {
        text(bytes, &mut Vec::new()).expect("text")
    }

    #[test]
    fn encodings_are_recognised() {
        let utf16: Vec<u8> = "<a>é</a>".encode_utf16().flat_map(u16::to_le_bytes).collect();
        let with_mark: Vec<u8> = "\u{FEFF}<a>é</a>".encode_utf16().flat_map(u16::to_be_bytes).collect();
        assert_eq!(read(&utf16), "<a>é</a>");
        assert_eq!(read(&with_mark), "<a>é</a>");
        assert_eq!(read("\u{FEFF}<a>é</a>".as_bytes()), "<a>é</a>");
        assert_eq!(read("<a>é</a>".as_bytes()), "<a>é</a>");
        let latin = b"<?xml version='1.0' encoding='ISO-8859-1'?><a>\xE9\x96</a>";
        assert!(read(latin).ends_with("<a>é–</a>"));
        let mut remarks = Vec::new();
        assert_eq!(text(b"<a>\xE9</a>", &mut remarks).expect("text"), "<a>é</a>");
        assert_eq!(remarks.len(), 1);
        assert!(text(b"<?xml version='1.0' encoding='EBCDIC'?><a/>", &mut Vec::new()).is_err());
    }

    #[test]
    fn hostile_xml_is_refused_with_its_line() {
        let deep = "<a>\n".repeat(300) + &"</a>".repeat(300);
        assert_eq!(check(&deep).expect_err("too deep").place.as_deref(), Some("line 257"));
        let wide = format!("<a {}/>", (0..200).map(|n| format!("b{n}='' ")).collect::<String>());
        assert!(check(&wide).is_err());
        assert!(check("<!DOCTYPE a [\n<!ENTITY b 'c'>]><a/>").is_err());
        for fine in
            ["<a b='>'><!-- <c> --><![CDATA[<c>]]></a>", "<!DOCTYPE a PUBLIC 'b' 'c'><a/>", "", "<", "<!--"]
        {
            assert_eq!(check(fine), Ok(()), "{fine}");
        }
        let many = "<a/>".repeat(10_000);
        assert_eq!(check(&many), Ok(()));
    }
}
