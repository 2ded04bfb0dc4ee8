//! What a fleet needs to know about its provider: where to find credentials, and what they are called there.

/// A provider as its customers know it.
struct Help {
    source_name: &'static str,
    /// Other names, in small letters, that people search for.
    aliases: &'static [&'static str],
    /// What to have at hand, in a sentence.
    lead: &'static str,
    /// Where to find it, step by step, in the words of the provider's own menus.
    steps: &'static [&'static str],
    /// What the provider calls a field.
    labels: &'static [(&'static str, &'static str)],
    /// What a value looks like.
    hints: &'static [(&'static str, &'static str)],
}

const HELP: &[Help] = &[
    Help {
        source_name: "samsara",
        aliases: &["vehicle gateway", "vg34", "vg54", "samsara driver"],
        lead: "Paste an API token with read access. It takes about a minute.",
        steps: &[
            "Sign in to your Samsara dashboard as an administrator.",
            "Open Settings, then API Tokens.",
            "Choose Add an API Token, and give it a name.",
            "Allow reading of vehicles, vehicle statistics, drivers, trailers, hours of service and the organization.",
            "Save, copy the token, and paste it here. It is shown once only.",
        ],
        labels: &[("token", "API token"), ("access_token", "API token"), ("api_key", "API token")],
        hints: &[("token", "It begins with samsara_api_")],
    },
    Help {
        source_name: "motive",
        aliases: &["keeptruckin", "keep truckin", "kt"],
        lead: "Paste an API key. It takes about a minute.",
        steps: &[
            "Sign in to your Motive dashboard as an administrator.",
            "Open Admin, then Company, then API Keys.",
            "Choose Create API Key, and copy it.",
        ],
        labels: &[("api_key", "API key"), ("token", "API key")],
        hints: &[],
    },
    Help {
        source_name: "geotab",
        aliases: &["mygeotab", "geotab drive", "go9"],
        lead: "Enter the user name, the password and the database of a MyGeotab user that may view your fleet.",
        steps: &[
            "Sign in to MyGeotab as an administrator.",
            "Open People, then Users & Drivers, and add a user with basic authentication that may view everything.",
            "The database is the name after my.geotab.com in your browser's address.",
        ],
        labels: &[("username", "User name"), ("database", "Database")],
        hints: &[("database", "As in my.geotab.com/<database>")],
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
pub(crate) fn lead(source_name: &str) -> Option<&'static str> {
    of(source_name).map(|help| help.lead)
}

/// Where to find it.
pub(crate) fn steps(source_name: &str) -> &'static [&'static str] {
    of(source_name).map_or(&[], |help| help.steps)
}

fn find(pairs: &'static [(&'static str, &'static str)], field: &str) -> Option<&'static str> {
    pairs.iter().find(|(name, _)| *name == field).map(|(_, text)| *text)
}

/// What the provider calls a field, if it has a word of its own.
pub(crate) fn label(source_name: &str, field: &str) -> Option<&'static str> {
    find(of(source_name)?.labels, field)
}

/// What a value looks like.
pub(crate) fn hint(source_name: &str, field: &str) -> Option<&'static str> {
    find(of(source_name)?.hints, field)
}
