//! `GET /v2/orgs/external-tsps`

use gateway::{ApiError, Call, Context, Input, Json, Operation, Reader};

use super::registry::ENTRIES;
use super::{ExtTspRead, catalogue, search};

/// The providers that fleets know, by name; not paged.
pub struct List;

/// What was typed of a provider.
pub struct Filters(Option<String>);

impl Input for Filters {
    fn read(reader: &mut Reader) -> Self {
        let member =
            reader.query("q").about("Only providers whose name, website or email domain is like this.").example("samsra");
        Self(member.text(1, 200))
    }
}

impl Operation for List {
    type Input = Filters;
    type Output = Json<Vec<ExtTspRead>>;

    async fn run(context: &Context, _: Call, Filters(text): Filters) -> Result<Self::Output, ApiError> {
        let tsps = catalogue(context).await?;
        let found = ENTRIES.iter().filter(|entry| text.as_ref().is_none_or(|text| search::matches(entry, text)));
        Ok(Json(found.map(|entry| entry.read(&tsps)).collect()))
    }
}
