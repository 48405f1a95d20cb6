//! Days and months as numbers have them. No clock: a date in the future is a date.

/// Whether there is such a day; February has 29 in every year, since many numbers leave the century out.
pub(super) fn is_day(month: u64, day: u64) -> bool {
    let last = match month {
        2 => 29,
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return false,
    };
    (1..=last).contains(&day)
}

/// Whether somebody alive could be born in this year.
pub(super) fn is_birth_year(year: u64) -> bool {
    (1900..=2099).contains(&year)
}
