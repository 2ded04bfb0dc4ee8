//! Files that belong to entries of electronic logs.

use schemars::JsonSchema;
use serde::Serialize;
use serde_with::skip_serializing_none;
use struct_field_names_as_array::FieldNamesAsSlice;

use super::{Events, Record, RecordType, Storage, Timeline};
use crate::{RecordId, Resource, Timestamp};

/// A file that belongs to an entry of an electronic log. None of today's TSPs gives any.
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema, FieldNamesAsSlice)]
#[schemars(rename = "HosEventAttachmentRead")]
pub struct HosEventAttachment {
    /// The entry.
    pub hos_event_id: Option<RecordId>,
    /// When it was edited last, UTC.
    pub last_edit_at: Option<Timestamp>,
    /// Who uploaded it.
    pub uploaded_by: Option<RecordId>,
    /// Its name.
    pub file_name: Option<String>,
    /// Its media type.
    pub file_type: Option<String>,
    /// Its size in bytes; null if it is unknown.
    pub file_size: Option<i64>,
    /// Where the TSP has it. The address may expire.
    pub source_url: Option<String>,
    /// Where the platform has it.
    pub url: Option<String>,
    /// SHA-256 of its content, in hexadecimal.
    pub checksum: Option<String>,
    /// What it is.
    pub description: Option<String>,
}

impl Record for HosEventAttachment {
    const TYPE: &'static RecordType = &RecordType {
        resource: Resource::HosEventAttachment,
        members: Self::FIELD_NAMES_AS_SLICE,
        nested: &[],
        storage: Storage::Event(Timeline { subject: "hos_event_id", latest: false, counted: false }),
        // The contract has no events of attachments.
        events: Events::NONE,
        interval_seconds: 600,
    };
}
