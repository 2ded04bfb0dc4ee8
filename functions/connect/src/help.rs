//! What a fleet needs to know about its provider: where to find credentials, and what they are called there.

use crate::language::{Language, Said, said};

/// A provider as its customers know it.
struct Help {
    source_name: &'static str,
    /// Other names, in small letters, that people search for.
    aliases: &'static [&'static str],
    /// What to have at hand, in a sentence.
    lead: Said,
    /// Where to find it, step by step, in the words of the provider's own menus, which are English.
    steps: &'static [Said],
    /// What the provider calls a field.
    labels: &'static [(&'static str, Said)],
    /// What a value looks like.
    hints: &'static [(&'static str, Said)],
}

const HELP: &[Help] = &[
    Help {
        source_name: "samsara",
        aliases: &["vehicle gateway", "vg34", "vg54", "samsara driver"],
        lead: said(
            "Paste an API token with read access. It takes about a minute.",
            "Pegue un token de API con permiso de lectura. Se tarda cerca de un minuto.",
            "Collez un jeton d’API avec accès en lecture. Cela prend environ une minute.",
        ),
        steps: &[
            said(
                "Sign in to your Samsara dashboard as an administrator.",
                "Inicie sesión en el panel de Samsara como administrador.",
                "Connectez-vous à votre tableau de bord Samsara en tant qu’administrateur.",
            ),
            said("Open Settings, then API Tokens.", "Abra Settings y luego API Tokens.", "Ouvrez Settings, puis API Tokens."),
            said(
                "Choose Add an API Token, and give it a name.",
                "Elija Add an API Token y póngale un nombre.",
                "Choisissez Add an API Token et donnez-lui un nom.",
            ),
            said(
                "Allow reading of vehicles, vehicle statistics, drivers, trailers, hours of service and the organization.",
                "Permita la lectura de vehículos, estadísticas de vehículos, conductores, remolques, horas de servicio y la organización.",
                "Autorisez la lecture des véhicules, des statistiques des véhicules, des conducteurs, des remorques, des heures de service et de l’organisation.",
            ),
            said(
                "Save, copy the token, and paste it here. It is shown once only.",
                "Guarde, copie el token y péguelo aquí. Solo se muestra una vez.",
                "Enregistrez, copiez le jeton et collez-le ici. Il n’est affiché qu’une seule fois.",
            ),
        ],
        labels: &[
            ("token", said("API token", "Token de API", "Jeton d’API")),
            ("access_token", said("API token", "Token de API", "Jeton d’API")),
            ("api_key", said("API token", "Token de API", "Jeton d’API")),
        ],
        hints: &[("token", said("It begins with samsara_api_", "Empieza por samsara_api_", "Il commence par samsara_api_"))],
    },
    Help {
        source_name: "motive",
        aliases: &["keeptruckin", "keep truckin", "kt"],
        lead: said(
            "Paste an API key. It takes about a minute.",
            "Pegue una clave de API. Se tarda cerca de un minuto.",
            "Collez une clé d’API. Cela prend environ une minute.",
        ),
        steps: &[
            said(
                "Sign in to your Motive dashboard as an administrator.",
                "Inicie sesión en el panel de Motive como administrador.",
                "Connectez-vous à votre tableau de bord Motive en tant qu’administrateur.",
            ),
            said(
                "Open Admin, then Company, then API Keys.",
                "Abra Admin, luego Company y luego API Keys.",
                "Ouvrez Admin, puis Company, puis API Keys.",
            ),
            said(
                "Choose Create API Key, and copy it.",
                "Elija Create API Key y copie la clave.",
                "Choisissez Create API Key et copiez la clé.",
            ),
        ],
        labels: &[
            ("api_key", said("API key", "Clave de API", "Clé d’API")),
            ("token", said("API key", "Clave de API", "Clé d’API")),
        ],
        hints: &[],
    },
    Help {
        source_name: "geotab",
        aliases: &["mygeotab", "geotab drive", "go9"],
        lead: said(
            "Enter the user name, the password and the database of a MyGeotab user that may view your fleet.",
            "Ingrese el nombre de usuario, la contraseña y la base de datos de un usuario de MyGeotab que pueda ver su flota.",
            "Saisissez le nom d’utilisateur, le mot de passe et la base de données d’un utilisateur MyGeotab autorisé à consulter votre flotte.",
        ),
        steps: &[
            said(
                "Sign in to MyGeotab as an administrator.",
                "Inicie sesión en MyGeotab como administrador.",
                "Connectez-vous à MyGeotab en tant qu’administrateur.",
            ),
            said(
                "Open People, then Users & Drivers, and add a user with basic authentication that may view everything.",
                "Abra People y luego Users & Drivers, y agregue un usuario con autenticación básica que pueda verlo todo.",
                "Ouvrez People, puis Users & Drivers, et ajoutez un utilisateur avec authentification de base autorisé à tout consulter.",
            ),
            said(
                "The database is the name after my.geotab.com in your browser's address.",
                "La base de datos es el nombre que sigue a my.geotab.com en la dirección de su navegador.",
                "La base de données est le nom qui suit my.geotab.com dans l’adresse de votre navigateur.",
            ),
        ],
        labels: &[
            ("username", said("User name", "Nombre de usuario", "Nom d’utilisateur")),
            ("database", said("Database", "Base de datos", "Base de données")),
        ],
        hints: &[(
            "database",
            said(
                "As in my.geotab.com/<database>",
                "Como en my.geotab.com/<base de datos>",
                "Comme dans my.geotab.com/<base de données>",
            ),
        )],
    },
];

fn of(source_name: &str) -> Option<&'static Help> {
    HELP.iter().find(|help| help.source_name == source_name)
}

/// Other names of a provider.
pub(crate) fn aliases(source_name: &str) -> &'static [&'static str] {
    of(source_name).map_or(&[], |help| help.aliases)
}

/// What to have at hand.
pub(crate) fn lead(language: Language, source_name: &str) -> Option<&'static str> {
    of(source_name).map(|help| help.lead.to(language))
}

/// Where to find it.
pub(crate) fn steps(language: Language, source_name: &str) -> Vec<&'static str> {
    of(source_name).map_or(&[][..], |help| help.steps).iter().map(|step| step.to(language)).collect()
}

fn find(language: Language, pairs: &'static [(&'static str, Said)], field: &str) -> Option<&'static str> {
    pairs.iter().find(|(name, _)| *name == field).map(|(_, text)| text.to(language))
}

/// What the provider calls a field, if it has a word of its own.
pub(crate) fn label(language: Language, source_name: &str, field: &str) -> Option<&'static str> {
    find(language, of(source_name)?.labels, field)
}

/// What a value looks like.
pub(crate) fn hint(language: Language, source_name: &str, field: &str) -> Option<&'static str> {
    find(language, of(source_name)?.hints, field)
}
