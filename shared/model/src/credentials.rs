//! Credential forms.
