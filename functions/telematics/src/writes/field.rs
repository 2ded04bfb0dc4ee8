//! The members of a body: each is a row that says how it is read.

use gateway::{Member, Patch, Reader};
use model::telematics::{Point, RecordType};
use schemars::{Schema, json_schema};
use serde_json::{Map, Value, json};
use uuid::Uuid;

/// A member of a body.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Field {
    pub(crate) name: &'static str,
    about: &'static str,
    kind: Kind,
    is_required: bool,
    /// A list of the TSP's ids in which former bodies name the one record.
    listed_in: Option<&'static str>,
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
    /// Records of the connection; their former member with the TSP's ids.
    Records(&'static RecordType, &'static str),
    /// A record that no TSP writes a link to.
    Id,
    /// A GeoJSON point, in which former bodies have `latitude` and `longitude`.
    Point,
}

/// A member of a body that names a record, or a list of them.
#[derive(Clone, Debug)]
pub(crate) struct Link {
    /// Their type.
    pub(crate) record: &'static RecordType,
    /// The member that names them.
    pub(crate) member: &'static str,
    /// The member with the TSP's ids.
    pub(crate) source_member: &'static str,
    /// What they are called, all in the same way.
    pub(crate) names: Vec<Named>,
    /// Whether the member is a list.
    pub(crate) is_list: bool,
}

/// How a record is called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Named {
    /// By our id.
    Here(Uuid),
    /// By the TSP's.
    There(String),
}

impl Link {
    /// The path and the text of a name.
    pub(crate) fn path(&self, place: usize) -> (String, String) {
        let (member, text) = match self.names.get(place) {
            Some(Named::Here(id)) => (self.member, id.to_string()),
            Some(Named::There(id)) => (self.source_member, id.clone()),
            None => (self.member, String::new()),
        };
        if self.is_list { (format!("body.{member}.{place}"), text) } else { (format!("body.{member}"), text) }
    }

    /// The members of a payload that tell of the records: our ids where the body has them, and the TSP's.
    pub(crate) fn members(&self, source_ids: Vec<String>) -> impl Iterator<Item = (String, Value)> {
        let here = self.names.iter().filter_map(|name| match name {
            Named::Here(id) => Some(id.to_string()),
            Named::There(_) => None,
        });
        let is_list = self.is_list;
        let value = move |ids: Vec<String>| if is_list { json!(ids) } else { json!(ids.into_iter().next()) };
        let members = [(self.member, here.collect()), (self.source_member, source_ids)];
        let told = members.into_iter().filter(|(_, ids): &(_, Vec<String>)| !ids.is_empty());
        told.map(move |(member, ids)| (member.to_owned(), value(ids)))
    }
}

/// The most characters of texts in lines of their own, and of others.
const LINE: usize = 200;
const NOTES: usize = 4_000;
/// The most records in a list.
const MANY: usize = 100;

/// A member.
pub(crate) const fn field(name: &'static str, kind: Kind, about: &'static str) -> Field {
    Field { name, about, kind, is_required: false, listed_in: None }
}

impl Field {
    /// The member has to be sent.
    pub(crate) const fn required(self) -> Self {
        Self { is_required: true, ..self }
    }

    /// Former bodies may name the record in this list.
    pub(crate) const fn formerly_listed_in(self, member: &'static str) -> Self {
        Self { listed_in: Some(member), ..self }
    }

    /// Reads the member into the payload; records that it names are found later. `clears` is whether null says something.
    pub(crate) fn read(self, reader: &mut Reader, clears: bool, payload: &mut Map<String, Value>, links: &mut Vec<Link>) {
        if let Kind::Record(record, former) | Kind::Records(record, former) = self.kind {
            links.extend(self.link(reader, record, former));
            return;
        }
        if let Kind::Point = self.kind {
            self.point(reader, payload);
            return;
        }
        let member = reader.body(self.name).about(self.about);
        let member = if self.is_required { member.required() } else { member };
        let found = member.patch(|member| self.kind.value(member));
        let value = match found {
            Patch::Set(value) => Some(value),
            Patch::Clear if clears && self.kind.can_be_empty() => Some(Value::Null),
            Patch::Clear | Patch::Keep => None,
        };
        payload.extend(value.map(|value| (self.name.to_owned(), value)));
    }

    fn point(self, reader: &mut Reader, payload: &mut Map<String, Value>) {
        let Some(sent) = reader.body(self.name).about(self.about).deprecated().raw_object(point_schema) else {
            return;
        };
        let path = format!("body.{}", self.name);
        let numbers = sent.get("coordinates").and_then(Value::as_array).into_iter().flatten().map(Value::as_f64);
        let place = match numbers.collect::<Option<Vec<f64>>>().as_deref() {
            Some([longitude, latitude]) if sent.get("type") == Some(&json!("Point")) => Some((*longitude, *latitude)),
            _ => None,
        };
        let Some((longitude, latitude)) = place.filter(|(longitude, latitude)| Point::new(*longitude, *latitude).is_some())
        else {
            return reader.problem(&path, "", "format", "must be a GeoJSON point");
        };
        if payload.contains_key("latitude") || payload.contains_key("longitude") {
            return reader.problem(&path, "", "conflict_fields", "names the same place twice");
        }
        payload.insert("longitude".into(), json!(longitude));
        payload.insert("latitude".into(), json!(latitude));
    }

    fn link(self, reader: &mut Reader, record: &'static RecordType, former: &'static str) -> Option<Link> {
        let is_list = matches!(self.kind, Kind::Records(..));
        let mut names = self.ids(reader, is_list);
        names.extend(self.former_ids(reader, former, is_list));
        let is_here = |name: &Named| matches!(name, Named::Here(_));
        let is_mixed = names.iter().any(is_here) && !names.iter().all(is_here);
        if is_mixed || (names.len() > 1 && !is_list) {
            reader.problem(&format!("body.{former}"), "", "conflict_fields", "names the same record twice");
            return None;
        }
        if names.is_empty() && self.is_required {
            reader.problem(&format!("body.{}", self.name), "", "missing", "is required");
        }
        (!names.is_empty()).then_some(Link { record, member: self.name, source_member: former, names, is_list })
    }

    fn ids(self, reader: &mut Reader, is_list: bool) -> Vec<Named> {
        let member = reader.body(self.name).about(self.about);
        let member = if self.is_required { member.documented_as_required() } else { member };
        let ids: Vec<Uuid> = if is_list { member.ids(MANY).unwrap_or_default() } else { member.id().into_iter().collect() };
        unique(ids).into_iter().map(Named::Here).collect()
    }

    fn former_ids(self, reader: &mut Reader, former: &'static str, is_list: bool) -> Vec<Named> {
        let mut list = |name: &'static str| {
            let about = "The TSP's ids, as builds before ours took them.";
            reader.body(name).about(about).deprecated().texts(MANY, LINE).unwrap_or_default()
        };
        let mut ids = if is_list { list(former) } else { self.listed_in.map(list).unwrap_or_default() };
        if !is_list {
            ids.extend(reader.body(former).about("The TSP's id, as builds before ours took it.").deprecated().text(1, LINE));
        }
        unique(ids).into_iter().map(Named::There).collect()
    }
}

fn point_schema() -> Schema {
    json_schema!({ "type": "object", "additionalProperties": true })
}

/// Every value once, in their order.
fn unique<T: PartialEq>(values: Vec<T>) -> Vec<T> {
    let mut kept = Vec::with_capacity(values.len());
    for value in values {
        if !kept.contains(&value) {
            kept.push(value);
        }
    }
    kept
}

impl Kind {
    /// Whether null says something: that a text is to be empty. Of other members it is as if they were not sent.
    const fn can_be_empty(self) -> bool {
        matches!(self, Self::Text | Self::Notes)
    }

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
            Self::Record(..) | Self::Records(..) | Self::Point | Self::Id => {
                member.id::<Uuid>().map(|id| Value::from(id.to_string()))
            }
        }
    }
}
