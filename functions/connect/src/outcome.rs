//! The redirect to the partner's page at the end of a visit.

use model::invitation::Invitation;
use url::Url;

/// How a visit to Connect ended, as reported to the partner's page.
pub(crate) struct Outcome<'a> {
    /// `success` or `failure`.
    pub status: &'a str,
    /// How many accounts are linked.
    pub count: usize,
    /// Why the fleet declined, if it gave a reason.
    pub skip_reason: Option<&'a str>,
}

/// The URL of the partner's page with the outcome appended to its existing parameters.
pub(crate) fn redirect_url(base: &str, invitation: &Invitation, outcome: &Outcome<'_>) -> Option<String> {
    redirect(base, (&invitation.id.to_string(), &invitation.fleet_ref), outcome)
}

fn redirect(base: &str, (id, fleet_ref): (&str, &str), outcome: &Outcome<'_>) -> Option<String> {
    let mut url = Url::parse(base).ok().filter(|url| matches!(url.scheme(), "https" | "http"))?;
    let count = outcome.count.to_string();
    let parameters = [("invitation_id", id), ("fleet_ref", fleet_ref), ("status", outcome.status), ("tsp_count", &count)];
    url.query_pairs_mut().extend_pairs(parameters).extend_pairs(outcome.skip_reason.map(|reason| ("skip_reason", reason)));
    Some(url.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_outcome_is_appended_to_existing_parameters() {
        let names = ("01900000-0000-7000-8000-000000000001", "a & b");
        let parameters = "invitation_id=01900000-0000-7000-8000-000000000001&fleet_ref=a+%26+b";
        let success = Outcome { status: "success", count: 2, skip_reason: None };
        let url = redirect("https://partner.example/done?x=1", names, &success).unwrap();
        assert_eq!(url, format!("https://partner.example/done?x=1&{parameters}&status=success&tsp_count=2"));
        let failure = Outcome { status: "failure", count: 0, skip_reason: Some("not now") };
        let url = redirect("https://partner.example/no", names, &failure).unwrap();
        assert_eq!(url, format!("https://partner.example/no?{parameters}&status=failure&tsp_count=0&skip_reason=not+now"));
        for base in ["nonsense", "javascript:alert(1)"] {
            assert_eq!(redirect(base, names, &success), None);
        }
    }
}
