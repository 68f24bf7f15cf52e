//! `outport contract test`: a contract and its data, without a bundle and without a home.

use serde_json::Value;

use crate::place::{Place, ask_python, snapshot};

const CONTRACT: &str = "\
apiVersion: v3.1.0
kind: DataContract
id: people
version: 1.2.0
status: active
servers:
  - {server: csv, type: local, path: people.csv, format: csv}
  - {server: lines, type: local, path: people.ndjson, format: ndjson}
  - {server: parquet, type: local, path: people.parquet, format: parquet}
  - {server: broken, type: local, path: broken.csv, format: csv}
  - {server: gone, type: local, path: gone.csv, format: csv}
  - {server: lake, type: s3, location: s3://bucket/people, format: parquet}
schema:
  - name: people
    properties:
      - {name: id, logicalType: integer, primaryKey: true, required: true}
      - name: name
        logicalType: string
        required: true
        logicalTypeOptions: {minLength: 2}
      - {name: age, logicalType: integer, logicalTypeOptions: {minimum: 0, maximum: 150}}
    quality:
      - {id: enough, name: enough people, metric: rowCount, mustBeGreaterThan: 1, dimension: completeness}
      - {id: old, name: nobody is <old>, type: sql, query: 'SELECT count(*) FROM {object} WHERE age > 99', mustBe: 0, severity: warning}
";

fn people() -> Place {
    let place = Place::new();
    place.write("people.odcs.yaml", CONTRACT);
    place.write("people.csv", "id,name,age\n1,Ada,36\n2,Grace,85\n");
    place.write("people.ndjson", "{\"id\":1,\"name\":\"Ada\",\"age\":36}\n{\"id\":2,\"name\":\"Grace\"}\n");
    place.write("broken.csv", "id,name,age\n1,Ada,36\n1,G,185\n,,old\n");
    let sql =
        "SELECT CAST(1 AS BIGINT) AS id, 'Ada' AS name, CAST(36 AS BIGINT) AS age UNION ALL SELECT 2, 'Grace', 85";
    let rows = place.command(&["query", sql, "--format", "parquet"]).output().unwrap();
    assert!(rows.status.success(), "{}", String::from_utf8_lossy(&rows.stderr));
    place.write("people.parquet", rows.stdout);
    std::fs::remove_dir_all(place.path("home")).unwrap();
    place
}

#[test]
fn a_contract_that_is_kept() {
    let place = people();
    snapshot!(place, place.run(&["contract", "test", "people.odcs.yaml", "--server", "csv"]), @"
    exit 0
    --- stdout
    people 1.2.0
    [RULE]
    │     where         check                       measured   must be   failed rows   dimension    │
    [RULE]
    │ ✓   people.id     id is unique                0          = 0       0             uniqueness   │
    │ ✓   people.id     id has the right type       0          = 0       0             conformity   │
    │ ✓   people.id     id is present               0          = 0       0             completeness │
    │ ✓   people.name   name is present             0          = 0       0             completeness │
    │ ✓   people.name   name has the right length   0          = 0       0             conformity   │
    │ ✓   people.age    age has the right type      0          = 0       0             conformity   │
    │ ✓   people.age    age is in range             0          = 0       0             conformity   │
    │ ✓   people        enough people               2          > 1                     completeness │
    │ ✓   people        nobody is <old>             0          = 0                     accuracy     │
    [RULE]
    9 of 9 checks met
    ");
    for server in ["lines", "parquet"] {
        place.run(&["contract", "test", "people.odcs.yaml", "--server", server]).succeeded();
    }
    assert!(!place.path("home").exists(), "no home is needed and none is made");
}

#[test]
fn a_contract_that_is_not_kept() {
    let place = people();
    let test = ["contract", "test", "people.odcs.yaml", "--server", "broken"];
    snapshot!(place, place.run(&test), @r#"
    exit 1
    --- stdout
    people 1.2.0
    [RULE]
    │          where         check                       measured   must be   failed rows   dimension    │
    [RULE]
    │ ✗ fail   people.id     id is unique                1          = 0       2             uniqueness   │
    │ ✓        people.id     id has the right type       0          = 0       0             conformity   │
    │ ✗ fail   people.id     id is present               1          = 0       1             completeness │
    │ ✗ fail   people.name   name is present             1          = 0       1             completeness │
    │ ✗ fail   people.name   name has the right length   1          = 0       1             conformity   │
    │ ✗ fail   people.age    age has the right type      1          = 0       1             conformity   │
    │ ✗ fail   people.age    age is in range             1          = 0       1             conformity   │
    │ ✓        people        enough people               3          > 1                     completeness │
    │ ! warn   people        nobody is <old>             1          = 0                     accuracy     │
    [RULE]
      people.id · id is unique
        rows: SELECT "id", count(*) AS "occurrences" FROM "people" WHERE "id" IS NOT NULL GROUP BY "id" HAVING count(*) > 1 ORDER BY "occurrences" DESC LIMIT 10
      people.id · id is present
        rows: SELECT "id" FROM "people" WHERE ("id" IS NULL) LIMIT 10
      people.name · name is present
        rows: SELECT "id", "name" FROM "people" WHERE ("name" IS NULL) LIMIT 10
      people.name · name has the right length
        rows: SELECT "id", "name" FROM "people" WHERE ("name" IS NOT NULL AND character_length("name") < 2) LIMIT 10
      people.age · age has the right type
        rows: SELECT "id", "age" FROM "people" WHERE ("__raw_age" IS NOT NULL AND "age" IS NULL) LIMIT 10
      people.age · age is in range
        rows: SELECT "id", "age" FROM "people" WHERE ("age" IS NOT NULL AND ("age" < 0 OR "age" > 150)) LIMIT 10
    2 of 9 checks met, 6 failed, 1 warned
    --- stderr
    error: 6 of 9 checks are not met
    "#);
    for format in ["json", "junit", "oors"] {
        let ran = place.run(&[&test[..], &["--format", format]].concat());
        assert_eq!((ran.code, ran.stderr.as_str()), (1, ""), "{format}: {}", ran.text());
    }
    let by_output = place.run(&[&test[..], &["-o", "json"]].concat());
    assert_eq!(by_output.json(), place.run(&[&test[..], &["-f", "json"]].concat()).json());
}

#[test]
fn results_for_machines() {
    let place = people();
    let test = |format| place.run(&["contract", "test", "people.odcs.yaml", "--server", "broken", "-f", format]);
    let json = test("json").json();
    let results = json["results"].as_array().unwrap_or_else(|| panic!("{json:#}"));
    let unique =
        results.iter().find(|r| r["check"]["id"] == "people.primary_key").unwrap_or_else(|| panic!("{json:#}"));
    assert_eq!((&unique["outcome"], &unique["failedRows"]), (&Value::from("fail"), &Value::from(2)), "{unique:#}");

    place.write("junit.xml", test("junit").stdout);
    let program = "import sys, xml.etree.ElementTree as tree
suite = tree.parse(sys.argv[1]).getroot()
cases = list(suite.iter('testcase'))
print(suite.tag, len(cases), len([case for case in cases if case.find('failure') is not None or case.find('error') is not None]))
print([case.findtext('system-out') for case in cases if case.find('system-out') is not None])";
    insta::assert_snapshot!(ask_python(program, &[&place.path("junit.xml")]), @"
    testsuites 9 6
    ['! warn people · nobody is <old>: measured 1, must be = 0']
    ");

    let oors = test("oors").json();
    let keys: Vec<_> = oors.as_object().unwrap().keys().collect();
    insta::assert_snapshot!(format!("{keys:?}"), @r#"["apiVersion", "kind", "id", "observedAt", "source", "contract", "status", "results"]"#);
}

#[test]
fn what_cannot_be_tested_says_why() {
    let place = people();
    snapshot!(place, place.run(&["contract", "test", "people.odcs.yaml"]), @"
    exit 1
    --- stderr
    error[OP0221]

      × the contract has 5 servers of type `local`
       ╭─[people.odcs.yaml:6:1]
     5 │ status: active
     6 │ servers:
       · ───────
     7 │   - {server: csv, type: local, path: people.csv, format: csv}
       ╰────
      help: name one: `--server NAME`
    error: 1 error found; nothing was changed
    ");
    snapshot!(place, place.run(&["contract", "test", "people.odcs.yaml", "--server", "nowhere"]), @"
    exit 1
    --- stderr
    error[OP0223]

      × the contract has no server `nowhere`
       ╭─[people.odcs.yaml:6:1]
     5 │ status: active
     6 │ servers:
       · ───────
     7 │   - {server: csv, type: local, path: people.csv, format: csv}
       ╰────
      help: known are `csv`, `lines`, `parquet`, `broken`, `gone`, `lake`
    error: 1 error found; nothing was changed
    ");
    snapshot!(place, place.run(&["contract", "test", "people.odcs.yaml", "--server", "lake"]), @"
    exit 1
    --- stderr
    error[OP0224]

      × `lake` is a server of type `s3`
        ╭─[people.odcs.yaml:12:5]
     11 │   - {server: gone, type: local, path: gone.csv, format: csv}
     12 │   - {server: lake, type: s3, location: s3://bucket/people, format: parquet}
        ·     ───────────────────────────────────────────────────────────────────────
     13 │ schema:
        ╰────
      help: name a server of type `local`
    error: 1 error found; nothing was changed
    ");
    snapshot!(place, place.run(&["contract", "test", "people.odcs.yaml", "--server", "gone"]), @"
    exit 1
    --- stderr
    error: `[FOLDER]/gone.csv` leads to no file
    help: put the file there, or correct `gone.csv` in the contract's `servers` or in `outport.yaml`
    ");
    snapshot!(place, place.run(&["contract", "test", "people.odcs.yaml", "--server", "gone", "-o", "json"]), @r#"
    exit 1
    --- stdout
    {
      "error": {
        "message": "`[FOLDER]/gone.csv` leads to no file",
        "help": "put the file there, or correct `gone.csv` in the contract's `servers` or in `outport.yaml`"
      }
    }
    "#);
    snapshot!(place, place.run(&["contract", "test", "nothing.odcs.yaml"]), @"
    exit 1
    --- stderr
    error[OP0001]

      × `nothing.odcs.yaml` does not exist
      help: check the path and its permissions
    error: 1 error found; nothing was changed
    ");
    snapshot!(place, place.run(&["contract", "test", "people.csv"]), @"
    exit 1
    --- stderr
    error[OP0103]

      × the document must have keys and values, but is the text `id,name,age 1,Ada,36 2,Grace,85`
       ╭─[people.csv:1:1]
     1 │ id,name,age
       · ───────────
     2 │ 1,Ada,36
       ╰────
      help: a document begins with `apiVersion: …` and `kind: …`
    error[OP0221]

      × the contract has 0 servers of type `local`
       ╭─[people.csv:1:1]
     1 │ id,name,age
       · ───────────
     2 │ 1,Ada,36
       ╰────
      help: add a server of type `local` with `path` and `format`
    error: 2 errors found; nothing was changed
    ");
}

#[test]
fn a_rule_that_cannot_be_measured() {
    let place = people();
    let rule = |query| format!("      - {{id: wrong, type: sql, query: '{query}', mustBe: 0}}\n");
    let rules = rule("SELECT max(height) FROM {object}") + &rule("SELEC 1").replace("wrong", "worse");
    place.write("people.odcs.yaml", CONTRACT.to_owned() + &rules);
    let results = place.run(&["contract", "test", "people.odcs.yaml", "--server", "csv", "-f", "json"]).json();
    let results = results["results"].as_array().unwrap();
    let errors = results.iter().filter(|result| result["outcome"] == "error");
    let messages: Vec<_> = errors.map(|result| result["message"].as_str().unwrap_or_default()).collect();
    insta::assert_snapshot!(messages.join("\n"), @"
    no field named height
    expected: an SQL statement, found: SELEC at Line: 1, Column: 1
    ");
}

#[test]
fn a_location_names_the_table() {
    let place = people();
    let contract = CONTRACT.replace("path: people.csv", "path: '{model}.csv'");
    place.write("people.odcs.yaml", contract);
    place.run(&["contract", "test", "people.odcs.yaml", "--server", "csv"]).succeeded();
}
