//! The numbers of the ELD rule (49 CFR 395 subpart B, appendix A, 7.20 to 7.25), as providers tell them.

use model::telematics::code::{Code, HosEventCode, HosEventType, HosRecordStatus};

const CODES: &[(i64, &[Code<HosEventCode>])] = &[
    (1, &[Code::of("OFF"), Code::of("SB"), Code::of("DRIVING"), Code::of("ON")]),
    (2, &[Code::of("INT_CONV"), Code::of("INT_REDUCED")]),
    (3, &[Code::of("PC"), Code::of("YM")]),
    (
        4,
        &[
            Code::of("CERT1"),
            Code::of("CERT2"),
            Code::of("CERT3"),
            Code::of("CERT4"),
            Code::of("CERT5"),
            Code::of("CERT6"),
            Code::of("CERT7"),
            Code::of("CERT8"),
            Code::of("CERT9"),
        ],
    ),
    (5, &[Code::of("LOGIN"), Code::of("LOGOUT")]),
    (6, &[Code::of("ENGINE_UP"), Code::of("ENGINE_UP_REDUCED"), Code::of("ENGINE_DOWN"), Code::of("ENGINE_DOWN_REDUCED")]),
    (7, &[Code::of("MALF_LOG"), Code::of("MALF_CLEAR"), Code::of("DIAG_LOG"), Code::of("DIAG_CLEAR")]),
];

const STATES: &[Code<HosRecordStatus>] =
    &[Code::of("ACTIVE"), Code::of("INACTIVE_CHANGED"), Code::of("INACTIVE_REQUESTED"), Code::of("INACTIVE_REJECTED")];

/// The type. The contract's list ends before malfunctions and diagnostics, which have their code.
pub(crate) fn event_type(kind: i64) -> Option<Code<HosEventType>> {
    Code::parse(&kind.to_string())
}

/// The code of an event, by its type and number.
pub(crate) fn event_code(kind: i64, code: i64) -> Option<Code<HosEventCode>> {
    if (kind, code) == (3, 0) {
        return Some(const { Code::of("PCYM_CLEAR") });
    }
    let (_, codes) = CODES.iter().find(|(known, _)| *known == kind)?;
    numbered(codes, code)
}

/// Whether an entry is in force, by its number.
pub(crate) fn record_status(number: i64) -> Option<Code<HosRecordStatus>> {
    numbered(STATES, number)
}

/// The code that stands at a place, counted from one.
pub(crate) fn numbered<T: Copy>(codes: &[T], number: i64) -> Option<T> {
    let index = usize::try_from(number).ok()?.checked_sub(1)?;
    codes.get(index).copied()
}
