//! What a row of an endpoint table holds for the documents alone. The functions' artefact is built without it: its tables would
//! carry the schemas of all endpoints into every function.

use crate::serve::Describe;

#[cfg(feature = "openapi")]
mod kept {
    use super::Describe;

    /// How an operation is documented.
    #[derive(Clone, Copy)]
    pub(crate) struct Published {
        /// A paragraph for people.
        pub(crate) description: &'static str,
        /// What it reads and answers.
        pub(crate) operation: &'static dyn Describe,
    }

    impl Published {
        pub(crate) const fn of<D: Describe>(operation: &'static D) -> Self {
            Self { description: "", operation }
        }

        pub(crate) const fn describe(&mut self, text: &'static str) {
            self.description = text;
        }
    }
}

#[cfg(not(feature = "openapi"))]
mod kept {
    use super::Describe;

    /// Nothing.
    #[derive(Clone, Copy)]
    pub(crate) struct Published;

    impl Published {
        pub(crate) const fn of<D: Describe>(_: &'static D) -> Self {
            Self
        }

        pub(crate) const fn describe(&mut self, _: &'static str) {}
    }
}

pub(crate) use kept::Published;
