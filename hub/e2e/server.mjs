// A real server: a home of its own with the products of examples/retail, the policies of the demo, and people with passwords.
import { execFile, spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const run = promisify(execFile);
const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** Those of the demo, and whoever administers. */
export const PEOPLE = {
  root: { password: "correct horse battery staple" },
  ann: { password: "ann reads customer 360", set: ["--group", "analysts", "--region", "EUROPE"] },
  pia: { password: "pia looks after the data", set: ["--group", "stewards"] },
  // Whom no policy lets read anything.
  eve: { password: "eve may ask for things", set: [] },
};

/**
 * The server that `OUTPORT_SERVER` names, with the same people and products; else one that is started here, from the binary that
 * `OUTPORT` names or the one that `cargo build` makes.
 */
export async function startServer() {
  if (process.env.OUTPORT_SERVER) return { address: process.env.OUTPORT_SERVER, people: PEOPLE, stop: async () => {} };
  const cache = process.env.OUTPORT_CACHE ?? join(homedir(), ".cache/outport");
  const target = process.env.CARGO_TARGET_DIR ?? join(cache, "target");
  const binary = process.env.OUTPORT ?? join(target, "debug/outport");
  const home = await mkdtemp(join(tmpdir(), "outport-hub-"));
  const env = { ...process.env, OUTPORT_HOME: home };
  delete env.OUTPORT_SERVER;

  await prepare(binary, env);
  const port = await freePort();
  const address = `http://127.0.0.1:${port}`;
  const serving = spawn(binary, ["serve", "--http", `127.0.0.1:${port}`], {
    cwd: ROOT,
    env,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const said = [];
  for (const stream of [serving.stdout, serving.stderr]) stream.on("data", (chunk) => said.push(chunk));
  const stop = async () => {
    const ended = new Promise((resolve) => serving.once("exit", resolve));
    if (serving.exitCode === null && serving.kill("SIGTERM")) await ended;
    await rm(home, { recursive: true, force: true });
  };
  try {
    await answering(address, serving, said);
  } catch (error) {
    await stop();
    throw error;
  }

  return {
    address,
    people: PEOPLE,
    /** The command line on the same home. */
    outport: (...words) => run(binary, words, { cwd: ROOT, env }).then(({ stdout }) => stdout),
    stop,
  };
}

async function prepare(binary, env) {
  const outport = (words, input) => {
    const started = run(binary, words, { cwd: ROOT, env });
    if (input) started.child.stdin.end(`${input}\n`);
    return started;
  };
  await outport(["apply", "examples/retail", "--yes", "--quiet"]);
  await outport(["init", "--administrator", "root", "--password-stdin"], PEOPLE.root.password);
  await outport(["access", "policy", "set", "examples/retail/governance.cedar"]);
  for (const [name, { password, set }] of Object.entries(PEOPLE)) {
    if (set) await outport(["user", "set", name, ...set, "--password-stdin"], password);
  }
}

function freePort() {
  return new Promise((resolve, reject) => {
    const listener = createServer().once("error", reject);
    listener.listen(0, "127.0.0.1", () => {
      const { port } = listener.address();
      listener.close(() => resolve(port));
    });
  });
}

async function answering(address, serving, said) {
  for (let attempt = 0; attempt < 300; attempt++) {
    if (serving.exitCode !== null) throw new Error(`the server ended:\n${Buffer.concat(said)}`);
    const answer = await fetch(`${address}/v1/session/options`).catch(() => null);
    if (answer?.ok) return;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  throw new Error(`the server does not answer:\n${Buffer.concat(said)}`);
}
