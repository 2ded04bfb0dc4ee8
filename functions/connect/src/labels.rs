//! The labels of credentials, for providers that have no words of their own for them (`help.rs`).

use crate::language::{Language, Said, said};

const LABELS: &[Said] = &[
    said("API id", "ID de API"),
    said("API key", "Clave de API"),
    said("Access key", "Clave de acceso"),
    said("Access token", "Token de acceso"),
    said("Account id", "ID de cuenta"),
    said("App id", "ID de la aplicación"),
    said("App key", "Clave de la aplicación"),
    said("Authorization code", "Código de autorización"),
    said("Bucket", "Bucket"),
    said("Carrier id", "ID del transportista"),
    said("Carrier identifier", "Identificador del transportista"),
    said("Client id", "ID de cliente"),
    said("Client key", "Clave de cliente"),
    said("Client secret", "Secreto de cliente"),
    said("Company id", "ID de la empresa"),
    said("Consumer key", "Clave de consumidor"),
    said("Database", "Base de datos"),
    said("Database driver", "Controlador de base de datos"),
    said("Grant type", "Tipo de concesión"),
    said("Host", "Servidor"),
    said("Kind of carrier identifier", "Tipo de identificador del transportista"),
    said("Lifetime in seconds", "Vigencia en segundos"),
    said("Password", "Contraseña"),
    said("Port", "Puerto"),
    said("Private key", "Clave privada"),
    said("Provider token", "Token del proveedor"),
    said("REST password", "Contraseña REST"),
    said("REST user name", "Nombre de usuario REST"),
    said("Realm", "Dominio (realm)"),
    said("Redirect URI", "URI de redirección"),
    said("Refresh token", "Token de actualización"),
    said("Region", "Región"),
    said("Resource owner id", "ID del propietario del recurso"),
    said("Resource owner secret", "Secreto del propietario del recurso"),
    said("Scope", "Alcance"),
    said("Secret key", "Clave secreta"),
    said("Session id", "ID de sesión"),
    said("Signature method", "Método de firma"),
    said("Token", "Token"),
    said("Token URL", "URL del token"),
    said("Token authorization", "Autorización del token"),
    said("Token type", "Tipo de token"),
    said("URL", "URL"),
    said("USDOT number", "Número USDOT"),
    said("User id", "ID de usuario"),
    said("User name", "Nombre de usuario"),
];

/// A label of a form in a language.
pub(crate) fn of(language: Language, label: &'static str) -> &'static str {
    let known = LABELS.iter().find(|known| known.to(Language::English) == label);
    known.map_or(label, |known| known.to(language))
}

#[cfg(test)]
mod tests {
    use model::credentials::Form;

    use super::*;

    #[test]
    fn every_label_is_said_in_every_language() {
        let used = || Form::all().iter().flat_map(|form| form.fields).map(|field| field.label);
        for label in used() {
            assert!(LABELS.iter().any(|known| known.to(Language::English) == label), "{label}");
        }
        for known in LABELS {
            assert!(used().any(|label| label == known.to(Language::English)), "{}", known.to(Language::English));
        }
    }
}
