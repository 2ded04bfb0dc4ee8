//! Defects in inspection reports: the `dvirDefects` of each report in the feed of `DVIRLog`. What is defective, and how severe that is, they
//! name by ids, which two lists know: defects and groups.

use std::collections::BTreeMap;

use model::telematics::{DvirLogDefect, Observation};
use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::dvir_logs::KIND;
use super::feed::Versions;
use super::lookups::Found;
use super::names::Missing;
use super::rpc::with;
use super::{Geotab, members};
use crate::parts::part;
use crate::wire::{Members, SourceRules, source_of};
use crate::{Api, Known, Page, ProviderError, Remap, Source};

/// Reports of a page.
pub(super) const PAGE_SIZE: u32 = 500;
const DEFECT: &str = "DVIRDefect";

const RULES: SourceRules = SourceRules {
    volatile: &["version"],
    extras: &["part", "repairUser", "repairStatus", "defectRemarks"],
    references: &["defect", "part", "repairUser"],
};

pub(super) struct DvirLogDefects;

impl Source for DvirLogDefects {
    type Provider = Geotab;
    type Rows = Vec<Observation<DvirLogDefect>>;
    type Cursor = Versions<7>;

    const KNOWN: Known = Known { members: members::DVIR_LOG_DEFECT, words: &[] };

    /// Of its report the source has the id: not when it was made, nor who made it, whose remarks are told apart.
    const REMAP: Option<Remap<Self::Rows>> = Some(Remap::without(&["description", "notes"], |stored| {
        let wire = Members::of(stored.json);
        let id: String = wire.id("defect", "geotab")?;
        let mut row = observation(&wire.object("dvirLog"), stored.json, id, &Names::of_source(&wire))?;
        (row.fields.description, row.fields.notes) = (None, None);
        Some(vec![row])
    }));

    async fn page(api: &Api<'_, Geotab>, at: Versions<7>) -> Result<Page<Self::Rows, Versions<7>>, ProviderError> {
        let fed = api.feed(KIND, &at, PAGE_SIZE).await?;
        let logs: Vec<Members<'_>> = fed.records.parse::<Vec<&RawValue>>()?.into_iter().map(Members::of).collect();
        let found: Vec<(&Members<'_>, &RawValue)> =
            logs.iter().flat_map(|log| log.list("dvirDefects").into_iter().map(move |raw| (log, raw))).collect();
        if found.is_empty() {
            return Ok(fed.page(at, Vec::new()));
        }
        let bare = found.iter().map(|(_, raw)| Members::of(raw)).filter(is_bare).filter_map(|wire| wire.get("id"));
        let whole = match api.look_up(&bare.map(|id| (DEFECT, id)).collect()).await {
            Err(cause @ ProviderError::Rejected { .. }) => {
                tracing::warn!(provider = "geotab", %cause, "defects go without what they are");
                Found::default()
            }
            whole => whole?,
        };
        let names = Names::ask(api).await?;
        let rows = found.into_iter().filter_map(|(log, raw)| {
            let id: String = Members::of(raw).id("defect", "geotab")?;
            observation(log, whole.raw(DEFECT, &id).unwrap_or(raw), id, &names)
        });
        let rows = rows.collect();
        Ok(fed.page(at, rows))
    }
}

/// Whether a report has but the id of a defect: how much it has of them is not documented.
fn is_bare(defect: &Members<'_>) -> bool {
    ["defect", "part", "repairStatus"].iter().all(|name| defect.raw(name).is_none())
}

/// What defects and parts are called, and how severe they are, by id.
#[derive(Default)]
struct Names {
    known: BTreeMap<String, (Option<String>, Option<String>)>,
    /// Whether a list could not be read this time: stored defects stay as they are.
    are_partial: bool,
}

impl Names {
    /// Those that are part of a defect's source.
    fn of_source(defect: &Members<'_>) -> Self {
        let names = defect.object("names");
        let named = [
            (defect.reference("part"), (names.get("part"), None)),
            (defect.reference("defect"), (names.get("defect"), names.get("severity"))),
        ];
        Self { known: named.into_iter().filter_map(|(id, told)| Some((id?, told))).collect(), are_partial: false }
    }

    async fn ask(api: &Api<'_, Geotab>) -> Result<Self, ProviderError> {
        let mut names = Self::default();
        for kind in ["Group", "Defect"] {
            match api.beside(kind).await? {
                Ok(response) => {
                    for wire in response.parse::<Vec<&RawValue>>()?.into_iter().map(Members::of) {
                        if let Some(id) = wire.get("id") {
                            names.known.insert(id, (wire.get("name"), wire.get("severity")));
                        }
                    }
                }
                Err(missing) => names.are_partial |= missing == Missing::Down,
            }
        }
        Ok(names)
    }

    /// The id, the name and the severity of what a member refers to; what it says itself comes first.
    fn of(&self, wire: &Members<'_>, member: &str) -> (Option<String>, Option<String>, Option<String>) {
        let (id, own) = (wire.reference(member), wire.object(member));
        let (name, severity) = id.as_ref().and_then(|id| self.known.get(id)).cloned().unwrap_or_default();
        (id, own.get("name").or(name), own.get("severity").or(severity))
    }
}

/// A defect. What it is called, and whose report it stands in, is part of its source.
fn observation(log: &Members<'_>, raw: &RawValue, id: String, names: &Names) -> Option<Observation<DvirLogDefect>> {
    let wire = Members::of(raw);
    let report: String = log.id("inspection report", "geotab")?;
    let (code, name, severity) = names.of(&wire, "defect");
    let (_, part_name, _) = names.of(&wire, "part");
    let repair: Option<String> = wire.get("repairStatus");
    let (description, notes) = remarks(log, &wire);
    let fields = DvirLogDefect {
        source_dvir_log_id: Some(report.clone()),
        defect_type: part_name.as_deref().or(name.as_deref()).map(|label| part(label).to_owned()),
        defect_code: code,
        defect_name: name.clone(),
        description,
        status: match repair.as_deref() {
            Some("NotRepaired") => Some("active".into()),
            Some("Repaired" | "NotNecessary") => Some("resolved".into()),
            _ => None,
        },
        is_safety_critical: match severity.as_deref() {
            Some("Critical") => Some(true),
            Some("Normal") => Some(false),
            _ => None,
        },
        resolved_at: wire.moment("repairDateTime"),
        notes,
        ..DvirLogDefect::default()
    };
    let is_partial = names.are_partial && (name.is_none() || severity.is_none());
    let source = with(source_of(raw), "dvirLog", json!({ "id": report }));
    let named: Value = json!({ "defect": name, "part": part_name, "severity": severity });
    let row = RULES.observation(id, log.moment("dateTime"), with(source, "names", named), fields);
    Some(Observation { is_partial, ..row })
}

/// What the driver of a report wrote about a defect, and what others did, who repair it.
fn remarks(log: &Members<'_>, defect: &Members<'_>) -> (Option<String>, Option<String>) {
    let driver = log.reference("driver");
    let (mut own, mut others) = (Vec::new(), Vec::new());
    for remark in defect.list("defectRemarks").into_iter().map(Members::of) {
        let Some(text) = remark.get::<String>("remark") else { continue };
        let is_own = remark.reference("user").is_none_or(|user| Some(user) == driver);
        if is_own { own.push(text) } else { others.push(text) }
    }
    let joined = |texts: Vec<String>| (!texts.is_empty()).then(|| texts.join("\n"));
    (joined(own), joined(others))
}
