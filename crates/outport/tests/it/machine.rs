//! Faults of the machine and of its user: disks, homes, settings, interrupts, two at once.

use std::{
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
};

use crate::{
    faults::recovers,
    place::{Place, Ran, ran, snapshot},
    shop::{ROWS, open_shop, shop, still_sells},
};

#[test]
fn unknown_products_and_workspaces() {
    let place = open_shop();
    snapshot!(place, place.run(&["run", "shopp"]), @"
    exit 1
    --- stderr
    error: there is no product `shopp` in workspace `dev`
    help: there are: shop
    ");
    snapshot!(place, place.run(&["get", "shopp", "-o", "json"]), @r#"
    exit 1
    --- stdout
    {
      "error": {
        "message": "there is no product `shopp` in workspace `dev`",
        "help": "there are: shop"
      }
    }
    "#);
    snapshot!(place, place.run(&["delete", "shopp", "--yes"]), @"
    exit 1
    --- stderr
    error: there is no product `shopp` in workspace `dev`
    help: there are: shop
    ");
    snapshot!(place, place.run(&["get", "-w", "No Such"]), @"
    exit 1
    --- stderr
    error: `No Such` is no name of a workspace
    help: `No Such` has `N`, which a name cannot have; names have lower case letters, digits, `-` and `_`
    ");
    snapshot!(place, place.run(&["get", "shop", "-w", "prod"]), @"
    exit 1
    --- stderr
    error: there is no product `shop` in workspace `prod`
    help: nothing is applied yet: `outport apply PATH`
    ");
}

#[test]
fn settings_that_are_not_understood() {
    let place = open_shop();
    place.write("home/outport.toml", "treads = 3\n");
    snapshot!(place, place.run(&["get"]), @"
    exit 1
    --- stderr
    error: `[FOLDER]/home/outport.toml` has a setting that is not understood
    TOML parse error at line 1, column 1
      |
    1 | treads = 3
      | ^^^^^^
    unknown field `treads`, expected one of `workspace`, `memory_limit`, `threads`, `depots`, `workspaces`, `limits`, `providers`, `serve`, `telemetry`
    help: settings are `workspace`, `memory_limit`, `threads`, `[depots.NAME]` and `[workspaces.NAME.depots.NAME]` with `location`, `[limits]`, `[serve]`, `[telemetry]` and `[[providers]]`
    ");
    place.write("home/outport.toml", "workspace = \n");
    snapshot!(place, place.run(&["get"]), @"
    exit 1
    --- stderr
    error: `[FOLDER]/home/outport.toml` has a setting that is not understood
    TOML parse error at line 1, column 13
      |
    1 | workspace = 
      |             ^
    string values must be quoted, expected literal string
    help: settings are `workspace`, `memory_limit`, `threads`, `[depots.NAME]` and `[workspaces.NAME.depots.NAME]` with `location`, `[limits]`, `[serve]`, `[telemetry]` and `[[providers]]`
    ");
    place.write("home/outport.toml", "memory_limit = \"lots\"\n");
    snapshot!(place, place.run(&["get", "-o", "json"]), @r#"
    exit 1
    --- stdout
    {
      "error": {
        "message": "`lots` is no amount of memory",
        "help": "write it like `512MiB` or `4GiB`"
      }
    }
    "#);
}

#[test]
fn a_home_of_a_newer_version() {
    let place = open_shop();
    let program = "import sqlite3, sys; sqlite3.connect(sys.argv[1]).execute('PRAGMA user_version = 9999')";
    crate::place::ask_python(program, &[&place.path("home/outport.db")]);
    snapshot!(place, place.run(&["get"]), @"
    exit 1
    --- stderr
    error: the metadata store `[FOLDER]/home/outport.db` has format 9999; this Outport knows 5
    help: use the newer Outport that wrote it
    ");
}

#[test]
fn a_database_that_is_none() {
    let place = shop();
    place.write("home/outport.db", "this is no database, and it is long enough to be read as a header of one, or not");
    snapshot!(place, place.run(&["get"]), @"
    exit 1
    --- stderr
    error: the metadata store `[FOLDER]/home/outport.db` cannot be opened: error returned from database: (code: 26) file is not a database
    help: check that it is a file of Outport in a folder that can be written, or choose another home with `--home`
    ");
}

/// As root, permission bits stop nobody; below `/proc` nobody can make a folder.
#[test]
fn a_home_that_cannot_be_written() {
    let place = shop();
    let mut command = place.command(&["apply", "shop", "--yes"]);
    snapshot!(place, ran(command.env("OUTPORT_HOME", "/proc/outport")), @"
    exit 1
    --- stderr
    error: the home `/proc/outport` cannot be used: No such file or directory (os error 2)
    help: let this user write there, or choose another folder with `--home` or `OUTPORT_HOME`
    ");
    place.write("file", "");
    let mut command = place.command(&["get"]);
    snapshot!(place, ran(command.env("OUTPORT_HOME", "file")), @"
    exit 1
    --- stderr
    error: `[FOLDER]/file/outport.toml` cannot be read: Not a directory (os error 20)
    help: check that the home is a folder that this user can read, or choose another with `--home`
    ");
}

/// Enough rows to outgrow a small disk.
fn many_rows() -> String {
    let row = |id: u64| format!("{id},item {}\u{2026}{id},{}\n", id * 7_919 % 100_003, id * 104_729 % 1_000_003);
    format!("id,item,amount\n{}", (1..200_000).map(row).collect::<String>())
}

/// Runs a script; `$outport` is the binary.
fn script(place: &Place, program: &str, arguments: &[&str], script: &str) -> Ran {
    let mut command = assert_cmd::Command::new(program);
    command.args(arguments).args(["bash", "-c", script]).env_clear().current_dir(place.path(""));
    command.env("PATH", std::env::var_os("PATH").unwrap_or_default()).env("OUTPORT_HOME", place.path("home"));
    ran(command.env("outport", env!("CARGO_BIN_EXE_outport")).env("OUTPORT_THREADS", "2"))
}

/// A mount that only the script sees and that goes with it. Not every machine lets a test have one.
fn may_mount() -> bool {
    let tried =
        Command::new("unshare").args(["--map-root-user", "--mount", "mount", "-t", "tmpfs", "t", "/mnt"]).output();
    tried.is_ok_and(|output| output.status.success())
}

/// A limit on the size of files fails a write like a full disk does, and needs no privilege.
#[test]
fn a_disk_that_takes_no_more() {
    let place = open_shop();
    place.write("data/sales.csv", many_rows());
    let limited = "trap '' XFSZ; ulimit -f 1024; exec $outport run shop --quiet";
    snapshot!(place, script(&place, "env", &[], limited), @"
    exit 1
    --- stdout
    ✗ shop: the warehouse `[FOLDER]/home/warehouse/shop/sales-[FINGERPRINT]` failed to write rows: File too large (os error 27)
        help: check that the folder exists and can be written
    1 failed or skipped
    --- stderr
    error: 1 of 1 run failed; everything else stays as it was
    ");
    still_sells(&place);
    recovers(&place);
}

#[test]
fn a_disk_that_is_full() {
    if !may_mount() {
        return a_disk_that_takes_no_more();
    }
    let place = open_shop();
    place.write("more.csv", many_rows());
    let full = "mkdir disk && mount -t tmpfs -o size=1m disk disk && export OUTPORT_HOME=$PWD/disk/home
        $outport apply shop --yes --quiet > /dev/null && cp data/sales.csv data/before.csv && cp more.csv data/sales.csv
        $outport run shop --quiet; echo \"exit $?\"
        $outport query 'SELECT * FROM shop.sales ORDER BY id' --format csv
        mount -o remount,size=64m disk && $outport run shop --quiet
        $outport query 'SELECT count(*) AS rows FROM shop.sales' --format csv";
    snapshot!(place, script(&place, "unshare", &["--map-root-user", "--mount"], full), @"
    exit 0
    --- stdout
    ✗ shop: there is no space left on the disk that holds `[FOLDER]/disk/home/warehouse/shop/sales-[FINGERPRINT]`
        help: free some space and run again; nothing was published
    1 failed or skipped
    exit 1
    id,item,amount
    1,apple,3
    2,pear,4
    ✓ shop: release 2 is published
    1 published
    rows
    199999
    --- stderr
    error: 1 of 1 run failed; everything else stays as it was
    ");
}

#[test]
fn a_home_that_can_only_be_read() {
    if !may_mount() {
        return a_home_that_cannot_be_written();
    }
    let place = open_shop();
    let sealed = "mount --bind home home && mount -o remount,ro,bind home && $outport apply shop --yes";
    snapshot!(place, script(&place, "unshare", &["--map-root-user", "--mount"], sealed), @"
    exit 1
    --- stderr
    error: the home `[FOLDER]/home` cannot be used: Read-only file system (os error 30)
    help: let this user write there, or choose another folder with `--home` or `OUTPORT_HOME`
    ");
    still_sells(&place);
}

/// A model that takes about a second.
const SLOW: &str = "SELECT id, item, amount + (SELECT min(a.value * b.value) FROM generate_series(1, 5000) AS a, \
    generate_series(1, 5000) AS b WHERE a.value + b.value > 9999) * 0 AS amount\nFROM input.sales\n";

/// An `apply` under way.
fn begun(place: &Place) -> Child {
    let mut command = Command::new(env!("CARGO_BIN_EXE_outport"));
    command.args(["apply", "shop", "--yes", "-o", "json"]).env_clear().current_dir(place.path(""));
    command.env("OUTPORT_HOME", place.path("home")).stdout(Stdio::piped()).stderr(Stdio::inherit()).spawn().unwrap()
}

/// Waits until a model has begun; gives the lines after that.
#[track_caller]
fn until_model(child: &mut Child) -> impl Iterator<Item = String> + use<> {
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
    assert!(lines.any(|line| line.contains("\"modelStarted\"")), "no model began");
    lines
}

/// The file is written to once the model has begun, so before the inputs are looked at again.
#[test]
fn a_source_that_changes_while_it_is_read() {
    let place = open_shop();
    place.write("shop/models/sales.sql", SLOW);
    let mut child = begun(&place);
    let lines = until_model(&mut child);
    place.write("data/sales.csv", format!("{ROWS}3,fig,5\n"));
    let rest: String = lines.collect();
    assert_eq!(child.wait().unwrap().code(), Some(1), "{rest}");
    assert!(rest.contains("sales.csv` changed while it was read"), "{rest}");
    still_sells(&place);
    place.write("shop/models/sales.sql", "SELECT id, item, amount\nFROM input.sales\n");
    recovers(&place);
}

#[test]
fn a_full_disk_behind_a_query() {
    let place = open_shop();
    for format in ["table", "csv", "json", "ndjson", "parquet", "arrow"] {
        let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
        let output = Command::new(env!("CARGO_BIN_EXE_outport"))
            .args(["query", "SELECT * FROM shop.sales", "--format", format])
            .env_clear()
            .env("OUTPORT_HOME", place.path("home"))
            .stdout(Stdio::from(full))
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(1), "{format}");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(said, "error: `the answer` cannot be written: No space left on device (os error 28)\n", "{format}");
    }
}

/// Whoever comes second finds the product busy, or finds nothing left to do; either way the state is whole.
#[test]
fn two_applies_at_once() {
    let place = Place::with_example("retail");
    let spawn = || {
        let arguments = ["apply", "retail", "--yes", "-o", "json"];
        let mut command = Command::new(env!("CARGO_BIN_EXE_outport"));
        command.args(arguments).env_clear().env("OUTPORT_HOME", place.path("home")).current_dir(place.path(""));
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    };
    let both = [spawn(), spawn()].map(|child| child.wait_with_output().unwrap());
    for output in &both {
        let said = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
        let explained = ["another process", "changed since", "look at the plan again"].iter().any(|t| said.contains(t));
        assert!(output.status.success() || explained, "{said}");
    }
    place.run(&["apply", "retail", "--yes"]).succeeded();
    assert_eq!(place.run(&["plan", "retail", "--detailed-exitcode"]).code, 0);
    let listed = place.run(&["get", "-o", "json"]).succeeded().json();
    assert_eq!(listed.as_array().unwrap().iter().filter(|product| product["release"].is_object()).count(), 9);
    assert_eq!(place.scalar("SELECT count(*) FROM orders.order_lines"), 60_175);
}

/// Ctrl-C comes once the model has begun.
#[test]
fn an_interrupt_leaves_the_old_release() {
    let place = open_shop();
    place.write("shop/models/sales.sql", SLOW);
    let mut child = begun(&place);
    let lines = until_model(&mut child);
    let asked = Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(asked.success());
    let rest: String = lines.collect();
    assert_eq!(child.wait().unwrap().code(), Some(1), "{rest}");
    assert!(rest.contains("it was stopped; the release from before stays"), "{rest}");
    still_sells(&place);
    place.write("shop/models/sales.sql", "SELECT id, item, amount\nFROM input.sales\n");
    recovers(&place);
}

#[test]
fn names_that_are_one_in_sql() {
    let place = open_shop();
    place.write("other/outport.yaml", "apiVersion: outport/v1\nproduct: my-shop\ninputs:\n  sales: {server: files}\n");
    for file in ["product.odps.yaml", "contracts/input.odcs.yaml", "contracts/sales.odcs.yaml", "models/sales.sql"] {
        place.write(&format!("other/{file}"), std::fs::read(place.path(&format!("shop/{file}"))).unwrap());
    }
    place.run(&["apply", "other", "--yes"]).succeeded();
    place.edit("other/outport.yaml", "my-shop", "my_shop");
    snapshot!(place, place.run(&["plan", "other"]), @"
    exit 1
    --- stderr
    error[OP0204]

      × the name `my_shop` is that of `my-shop`, which the workspace has already (other/
      │ product.odps.yaml)
      help: give each product its own name; `-` and `_` count as one
    error: 1 error found; nothing was changed
    ");
}

#[test]
fn failures_for_machines() {
    let place = open_shop();
    place.write("data/sales.csv", "id,item,amount\n1,apple,3\n1,,4\n");
    let ran = place.run(&["run", "shop", "-o", "json"]);
    assert_eq!(ran.code, 1);
    let events = ran.events();
    let summary = events.iter().find(|value| value["runs"].is_array()).expect("a summary");
    let failure = &summary["runs"][0]["failure"];
    assert!(failure["message"].as_str().unwrap().starts_with("input port `sales` breaks its contract"), "{failure:#}");
    assert!(failure["help"].is_string() && failure["results"].as_array().is_some_and(|r| !r.is_empty()), "{failure:#}");
    assert_eq!(ran.stderr, "");
}
