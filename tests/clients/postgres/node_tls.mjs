// Connects to an encrypted PostgreSQL door with node-postgres, and prints what came of it as one line of JSON.
//
// Configured by the environment: PGHOST, a name that the certificate has, PGPORT, PGUSER, PGPASSWORD, PGDATABASE,
// OUTPORT_TABLE (`schema.table`), OUTPORT_CA, a file with the certificate of whoever vouches for the door, and
// OUTPORT_MODULES, a folder whose `node_modules` have `pg` and `pg-cursor`.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

const require = createRequire(join(process.env.OUTPORT_MODULES, "package.json"));
const pg = require("pg");
const Cursor = require("pg-cursor");

const ca = readFileSync(process.env.OUTPORT_CA, "utf8");

/** What a connection fails with. */
async function failure(settings) {
  const client = new pg.Client(settings);
  try {
    await client.connect();
    await client.end();
  } catch (error) {
    return error.code ?? String(error);
  }
  return "nothing";
}

const client = new pg.Client({ ssl: { ca } });
await client.connect();
const { encrypted, authorized } = client.connection.stream;
// In steps, so that more than one answer goes over the connection.
const cursor = client.query(new Cursor(`SELECT id FROM ${process.env.OUTPORT_TABLE} ORDER BY id`));
const rows = [];
for (let step = await cursor.read(1); step.length > 0; step = await cursor.read(1)) rows.push(Number(step[0].id));
await cursor.close();
await client.end();

const seen = {
  encrypted,
  authorized,
  rows,
  // The authorities that Node comes with do not vouch for the door.
  stranger: await failure({ ssl: true }),
  elsewhere: await failure({ host: "127.0.0.1", ssl: { ca, servername: "elsewhere.example" } }),
};
console.log(JSON.stringify(seen));
