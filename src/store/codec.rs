//! Records and keys as bytes.
//!
//! A value is `[u8 version][payload]`; the payload of ordinary records is bincode, which is not
//! self-describing: stored structs are their own types, JSON goes in as text, nothing is skipped or
//! tagged. Keys keep their order as bytes.

/// A value of a table.
pub trait Record: Sized {
    /// Version that is written; golden bytes in tests freeze it.
    const VERSION: u8;

    /// Appends the payload.
    fn encode(&self, out: &mut Vec<u8>) -> Result<(), String>;

    /// Reads a payload of this or an older version; all of it must be used.
    fn decode(version: u8, payload: &[u8]) -> Result<Self, String>;
}

/// Bytes stored as they are: compressed bodies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bytes(pub Vec<u8>);

impl Record for Bytes {
    const VERSION: u8 = 1;

    fn encode(&self, out: &mut Vec<u8>) -> Result<(), String> {
        out.extend_from_slice(&self.0);
        Ok(())
    }

    fn decode(version: u8, payload: &[u8]) -> Result<Self, String> {
        if version == Self::VERSION { Ok(Self(payload.to_vec())) } else { Err(format!("unknown version {version}")) }
    }
}

/// Implements [`Record`] for serde types in bincode: `record!(JobRow = 1)`.
macro_rules! record {
    ($($type:ty = $version:literal),+ $(,)?) => {$(
        impl $crate::store::Record for $type {
            const VERSION: u8 = $version;

            fn encode(&self, out: &mut Vec<u8>) -> Result<(), String> {
                $crate::store::Record::encode(&$crate::store::bincoded(self)?, out)
            }

            fn decode(version: u8, payload: &[u8]) -> Result<Self, String> {
                if version != $version {
                    return Err(format!("unknown version {version}, expected {}", $version));
                }
                $crate::store::unbincoded(payload)
            }
        }
    )+};
}
/// A value as bincode.
pub(crate) fn bincoded<T: serde::Serialize>(value: &T) -> Result<Bytes, String> {
    bincode::serde::encode_to_vec(value, bincode::config::standard()).map(Bytes).map_err(|error| error.to_string())
}

/// A value from bincode; bytes left over are an error.
pub(crate) fn unbincoded<T: serde::de::DeserializeOwned>(payload: &[u8]) -> Result<T, String> {
    let (value, used) =
        bincode::serde::decode_from_slice(payload, bincode::config::standard()).map_err(|error| error.to_string())?;
    if used == payload.len() { Ok(value) } else { Err(format!("{} bytes are left over", payload.len() - used)) }
}

/// A key whose bytes order as the value does: integers big-endian, text ended by two zero bytes (a
/// zero inside is followed by 0xff), tuples in order.
pub trait StoreKey: Sized {
    fn encode(&self, out: &mut Vec<u8>);
    /// Takes the key from the front of `bytes` and leaves the rest.
    fn decode(bytes: &mut &[u8]) -> Option<Self>;

    /// The bytes of the key alone.
    fn bytes(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(32);
        self.encode(&mut out);
        out
    }
}

macro_rules! unsigned_keys {
    ($($type:ty),+) => {$(
        impl StoreKey for $type {
            fn encode(&self, out: &mut Vec<u8>) {
                out.extend_from_slice(&self.to_be_bytes());
            }

            fn decode(bytes: &mut &[u8]) -> Option<Self> {
                let (head, rest) = bytes.split_first_chunk()?;
                *bytes = rest;
                Some(Self::from_be_bytes(*head))
            }
        }
    )+};
}
unsigned_keys!(u8, u32, u64, u128);

impl StoreKey for i64 {
    fn encode(&self, out: &mut Vec<u8>) {
        (self.cast_unsigned() ^ (1 << 63)).encode(out);
    }

    fn decode(bytes: &mut &[u8]) -> Option<Self> {
        Some((u64::decode(bytes)? ^ (1 << 63)).cast_signed())
    }
}

impl<const N: usize> StoreKey for [u8; N] {
    fn encode(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(self);
    }

    fn decode(bytes: &mut &[u8]) -> Option<Self> {
        let (head, rest) = bytes.split_first_chunk()?;
        *bytes = rest;
        Some(*head)
    }
}

impl StoreKey for String {
    fn encode(&self, out: &mut Vec<u8>) {
        for &byte in self.as_bytes() {
            out.push(byte);
            if byte == 0 {
                out.push(0xff);
            }
        }
        out.extend_from_slice(&[0, 0]);
    }

    fn decode(bytes: &mut &[u8]) -> Option<Self> {
        let mut text = Vec::new();
        let mut at = 0;
        loop {
            match (*bytes.get(at)?, bytes.get(at + 1)) {
                (0, Some(0)) => break,
                (0, Some(0xff)) => {
                    text.push(0);
                    at += 2;
                }
                (0, _) => return None,
                (byte, _) => {
                    text.push(byte);
                    at += 1;
                }
            }
        }
        *bytes = &bytes[at + 2..];
        Self::from_utf8(text).ok()
    }
}

macro_rules! tuple_keys {
    ($(($($name:ident $at:tt),+)),+) => {$(
        impl<$($name: StoreKey),+> StoreKey for ($($name,)+) {
            fn encode(&self, out: &mut Vec<u8>) {
                $(self.$at.encode(out);)+
            }

            fn decode(bytes: &mut &[u8]) -> Option<Self> {
                Some(($($name::decode(bytes)?,)+))
            }
        }
    )+};
}
tuple_keys!((A 0), (A 0, B 1), (A 0, B 1, C 2), (A 0, B 1, C 2, D 3));

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn keys_come_back_and_order_as_their_values(a: (String, i64, u8), b: (String, i64, u8)) {
            let (x, y) = (a.bytes(), b.bytes());
            prop_assert_eq!(x.cmp(&y), a.cmp(&b));
            let mut rest = x.as_slice();
            prop_assert_eq!(<(String, i64, u8)>::decode(&mut rest), Some(a));
            prop_assert!(rest.is_empty());
        }

        #[test]
        fn bincode_comes_back_whole(value: (String, Option<u64>, Vec<i32>)) {
            let mut bytes = bincoded(&value).expect("encodes").0;
            prop_assert_eq!(unbincoded::<(String, Option<u64>, Vec<i32>)>(&bytes), Ok(value));
            bytes.push(0);
            prop_assert!(unbincoded::<(String, Option<u64>, Vec<i32>)>(&bytes).is_err());
        }
    }
}
