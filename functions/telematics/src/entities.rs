//! What vehicles and users have in common: one way to list them, one way to read one.

use gateway::{ApiError, Call, Context, Listing, Paging, Reader, Serialized};
use model::RecordId;
use model::telematics::{RecordType, Row};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use store::telematics::{MemberFilter, Order, Query};

use crate::scope::Scope;

/// Members that every list of entities reads.
pub struct Entities {
    record: &'static RecordType,
    scope: Scope,
    query: Query,
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

impl Entities {
    /// Reads the members; `ids` is the name of the list of record ids.
    pub fn read(reader: &mut Reader, record: &'static RecordType, ids: &'static str, members: Vec<MemberFilter>) -> Self {
        let field = reader.query("sort_by").text(1, 100);
        if let Some(name) = field.as_ref().filter(|name| !record.is_sortable(name)) {
            reader.problem("query.sort_by", name, "sort_field_unknown", "must name a scalar field");
        }
        let descending = reader.query("sort_order").code() == Some(SortOrder::Desc);
        let query = Query {
            ids: reader.query(ids).ids(100),
            source_ids: reader.query("source_ids").texts(100),
            members,
            order: Order { field, descending },
            ..Query::default()
        };
        Self { record, scope: Scope::read(reader), query, paging: Paging::read(reader, 1_000) }
    }

    /// The page that was asked for.
    ///
    /// # Errors
    /// 403 for callers other than partners, 422 for a cursor that does not hold.
    pub async fn list<T>(self, context: &Context, call: &Call) -> Result<Listing<Row<T>>, ApiError> {
        let cursor = self.paging.open(context, call).await?;
        let grant = self.scope.grant(context, call, self.record).await?;
        let store = context.store();
        let total = match cursor.total() {
            Some(total) => total,
            None => store.count_rows(&grant, &self.query).await?,
        };
        let slice = store.list_rows(&grant, &self.query, &cursor.page(), self.scope.source_data).await?;
        Listing::of_rows(&cursor, &slice, Some(total))
    }
}

/// One entity.
///
/// # Errors
/// 404 if no active agreement shows it to the caller.
pub async fn get<T>(
    context: &Context,
    call: &Call,
    record: &'static RecordType,
    id: RecordId,
    source_data: Option<bool>,
) -> Result<Serialized<Row<T>>, ApiError> {
    let grant = Scope::default().grant(context, call, record).await?;
    let row = context.store().get_row(&grant, id, source_data.unwrap_or(false)).await?;
    Ok(Serialized::of(row.ok_or_else(|| ApiError::not_found(record.resource.name()))?))
}
