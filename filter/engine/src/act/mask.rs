//! A value without what identifies it: its form stays (length, blanks, signs), and of its letters and digits the last
//! few, by which people tell their cards apart. It knows no types: what may be shown is a share of what is there.

/// `value` with all but its last letters and digits replaced by `*`: four of them, and never more than a third.
pub fn masked(value: &str) -> String {
    let count = value.chars().filter(|c| c.is_alphanumeric()).count();
    let mut hidden = count - (count / SHOWN_SHARE).min(MAX_SHOWN_CHARS);
    let mask = |c: char| {
        if hidden == 0 || !c.is_alphanumeric() {
            return c;
        }
        hidden -= 1;
        '*'
    };
    value.chars().map(mask).collect()
}

/// The tail of a card that receipts print.
const MAX_SHOWN_CHARS: usize = 4;
/// One in so many letters and digits may be shown.
const SHOWN_SHARE: usize = 3;

#[cfg(test)]
mod tests {
    use super::masked;

    #[test]
    fn the_form_stays_and_all_but_a_tail_goes() {
        for (value, expected) in [
            ("4111 1111 1111 1111", "**** **** **** 1111"),
            ("4111111111111111", "************1111"),
            ("536-22-8726", "***-**-*726"),
            ("jane.doe@example.com", "****.***@******e.com"),
            ("DE89 3704 0044 0532 0130 00", "**** **** **** **** **30 00"),
            ("+44 20 7946 0958", "+** ** **** 0958"),
            ("Zoë Ñandú", "*** ***dú"),
            ("ab", "**"),
            ("", ""),
        ] {
            assert_eq!(masked(value), expected);
        }
    }
}
