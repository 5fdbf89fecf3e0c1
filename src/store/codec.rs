//! Records and keys as bytes.

use serde::{Serialize, de::DeserializeOwned};

/// A value of a table: `[u8 VERSION][bincode payload]`. Older versions are frozen structs with `From`.
pub trait Record: Serialize + DeserializeOwned {
    /// Version that is written.
    const VERSION: u8;

    /// Reads the payload of an older version; `None`: unknown.
    fn upgrade(version: u8, payload: &[u8]) -> Option<Self> {
        let _ = (version, payload);
        None
    }
}

/// A key whose bytes order as the value does: integers big-endian, text as it is (ended by 0 inside
/// tuples), tuples in order.
pub trait StoreKey: Sized {
    fn encode(&self, out: &mut Vec<u8>);
    /// Takes the key from the front of `bytes` and leaves the rest.
    fn decode(bytes: &mut &[u8]) -> Option<Self>;
}
