//! Compressed texts in items: what a message holds is written once and read seldom, and an item costs by its bytes.

use std::fmt;
use std::io::{Read as _, Write as _};

use flate2::Compression;
use flate2::read::DeflateDecoder;
use flate2::write::DeflateEncoder;
use serde::de::{Error as _, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The most bytes that a text unpacks to. What the platform packs is far smaller.
const MAX_TEXT: u64 = 16 << 20;

/// A compressed text: binary in an item.
#[derive(Clone, PartialEq, Eq)]
pub struct Packed(Vec<u8>);

/// The bytes are not a packed text.
#[derive(Debug, thiserror::Error)]
#[error("malformed packed text: {0}")]
pub struct Unpackable(#[from] std::io::Error);

impl Packed {
    /// A text, compressed.
    ///
    /// # Errors
    /// None occurs when writing to memory.
    pub fn of(text: &str) -> Result<Self, Unpackable> {
        let mut encoder = DeflateEncoder::new(Vec::with_capacity(text.len() / 4), Compression::fast());
        encoder.write_all(text.as_bytes())?;
        Ok(Self(encoder.finish()?))
    }

    /// The text.
    ///
    /// # Errors
    /// If the bytes are not a packed text.
    pub fn text(&self) -> Result<String, Unpackable> {
        let mut text = String::new();
        DeflateDecoder::new(self.0.as_slice()).take(MAX_TEXT).read_to_string(&mut text)?;
        Ok(text)
    }

    /// The number of bytes that it takes in an item.
    #[must_use]
    pub fn size(&self) -> usize {
        self.0.len()
    }
}

impl fmt::Debug for Packed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Packed({} bytes)", self.size())
    }
}

impl Serialize for Packed {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(&self.0)
    }
}

impl<'de> Deserialize<'de> for Packed {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Bytes;
        impl Visitor<'_> for Bytes {
            type Value = Packed;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a packed text")
            }

            fn visit_bytes<E: serde::de::Error>(self, bytes: &[u8]) -> Result<Packed, E> {
                Ok(Packed(bytes.to_vec()))
            }

            fn visit_byte_buf<E: serde::de::Error>(self, bytes: Vec<u8>) -> Result<Packed, E> {
                Ok(Packed(bytes))
            }

            // Earlier builds stored the text itself.
            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Packed, E> {
                Packed::of(text).map_err(E::custom)
            }
        }
        deserializer.deserialize_any(Bytes).map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_comes_back_smaller_than_it_was() {
        let text = r#"{"id":"019","speed":27.5},"#.repeat(400);
        let packed = Packed::of(&text).unwrap();
        assert!(packed.size() * 8 < text.len(), "{packed:?}");
        assert_eq!(packed.text().unwrap(), text);
        let item: serde_dynamo::Item = serde_dynamo::to_item(std::collections::HashMap::from([("m", &packed)])).unwrap();
        assert!(matches!(item.inner().get("m"), Some(serde_dynamo::AttributeValue::B(_))));
        let back: std::collections::HashMap<String, Packed> = serde_dynamo::from_item(item).unwrap();
        assert_eq!(back["m"], packed);
    }

    #[test]
    fn what_earlier_builds_wrote_is_read() {
        let old: Packed = serde_json::from_str("\"{\\\"id\\\":1}\"").unwrap();
        assert_eq!(old.text().unwrap(), "{\"id\":1}");
    }

    #[test]
    fn other_bytes_are_an_error() {
        assert!(Packed(vec![0xff; 9]).text().is_err());
    }
}
