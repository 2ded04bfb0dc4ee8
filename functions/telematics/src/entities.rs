//! What vehicles and users have in common: one way to list them, one way to read one.

use std::collections::BTreeSet;

use gateway::{ApiError, Call, Context, Json, Listing, Paging, Reader};
use model::telematics::{Envelope, Row};
use model::{RecordId, Resource};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use store::telematics::{EntityFilter, Entry, Order};

use crate::scope::Scope;

/// Members that every list of entities reads.
pub struct Query {
    scope: Scope,
    filter: EntityFilter,
    order: Order,
    paging: Paging,
}

/// The direction of a list.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum SortOrder {
    /// Smallest first.
    Asc,
    /// Largest first.
    Desc,
}

impl Query {
    /// Reads the members; `ids` is the name of the list of record ids, `T` the kind of row that `sort_by` may name.
    pub fn read<T: Default + Serialize>(reader: &mut Reader, ids: &'static str, is_driver: Option<bool>) -> Self {
        let field = reader.query("sort_by").text(1, 100);
        if let Some(name) = field.as_ref().filter(|name| !sortable::<T>().contains(*name)) {
            reader.problem("query.sort_by", name, "sort_field_unknown", "is not a scalar field of the row");
        }
        let descending = reader.query("sort_order").code() == Some(SortOrder::Desc);
        let filter =
            EntityFilter { ids: reader.query(ids).ids(100), source_ids: reader.query("source_ids").texts(100), is_driver };
        Self { scope: Scope::read(reader), filter, order: Order { field, descending }, paging: Paging::read(reader, 1_000) }
    }

    /// The page that was asked for.
    ///
    /// # Errors
    /// 403 for callers other than partners, 422 for a cursor that does not hold.
    pub async fn list<T>(self, context: &Context, call: &Call, resource: Resource) -> Result<Listing<Row<T>>, ApiError> {
        let start = self.paging.start(context, call).await?;
        let grant = self.scope.grant(context, call, resource).await?;
        let store = context.store();
        let total = match start.total() {
            Some(total) => total,
            None => store.count_entities(&grant, &self.filter).await?,
        };
        let slice = store.list_entities(&grant, &self.filter, &self.order, &start.page(), self.scope.source_data).await?;
        Listing::of(&start, slice, Some(total))
    }
}

/// Fields of a row that a list can be sorted by: the scalar ones. Which those are shows in the row's schema.
fn sortable<T: Default + Serialize>() -> BTreeSet<String> {
    const OBJECTS: &[&str] =
        &["source_data", "extras", "vehicle_groups", "company_groups", "private_user_groups", "report_groups", "security_groups"];
    let fields = serde_json::to_value(T::default()).unwrap_or_default();
    let own = fields.as_object().into_iter().flatten().map(|(name, _)| name.clone());
    let shared = Envelope::MEMBERS.iter().map(|name| (*name).to_owned());
    own.chain(shared).filter(|name| !OBJECTS.contains(&name.as_str())).collect()
}

/// One entity.
///
/// # Errors
/// 404 if no active agreement shows it to the caller.
pub async fn get<T>(
    context: &Context,
    call: &Call,
    (resource, what): (Resource, &'static str),
    id: RecordId,
    source_data: Option<bool>,
) -> Result<Json<Shown<T>>, ApiError> {
    let grant = Scope::default().grant(context, call, resource).await?;
    let row = context.store().get_entity(&grant, id, source_data.unwrap_or(false)).await?;
    let row = row.ok_or_else(|| ApiError::not_found(what))?;
    Ok(Json(Shown(row, std::marker::PhantomData)))
}

/// A row on its own: JSON in the published shape of `T`.
pub struct Shown<T>(Entry, std::marker::PhantomData<fn() -> T>);

impl<T> Serialize for Shown<T> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl<T: JsonSchema> JsonSchema for Shown<T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        Row::<T>::schema_name()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        generator.subschema_for::<Row<T>>()
    }
}
