//! Query parameters that admit rows by what they hold.

use gateway::Reader;
use model::telematics::record::{contains, equal};
use model::telematics::{RecordType, Storage};
use store::telematics::{MemberFilter, Query, Values};

/// A parameter that admits rows by a member: `driver_ids` by `driver_id`, `is_driver` by `is_driver`. That of the resource's own
/// name (`vehicle_ids` of vehicles) is about the rows' own ids, `source_ids` about the TSP's.
#[derive(Clone, Copy, Debug)]
pub enum Filter {
    /// Up to 100 ids of records.
    Ids(&'static str),
    /// Up to 100 texts of up to 200 characters.
    Texts(&'static str),
    /// Up to so many codes of a closed list.
    Codes(&'static str, usize, &'static [&'static str]),
    /// True or false.
    Flag(&'static str),
}

/// What a filter looks at.
enum Target {
    Id,
    SourceId,
    Member(&'static str),
}

impl Filter {
    /// The parameter's name.
    #[must_use]
    pub const fn parameter(&self) -> &'static str {
        match self {
            Self::Ids(name) | Self::Texts(name) | Self::Codes(name, ..) | Self::Flag(name) => name,
        }
    }

    /// Fails to compile where rows cannot be found by it.
    pub(crate) const fn check(&self, record: &RecordType) {
        let Target::Member(member) = self.target(record) else {
            assert!(matches!(record.storage, Storage::Entity { .. }), "only entities are found by their ids");
            return;
        };
        assert!(contains(record.members, member), "a filter names a member that rows do not have");
        if let Storage::Series(timeline, packing) = record.storage {
            let mut known = equal(member.as_bytes(), timeline.subject.as_bytes());
            let mut links = packing.links;
            while let [(linked, _), rest @ ..] = links {
                known = known || equal(member.as_bytes(), linked.as_bytes());
                links = rest;
            }
            assert!(known, "readings are found by their subject and by links only");
        }
    }

    const fn target(&self, record: &RecordType) -> Target {
        let parameter = self.parameter();
        match parameter.as_bytes() {
            b"source_ids" => return Target::SourceId,
            [own @ .., b'_', b'i', b'd', b's'] if equal(own, record.resource.name().as_bytes()) => return Target::Id,
            _ => {}
        }
        let singular = match parameter.as_bytes() {
            [name @ .., b's'] if !matches!(self, Self::Flag(_)) => std::str::from_utf8(name),
            _ => Ok(parameter),
        };
        match singular {
            Ok(member) => Target::Member(member),
            Err(_) => Target::Member(parameter),
        }
    }

    /// Reads the parameter into the query. How many values there are; `None` if it is absent.
    pub(crate) fn read(&self, reader: &mut Reader, record: &'static RecordType, query: &mut Query) -> Option<usize> {
        let member = reader.query(self.parameter()).about_with(|| self.about(record));
        let values = match self {
            Self::Ids(_) => Values::Ids(member.ids(100)?),
            Self::Texts(_) => Values::Texts(member.texts(100, 200)?),
            Self::Codes(_, most, list) => Values::Texts(member.listed_many(*most, list)?),
            Self::Flag(_) => Values::Flag(member.flag()?),
        };
        let count = match &values {
            Values::Ids(ids) => ids.len(),
            Values::Texts(texts) => texts.len(),
            Values::Flag(_) => 1,
        };
        match (self.target(record), values) {
            (Target::Id, Values::Ids(ids)) => query.ids = Some(ids),
            (Target::SourceId, Values::Texts(ids)) => query.source_ids = Some(ids),
            (Target::Member(member), any_of) => query.members.push(MemberFilter { member, any_of }),
            (Target::Id | Target::SourceId, _) => {}
        }
        Some(count)
    }

    /// What the documents say about it.
    fn about(&self, record: &RecordType) -> String {
        match (self.target(record), self) {
            (Target::Id, _) => "Only the records with these ids.".to_owned(),
            (Target::SourceId, _) => "Only the records with these ids at the TSP.".to_owned(),
            (Target::Member(_), Self::Ids(name)) => {
                format!("Only records of these {}s.", name.trim_end_matches("_ids").replace('_', " "))
            }
            (Target::Member(member), Self::Flag(_)) => format!("Only records with this value of `{member}`."),
            (Target::Member(member), Self::Texts(_) | Self::Codes(..)) => {
                format!("Only records with one of these values of `{member}`.")
            }
        }
    }

    /// Whether a query has a condition by this filter.
    pub(crate) fn is_in(&self, record: &RecordType, query: &Query) -> bool {
        match self.target(record) {
            Target::Id => query.ids.is_some(),
            Target::SourceId => query.source_ids.is_some(),
            Target::Member(member) => query.members.iter().any(|filter| filter.member == member),
        }
    }
}
