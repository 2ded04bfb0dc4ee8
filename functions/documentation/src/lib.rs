//! What partners read: guides, the reference of the API, and its documents. All of it is part of the artifact, and no page asks
//! another host for anything.
//!
//! Guides are the Markdown files of `docs/guides`, whose examples a test runs. The reference is Redoc (npm package `redoc`, MIT) over the
//! documents that `cargo xtask openapi` writes.

mod assets;
mod guide;
mod guides;
mod index;
mod layout;
mod openapi;
mod reference;

use gateway::{Access, Endpoint, Operation, Service};
use http::Method;

pub use layout::error_page;

/// The service and its rows.
pub const SERVICE: Service = Service {
    name: "documentation",
    title: "Documentation",
    description: "Guides, the reference of the API, and its OpenAPI documents.",
    tags: &[],
    endpoints,
};

const INDEX: &str = "/docs";
const GUIDE: &str = "/docs/guides/{name}";
const REFERENCE: &str = "/docs/reference/{service}";
const ASSET: &str = "/docs/assets/{name}";
const OPENAPI: &str = "/v2/{service}/openapi.json";

/// Everything that can be asked for, by `GET`.
pub const PATHS: [&str; 5] = [INDEX, GUIDE, REFERENCE, ASSET, OPENAPI];

fn endpoints() -> Vec<Endpoint> {
    vec![
        page::<index::Index>(INDEX, "documentation.index").summary("List guides and references"),
        page::<guide::Read>(GUIDE, "documentation.guide").summary("Read a guide"),
        page::<reference::Read>(REFERENCE, "documentation.reference").summary("Read the reference of a service"),
        page::<assets::Asset>(ASSET, "documentation.asset").summary("Serve what the pages need"),
        Endpoint::new::<openapi::Get>(Method::GET, OPENAPI, "documentation.openapi", Access::Public, &[])
            .summary("Serve the OpenAPI document of a service"),
    ]
}

/// Errors are pages.
fn page<O: Operation>(path: &'static str, handler: &'static str) -> Endpoint {
    Endpoint::new::<O>(Method::GET, path, handler, Access::Public, &[]).failing_as(error_page)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_has_a_path_of_the_list() {
        let paths: Vec<&str> = endpoints().iter().map(|row| row.path).collect();
        assert_eq!(paths, PATHS);
    }
}
