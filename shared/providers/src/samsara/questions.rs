//! What is asked beside a page of positions: as few questions as cover the times of all vehicles, and little more.

use model::Timestamp;

/// How many vehicles a question names.
const VEHICLES: usize = 100;
/// The most questions for a page: positions that none of them covers go without what they would have brought.
const QUESTIONS: usize = 24;
/// The longest pause within the readings of a vehicle that are asked for together.
const PAUSE_MICROS: i64 = 3_600_000_000;

/// Of which vehicles something is asked, and for which time.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Question<'a> {
    pub(super) vehicles: Vec<&'a str>,
    /// The first reading.
    pub(super) from: Timestamp,
    /// The last one.
    pub(super) to: Timestamp,
    /// How many readings.
    pub(super) readings: usize,
}

impl Question<'_> {
    /// The ids as a list.
    pub(super) fn ids(&self) -> String {
        self.vehicles.join(",")
    }

    fn micros(&self) -> i64 {
        self.to.micros() - self.from.micros()
    }
}

/// How many readings some questions are about.
pub(super) fn readings(questions: &[Question<'_>]) -> usize {
    questions.iter().map(|question| question.readings).sum()
}

/// The questions about vehicles and the times of their readings, the newest first. A late reading, days old, has one of its own,
/// so that nobody is asked for all vehicles over days.
pub(super) fn questions<'a>(vehicles: impl Iterator<Item = (&'a str, Vec<Timestamp>)>) -> Vec<Question<'a>> {
    let mut runs: Vec<Question<'a>> = vehicles.flat_map(|(vehicle, times)| runs(vehicle, times)).collect();
    runs.sort_by_key(|run| (std::cmp::Reverse(run.to), run.from));
    let mut all: Vec<Question<'a>> = Vec::new();
    for run in runs {
        match all.last_mut() {
            Some(last) if last.vehicles.len() < VEHICLES && fit(last, &run) => {
                (last.from, last.to) = (last.from.min(run.from), last.to.max(run.to));
                last.readings += run.readings;
                last.vehicles.extend(run.vehicles);
            }
            _ => all.push(run),
        }
    }
    if all.len() > QUESTIONS {
        let left_out = all.split_off(QUESTIONS);
        let records = readings(&left_out);
        tracing::warn!(records, "positions lie too far apart, records go without what is beside them");
    }
    all
}

/// The readings of a vehicle, split where it paused for long.
fn runs(vehicle: &str, mut times: Vec<Timestamp>) -> Vec<Question<'_>> {
    times.sort_unstable();
    let mut runs: Vec<Question<'_>> = Vec::new();
    for time in times {
        match runs.last_mut() {
            Some(run) if time.micros() - run.to.micros() <= PAUSE_MICROS => {
                run.to = time;
                run.readings += 1;
            }
            _ => runs.push(Question { vehicles: vec![vehicle], from: time, to: time, readings: 1 }),
        }
    }
    runs
}

/// Whether both are asked at once without asking for much more than either.
fn fit(one: &Question<'_>, other: &Question<'_>) -> bool {
    let together = one.to.max(other.to).micros() - one.from.min(other.from).micros();
    together <= 2 * one.micros().max(other.micros()).max(PAUSE_MICROS / 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_micros(seconds * 1_000_000)
    }

    fn ask(all: &[(&'static str, &[i64])]) -> Vec<(String, i64, i64)> {
        let times = |seconds: &[i64]| seconds.iter().map(|second| at(*second)).collect::<Vec<_>>();
        let asked = questions(all.iter().map(|(vehicle, seconds)| (*vehicle, times(seconds))));
        asked.iter().map(|one| (one.ids(), one.from.micros() / 1_000_000, one.to.micros() / 1_000_000)).collect()
    }

    #[test]
    fn one_question_covers_a_live_page_and_late_readings_have_their_own() {
        let day = 86_400;
        let live = ask(&[("a", &[10 * day, 10 * day + 60]), ("b", &[10 * day + 30, 10 * day + 90])]);
        assert_eq!(live, [("b,a".to_owned(), 10 * day, 10 * day + 90)]);
        let late = ask(&[("a", &[10 * day, 7 * day]), ("b", &[10 * day + 30])]);
        assert_eq!(late, [("b,a".to_owned(), 10 * day, 10 * day + 30), ("a".to_owned(), 7 * day, 7 * day)]);
        // A history over hours is asked for as a whole.
        let hours: Vec<i64> = (0..48).map(|half| half * 1_800).collect();
        assert_eq!(ask(&[("a", &hours), ("b", &hours)]), [("a,b".to_owned(), 0, 47 * 1_800)]);
        assert_eq!(ask(&[]), []);
    }

    #[test]
    fn questions_are_bounded_and_count_their_readings() {
        let ids: Vec<String> = (0..250).map(|id| id.to_string()).collect();
        let together = questions(ids.iter().map(|id| (id.as_str(), vec![at(0)])));
        assert_eq!(together.iter().map(|one| one.vehicles.len()).collect::<Vec<_>>(), [100, 100, 50]);
        let apart = questions(ids.iter().zip(0..).map(|(id, day)| (id.as_str(), vec![at(day * 86_400)])));
        assert_eq!((apart.len(), apart[0].vehicles[0]), (QUESTIONS, "249"), "the newest are asked for");
        let two = [("a", vec![at(0), at(9)]), ("b", vec![at(5), at(90_000)])];
        assert_eq!(readings(&questions(two.into_iter())), 4);
    }
}
