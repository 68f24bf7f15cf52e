//! The flights of 2013, whole.

use std::path::Path;

use serde_json::json;

use crate::place::{Place, ask_python, examples, test_data};

/// The question of `models/route_delay.sql`, asked of the raw file.
const ORACLE: &str = r#"
import sys, duckdb
connection = duckdb.connect()
connection.execute(f"CREATE VIEW raw AS SELECT * FROM read_csv('{sys.argv[1]}', nullstr='NA')")
connection.execute(f"CREATE VIEW ours AS SELECT * FROM '{sys.argv[2]}'")
connection.execute("""CREATE TABLE theirs AS
  SELECT make_date(year, month, 1) AS month, carrier, origin, dest AS destination, count(*) AS flights,
    count(*) FILTER (dep_time IS NULL) AS cancelled,
    count(*) FILTER (dep_time IS NOT NULL AND arr_delay IS NULL) AS diverted,
    count(*) FILTER (arr_delay IS NOT NULL) AS flown,
    count(*) FILTER (arr_delay >= 15) AS delayed, count(*) FILTER (arr_delay < 15) AS on_time,
    round(avg(dep_delay), 9) AS mean_departure_delay, round(avg(arr_delay), 9) AS mean_arrival_delay,
    round(median(arr_delay), 9) AS median_arrival_delay
  FROM raw WHERE NOT (origin = 'EWR' AND dest = 'LGA' AND distance = 17) GROUP BY ALL""")
connection.execute("""CREATE TABLE mine AS
  SELECT month, carrier, origin, destination, flights, cancelled, diverted, flown, delayed, on_time,
    round(mean_departure_delay, 9), round(mean_arrival_delay, 9), round(median_arrival_delay, 9) FROM ours""")
count = lambda query: connection.execute(f"SELECT count(*) FROM ({query})").fetchone()[0]
print(count("FROM theirs"), count("FROM mine"), count("FROM mine EXCEPT FROM theirs"), count("FROM theirs EXCEPT FROM mine"))
"#;

#[test]
fn every_flight_is_accounted_for_and_the_delays_are_those_of_the_raw_file() {
    let data = test_data("nycflights13");
    let place = Place::new();
    let bundles = examples().join("flights");
    let bundles = bundles.to_str().unwrap();
    let outport =
        |arguments: &[&str]| crate::place::ran(place.command(arguments).env("NYCFLIGHTS13", &data)).succeeded();

    outport(&["apply", bundles, "--yes"]);
    let all = "SELECT (SELECT count(*) FROM flights.flights) + (SELECT count(*) FROM flights.flights_quarantine)";
    assert_eq!(place.scalar(all), 336_776);
    assert_eq!(
        place.query("SELECT origin, dest, distance, _reasons FROM flights.flights_quarantine"),
        json!([{"origin": "EWR", "dest": "LGA", "distance": 17, "_reasons": "flights.distance.range"}])
    );
    assert_eq!(place.scalar("SELECT count(*) FROM registry.airports_quarantine"), 3);
    assert_eq!(place.scalar("SELECT count(*) FROM weather.weather_quarantine"), 1);

    agrees_with_duckdb(&place, &data.join("flights.csv.gz"));

    let again = outport(&["apply", bundles, "--yes"]);
    assert_eq!(again.stdout, "nothing to change: everything is as the bundles say\n");
    let runs = outport(&["run", "--output", "json"]).json();
    let states: Vec<_> =
        runs["runs"].as_array().unwrap().iter().map(|run| run["run"]["state"].as_str().unwrap()).collect();
    assert_eq!(states, ["unchanged"; 5]);
}

#[track_caller]
fn agrees_with_duckdb(place: &Place, raw: &Path) {
    let rows = place.path("route_delay.parquet");
    let sql = "SELECT * FROM on_time_performance.route_delay";
    let answer = place.command(&["query", sql, "--format", "parquet"]).output().unwrap();
    assert!(answer.status.success());
    std::fs::write(&rows, answer.stdout).unwrap();
    let said = ask_python(ORACLE, &[raw, &rows]);
    let said: Vec<u64> = said.split_whitespace().map(|number| number.parse().unwrap()).collect();
    assert!(said[0] > 3_000, "{said:?}");
    assert_eq!(said[1..], [said[0], 0, 0], "rows here, rows only here, rows only there");
}
