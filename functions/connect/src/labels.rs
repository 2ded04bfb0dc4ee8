//! The labels of credentials, for providers that have no words of their own for them (`help.rs`).

use crate::language::{Language, Said, said};

const LABELS: &[Said] = &[
    said("API id", "ID de API", "Identifiant d’API"),
    said("API key", "Clave de API", "Clé d’API"),
    said("Access key", "Clave de acceso", "Clé d’accès"),
    said("Access token", "Token de acceso", "Jeton d’accès"),
    said("Account id", "ID de cuenta", "Identifiant de compte"),
    said("App id", "ID de la aplicación", "Identifiant de l’application"),
    said("App key", "Clave de la aplicación", "Clé de l’application"),
    said("Authorization code", "Código de autorización", "Code d’autorisation"),
    said("Bucket", "Bucket", "Bucket"),
    said("Carrier id", "ID del transportista", "Identifiant du transporteur"),
    said("Carrier identifier", "Identificador del transportista", "Numéro du transporteur"),
    said("Client id", "ID de cliente", "Identifiant client"),
    said("Client key", "Clave de cliente", "Clé client"),
    said("Client secret", "Secreto de cliente", "Secret client"),
    said("Company id", "ID de la empresa", "Identifiant de l’entreprise"),
    said("Consumer key", "Clave de consumidor", "Clé consommateur"),
    said("Database", "Base de datos", "Base de données"),
    said("Database driver", "Controlador de base de datos", "Pilote de base de données"),
    said("Grant type", "Tipo de concesión", "Type d’octroi"),
    said("Host", "Servidor", "Serveur"),
    said("Kind of carrier identifier", "Tipo de identificador del transportista", "Type de numéro du transporteur"),
    said("Lifetime in seconds", "Vigencia en segundos", "Durée de validité en secondes"),
    said("Password", "Contraseña", "Mot de passe"),
    said("Port", "Puerto", "Port"),
    said("Private key", "Clave privada", "Clé privée"),
    said("Provider token", "Token del proveedor", "Jeton du fournisseur"),
    said("REST password", "Contraseña REST", "Mot de passe REST"),
    said("REST user name", "Nombre de usuario REST", "Nom d’utilisateur REST"),
    said("Realm", "Dominio (realm)", "Domaine (realm)"),
    said("Redirect URI", "URI de redirección", "URI de redirection"),
    said("Refresh token", "Token de actualización", "Jeton d’actualisation"),
    said("Region", "Región", "Région"),
    said("Resource owner id", "ID del propietario del recurso", "Identifiant du propriétaire de la ressource"),
    said("Resource owner secret", "Secreto del propietario del recurso", "Secret du propriétaire de la ressource"),
    said("Scope", "Alcance", "Portée"),
    said("Secret key", "Clave secreta", "Clé secrète"),
    said("Session id", "ID de sesión", "Identifiant de session"),
    said("Signature method", "Método de firma", "Méthode de signature"),
    said("Token", "Token", "Jeton"),
    said("Token URL", "URL del token", "URL du jeton"),
    said("Token authorization", "Autorización del token", "Autorisation du jeton"),
    said("Token type", "Tipo de token", "Type de jeton"),
    said("URL", "URL", "URL"),
    said("USDOT number", "Número USDOT", "Numéro USDOT"),
    said("User id", "ID de usuario", "Identifiant d’utilisateur"),
    said("User name", "Nombre de usuario", "Nom d’utilisateur"),
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
