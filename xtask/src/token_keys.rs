//! The order of steps in which a token key is replaced: both are there, the newer one signs, the other one leaves.
//!
//! The vault keeps a new key from signing before verifiers know it. That the old one does not leave before its last token
//! ended only the deployment can see to.

use std::collections::HashMap;

use anyhow::{Result, bail};
use serde::Deserialize;
use serde_json::json;

use crate::account;

/// How old a key is when it signs, and all tokens of an older one have ended: an hour is for sandboxes and clocks.
const ALONE_AFTER_SECONDS: i64 = vault::PUBLISHED_BEFORE_SECONDS + vault::LONGEST_TOKEN_SECONDS + 3_600;

/// What is deployed.
#[derive(Deserialize)]
struct Deployed {
    token_keys: String,
    /// Seconds since 1970, by logical id.
    made: HashMap<String, i64>,
}

/// Checks that a deployment with this value of TokenKeys ends no tokens that are in use. Without a value it stays as it is.
///
/// # Errors
/// When it would, or AWS refuses to say.
pub(crate) fn check(stack: &str, wanted: Option<&str>, now: i64) -> Result<()> {
    let Some(wanted) = wanted else { return Ok(()) };
    let job = json!({ "question": "deployed", "stack": stack });
    let deployed: Option<Deployed> = account::ask(&job, &[])?;
    deployed.map_or(Ok(()), |deployed| allowed(&deployed, wanted, now))
}

fn allowed(deployed: &Deployed, wanted: &str, now: i64) -> Result<()> {
    let (kept, leaving) = match (deployed.token_keys.as_str(), wanted) {
        (now, then) if now == then || then == "both" => return Ok(()),
        ("both", "first") => ("TokenKey", "SecondTokenKey"),
        ("both", "second") => ("SecondTokenKey", "TokenKey"),
        (now, then) => bail!("TokenKeys={then} after {now} ends all tokens at once: deploy TokenKeys=both first"),
    };
    let age = |key: &str| deployed.made.get(key).map_or(0, |made| now - made);
    let (kept_age, leaving_age) = (age(kept), age(leaving));
    if kept_age <= leaving_age && kept_age < ALONE_AFTER_SECONDS {
        let minutes = (ALONE_AFTER_SECONDS - kept_age) / 60;
        bail!("tokens of {leaving} are still in use: deploy TokenKeys={wanted} in {minutes} minutes");
    }
    if kept_age > leaving_age && leaving_age >= vault::PUBLISHED_BEFORE_SECONDS {
        bail!("{leaving} signs: TokenKeys={wanted} ends its tokens at once");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_leaves_when_its_tokens_have_ended() {
        let hours = |hours: i64| hours * 3_600;
        let check = |now: &str, wanted: &str, ages: (i64, i64), expected: Option<&str>| {
            let made = HashMap::from([("TokenKey".to_owned(), -hours(ages.0)), ("SecondTokenKey".to_owned(), -hours(ages.1))]);
            let deployed = Deployed { token_keys: now.to_owned(), made };
            let refused = allowed(&deployed, wanted, 0).err().map(|error| error.to_string());
            assert_eq!(refused.as_deref(), expected, "{now} to {wanted}, {ages:?}");
        };
        let at_once = "TokenKeys=second after first ends all tokens at once: deploy TokenKeys=both first";
        check("first", "first", (900, 0), None);
        check("first", "both", (900, 0), None);
        check("first", "second", (900, 0), Some(at_once));
        let early = "tokens of TokenKey are still in use: deploy TokenKeys=second in 60 minutes";
        check("both", "second", (900, 5), Some(early));
        check("both", "second", (900, 6), None);
        check("both", "first", (900, 2), None);
        check("both", "first", (900, 3), Some("SecondTokenKey signs: TokenKeys=first ends its tokens at once"));
        // The next time it is the other way round.
        check("second", "both", (0, 900), None);
        check("both", "first", (6, 900), None);
        check("both", "second", (4, 900), Some("TokenKey signs: TokenKeys=second ends its tokens at once"));
    }
}
