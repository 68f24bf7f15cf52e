//! The surface: help, version, completions, settings.

use crate::{
    place::{Place, Ran, ran, snapshot},
    shop::open_shop,
};

#[test]
fn the_version() {
    let place = Place::new();
    let said = place.run(&["--version"]).succeeded().stdout;
    assert_eq!(said, format!("outport {}\n", env!("CARGO_PKG_VERSION")));
}

/// Help as it is without settings in the environment, whose values it would show.
fn help(place: &Place, arguments: &[&str]) -> Ran {
    ran(place.command(arguments).env_remove("OUTPORT_HOME").env_remove("OUTPORT_THREADS")).succeeded()
}

/// The same without the options that every verb has.
fn own_help(place: &Place, verb: &[&str]) -> Ran {
    let mut ran = help(place, &[verb, &["-h"]].concat());
    let (own, global) = ran.stdout.split_once("Global options:").expect("a part for global options");
    assert!(global.contains("--workspace"), "{global}");
    ran.stdout = own.to_owned();
    ran
}

#[test]
fn help_of_the_whole() {
    let place = Place::new();
    snapshot!(place, help(&place, &["-h"]), @"
    exit 0
    --- stdout
    An open data product platform: from a folder of files to a published data product

    Usage: outport [OPTIONS] <COMMAND>

    Commands:
      init         Make a home and its first administrator
      validate     Check a bundle, a folder of bundles or one document, without touching data
      plan         Show what `apply` would do, and who is affected
      apply        Make a bundle, or a folder of bundles, live: record, build, audit, publish
      get          List the products of the workspace, or show one in full
      delete       Remove products from the record; their stored tables stay until the next `apply`
      run          Build products again from their inputs, where anything is new
      query        Ask in SQL over everything that is released
      history      Show what happened to a product: changes, runs and releases
      rollback     Make an earlier release of a product current again
      contract     Work with one data contract
      serve        Open the doors: serve everything that is released
      mcp          Answer an agent over standard input and output (Model Context Protocol)
      user         Manage the users of the home
      token        Manage API tokens
      access       Ask for access, decide about it, and see why someone sees what they see
      feedback     Ask about products, tell of problems, and answer
      audit        Look at the record of requests
      completions  Write the completions of a shell
      help         Print this message or the help of the given subcommand(s)

    Options:
      -h, --help     Print help (see more with '--help')
      -V, --version  Print version

    Global options:
          --home <FOLDER>        Folder of the metadata store, the warehouse and `outport.toml`
                                 [default: the nearest `.outport` upwards, else `./.outport`] [env:
                                 OUTPORT_HOME=]
      -w, --workspace <NAME>     Workspace to work in [default: `workspace` of `outport.toml`, else
                                 `dev`] [env: OUTPORT_WORKSPACE=]
          --server <URL>         Work on a running server instead of the home; its token is in
                                 `OUTPORT_TOKEN` [env: OUTPORT_SERVER=]
          --token-file <FILE>    File of the token that the server is shown, instead of `OUTPORT_TOKEN`
                                 [env: OUTPORT_TOKEN_FILE=]
          --ca-file <FILE>       File of certificates (PEM) of those who vouch for the server, beside
                                 those that this machine trusts [env: OUTPORT_CA_FILE=]
      -o, --output <OUTPUT>      How results are written [default: table] [possible values: table, json,
                                 yaml]
      -q, --quiet                Say nothing about the way there
          --memory-limit <SIZE>  Memory for sorting, joining and grouping; more than that spills to disk
                                 [default: 4GiB] [env: OUTPORT_MEMORY_LIMIT=]
          --threads <N>          How much is worked on at once [default: one for each processor] [env:
                                 OUTPORT_THREADS=]
    ");
}

#[test]
fn help_of_each_verb() {
    let place = Place::new();
    snapshot!(place, own_help(&place, &["validate"]), @"
    exit 0
    --- stdout
    Check a bundle, a folder of bundles or one document, without touching data

    Usage: outport validate [OPTIONS] [PATH]

    Arguments:
      [PATH]  Bundle, folder of bundles, or document (`*.odcs.yaml`, `*.odps.yaml`, `outport.yaml`)
              [default: .]

    Options:
      -h, --help     Print help (see more with '--help')
      -V, --version  Print version
    ");
    snapshot!(place, own_help(&place, &["plan"]), @"
    exit 0
    --- stdout
    Show what `apply` would do, and who is affected

    Usage: outport plan [OPTIONS] [PATH]

    Arguments:
      [PATH]  Bundle or folder of bundles [default: .]

    Options:
          --detailed-exitcode  Exit with 0 where nothing would change and with 2 where something would
      -h, --help               Print help (see more with '--help')
      -V, --version            Print version
    ");
    snapshot!(place, own_help(&place, &["apply"]), @"
    exit 0
    --- stdout
    Make a bundle, or a folder of bundles, live: record, build, audit, publish

    Usage: outport apply [OPTIONS] [PATH]

    Arguments:
      [PATH]  Bundle or folder of bundles [default: .]

    Options:
      -y, --yes      Do not ask
          --force    Remove also what other products read; that is then on record
      -h, --help     Print help (see more with '--help')
      -V, --version  Print version
    ");
    snapshot!(place, own_help(&place, &["get"]), @"
    exit 0
    --- stdout
    List the products of the workspace, or show one in full

    Usage: outport get [OPTIONS] [PRODUCT]

    Arguments:
      [PRODUCT]  Product [default: all, a line each]

    Options:
      -h, --help     Print help (see more with '--help')
      -V, --version  Print version
    ");
    snapshot!(place, own_help(&place, &["delete"]), @"
    exit 0
    --- stdout
    Remove products from the record; their stored tables stay until the next `apply`

    Usage: outport delete [OPTIONS] <PRODUCTS>...

    Arguments:
      <PRODUCTS>...  Products

    Options:
      -y, --yes      Do not ask
          --force    Remove also what other products read; that is then on record
      -h, --help     Print help (see more with '--help')
      -V, --version  Print version
    ");
    snapshot!(place, own_help(&place, &["run"]), @"
    exit 0
    --- stdout
    Build products again from their inputs, where anything is new

    Usage: outport run [OPTIONS] [PRODUCTS]...

    Arguments:
      [PRODUCTS]...  Products [default: all of the workspace]

    Options:
      -h, --help     Print help (see more with '--help')
      -V, --version  Print version
    ");
    snapshot!(place, own_help(&place, &["query"]), @"
    exit 0
    --- stdout
    Ask in SQL over everything that is released

    Usage: outport query [OPTIONS] <SQL>

    Arguments:
      <SQL>  SQL; tables are `<product>.<table>`

    Options:
          --as <USER>        As this user [default: whoever works on the home, who sees everything]
          --purpose <TEXT>   What the data is read for
      -f, --format <FORMAT>  How the rows are written [default: as `--output`] [possible values: table,
                             json, ndjson, csv, parquet, arrow]
      -h, --help             Print help (see more with '--help')
      -V, --version          Print version
    ");
    snapshot!(place, own_help(&place, &["history"]), @"
    exit 0
    --- stdout
    Show what happened to a product: changes, runs and releases

    Usage: outport history [OPTIONS] <PRODUCT>

    Arguments:
      <PRODUCT>  Product

    Options:
      -h, --help     Print help (see more with '--help')
      -V, --version  Print version
    ");
    snapshot!(place, own_help(&place, &["rollback"]), @"
    exit 0
    --- stdout
    Make an earlier release of a product current again

    Usage: outport rollback [OPTIONS] <PRODUCT>

    Arguments:
      <PRODUCT>  Product

    Options:
          --to <NUMBER>  Release [default: the one before the current one]
      -h, --help         Print help (see more with '--help')
      -V, --version      Print version
    ");
    snapshot!(place, own_help(&place, &["contract", "test"]), @"
    exit 0
    --- stdout
    Measure data against a contract, without bundle and workspace

    Usage: outport contract test [OPTIONS] <FILE>

    Arguments:
      <FILE>  The contract (`*.odcs.yaml`)

    Options:
          --server <NAME>    The server, of type `local`, whose data is measured [default: the only one]
      -f, --format <FORMAT>  How the results are written [default: as `--output`] [possible values:
                             table, json, junit, oors]
      -h, --help             Print help (see more with '--help')
      -V, --version          Print version
    ");
    snapshot!(place, own_help(&place, &["completions"]), @"
    exit 0
    --- stdout
    Write the completions of a shell

    Usage: outport completions [OPTIONS] <SHELL>

    Arguments:
      <SHELL>  Shell [possible values: bash, elvish, fish, powershell, zsh]

    Options:
      -h, --help     Print help (see more with '--help')
      -V, --version  Print version
    ");
}

#[test]
fn completions_need_no_home() {
    let place = Place::new();
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let said = place.run(&["completions", shell]).succeeded();
        assert!(said.stdout.contains("rollback"), "{shell}");
    }
    assert!(!place.path("home").exists());
}

#[test]
fn wrong_usage_is_exit_2() {
    let place = Place::new();
    snapshot!(place, place.run(&["aply"]), @"
    exit 2
    --- stderr
    error: unrecognized subcommand 'aply'

      tip: a similar subcommand exists: 'apply'

    Usage: outport [OPTIONS] <COMMAND>

    For more information, try '--help'.
    ");
    snapshot!(place, place.run(&["get", "No_Such"]), @"
    exit 2
    --- stderr
    error: invalid value 'No_Such' for '[PRODUCT]': `No_Such` has `N`, which a name cannot have

    For more information, try '--help'.
    ");
    snapshot!(place, place.run(&["delete"]), @"
    exit 2
    --- stderr
    error: the following required arguments were not provided:
      <PRODUCTS>...

    Usage: outport delete --home <FOLDER> --threads <N> <PRODUCTS>...

    For more information, try '--help'.
    ");
}

#[test]
fn the_home_is_found_upwards() {
    let place = open_shop();
    std::fs::rename(place.path("home"), place.path(".outport")).unwrap();
    let mut command = place.command(&["get", "-o", "json"]);
    let found = ran(command.env_remove("OUTPORT_HOME").current_dir(place.path("shop/models"))).succeeded().json();
    assert_eq!(found[0]["intent"]["compiled"]["product"]["name"], "shop", "{found:#}");
}

#[test]
fn yaml_says_what_json_says() {
    let place = open_shop();
    let yaml = place.run(&["history", "shop", "-o", "yaml"]).succeeded().stdout;
    let json = place.run(&["history", "shop", "-o", "json"]).succeeded().json();
    for key in json.as_object().unwrap().keys() {
        assert!(yaml.lines().any(|line| line.starts_with(&format!("{key}:"))), "{key} is not in {yaml}");
    }
}

#[test]
fn an_empty_workspace_says_what_to_do() {
    let place = Place::new();
    snapshot!(place, place.run(&["get"]), @"
    exit 0
    --- stdout
    workspace `dev` has no products yet: `outport apply PATH`
    ");
    snapshot!(place, place.run(&["run"]), @"
    exit 0
    --- stdout
    nothing to run
    ");
    snapshot!(place, place.run(&["history", "shop"]), @"
    exit 1
    --- stderr
    error: there is no product `shop` in workspace `dev`
    help: nothing is applied yet: `outport apply PATH`
    ");
    snapshot!(place, place.run(&["rollback", "shop"]), @"
    exit 1
    --- stderr
    error: there is no product `shop` in workspace `dev`
    help: nothing is applied yet: `outport apply PATH`
    ");
    snapshot!(place, place.run(&["get", "shop", "-o", "json"]), @r#"
    exit 1
    --- stdout
    {
      "error": {
        "message": "there is no product `shop` in workspace `dev`",
        "help": "nothing is applied yet: `outport apply PATH`"
      }
    }
    "#);
}

#[test]
fn one_product_for_people() {
    let place = open_shop();
    snapshot!(place, place.run(&["get"]), @"
    exit 0
    --- stdout
    [RULE]
    │ product   version   alignment   domain   owner               release   published (UTC)       rows │
    [RULE]
    │ shop      1.0.0                          owner@example.com   1         [MOMENT]   2    │
    [RULE]
    ");
    snapshot!(place, place.run(&["get", "shop"]), @"
    exit 0
    --- stdout
    Shop (shop 1.0.0)
    purpose   What was sold.
    owner     owner@example.com
    status    active
    release   1

    inputs
      sales ← ../data/sales.csv

    tables
      shop.sales: 2 rows

    checks of the newest run: 11 of 11 checks met
    [RULE]
    │     where                check                       measured   must be   failed rows   dimension    │
    [RULE]
    │ ✓   input sales.id       id is unique                0          = 0       0             uniqueness   │
    │ ✓   input sales.id       id has the right type       0          = 0       0             conformity   │
    │ ✓   input sales.id       id is present               0          = 0       0             completeness │
    │ ✓   input sales.item     item is present             0          = 0       0             completeness │
    │ ✓   input sales.amount   amount has the right type   0          = 0       0             conformity   │
    │ ✓   sales.id             id is unique                0          = 0       0             uniqueness   │
    │ ✓   sales.id             id has the right type       0          = 0       0             conformity   │
    │ ✓   sales.id             id is present               0          = 0       0             completeness │
    │ ✓   sales.item           item is present             0          = 0       0             completeness │
    │ ✓   sales.amount         amount has the right type   0          = 0       0             conformity   │
    │ ✓   sales.amount         amount is in range          0          = 0       0             conformity   │
    [RULE]
    ");
    snapshot!(place, place.run(&["history", "shop"]), @"
    exit 0
    --- stdout
    [RULE]
    │ when (UTC)            what                                      │
    [RULE]
    │ [MOMENT]   release   release 1 (current)             │
    │ [MOMENT]   run       published: release 1            │
    │ [MOMENT]   change    applied (generation 1): created │
    [RULE]
    ");
}

#[test]
fn without_yes_and_without_a_terminal_nothing_is_applied() {
    let place = crate::shop::shop();
    snapshot!(place, place.run(&["apply", "shop"]), @"
    exit 1
    --- stdout
    plan for workspace `dev`:

      + shop 1.0.0 is created
          + port sales@1
          builds: sales

    1 to create
    --- stderr
    error: nothing was applied
    help: say `--yes` to apply without being asked
    ");
    assert_eq!(place.run(&["get", "-o", "json"]).succeeded().json(), serde_json::json!([]));
}
