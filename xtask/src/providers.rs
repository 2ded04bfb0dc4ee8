//! `cargo xtask providers`: what each adapter can fetch, out of the adapters' tables, into docs/providers.md.

use anyhow::Result;
use model::resource_operation::OperationType;
use providers::{Adapter, Capability, Writable};

use crate::files::{self, Mode, Section};

const CAPABILITIES: Section = Section {
    document: "docs/providers.md",
    begin: "<!-- capabilities: written by `cargo xtask providers` -->",
    end: "<!-- end of capabilities -->",
};

/// Writes or checks the table.
///
/// # Errors
/// When the document cannot be read or written, or is not current.
pub(crate) fn command(mode: Mode) -> Result<()> {
    let (path, text) = document()?;
    files::settle(mode, path, &text, "cargo xtask providers")
}

/// The document with the tables of today, and its path in the workspace.
///
/// # Errors
/// When it cannot be read.
pub fn document() -> Result<(&'static str, String)> {
    let tables: Vec<String> = providers::adapters().map(table).collect();
    Ok((CAPABILITIES.document, CAPABILITIES.replaced(&tables.join("\n"))?))
}

fn table(adapter: &dyn Adapter) -> String {
    let head = "| resource | read as | every | page | limit of the provider |\n| --- | --- | ---: | ---: | --- |\n";
    let rows: String = adapter.capabilities().iter().map(row).collect();
    let writes: String = adapter.writes().iter().map(written).collect();
    let head_of_writes = "\n| written | how | members |\n| --- | --- | --- |\n";
    let writes = if writes.is_empty() { "\nNothing is written.\n".to_owned() } else { format!("{head_of_writes}{writes}") };
    format!("### `{}`\n\n{head}{rows}{writes}", adapter.source_name())
}

fn written(writable: &Writable) -> String {
    let how = match writable.operation {
        OperationType::Create => "made",
        OperationType::Update => "changed",
    };
    let members: Vec<String> = writable.members.iter().map(|member| format!("`{member}`")).collect();
    format!("| `{}` | {how} | {} |\n", writable.record.resource, members.join(", "))
}

fn row(capability: &Capability) -> String {
    let Capability { record, kind, page_size, rate, .. } = capability;
    let span = if rate.seconds == 1 { "second".to_owned() } else { format!("{} seconds", rate.seconds) };
    let page = page_size.map_or_else(|| "the provider's".to_owned(), |size| size.to_string());
    let (resource, every) = (record.resource, record.interval_seconds);
    format!("| `{resource}` | {kind} | {every} s | {page} | {} per {span} (`{}`) |\n", rate.requests, rate.class)
}
