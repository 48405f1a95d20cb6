//! Order by a number, and of texts: the sorts of the engine. Each type that is sorted by itself costs the filter 5 to
//! 10 kB of code, so what is to be sorted is given a number here, and only numbers and texts are. It knows nothing of
//! what they stand for.

use std::collections::BinaryHeap;

/// `items` by `key`, smallest first; equal ones stay in order.
pub(crate) fn by_number<T>(items: Vec<T>, key: impl Fn(&T) -> u128) -> Vec<T> {
    if items.is_sorted_by_key(&key) {
        return items;
    }
    let order = arranged(items.iter().map(key).zip(0..).collect());
    let mut items: Vec<Option<T>> = items.into_iter().map(Some).collect();
    order.into_iter().filter_map(|(_, at)| items.get_mut(at)?.take()).collect()
}

/// Puts `texts` in the order of their bytes.
#[inline(never)]
pub(crate) fn texts(texts: &mut [&str]) {
    texts.sort_unstable();
}

/// A number that is the smaller the greater `score` is: strongest first.
pub(crate) fn descending(score: f32) -> u128 {
    // The order of IEEE 754's totalOrder, as in `f32::total_cmp`, turned round.
    let bits = score.to_bits();
    let ascending = if bits >> 31 == 1 { !bits } else { bits | 1 << 31 };
    u128::from(!ascending)
}

/// By a heap: there are few numbers, and the standard library's sort is ten times as large.
#[inline(never)]
fn arranged(order: Vec<(u128, usize)>) -> Vec<(u128, usize)> {
    BinaryHeap::from(order).into_sorted_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_numbers_stay_in_order() {
        let check = |items: &[(u128, char)], expected: &str| {
            let sorted: String = by_number(items.to_vec(), |i| i.0).into_iter().map(|i| i.1).collect();
            assert_eq!(sorted, expected);
        };
        check(&[], "");
        check(&[(1, 'a'), (1, 'b'), (2, 'c')], "abc");
        check(&[(2, 'a'), (1, 'b'), (2, 'c'), (1, 'd')], "bdac");
        let many: Vec<(u128, usize)> = (0..1000).map(|i| ((1000 - i as u128) / 10, i)).collect();
        assert!(by_number(many, |i| i.0).is_sorted());
    }

    #[test]
    fn the_strongest_comes_first() {
        let scores = [0.5, -1.0, f32::NAN, 1.0, 0.0, -0.0, 0.25];
        let mut expected = scores;
        expected.sort_by(|a, b| b.total_cmp(a));
        let sorted = by_number(scores.to_vec(), |s| descending(*s));
        assert!(sorted.iter().zip(&expected).all(|(a, b)| a.to_bits() == b.to_bits()), "{sorted:?}");
    }
}
