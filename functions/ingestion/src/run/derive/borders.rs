//! In which country, state or province a position lies.
//!
//! The borders are those of the crate `country-boundaries`, made of data of OpenStreetMap (© OpenStreetMap contributors, Open Database
//! License). They are simplified: near a border a position may be told to lie some hundred meters further. States and provinces are
//! told apart in the United States and Canada, and in some countries elsewhere; not in Mexico.

use std::sync::LazyLock;

use country_boundaries::{BOUNDARIES_ODBL_60X30, CountryBoundaries, LatLon};
use model::telematics::Point;
use model::telematics::segments::Place;

/// The same borders come in three rasters. The coarsest is the smallest, and takes 2 us for a position.
static BORDERS: LazyLock<Option<CountryBoundaries>> =
    LazyLock::new(|| CountryBoundaries::from_reader(BOUNDARIES_ODBL_60X30).ok());

/// Where a point lies; an empty place on the high seas.
pub(super) fn place(point: &Point) -> Place {
    let [longitude, latitude] = point.coordinates;
    let found = BORDERS.as_ref().zip(LatLon::new(latitude, longitude).ok());
    found.map_or_else(Place::default, |(borders, at)| of(&borders.ids(at)))
}

/// The place that ids of areas name, the smallest area first.
fn of(ids: &[&str]) -> Place {
    let country = ids.iter().rev().find_map(|id| alpha3(id).map(|alpha3| (*id, alpha3)));
    let Some((country, alpha3)) = country else { return Place::default() };
    let smallest = ids.first().copied().filter(|id| *id != country);
    let region = smallest.and_then(|id| match id.split_once('-') {
        Some((part_of, _)) => (part_of == country).then(|| id.to_owned()),
        // A territory that has a code of its own, such as Puerto Rico.
        None => Some(format!("{country}-{id}")),
    });
    Place { country: Some(alpha3.to_owned()), region }
}

/// The alpha-3 code of an alpha-2 one.
fn alpha3(code: &str) -> Option<&'static str> {
    COUNTRIES.split(' ').find_map(|both| both.strip_prefix(code).filter(|rest| rest.len() == 3))
}

/// ISO 3166-1: alpha-2 and alpha-3.
const COUNTRIES: &str = "\
    ADAND AEARE AFAFG AGATG AIAIA ALALB AMARM AOAGO AQATA ARARG ASASM ATAUT AUAUS AWABW AXALA AZAZE BABIH BBBRB \
    BDBGD BEBEL BFBFA BGBGR BHBHR BIBDI BJBEN BLBLM BMBMU BNBRN BOBOL BQBES BRBRA BSBHS BTBTN BVBVT BWBWA BYBLR \
    BZBLZ CACAN CCCCK CDCOD CFCAF CGCOG CHCHE CICIV CKCOK CLCHL CMCMR CNCHN COCOL CRCRI CUCUB CVCPV CWCUW CXCXR \
    CYCYP CZCZE DEDEU DJDJI DKDNK DMDMA DODOM DZDZA ECECU EEEST EGEGY EHESH ERERI ESESP ETETH FIFIN FJFJI FKFLK \
    FMFSM FOFRO FRFRA GAGAB GBGBR GDGRD GEGEO GFGUF GGGGY GHGHA GIGIB GLGRL GMGMB GNGIN GPGLP GQGNQ GRGRC GSSGS \
    GTGTM GUGUM GWGNB GYGUY HKHKG HMHMD HNHND HRHRV HTHTI HUHUN IDIDN IEIRL ILISR IMIMN ININD IOIOT IQIRQ IRIRN \
    ISISL ITITA JEJEY JMJAM JOJOR JPJPN KEKEN KGKGZ KHKHM KIKIR KMCOM KNKNA KPPRK KRKOR KWKWT KYCYM KZKAZ LALAO \
    LBLBN LCLCA LILIE LKLKA LRLBR LSLSO LTLTU LULUX LVLVA LYLBY MAMAR MCMCO MDMDA MEMNE MFMAF MGMDG MHMHL MKMKD \
    MLMLI MMMMR MNMNG MOMAC MPMNP MQMTQ MRMRT MSMSR MTMLT MUMUS MVMDV MWMWI MXMEX MYMYS MZMOZ NANAM NCNCL NENER \
    NFNFK NGNGA NINIC NLNLD NONOR NPNPL NRNRU NUNIU NZNZL OMOMN PAPAN PEPER PFPYF PGPNG PHPHL PKPAK PLPOL PMSPM \
    PNPCN PRPRI PSPSE PTPRT PWPLW PYPRY QAQAT REREU ROROU RSSRB RURUS RWRWA SASAU SBSLB SCSYC SDSDN SESWE SGSGP \
    SHSHN SISVN SJSJM SKSVK SLSLE SMSMR SNSEN SOSOM SRSUR SSSSD STSTP SVSLV SXSXM SYSYR SZSWZ TCTCA TDTCD TFATF \
    TGTGO THTHA TJTJK TKTKL TLTLS TMTKM TNTUN TOTON TRTUR TTTTO TVTUV TWTWN TZTZA UAUKR UGUGA UMUMI USUSA UYURY \
    UZUZB VAVAT VCVCT VEVEN VGVGB VIVIR VNVNM VUVUT WFWLF WSWSM YEYEM YTMYT ZAZAF ZMZMB ZWZWE";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_lie_in_states_and_provinces() {
        let check = |longitude, latitude, country: Option<&str>, region: Option<&str>| {
            let found = place(&Point::new(longitude, latitude).unwrap());
            assert_eq!((found.country.as_deref(), found.region.as_deref()), (country, region), "{longitude} {latitude}");
        };
        // Both banks of the Mississippi at St. Louis, and of the river at Detroit.
        check(-90.199_4, 38.627, Some("USA"), Some("US-MO"));
        check(-90.15, 38.624_6, Some("USA"), Some("US-IL"));
        check(-83.04, 42.33, Some("USA"), Some("US-MI"));
        check(-83.03, 42.3, Some("CAN"), Some("CA-ON"));
        check(-77.03, 38.89, Some("USA"), Some("US-DC"));
        check(-66.1, 18.46, Some("USA"), Some("US-PR"));
        check(-52.712_6, 47.561_5, Some("CAN"), Some("CA-NL"));
        check(-100.31, 25.67, Some("MEX"), None);
        check(13.4, 52.52, Some("DEU"), None);
        check(-60.0, 30.0, None, None);
    }

    #[test]
    fn all_states_but_these_are_regions_of_the_contract() {
        use model::telematics::code::{Code, HosRegion};

        let unknown = |code: &&str| Code::<HosRegion>::parse(code).is_none();
        let states: std::collections::BTreeSet<String> = (-1_700..-500)
            .step_by(3)
            .flat_map(|longitude| (180..720).step_by(3).map(move |latitude| (longitude, latitude)))
            .filter_map(|(longitude, latitude)| {
                place(&Point::new(f64::from(longitude) / 10.0, f64::from(latitude) / 10.0)?).region
            })
            .filter(|region| region.starts_with("US-") || region.starts_with("CA-"))
            .collect();
        assert!(states.len() > 60, "{states:?}");
        // Nunavut, and islands without roads.
        assert_eq!(states.iter().map(String::as_str).filter(unknown).collect::<Vec<_>>(), ["CA-NU", "US-UM"]);
    }
}
