//! How far each function has read each shard.

use std::collections::BTreeMap;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use anyhow::{Context as _, Result};

use crate::aws::files;

/// The file within a state directory.
const FILE: &str = "streams.json";

/// A position in a shard.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Position {
    /// Before the oldest record.
    Horizon,
    /// After the record with this sequence number.
    After(String),
    /// After the last record of a closed shard.
    Ended,
}

/// Positions by function and shard; in memory, and in a file when there is a state directory.
#[derive(Debug)]
pub(super) struct Checkpoints {
    file: Option<PathBuf>,
    positions: Mutex<BTreeMap<String, String>>,
}

impl Checkpoints {
    /// Reads the positions of an earlier run.
    pub(super) fn load(state: Option<&Path>) -> Result<Self> {
        let file = state.map(|state| state.join(FILE));
        let positions = match &file {
            Some(file) => read(file)?,
            None => BTreeMap::new(),
        };
        Ok(Self { file, positions: Mutex::new(positions) })
    }

    pub(super) fn get(&self, key: &str) -> Option<Position> {
        let positions = self.positions.lock().unwrap_or_else(PoisonError::into_inner);
        positions.get(key).map(|text| match text.as_str() {
            "horizon" => Position::Horizon,
            "ended" => Position::Ended,
            number => Position::After(number.to_owned()),
        })
    }

    /// Saves a position before it returns, so that it survives a kill.
    pub(super) fn set(&self, key: &str, position: Position) -> Result<()> {
        let text = match position {
            Position::Horizon => "horizon".to_owned(),
            Position::Ended => "ended".to_owned(),
            Position::After(number) => number,
        };
        let mut positions = self.positions.lock().unwrap_or_else(PoisonError::into_inner);
        positions.insert(key.to_owned(), text);
        match &self.file {
            Some(file) => files::replace(file, &serde_json::to_vec(&*positions).context("failed to serialize the positions")?),
            None => Ok(()),
        }
    }
}

fn read(file: &Path) -> Result<BTreeMap<String, String>> {
    match fs::read(file) {
        Ok(text) => serde_json::from_slice(&text)
            .with_context(|| format!("{} is damaged: remove it, and the streams are read from their start", file.display())),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(BTreeMap::new()),
        Err(error) => Err(error).with_context(|| format!("failed to read {}", file.display())),
    }
}
