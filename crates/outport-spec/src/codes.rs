//! Every code that a diagnostic can have. Codes are never used for something else, not even after they are gone.

use outport_model::diagnostic::Code;

/// A code and what it is about; `docs/errors/<code>.md` is made of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CodeInfo {
    /// `OP` and four digits.
    pub code: &'static str,
    /// What is wrong, in one line.
    pub title: &'static str,
    /// Why it is wrong, and the ways out.
    pub explanation: &'static str,
}

/// What is known of a code.
pub fn find(code: &str) -> Option<&'static CodeInfo> {
    ALL.iter().find(|info| info.code == code)
}

macro_rules! codes {
    ($($name:ident = $code:literal, $title:literal, $explanation:literal;)*) => {
        $(#[doc = concat!($code, ": ", $title, ".")] pub const $name: Code = Code::new($code);)*

        /// Every code, in order.
        pub const ALL: &[CodeInfo] = &[$(CodeInfo { code: $code, title: $title, explanation: $explanation }),*];
    };
}

codes! {
    // Reading files.
    UNREADABLE = "OP0001", "a file cannot be read",
        "The file is missing, is a folder, or may not be opened. Check the path and the permissions.";
    NOT_UTF8 = "OP0002", "a file is not UTF-8 text",
        "All documents are UTF-8. Convert the file, for example with `iconv -t utf-8`.";
    SYNTAX = "OP0003", "a file is not YAML",
        "The text breaks a rule of YAML 1.2: a bracket is not closed, a tab is used to indent, or a line is indented too far or not far enough.";
    DUPLICATE_KEY = "OP0004", "a mapping has the same key twice",
        "Of two values for one key, one would be lost. Remove or rename one of them.";
    SEVERAL_DOCUMENTS = "OP0005", "a file has several YAML documents",
        "`---` begins a second document. Every document needs a file of its own.";
    TOO_LARGE = "OP0006", "a document is nested too deeply or grows too large",
        "Documents may nest 100 levels deep, and their aliases may not multiply them beyond measure.";
    KEY_NOT_TEXT = "OP0007", "a key is not text",
        "Keys are text. A key that looks like a number, a truth value or nothing needs quotes; a list or mapping cannot be a key.";
    NUMBER = "OP0008", "a number cannot be kept exactly",
        "Whole numbers are kept from -9223372036854775808 to 18446744073709551615, others as 64-bit binary floating-point numbers. A value that must be kept as written needs quotes.";
    EMPTY = "OP0009", "a file is empty",
        "The file has no content besides comments.";
    ALIAS = "OP0010", "an alias names nothing that can be repeated here",
        "`*name` repeats what `&name` marks; the mark must stand earlier in the same document and may not contain the alias. Merge keys (`<<`) are not part of YAML 1.2.";
    TAG = "OP0011", "a tag does not fit",
        "Only the tags of YAML's core schema are known: `!!str`, `!!int`, `!!float`, `!!bool`, `!!null`, `!!seq` and `!!map`. The value behind a tag must be of that type.";
    VARIABLE_UNSET = "OP0012", "a variable has no value",
        "`${NAME}` takes its value from the environment. Set the variable, or give a default: `${NAME:-default}`.";
    VARIABLE_FORM = "OP0013", "a variable is not written as it should be",
        "Variables are written `${NAME}` or `${NAME:-default}`; names have letters, digits and `_`, and do not begin with a digit.";

    // The shape of documents.
    UNKNOWN_KEY = "OP0101", "a key is not known here",
        "The standard has no such key at this place, so the value would be ignored. What no standard covers belongs into `customProperties`.";
    MISSING_KEY = "OP0102", "a required key is missing",
        "The standard requires the key at this place.";
    WRONG_TYPE = "OP0103", "a value has the wrong type",
        "The standard asks for another type of value. Text that looks like a number, a truth value or nothing needs quotes.";
    NOT_IN_LIST = "OP0104", "a value is not one of those allowed",
        "The standard has a closed list of values for this key.";
    FORM = "OP0105", "a text does not have the required form",
        "The standard asks for a form, such as an id without spaces and dots, a date, or a reference.";
    OUT_OF_RANGE = "OP0106", "a value is out of range",
        "A number is too large or too small, or a list or text is too long or too short, or a list repeats an item.";
    OPERATORS = "OP0107", "a quality rule has no or several operators",
        "A rule of type `library` or `sql` has exactly one of `mustBe`, `mustNotBe`, `mustBeGreaterThan`, `mustBeGreaterOrEqualTo`, `mustBeLessThan`, `mustBeLessOrEqualTo`, `mustBeBetween` and `mustNotBeBetween`. For two limits write `mustBeBetween` or two rules.";
    OPTIONS_WITHOUT_TYPE = "OP0108", "`logicalTypeOptions` without `logicalType`",
        "Which options there are depends on the logical type, so the type must be given.";
    KIND = "OP0109", "a document is of an unknown kind",
        "`kind` and `apiVersion` say which standard a document follows: `DataContract` (ODCS) or `DataProduct` (ODPS).";
    API_VERSION = "OP0110", "a version of a standard is not supported",
        "ODCS v3.0.0 to v3.2.0 and ODPS v0.9.0 to v1.1.0 are supported. Older documents must be converted first.";
    NOT_FOR_TYPE = "OP0111", "a key is not for this type",
        "The key exists, but not for the type given beside it (`logicalType`, or the `type` of a server or a quality rule).";
    RELATIONSHIP = "OP0112", "a relationship does not have the required form",
        "At a property, a relationship has only `to`. At an object, it has `from` and `to`, both one reference or both lists of the same length.";
    SCHEMA = "OP0113", "a document does not follow its standard",
        "The document breaks a rule of its JSON Schema for which there is no special message.";

    // Compiling models.
    SQL_SYNTAX = "OP0301", "a model is not SQL",
        "The text of the model cannot be parsed.";
    UNKNOWN_TABLE = "OP0302", "a model reads an unknown table",
        "Models read `input.<port>` and other models by name.";
    UNKNOWN_COLUMN = "OP0303", "a model reads an unknown column",
        "No table in reach has the column. Names are as the contract writes them; names with capital letters need double quotes.";
    RESULT_LACKS_COLUMN = "OP0304", "a model lacks a column of its contract",
        "The contract of the output port promises a column that the model does not return.";
    RESULT_TYPE = "OP0305", "a model returns a column of the wrong type",
        "The column cannot be stored as the type that the contract promises without losing something. Cast it in the model or change the contract.";
    RESULT_NULLABLE = "OP0306", "a model may return no value where its contract requires one",
        "The contract says `required`, and the model's column may be null. Filter the rows, use `coalesce`, or change the contract.";
    MODEL_CYCLE = "OP0307", "models read each other in a circle",
        "A model cannot be built before the models that it reads.";
    UNKNOWN_PARAMETER = "OP0308", "a model uses an unknown parameter",
        "`$name` takes its value from `parameters` in `outport.yaml`.";
    NOT_ONE_QUERY = "OP0309", "a model is not one query",
        "A model is exactly one `SELECT` or `WITH … SELECT`; it cannot change anything.";
    PLANNING = "OP0310", "a model cannot be planned",
        "The SQL is well formed but has no meaning, for example because an argument of a function is of the wrong type.";
    EXTRA_COLUMN = "OP0311", "a model returns a column that its contract does not have",
        "Consumers see what the contract promises. Remove the column from the model or add it to the contract.";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_unique_and_in_order() {
        for pair in ALL.windows(2) {
            assert!(pair[0].code < pair[1].code, "{} before {}", pair[0].code, pair[1].code);
        }
    }

    #[test]
    fn codes_have_the_form_that_pages_are_named_after() {
        for info in ALL {
            let digits = info.code.strip_prefix("OP").unwrap();
            assert!(digits.len() == 4 && digits.bytes().all(|b| b.is_ascii_digit()), "{}", info.code);
            assert!(!info.title.ends_with('.') && info.explanation.ends_with('.'), "{}", info.code);
        }
    }
}
