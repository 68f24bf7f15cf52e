//! The names of a contract in SQL that spells them loosely.

use std::collections::BTreeMap;

use datafusion::sql::sqlparser::{
    dialect::GenericDialect,
    keywords::Keyword,
    tokenizer::{Token, Tokenizer, Word},
};
use outport_model::contract::Contract;

use super::literal::identifier;

/// Rewrites names without quotes to the contract's own spelling where SQL would read them otherwise: `orderId` (read as
/// `orderid`) and, behind `FROM`, `JOIN` or a comma, `order-items`. `None` where there is nothing to rewrite.
pub(crate) fn as_in_contract(query: &str, contract: &Contract) -> Option<String> {
    let names = Names::of(contract);
    let tokens = Tokenizer::new(&GenericDialect {}, query).tokenize().ok()?;
    let mut out = String::with_capacity(query.len() + 16);
    let mut at = 0;
    while at < tokens.len() {
        let (text, used) = names
            .hyphenated(&tokens, at)
            .or_else(|| names.cased(&tokens, at))
            .unwrap_or_else(|| (tokens[at].to_string(), 1));
        out.push_str(&text);
        at += used;
    }
    (out != query).then_some(out)
}

struct Names {
    /// By lower case: names that SQL would not find without quotes.
    cased: BTreeMap<String, String>,
    hyphenated: Vec<String>,
}

impl Names {
    fn of(contract: &Contract) -> Self {
        let tables = || contract.tables.iter().map(|t| t.name.as_str());
        let columns = contract.tables.iter().flat_map(|t| &t.columns).map(|c| c.name.as_str());
        let all: Vec<&str> = tables().chain(columns).collect();
        let cased = all
            .iter()
            .filter(|name| !all.contains(&name.to_lowercase().as_str()))
            .map(|name| (name.to_lowercase(), (*name).to_owned()))
            .collect();
        Self { cased, hyphenated: tables().filter(|t| t.contains('-')).map(str::to_owned).collect() }
    }

    /// A name in other case. Functions, typed literals and the names behind `AS` stay.
    fn cased(&self, tokens: &[Token], at: usize) -> Option<(String, usize)> {
        let name = self.cased.get(&bare(&tokens[at])?.value.to_lowercase())?;
        let next = tokens[at + 1..].iter().find(|t| !matches!(t, Token::Whitespace(_)));
        let is_other = matches!(next, Some(Token::LParen | Token::SingleQuotedString(_)))
            || before(tokens, at).is_some_and(|t| is_keyword(t, &[Keyword::AS]));
        (!is_other).then(|| (identifier(name), 1))
    }

    fn hyphenated(&self, tokens: &[Token], at: usize) -> Option<(String, usize)> {
        bare(&tokens[at])?;
        let previous = before(tokens, at)?;
        if !matches!(previous, Token::Comma) && !is_keyword(previous, &[Keyword::FROM, Keyword::JOIN]) {
            return None;
        }
        let parts =
            tokens[at..].iter().take_while(|t| matches!(t, Token::Minus | Token::Number(_, _)) || bare(t).is_some());
        let mut text = String::new();
        let mut found = None;
        for (used, token) in parts.enumerate() {
            text.push_str(&token.to_string());
            if let Some(name) = self.hyphenated.iter().find(|n| n.eq_ignore_ascii_case(&text)) {
                found = Some((identifier(name), used + 1));
            }
        }
        found
    }
}

fn bare(token: &Token) -> Option<&Word> {
    match token {
        Token::Word(word) if word.quote_style.is_none() => Some(word),
        _ => None,
    }
}

fn before(tokens: &[Token], at: usize) -> Option<&Token> {
    tokens[..at].iter().rev().find(|t| !matches!(t, Token::Whitespace(_)))
}

fn is_keyword(token: &Token, keywords: &[Keyword]) -> bool {
    bare(token).is_some_and(|word| keywords.contains(&word.keyword))
}
