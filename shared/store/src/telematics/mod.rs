//! Telematics table.
// NOTE to the author of this module: use crate::page::{Page, Slice, Bookmark} (written by the lead) for paging.
// `Page.inclusive` = the row AT the bookmark belongs to the page (needed for "same page again" cursors).
