//! The redirect to the partner's page at the end of a visit.

use model::InvitationId;
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
pub(crate) fn redirect_url(base: &str, id: InvitationId, fleet_ref: &str, outcome: &Outcome<'_>) -> Option<String> {
    let mut url = Url::parse(base).ok()?;
    let (id, count) = (id.to_string(), outcome.count.to_string());
    let parameters =
        [("invitation_id", id.as_str()), ("fleet_ref", fleet_ref), ("status", outcome.status), ("tsp_count", &count)];
    url.query_pairs_mut().extend_pairs(parameters).extend_pairs(outcome.skip_reason.map(|reason| ("skip_reason", reason)));
    Some(url.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_outcome_is_appended_to_existing_parameters() {
        let id: InvitationId = "01900000-0000-7000-8000-000000000001".parse().unwrap();
        let parameters = "invitation_id=01900000-0000-7000-8000-000000000001&fleet_ref=a+%26+b";
        let success = Outcome { status: "success", count: 2, skip_reason: None };
        let url = redirect_url("https://partner.example/done?x=1", id, "a & b", &success).unwrap();
        assert_eq!(url, format!("https://partner.example/done?x=1&{parameters}&status=success&tsp_count=2"));
        let failure = Outcome { status: "failure", count: 0, skip_reason: Some("not now") };
        let url = redirect_url("https://partner.example/no", id, "a & b", &failure).unwrap();
        assert_eq!(url, format!("https://partner.example/no?{parameters}&status=failure&tsp_count=0&skip_reason=not+now"));
        assert_eq!(redirect_url("nonsense", id, "a", &success), None);
    }
}
