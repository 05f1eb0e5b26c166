//! Golomb codes whose parameter is a power of two (Rice codes): small numbers in few bits.

/// Codes one after the other, highest bits first.
#[derive(Default)]
pub struct Bits {
    /// What was written, the last byte filled up with zeros.
    pub bytes: Vec<u8>,
    /// Bits free in the last byte.
    free: u32,
}

impl Bits {
    /// Adds a value.
    pub fn write(&mut self, value: u64, parameter: u32) {
        (0..value >> parameter).for_each(|_| self.push(1));
        self.push(0);
        (0..parameter).rev().for_each(|bit| self.push((value >> bit & 1) as u8));
    }

    fn push(&mut self, bit: u8) {
        if self.free == 0 {
            self.bytes.push(0);
            self.free = 8;
        }
        self.free -= 1;
        if let Some(last) = self.bytes.last_mut() {
            *last |= bit << self.free;
        }
    }
}

/// Reads what [`Bits`] wrote.
pub struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    /// From the first value on.
    pub fn new(bytes: &'a [u8]) -> Reader<'a> {
        Reader { bytes, at: 0 }
    }

    /// The next value; `None` at the end.
    pub fn read(&mut self, parameter: u32) -> Option<u64> {
        let mut value = 0;
        while self.bit()? == 1 {
            value += 1;
        }
        (0..parameter).try_fold(value, |value, _| Some(value << 1 | self.bit()?))
    }

    fn bit(&mut self) -> Option<u64> {
        let byte = self.bytes.get(self.at / 8)?;
        let bit = byte >> (7 - self.at % 8) & 1;
        self.at += 1;
        Some(u64::from(bit))
    }
}
