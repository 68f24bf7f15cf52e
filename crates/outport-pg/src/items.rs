//! The text of an array of one dimension, as in `{1,2,NULL,"a b"}`.

/// The items; `None` where it is not such a text.
pub(crate) fn read(text: &str) -> Option<Vec<Option<String>>> {
    let inner = text.trim().strip_prefix('{')?.strip_suffix('}')?;
    let mut items = Vec::new();
    let mut letters = inner.chars().peekable();
    while letters.next_if(|letter| letter.is_whitespace()).is_some() {}
    if letters.peek().is_none() {
        return Some(items);
    }
    loop {
        let (mut item, mut quoted, mut ended) = (String::new(), false, true);
        while let Some(letter) = letters.next() {
            match letter {
                '"' if quoted || item.trim().is_empty() => {
                    quoted = true;
                    item.clear();
                    loop {
                        match letters.next()? {
                            '"' => break,
                            '\\' => item.push(letters.next()?),
                            other => item.push(other),
                        }
                    }
                }
                '\\' => item.push(letters.next()?),
                ',' => {
                    ended = false;
                    break;
                }
                '{' | '}' | '"' => return None,
                space if quoted && space.is_whitespace() => {}
                _ if quoted => return None,
                other => item.push(other),
            }
        }
        items.push(match item.trim() {
            "" if !quoted => return None,
            word if !quoted && word.eq_ignore_ascii_case("null") => None,
            word if !quoted => Some(word.to_owned()),
            _ => Some(item),
        });
        if ended {
            return Some(items);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check(text: &str, items: &[&str]) {
        let items = items.iter().map(|item| (*item != "∅").then(|| (*item).to_owned())).collect();
        assert_eq!(read(text), Some(items), "{text}");
    }

    #[test]
    fn items_are_read_as_postgres_writes_them() {
        check("{}", &[]);
        check(" { } ", &[]);
        check("{1, 2,NULL}", &["1", "2", "∅"]);
        check(r#"{"a,b","","NULL","c\"d\\"}"#, &["a,b", "", "NULL", "c\"d\\"]);
        check(r"{a\,b}", &["a,b"]);
        check("{ä ö}", &["ä ö"]);
    }

    #[test]
    fn what_is_no_array_is_not_read() {
        for text in ["", "1", "{1", "{1,}", "{,1}", "{{1},{2}}", r#"{"a}"#, r#"{"a"b}"#, r"{a\}"] {
            assert_eq!(read(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_a_panic(text in "[{},\"\\\\a N]{0,12}") {
            let _ = read(&text);
        }
    }
}
