//! The members of a body: each is a row that says how it is read.

use gateway::{Member, Patch, Reader};
use model::telematics::RecordType;
use serde_json::{Map, Value, json};
use uuid::Uuid;

/// A member of a body.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Field {
    pub(crate) name: &'static str,
    about: &'static str,
    kind: Kind,
    is_required: bool,
}

/// How a member is read.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Kind {
    /// A line of text.
    Text,
    /// A text with lines.
    Notes,
    /// An alpha-3 code of a country.
    Country,
    /// An alpha-2 code of a country.
    ShortCountry,
    /// True or false.
    Flag,
    /// An integer up to so much.
    Whole(u32),
    /// A number between these.
    Number(f64, f64),
    /// A decimal number, or the text of one.
    Decimal,
    /// A day.
    Date,
    /// An instant.
    Instant,
    /// A value of a published list.
    Listed(&'static [&'static str]),
    /// The same; this one if none is sent.
    ListedOr(&'static [&'static str], &'static str),
    /// Values of a published list.
    ListedMany(&'static [&'static str]),
    /// A record of the connection; its former member with the TSP's id.
    Record(&'static RecordType, &'static str),
    /// A record that no TSP writes a link to.
    Id,
}

/// A record that a body names.
#[derive(Clone, Debug)]
pub(crate) struct Link {
    /// Its type.
    pub(crate) record: &'static RecordType,
    /// The member that names it.
    pub(crate) member: &'static str,
    /// The member with the TSP's id.
    pub(crate) source_member: &'static str,
    /// What it is called.
    pub(crate) name: Named,
}

/// How a record is called.
#[derive(Clone, Debug)]
pub(crate) enum Named {
    /// By our id.
    Here(Uuid),
    /// By the TSP's.
    There(String),
}

/// The most characters of texts in lines of their own, and of others.
const LINE: usize = 200;
const NOTES: usize = 4_000;

/// A member.
pub(crate) const fn field(name: &'static str, kind: Kind, about: &'static str) -> Field {
    Field { name, about, kind, is_required: false }
}

impl Field {
    /// The member has to be sent.
    pub(crate) const fn required(self) -> Self {
        Self { is_required: true, ..self }
    }

    /// Reads the member into the payload; records that it names are found later. `clears` is whether null says something.
    pub(crate) fn read(self, reader: &mut Reader, clears: bool, payload: &mut Map<String, Value>, links: &mut Vec<Link>) {
        if let Kind::Record(record, former) = self.kind {
            links.extend(self.link(reader, record, former));
            return;
        }
        let member = reader.body(self.name).about(self.about);
        let member = if self.is_required { member.required() } else { member };
        let found = member.patch(|member| self.kind.value(member));
        let value = match found {
            Patch::Set(value) => Some(value),
            Patch::Clear if clears => Some(Value::Null),
            Patch::Clear | Patch::Keep => None,
        };
        payload.extend(value.map(|value| (self.name.to_owned(), value)));
    }

    fn link(self, reader: &mut Reader, record: &'static RecordType, former: &'static str) -> Option<Link> {
        let member = reader.body(self.name).about(self.about);
        let member = if self.is_required { member.documented_as_required() } else { member };
        let here: Option<Uuid> = member.id();
        let there = reader.body(former).about("The TSP's id, as builds before ours took it.").deprecated().text(1, LINE);
        let path = format!("body.{}", self.name);
        let name = match (here, there) {
            (Some(_), Some(other)) => {
                reader.problem(&format!("body.{former}"), &other, "conflict_fields", "names the same record twice");
                return None;
            }
            (Some(id), None) => Named::Here(id),
            (None, Some(id)) => Named::There(id),
            (None, None) if self.is_required => {
                reader.problem(&path, "", "missing", "is required");
                return None;
            }
            (None, None) => return None,
        };
        Some(Link { record, member: self.name, source_member: former, name })
    }
}

impl Kind {
    fn value(self, member: Member<'_>) -> Option<Value> {
        let country = |letters: usize, text: &str| text.len() == letters && text.bytes().all(|byte| byte.is_ascii_alphabetic());
        match self {
            Self::Text => member.text(0, LINE).map(Value::from),
            Self::Notes => member.paragraph(0, NOTES).map(Value::from),
            Self::Country => {
                member.matching(3, r"^\w{3}$", "must be an ISO 3166-1 alpha-3 code", |text| country(3, text)).map(Value::from)
            }
            Self::ShortCountry => {
                member.matching(2, r"^\w{2}$", "must be an ISO 3166-1 alpha-2 code", |text| country(2, text)).map(Value::from)
            }
            Self::Flag => member.flag().map(Value::from),
            Self::Whole(most) => member.whole(0, most).map(Value::from),
            Self::Number(least, most) => member.number(least..=most).map(Value::from),
            Self::Decimal => member.decimal().map(Value::from),
            Self::Date => member.date().map(Value::from),
            Self::Instant => member.instant().map(|instant| json!(instant)),
            Self::Listed(values) => member.listed(values).map(Value::from),
            Self::ListedOr(values, usual) => Some(Value::from(member.documented_default(usual).listed(values).unwrap_or(usual))),
            Self::ListedMany(values) => member.listed_many(100, values).map(Value::from),
            Self::Record(..) | Self::Id => member.id::<Uuid>().map(|id| Value::from(id.to_string())),
        }
    }
}
