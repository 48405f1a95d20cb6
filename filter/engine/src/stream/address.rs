//! Whether what comes next in a text stands in an address, however the text is cut. It knows no schemes: whatever a
//! browser could read as the beginning of an address is one, up to the next blank or quotation mark.

/// How far a text has got.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Address {
    is_open: bool,
    after_slash: bool,
}

impl Address {
    /// Takes the next piece of the text.
    pub fn see(&mut self, text: &str) {
        for byte in text.bytes() {
            match byte {
                b'"' | b'\'' | b'<' | b'>' => self.is_open = false,
                _ if byte.is_ascii_whitespace() => self.is_open = false,
                // Browsers take a backslash for a slash, and read character references.
                b'\\' | b'&' => self.is_open = true,
                b'/' if self.after_slash => self.is_open = true,
                _ => {}
            }
            self.after_slash = byte == b'/';
        }
    }

    /// Whether what comes next stands in an address.
    pub fn is_open(self) -> bool {
        self.is_open
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_goes_on_to_the_next_blank_however_it_is_cut() {
        for (text, is_open) in [
            ("see https://a.example/?q=", true),
            ("see //a.example/", true),
            ("see https:\\\\a.example/", true),
            ("see &sol;&sol;a.example/", true),
            ("and/or / so", false),
            ("see https://a.example/ and ", false),
            ("<a href=\"https://a.example/\">", false),
            ("", false),
        ] {
            for at in 0..=text.len() {
                let mut address = Address::default();
                let (first, second) = text.split_at(at);
                address.see(first);
                address.see(second);
                assert_eq!(address.is_open(), is_open, "{text} {at}");
            }
        }
    }
}
