//! Words from names.

/// `share_agreement` as separate words.
pub(super) fn spaced(name: &str) -> String {
    let words = name.split(['_', '-', '.']).map(|word| match word {
        "tsp" => "TSP",
        "hos" => "HOS",
        "dvir" => "DVIR",
        "ifta" => "IFTA",
        other => other,
    });
    words.collect::<Vec<_>>().join(" ")
}

/// `vehicle.added` as a type name.
pub(super) fn pascal(name: &str) -> String {
    let capital = |word: &str| {
        let mut letters = word.chars();
        letters.next().into_iter().flat_map(char::to_uppercase).chain(letters).collect::<String>()
    };
    name.split(['_', '-', '.']).map(capital).collect()
}

/// The text with a capital first letter.
pub(super) fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().into_iter().flat_map(char::to_uppercase).chain(letters).collect()
}

/// The plural.
pub(super) fn plural(name: &str) -> String {
    match name {
        name if name.ends_with('s') => name.to_owned(),
        name if name.ends_with('y') && !name.ends_with("ay") => format!("{}ies", name.trim_end_matches('y')),
        name => format!("{name}s"),
    }
}
