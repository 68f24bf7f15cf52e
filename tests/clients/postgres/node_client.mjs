// Asks a PostgreSQL door with node-postgres, and prints what it saw as one line of JSON.
//
// Configured by the environment: PGHOST, PGPORT, PGUSER, PGPASSWORD, PGDATABASE, OUTPORT_TABLE (`schema.table`), a table as
// `crates/outport/tests/it/doors_postgres.rs` makes it, and OUTPORT_MODULES, a folder whose `node_modules` have `pg` and
// `pg-cursor`.

import { createRequire } from "node:module";
import { join } from "node:path";

const require = createRequire(join(process.env.OUTPORT_MODULES, "package.json"));
const pg = require("pg");
const Cursor = require("pg-cursor");

const table = process.env.OUTPORT_TABLE;
const [schema, name] = table.split(".");
const slow = "SELECT count(*) FROM generate_series(1, 100000000000)";

/** The SQLSTATE that something fails with. */
async function state(work) {
  try {
    await work;
  } catch (error) {
    return error.code ?? String(error);
  }
  return null;
}

const seen = { client: `pg ${require("pg/package.json").version}` };
const client = new pg.Client({ application_name: "node client" });
await client.connect();
const column = async (sql, values) =>
  (await client.query({ text: sql, values, rowMode: "array" })).rows.map((row) => row[0]);
const one = async (sql, values) => (await column(sql, values))[0];

seen.server = await one("SHOW server_version");
seen.tables = await column(
  "SELECT table_schema || '.' || table_name FROM information_schema.tables " +
    "WHERE table_schema NOT IN ('pg_catalog', 'information_schema') ORDER BY 1",
);
seen.columns = await column(
  "SELECT column_name FROM information_schema.columns WHERE table_schema = $1 AND table_name = $2 " +
    "ORDER BY ordinal_position",
  [schema, name],
);

/** A value as text. */
function plain(value) {
  if (Buffer.isBuffer(value)) return value.toString("hex");
  if (value instanceof Date) return value.toISOString();
  return Array.isArray(value) ? value.join(",") : String(value);
}

// Days and moments without a zone would become moments of the place where this runs.
const types = { getTypeParser: (id, format) => ([1082, 1114].includes(id) ? String : pg.types.getTypeParser(id, format)) };
const all = `SELECT * FROM ${table} ORDER BY id`;
const row = async (query) => (await client.query({ types, rowMode: "array", ...query })).rows[0].map(plain);
seen.text = await row({ text: all });
// The driver reads numbers, truth values and texts in the binary format.
seen.binary = await row({ text: `SELECT id, customer, weight, paid, pieces FROM ${table} ORDER BY id`, binary: true });

const count = async (condition, values) => {
  try {
    return Number(await one(`SELECT count(*) FROM ${table} WHERE ${condition}`, values));
  } catch (error) {
    return `${error.code} ${error.message}`;
  }
};
seen.parameters = {
  number: await count("id = $1", [1]),
  decimal: await count("amount = $1", ["12.50"]),
  float: await count("weight = $1", [0.5]),
  boolean: await count("paid = $1", [true]),
  text: await count("customer = $1", ["Ånn"]),
  day: await count("day = $1", ["2023-11-14"]),
  moment: await count("at > $1", [new Date("2023-11-14T22:13:20.000Z")]),
  bytes: await count("code = $1", [Buffer.from("ab")]),
  list: await count("id = ANY($1)", [[1, 2]]),
  "no list": await count("id <> ALL($1)", [[]]),
  null: await count("customer IS NOT NULL OR $1::text IS NULL", [null]),
  cast: await count("id = $1::bigint", ["1"]),
  limit: await count(`id IN (SELECT id FROM ${table} ORDER BY id LIMIT $1)`, [2]),
};
seen.prepared = [];
for (const number of [1, 2]) {
  const found = await client.query({ name: "kept", text: `SELECT id FROM ${table} WHERE id = $1`, values: [number] });
  seen.prepared.push(Number(found.rows[0].id));
}
const cursor = client.query(new Cursor(`SELECT a.id FROM ${table} AS a CROSS JOIN ${table} AS b`));
seen.steps = 0;
for (let rows = await cursor.read(2); rows.length > 0; rows = await cursor.read(2)) {
  seen.steps += rows.length;
}
await cursor.close();
seen.errors = {
  column: await state(client.query(`SELECT no_such_column FROM ${table}`)),
  table: await state(client.query("SELECT * FROM no_such.table_at_all")),
  write: await state(client.query(`DELETE FROM ${table}`)),
};
await client.query("SET statement_timeout = 500");
seen.timeout = await state(client.query(slow));
await client.query("SET statement_timeout = 0");
// How the driver cancels: by a connection of its own.
const query = new pg.Query(slow);
const ended = new Promise((resolve) => {
  query.on("error", (error) => resolve(error.code));
  query.on("end", () => resolve(null));
});
client.query(query);
setTimeout(() => new pg.Client().cancel(client, query), 500);
seen.cancel = await ended;
await client.query("SET outport.purpose = 'a test of clients'");
seen.purpose = await one("SHOW outport.purpose");
await client.end();

const pool = new pg.Pool({ max: 2 });
seen.pool = (await Promise.all([1, 2, 3].map((number) => pool.query("SELECT $1::int AS n", [number])))).map(
  (found) => found.rows[0].n,
);
await pool.end();
console.log(JSON.stringify(seen));
