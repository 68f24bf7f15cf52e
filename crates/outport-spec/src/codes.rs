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

    // The meaning of a bundle.
    NO_BUNDLE = "OP0201", "there is nothing to check here",
        "A bundle is a folder that has `product.odps.yaml`. The path must be a bundle, a folder of bundles, or one document (`*.odcs.yaml`, `*.odps.yaml`, `outport.yaml`).";
    PRODUCT_NAME = "OP0202", "a product has no name that an address can hold",
        "The name in `outport://<workspace>/<product>/<port>` has lower case letters, digits, `-` and `_`, and begins with a letter. Where the descriptor's `id` is something else, `product:` in `outport.yaml` gives the name.";
    VERSION = "OP0203", "a version is not a semantic version",
        "Versions are written `major.minor.patch`, with or without a leading `v`. The steps between them say what a change means for consumers.";
    DUPLICATE_PRODUCT = "OP0204", "two products have the same name or id",
        "Names and ids of products are unique in a workspace, and so in the folder that is applied to it.";
    DUPLICATE_PORT = "OP0205", "a port is there twice",
        "Input ports are told apart by name, output ports by name and major version.";
    NAME = "OP0206", "a name cannot be used in SQL",
        "Names of ports, tables and models have letters, digits, `-` and `_`, begin with a letter or `_`, and have at most 63 characters.";
    PORT_WITHOUT_CONTRACT = "OP0207", "an output port has no contract",
        "Every output port is guarded by a contract: `contractId` of the port is the `id` of a document in `contracts/`.";
    UNKNOWN_CONTRACT = "OP0208", "a contract is not there",
        "The port names a contract, but no document in `contracts/` has that `id`.";
    PORT_VERSION = "OP0209", "a port and its contract have different versions",
        "The version of a port is that of its contract. Change the one or the other, or add the contract of the version that is asked for.";
    DUPLICATE_CONTRACT = "OP0210", "two documents are the same version of a contract",
        "A contract is told apart by `id` and `version`. Remove one of the documents or give it another version.";
    UNUSED_CONTRACT = "OP0211", "no port uses a contract",
        "The document is in the bundle, but no port names its `id` and `version`.";
    INPUT_OBJECTS = "OP0212", "the contract of an input port does not have exactly one table",
        "Models read an input port as one table, `input.<port>`. Use one input port for each table.";
    NO_COLUMNS = "OP0213", "a table has no columns",
        "The contract of a port says which columns its tables have: `properties` of the object.";
    TABLE_CLASH = "OP0214", "two tables of a product have the same name",
        "Names of tables and models are unique in a product, ignoring case and the difference between `-` and `_`. `<input>_quarantine` is taken by the rows that the contract of an input port holds back.";
    OUTPUT_WITHOUT_MODEL = "OP0215", "no model builds a table of an output port",
        "A table is built by the model of the same name, or by the one that `outputs` in `outport.yaml` names.";
    UNKNOWN_MODEL = "OP0216", "a model is not there",
        "A model is a file `models/<name>.sql`.";
    UNUSED_MODEL = "OP0217", "nothing reads a model",
        "Neither an output port nor another model uses the result, so building it is in vain.";
    VIEW_OFFERED = "OP0218", "an output port offers a view",
        "What consumers read is stored, so that it stays as it was checked. Only models between others can be views.";
    UNUSED_PARAMETER = "OP0219", "no model uses a parameter",
        "A parameter `name` is used by writing `$name` in a model.";
    UNKNOWN_PORT = "OP0220", "`outport.yaml` names a port or table that is not there",
        "Keys of `inputs` are names of input ports, keys of `outputs` names of tables that output ports offer, both from `product.odps.yaml`.";
    NO_SOURCE = "OP0221", "nothing says where the rows of an input port come from",
        "`inputs.<port>` in `outport.yaml` gives one of `server`, `depot` with `path`, `address` and `tpch`. Without it, the contract's only server of type `local` is read.";
    SEVERAL_SOURCES = "OP0222", "an input port has several sources",
        "An input port reads from one of `server`, `depot` with `path`, `address` and `tpch`.";
    UNKNOWN_SERVER = "OP0223", "a contract does not have the server",
        "`server` is the name of one of the `servers` in the contract of the port.";
    SERVER_TYPE = "OP0224", "a server cannot be read",
        "Files are read, by a server of type `local` with a `path` and a `format`.";
    UNKNOWN_DEPOT = "OP0225", "a depot is not known",
        "Depots are named in `outport.toml` of the workspace.";
    FILE_FORMAT = "OP0226", "the format of files is not known",
        "Files are `csv`, `json`, `ndjson`, `parquet` or `delta`, of text in UTF-8, perhaps compressed with gzip, zstd, bzip2 or xz. Without `format` the file's ending tells.";
    ADDRESS = "OP0227", "a text is not an address",
        "An address has the form `outport://<workspace>/<product>/<port>[@major]`; an empty workspace is that of the reader.";
    UNKNOWN_ADDRESS = "OP0228", "an address leads nowhere",
        "Neither the folder of bundles nor the workspace has the product, the port, or its major version.";
    PRODUCT_CYCLE = "OP0229", "products read each other in a circle",
        "A product cannot be built before those that it reads.";
    SECRET = "OP0230", "a file holds a secret",
        "Bundles are shared and kept in version control. Name the place of the secret instead: a variable of the environment (`${NAME}` or `env:NAME`) or a file (`file:/path`).";
    RETIRING = "OP0231", "a contract that will go, or has gone, is relied upon",
        "The contract's `status` is `deprecated` or `retired`. Move to a newer version.";
    TPCH = "OP0232", "there is no such TPC-H table or scale",
        "The tables are `customer`, `lineitem`, `nation`, `orders`, `part`, `partsupp`, `region` and `supplier`; the scale is a number above 0.";
    NO_OUTPUT = "OP0233", "a product offers nothing",
        "A data product has at least one output port.";
    UNUSED_INPUT = "OP0234", "no model reads an input port",
        "Models read an input port as `input.<port>`.";
    DEPOT_PATH = "OP0235", "a path leaves its depot",
        "A path below a depot is relative and has no `..`.";
    EMPTY_MODEL = "OP0236", "a model is empty",
        "A model is one SQL query.";
    RESERVED_NAME = "OP0237", "a product has the name of what Outport offers itself",
        "Every workspace has the product `outport`: the record of requests. No bundle can take its place.";

    // The meaning of a contract.
    ARRAY_WITHOUT_ITEMS = "OP0251", "an array does not say what its items are",
        "`items` gives the type of an array's items.";
    UNSUPPORTED_TYPE = "OP0252", "a type cannot be kept",
        "Decimal numbers have up to 38 digits, and no more digits after the point than in all.";
    UNKNOWN_TYPE = "OP0253", "a property has no type",
        "Without `logicalType` and without a `physicalType` that is known, values are taken as text.";
    DUPLICATE_NAME = "OP0254", "a table or column is there twice",
        "Names of objects, and of the properties of an object, are unique, ignoring case.";
    DUPLICATE_ID = "OP0255", "an id is there twice",
        "References use ids, so an id names one thing.";
    KEY_POSITION = "OP0256", "the columns of a primary key are not in order",
        "`primaryKeyPosition` counts from 1, without gaps, each number once, for properties with `primaryKey: true`.";
    DANGLING_REFERENCE = "OP0257", "a relationship refers to nothing",
        "A relationship names a property as `object.property` (by name) or `schema/<object>/properties/<property>` (by id).";
    CONTRADICTION = "OP0258", "limits contradict each other",
        "The minimum is above the maximum, so that no value is allowed.";
    PATTERN = "OP0259", "a pattern is not a regular expression",
        "Patterns are ECMA-262 regular expressions without look-around and back references, because those can take unbounded time.";
    METRIC = "OP0260", "a metric cannot be measured here",
        "Of a property: `nullValues`, `missingValues`, `invalidValues`, `duplicateValues`. Of an object: `rowCount`, and `duplicateValues` with `arguments: {properties: […]}`. `invalidValues` has `arguments` `validValues` or `pattern`, `missingValues` has `missingValues`.";
    OPERAND = "OP0261", "an operator has the wrong operand",
        "`mustBeBetween` and `mustNotBeBetween` take two numbers, the smaller first; the operators that order take one number.";
    PLACEHOLDER = "OP0262", "a query has a placeholder without a value",
        "`{property}` and `{column}` stand for the property that the rule belongs to, `{object}`, `{table}` and `{model}` for the object.";
    UNKNOWN_PROPERTY = "OP0263", "a rule names a property that is not there",
        "`arguments.properties` has names of properties of the same object.";
    SCHEDULE = "OP0264", "a schedule has no scheduler, or a scheduler no schedule",
        "`schedule` is written in the language of a `scheduler`, for example `scheduler: cron` and `schedule: 0 20 * * *`.";
    ELEMENT = "OP0265", "a service level is about something that is not there",
        "`element` names a column as `object.property`.";
    DURATION = "OP0266", "a service level has no duration",
        "Freshness, latency and retention have a `value` and a `unit` (`d`, `h`, `m`, `s`), or an ISO 8601 duration as `value` (`PT4H`).";
    NOT_CHECKED = "OP0267", "something is not checked",
        "The document is correct, but what it asks for cannot be measured here: the rule is shown and nothing more.";
    UNIT = "OP0268", "a unit does not fit",
        "`percent` is the share of rows, so it fits rules that count rows; other rules are measured in `rows`.";

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

    // Products in a workspace.
    UNKNOWN_UPSTREAM = "OP0401", "an input port reads what the workspace does not have",
        "The product or the port of the address is neither in the workspace nor among the bundles that are planned together.";
    OUTSIDE_DEPOTS = "OP0402", "a bundle sent to a server reads files outside its depots",
        "A server opens no file because a bundle that was sent to it names one: only files below the depots of its own `outport.toml` are read.";

    // Access policies.
    POLICY_SYNTAX = "OP0501", "a policy is not Cedar",
        "The text of the policy cannot be parsed.";
    POLICY_SCHEMA = "OP0502", "a policy does not fit what there is",
        "The policy names an action, an attribute or a type that the products of the workspace do not have. A column that may be missing is asked for first: `resource has region && resource.region == \"EU\"`.";
    POLICY_ROW_RULE = "OP0503", "a rule about rows cannot be enforced",
        "Conditions on rows compare columns with values or with each other: `==`, `!=`, `<`, `<=`, `>`, `>=`, `like`, `has`, `contains`, `&&`, `||`, `!`, `if`. Everything else would have to be asked of each row, and is refused.";
    POLICY_ANNOTATION = "OP0504", "an annotation of a policy is not understood",
        "`@id`, `@mask` (`null`, `redact`, `hash`, `last(4)`, `first(2)`, `number(100)`, `date(month)`, `regex(PATTERN => REPLACEMENT)`), `@grace` (a day, `2026-12-31`) and `@minimum_group` (a number of rows).";
    POLICY_ELSEWHERE = "OP0505", "a policy of a product is about another product",
        "Policies in a bundle decide about the bundle's own product. What is to hold for others belongs to the policies of the workspace.";
    DUPLICATE_POLICY = "OP0506", "two policies have the same id",
        "Policies are told apart by `@id`, in a product and in the workspace.";
    CASE_UNKNOWN = "OP0507", "a test case names what is not there",
        "Cases name principals and sample rows of their own file, and ports, tables and columns of the products that they are about.";
    CASE_MISFIT = "OP0508", "the parts of a test case do not fit together",
        "A case is about one thing: a `table` that is read, a `port` with an `action`, or the action `administer`. In a bundle it is about the bundle's own product. Only who may read a table sees columns and rows of it.";
    CASE_VALUE = "OP0509", "a sample row has a value of the wrong type",
        "Sample rows are rows that the table could have: each value is one of the type that the contract gives its column. A column that is left out has no value.";
    DUPLICATE_CASE = "OP0510", "two test cases have the same name",
        "Results name the case, so each case of a file has a name of its own.";

    // Agreements from elsewhere.
    AGREEMENT_PORT = "OP0601", "an agreement is about a port that is not there",
        "`provider` names a product of the workspace by its `id` or name, one of its output ports by name, and with `dataContractVersion` the major version; without it the newest is meant.";
    AGREEMENT_CONSUMER = "OP0602", "an agreement is for nobody who can ask here",
        "Here a person, a program or a group reads: `consumer.userId` is the name of a user or service, `consumer.teamId` that of a group. A data product alone is nobody who can ask, and its whole team would be more than was agreed.";
    AGREEMENT_TIME = "OP0603", "the time of an agreement cannot be kept",
        "Every agreement here ends, at the latest ten years on, and holds from the moment of its approval: an approved one has an `endTimestamp` after its `startTimestamp`, and has begun. Moments are written as in RFC 3339.";
    AGREEMENT_TERMS = "OP0604", "a term of an agreement cannot be kept",
        "The purpose is one line of at most 200 characters, columns are columns of the port, and the custom properties with the vendor `outport` have the form in which `access agreement export` writes them.";
    DUPLICATE_AGREEMENT = "OP0605", "two documents are the same agreement",
        "Agreements are told apart by `id`, so that two documents with one id cannot be imported together.";
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
