//! `sort_by` and `sort_order`.

use gateway::Reader;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use store::telematics::Order;

/// The direction of a list.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum SortOrder {
    /// Smallest first.
    Asc,
    /// Largest first.
    Desc,
}

/// Reads them; `is_sortable` knows the members that a list can be sorted by, `example` is one of them.
pub(crate) fn read(reader: &mut Reader, example: &'static str, is_sortable: impl Fn(&str) -> bool) -> Order {
    let field =
        reader.query("sort_by").about("The member to sort by. It holds no object and no list.").example(example).text(1, 100);
    if let Some(name) = field.as_ref().filter(|name| !is_sortable(name)) {
        reader.problem("query.sort_by", name, "sort_field_unknown", "must name a scalar field");
    }
    let descending = reader.query("sort_order").about("The direction of the list.").code_or(SortOrder::Asc) == SortOrder::Desc;
    Order { field, descending }
}
