//! A SoundFont made by hand: one sine, looped, as its only instrument.

/// Samples of a period; the sine is 441 Hz.
const PERIOD: usize = 100;
const LENGTH: usize = 50 * PERIOD;

fn chunk(name: &[u8; 4], body: Vec<u8>) -> Vec<u8> {
    let mut bytes = name.to_vec();
    bytes.extend((body.len() as u32).to_le_bytes());
    bytes.extend(&body);
    if body.len() % 2 == 1 {
        bytes.push(0);
    }
    bytes
}

fn list(kind: &[u8; 4], chunks: Vec<Vec<u8>>) -> Vec<u8> {
    chunk(b"LIST", [kind.to_vec(), chunks.concat()].concat())
}

fn words(values: &[u16]) -> Vec<u8> {
    values.iter().flat_map(|value| value.to_le_bytes()).collect()
}

fn name(text: &str) -> Vec<u8> {
    let mut bytes = text.as_bytes().to_vec();
    bytes.resize(20, 0);
    bytes
}

fn sample(text: &str, numbers: [u32; 5], pitch: u8, correction: i8, kind: u16) -> Vec<u8> {
    let numbers: Vec<u8> = numbers.iter().flat_map(|number| number.to_le_bytes()).collect();
    [name(text), numbers, vec![pitch, correction as u8], words(&[0, kind])].concat()
}

/// The bytes of the file.
pub fn sine() -> Vec<u8> {
    let wave = |at: usize| (20_000.0 * (std::f64::consts::TAU * at as f64 / PERIOD as f64).sin()) as i16;
    let mut samples: Vec<u8> = (0..LENGTH).flat_map(|at| wave(at).to_le_bytes()).collect();
    samples.extend([0; 92]);
    let preset = |text, bag: u16| [name(text), words(&[0, 0, bag]), vec![0; 12]].concat();
    let instrument = |text, bag: u16| [name(text), words(&[bag])].concat();
    let length = LENGTH as u32;
    let looped = [0, length, PERIOD as u32, length - PERIOD as u32, 44_100];
    let body = [
        b"sfbk".to_vec(),
        list(
            b"INFO",
            vec![
                chunk(b"ifil", words(&[2, 1])),
                chunk(b"isng", b"EMU8000\0".to_vec()),
                chunk(b"INAM", b"Sine\0\0".to_vec()),
            ],
        ),
        list(b"sdta", vec![chunk(b"smpl", samples)]),
        list(
            b"pdta",
            vec![
                chunk(b"phdr", [preset("Sine", 0), preset("EOP", 1)].concat()),
                chunk(b"pbag", words(&[0, 0, 1, 0])),
                chunk(b"pmod", vec![0; 10]),
                // Generator 41: the instrument; 54: looped; 53: the sample.
                chunk(b"pgen", words(&[41, 0, 0, 0])),
                chunk(b"inst", [instrument("Sine", 0), instrument("EOI", 1)].concat()),
                chunk(b"ibag", words(&[0, 0, 2, 0])),
                chunk(b"imod", vec![0; 10]),
                chunk(b"igen", words(&[54, 1, 53, 0, 0, 0])),
                // 441 Hz is 4 cents above A4.
                chunk(b"shdr", [sample("Sine", looped, 69, -4, 1), sample("EOS", [0; 5], 0, 0, 0)].concat()),
            ],
        ),
    ];
    chunk(b"RIFF", body.concat())
}
