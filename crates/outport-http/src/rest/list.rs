//! Lists with commas, as `select`, `order` and `in` have them: `a,b` or, where an item has a comma, `"a,b",c`.

use super::fault::Fault;

/// One item: what stands in quotes, and what stands after it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Item {
    /// What stood in quotes; `None` where nothing did.
    quoted: Option<String>,
    /// Everything else.
    rest: String,
}

impl Item {
    /// The whole item, of which nothing stands after quotes.
    pub(crate) fn whole(self) -> Result<String, Fault> {
        match self.quoted {
            None => Ok(self.rest),
            Some(quoted) if self.rest.is_empty() => Ok(quoted),
            Some(_) => {
                Err(Fault::new(format!("`{}` stands after quotes", self.rest)).help("put a comma between items"))
            }
        }
    }

    /// The item as a name and the words after it, which begin with a `.` each and are of those that are known.
    pub(crate) fn name_and_words(self, known: &[&'static str]) -> (String, Vec<&'static str>) {
        let mut rest = self.rest.as_str();
        let mut words = Vec::new();
        while let Some((before, word)) = rest.rsplit_once('.')
            && let Some(word) = known.iter().find(|known| **known == word)
            && (self.quoted.is_some() || !before.is_empty())
        {
            words.push(*word);
            rest = before;
        }
        words.reverse();
        let name = self.quoted.map_or_else(|| rest.to_owned(), |quoted| format!("{quoted}{rest}"));
        (name, words)
    }
}

/// The items of a list. An empty text is an empty list.
pub(crate) fn items(text: &str) -> Result<Vec<Item>, Fault> {
    let mut items = Vec::new();
    let mut rest = text;
    if rest.is_empty() {
        return Ok(items);
    }
    loop {
        let quoted = match rest.strip_prefix('"') {
            None => None,
            Some(after) => {
                let (quoted, after) = unquote(after)?;
                rest = after;
                Some(quoted)
            }
        };
        match rest.split_once(',') {
            Some((item, after)) => {
                items.push(Item { quoted, rest: item.to_owned() });
                rest = after;
            }
            None => {
                items.push(Item { quoted, rest: rest.to_owned() });
                return Ok(items);
            }
        }
    }
}

/// The text up to the closing quotes, where `\` stands before what is meant as it is; and what comes after.
fn unquote(text: &str) -> Result<(String, &str), Fault> {
    let mut quoted = String::new();
    let mut characters = text.char_indices();
    while let Some((place, character)) = characters.next() {
        match character {
            '"' => return Ok((quoted, &text[place + 1..])),
            '\\' => quoted.extend(characters.next().map(|(_, character)| character)),
            other => quoted.push(other),
        }
    }
    Err(Fault::new("quotes are opened and not closed"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn whole(text: &str) -> Option<Vec<String>> {
        items(text).ok()?.into_iter().map(|item| item.whole().ok()).collect()
    }

    #[test]
    fn items_are_divided_by_commas_outside_quotes() {
        assert_eq!(whole("").unwrap(), Vec::<String>::new());
        assert_eq!(whole("a,b").unwrap(), ["a", "b"]);
        assert_eq!(whole("a,").unwrap(), ["a", ""]);
        assert_eq!(whole(r#""a,b",c"#).unwrap(), ["a,b", "c"]);
        assert_eq!(whole(r#""a\"b\\""#).unwrap(), [r#"a"b\"#]);
        assert_eq!(whole(r#""a"#), None);
        assert_eq!(whole(r#""a"b"#), None);
    }

    #[test]
    fn words_stand_after_the_name() {
        let known = ["asc", "desc", "nullsfirst"];
        let read = |text: &str| items(text).unwrap().remove(0).name_and_words(&known);
        assert_eq!(read("a"), ("a".to_owned(), vec![]));
        assert_eq!(read("a.desc.nullsfirst"), ("a".to_owned(), vec!["desc", "nullsfirst"]));
        assert_eq!(read("a.b.desc"), ("a.b".to_owned(), vec!["desc"]));
        assert_eq!(read(r#""a.desc".asc"#), ("a.desc".to_owned(), vec!["asc"]));
        assert_eq!(read("desc"), ("desc".to_owned(), vec![]));
    }
}
