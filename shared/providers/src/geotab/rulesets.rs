//! Hours of service rules: the names that Geotab has for them, as far as it is clear which code they mean. Wrong rules are worse than none.

use model::telematics::code::{Code, HosRuleset};

#[rustfmt::skip]
const RULESETS: &[(&str, Code<HosRuleset>)] = &[
    ("NoneCanada", Code::of("CA_FED_NOHOS")), ("None8Day", Code::of("US_INT_NOHOS_8")),
    ("NoneCanadaNorthOf60", Code::of("CA_N60_NOHOS")), ("America7Day", Code::of("US_INT_PROP_60_7")),
    ("America7DayBig", Code::of("US_INT_PROP_60_7_BIG")), ("America7DayBigSleeper", Code::of("US_INT_PROP_60_7_BIG_SLP")),
    ("America8Day", Code::of("US_INT_PROP_70_8")), ("America8DayBig", Code::of("US_INT_PROP_70_8_BIG")),
    ("America8DayBigSleeper", Code::of("US_INT_PROP_70_8_BIG_SLP")), ("America7DayPassenger", Code::of("US_INT_PAX_60_7")),
    ("America8DayPassenger", Code::of("US_INT_PAX_70_8")), ("AmericaShortHaul", Code::of("US_INT_PROP_60_7_SH")),
    ("AmericaShortHaul8Day", Code::of("US_INT_PROP_70_8_SH")), ("AmericaShortHaul14hrWorkday", Code::of("US_INT_PROP_SH_14H")),
    ("AmericaShortHaul8Day14hrWorkday", Code::of("US_INT_PROP_70_8_SH_14H")),
    ("AmericaShortHaulPassenger", Code::of("US_INT_PAX_60_7_SH")),
    ("AmericaShortHaulPassenger8Day", Code::of("US_INT_PAX_70_8_SH")), ("CanadaCycleOne", Code::of("CA_FED_C1_70_7")),
    ("CanadaCycleTwo", Code::of("CA_FED_C2_120_14")), ("CanadaCycleOneTeam", Code::of("CA_FED_C1_TEAM")),
    ("CanadaCycleTwoTeam", Code::of("CA_FED_C2_TEAM")), ("CanadaNorthOf60CycleOne", Code::of("CA_N60_C1_80_7")),
    ("CanadaNorthOf60CycleTwo", Code::of("CA_N60_C2_120_14")), ("CanadaNorthOf60CycleOneTeam", Code::of("CA_N60_C1_TEAM")),
    ("CanadaNorthOf60CycleTwoTeam", Code::of("CA_N60_C2_TEAM")), ("CaliforniaProperty", Code::of("US_CA_INTRA_PROP_80_8")),
    ("CaliforniaFlammableLiquid", Code::of("US_CA_INTRA_FLAM_80_8")),
    ("CaliforniaFlammableLiquidWithRestRequirement", Code::of("US_CA_INTRA_FLAM_BRK")),
    ("CaliforniaSchoolPupil", Code::of("US_CA_INTRA_SCH_80_8")),
    ("CaliforniaSchoolPupilWithRestRequirement", Code::of("US_CA_INTRA_SCH_BRK")),
    ("CaliforniaFarmProduct", Code::of("US_CA_INTRA_FARM_112_8")),
    ("CaliforniaFarmProductWithRestRequirement", Code::of("US_CA_INTRA_FARM_BRK")),
    ("CaliforniaPassenger", Code::of("US_CA_INTRA_PAX_80_8")), ("OilTransport7Day", Code::of("US_INT_OILTR_60_7")),
    ("OilTransport7DaySleeper", Code::of("US_INT_OILTR_60_7_SLP")), ("OilTransport7DayBig", Code::of("US_INT_OILTR_60_7_BIG")),
    ("OilTransport7DayBigSleeper", Code::of("US_INT_OILTR_60_7_BIG_SLP")), ("OilTransport8Day", Code::of("US_INT_OILTR_70_8")),
    ("OilTransport8DaySleeper", Code::of("US_INT_OILTR_70_8_SLP")), ("OilTransport8DayBig", Code::of("US_INT_OILTR_70_8_BIG")),
    ("OilTransport8DayBigSleeper", Code::of("US_INT_OILTR_70_8_BIG_SLP")),
    ("OilTransportShortHaul14hrWorkday", Code::of("US_INT_OILTR_SH_14H")),
    ("OilTransportShortHaul8Day14hrWorkday", Code::of("US_INT_OILTR_70_8_SH_14H")),
    ("OilWell7Day", Code::of("US_INT_OILWL_60_7")), ("OilWell7DaySleeper", Code::of("US_INT_OILWL_60_7_SLP")),
    ("OilWell7DayBig", Code::of("US_INT_OILWL_60_7_BIG")), ("OilWell7DayBigSleeper", Code::of("US_INT_OILWL_60_7_BIG_SLP")),
    ("OilWell8Day", Code::of("US_INT_OILWL_70_8")), ("OilWell8DaySleeper", Code::of("US_INT_OILWL_70_8_SLP")),
    ("OilWell8DayBig", Code::of("US_INT_OILWL_70_8_BIG")), ("OilWell8DayBigSleeper", Code::of("US_INT_OILWL_70_8_BIG_SLP")),
    ("AmericaSalesperson", Code::of("US_INT_SALESP")), ("AmericaSalespersonNonCdlShortHaul", Code::of("US_INT_SALESP_NCDL_SH")),
    ("AmericaTexas", Code::of("US_TX_INTRA_PROP_70_7")), ("AmericaTexasShortHaul", Code::of("US_TX_INTRA_SH_70_7")),
    ("AmericaTexasShortHaul8Day", Code::of("US_TX_INTRA_SH_70_8")), ("OilTransportTexas", Code::of("US_TX_INTRA_OILTR_70_7")),
    ("OilWellTexas", Code::of("US_TX_INTRA_OILWL_70_7")), ("OilTransportCalifornia8day", Code::of("US_CA_INTRA_OILTR_80_8")),
    ("OilWellCalifornia8day", Code::of("US_CA_INTRA_OILWL_80_8")),
    ("OilTransportCaliforniaProperty", Code::of("US_CA_INTRA_OILTR_PROP")),
    ("OilWellCaliforniaProperty", Code::of("US_CA_INTRA_OILWL_PROP")), ("Florida7Day", Code::of("US_FL_INTRA_PROP_70_7")),
    ("Florida8Day", Code::of("US_FL_INTRA_PROP_80_8")), ("FloridaShortHaul7Day", Code::of("US_FL_INTRA_SH_70_7")),
    ("FloridaShortHaul8Day", Code::of("US_FL_INTRA_SH_80_8")), ("America7DayNo34h", Code::of("US_INT_PROP_60_7_NORST")),
    ("America7DayNo34hSleeper", Code::of("US_INT_PROP_60_7_NORST_SLP")), ("America8DayNo34h", Code::of("US_INT_PROP_70_8_NORST")),
    ("America8DayNo34hSleeper", Code::of("US_INT_PROP_70_8_NORST_SLP")),
    ("AmericaShortHaulNo34h", Code::of("US_INT_PROP_60_7_SH_NORST")),
    ("AmericaShortHaul8DayNo34h", Code::of("US_INT_PROP_70_8_SH_NORST")), ("CarrierExemption", Code::of("US_INT_CARRIER_EX")),
    ("WashingtonIntrastate7Day", Code::of("US_WA_INTRA_PROP_70_7")),
    ("WashingtonIntrastate8Day", Code::of("US_WA_INTRA_PROP_80_8")),
    ("AmericaNoRestRequirement7Day", Code::of("US_INT_PROP_60_7_NOBRK")),
    ("AmericaNoRestRequirement7DaySleeper", Code::of("US_INT_PROP_60_7_NOBRK_SLP")),
    ("AmericaNoRestRequirement7DayBig", Code::of("US_INT_PROP_60_7_NOBRK_BIG")),
    ("AmericaNoRestRequirement7DayBigSleeper", Code::of("US_INT_PROP_60_7_NOBRK_BIG_SLP")),
    ("AmericaNoRestRequirement8Day", Code::of("US_INT_PROP_70_8_NOBRK")),
    ("AmericaNoRestRequirement8DaySleeper", Code::of("US_INT_PROP_70_8_NOBRK_SLP")),
    ("AmericaNoRestRequirement8DayBig", Code::of("US_INT_PROP_70_8_NOBRK_BIG")),
    ("AmericaNoRestRequirement8DayBigSleeper", Code::of("US_INT_PROP_70_8_NOBRK_BIG_SLP")),
    ("OilTransportNoRestRequirement7Day", Code::of("US_INT_OILTR_60_7_NOBRK")),
    ("OilTransportNoRestRequirement7DaySleeper", Code::of("US_INT_OILTR_60_7_NOBRK_SLP")),
    ("OilTransportNoRestRequirement7DayBig", Code::of("US_INT_OILTR_60_7_NOBRK_BIG")),
    ("OilTransportNoRestRequirement7DayBigSleeper", Code::of("US_INT_OILTR_60_7_NOBRK_BIG_SLP")),
    ("OilTransportNoRestRequirement8Day", Code::of("US_INT_OILTR_70_8_NOBRK")),
    ("OilTransportNoRestRequirement8DaySleeper", Code::of("US_INT_OILTR_70_8_NOBRK_SLP")),
    ("OilTransportNoRestRequirement8DayBig", Code::of("US_INT_OILTR_70_8_NOBRK_BIG")),
    ("OilTransportNoRestRequirement8DayBigSleeper", Code::of("US_INT_OILTR_70_8_NOBRK_BIG_SLP")),
    ("OilWellNoRestRequirement7Day", Code::of("US_INT_OILWL_60_7_NOBRK")),
    ("OilWellNoRestRequirement7DaySleeper", Code::of("US_INT_OILWL_60_7_NOBRK_SLP")),
    ("OilWellNoRestRequirement7DayBig", Code::of("US_INT_OILWL_60_7_NOBRK_BIG")),
    ("OilWellNoRestRequirement7DayBigSleeper", Code::of("US_INT_OILWL_60_7_NOBRK_BIG_SLP")),
    ("OilWellNoRestRequirement8Day", Code::of("US_INT_OILWL_70_8_NOBRK")),
    ("OilWellNoRestRequirement8DaySleeper", Code::of("US_INT_OILWL_70_8_NOBRK_SLP")),
    ("OilWellNoRestRequirement8DayBig", Code::of("US_INT_OILWL_70_8_NOBRK_BIG")),
    ("OilWellNoRestRequirement8DayBigSleeper", Code::of("US_INT_OILWL_70_8_NOBRK_BIG_SLP")),
    ("NorthDakota7Day", Code::of("US_ND_INTRA_PROP_70_7")), ("SouthCarolina7Day", Code::of("US_SC_INTRA_PROP_70_7")),
    ("SouthCarolina8Day", Code::of("US_SC_INTRA_PROP_80_8")), ("MarylandShortHaul7Day", Code::of("US_MD_INTRA_SH_70_7")),
    ("MarylandShortHaul8Day", Code::of("US_MD_INTRA_SH_80_8")), ("NorthDakotaShortHaul7Day", Code::of("US_ND_INTRA_SH_70_7")),
    ("AlaskaPassenger7Day", Code::of("US_AK_INTRA_PAX_70_7")), ("AlaskaPassenger8Day", Code::of("US_AK_INTRA_PAX_80_8")),
    ("AlaskaProperty7Day", Code::of("US_AK_INTRA_PROP_70_7")),
    ("AlaskaProperty7DaySleeper", Code::of("US_AK_INTRA_PROP_70_7_SLP")),
    ("AlaskaProperty8Day", Code::of("US_AK_INTRA_PROP_80_8")),
    ("AlaskaProperty8DaySleeper", Code::of("US_AK_INTRA_PROP_80_8_SLP")), ("Nebraska7day", Code::of("US_NE_INTRA_PROP_70_7")),
    ("Nebraska8day", Code::of("US_NE_INTRA_PROP_80_8")), ("Oregon7day", Code::of("US_OR_INTRA_PROP_70_7")),
    ("Oregon8day", Code::of("US_OR_INTRA_PROP_80_8")), ("CanadaOil", Code::of("CA_S60_OIL")),
    ("CanadaNorthOf60Oil", Code::of("CA_N60_OIL")), ("CanadaOilTeam", Code::of("CA_OIL_TEAM")),
    ("CanadaNorthOf60OilTeam", Code::of("CA_N60_OIL_TEAM")),
];

/// The rules of a name, with or without what the provider's ids begin with.
pub(super) fn of(name: &str) -> Option<Code<HosRuleset>> {
    let name = name.strip_prefix("HosRuleSet").unwrap_or(name);
    RULESETS.iter().find(|(known, _)| *known == name).map(|(_, code)| *code)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn rules_with_one_meaning_have_a_code() {
        let code = |name| of(name).map(|code| code.as_str());
        assert_eq!(code("America8Day"), Some("US_INT_PROP_70_8"));
        assert_eq!(code("HosRuleSetCanadaNorthOf60CycleOne"), Some("CA_N60_C1_80_7"));
        for unclear in ["None", "America7DaySleeper", "AmericaNonCdlShortHaul7Day", "California8day", "Mars", ""] {
            assert_eq!(code(unclear), None, "{unclear}");
        }
        let names: BTreeSet<&str> = RULESETS.iter().map(|(name, _)| *name).collect();
        assert_eq!((names.len(), RULESETS.len()), (119, 119), "each name once");
    }
}
