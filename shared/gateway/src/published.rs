//! The parts of endpoint rows that only the documents need. The functions' artifact is built without them, since its tables would
//! otherwise include the schemas of all endpoints in every function.

use crate::serve::Describe;

#[cfg(feature = "openapi")]
mod kept {
    use super::Describe;

    /// The documentation of an operation.
    #[derive(Clone, Copy)]
    pub(crate) struct Published {
        /// A description in Markdown.
        pub(crate) description: &'static str,
        /// Whether it may change without notice.
        pub(crate) is_provisional: bool,
        /// Its input and its responses.
        pub(crate) operation: &'static dyn Describe,
    }

    impl Published {
        pub(crate) const fn of<D: Describe>(operation: &'static D) -> Self {
            Self { description: "", is_provisional: false, operation }
        }

        pub(crate) const fn describe(&mut self, text: &'static str) {
            self.description = text;
        }

        pub(crate) const fn mark_provisional(&mut self) {
            self.is_provisional = true;
        }
    }
}

#[cfg(not(feature = "openapi"))]
mod kept {
    use super::Describe;

    /// Empty.
    #[derive(Clone, Copy)]
    pub(crate) struct Published;

    impl Published {
        pub(crate) const fn of<D: Describe>(_: &'static D) -> Self {
            Self
        }

        pub(crate) const fn describe(&mut self, _: &'static str) {}

        pub(crate) const fn mark_provisional(&mut self) {}
    }
}

pub(crate) use kept::Published;
