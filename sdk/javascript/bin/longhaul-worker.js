#!/usr/bin/env node
/** `npx longhaul-worker ./app.js`: runs the jobs that a module defines. */
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { pathToFileURL } from "node:url";

const usage = `Runs the jobs of an application.

usage: longhaul-worker [OPTIONS] MODULE

arguments:
  MODULE  A module that exports the application (default, or as app).

options:
  -c, --concurrency N     The maximum number of running jobs. Default: 10.
  -q, --queues NAME,…     The queues to serve; NAME=N gives a queue N slots of its own.
                          Default: the queues of the defined jobs.
      --name NAME         The name of the worker. Default: host and process ID.
      --labels KEY=VALUE,…
                          The labels of the worker, such as gpu=1; may be repeated.
      --grace DURATION    How long running jobs may continue after SIGTERM. Default: 30s.
  -h, --help              Shows this text and does nothing else.

environment:
  LONGHAUL_SERVER, LONGHAUL_API_KEY, LONGHAUL_KEY_FILE, LONGHAUL_CA_FILE, LONGHAUL_CLIENT_CERT, LONGHAUL_CLIENT_KEY
`;

function fail(message) {
  process.stderr.write(`longhaul-worker: ${message}\n`);
  process.exit(2);
}

function parse() {
  const options = {
    concurrency: { type: "string", short: "c" },
    queues: { type: "string", short: "q" },
    name: { type: "string" },
    labels: { type: "string", multiple: true },
    grace: { type: "string" },
    help: { type: "boolean", short: "h" },
  };
  try {
    return parseArgs({ options, allowPositionals: true });
  } catch (error) {
    return fail(`${error.message}. See longhaul-worker --help.`);
  }
}

/** `a,b` is a list, and `a=4,b=1` is an object of slots. */
function queuesOf(text) {
  const parts = text.split(",").map((part) => part.split("="));
  if (parts.every(([, slots]) => slots === undefined)) return parts.map(([name]) => name);
  return Object.fromEntries(parts.map(([name, slots]) => [name, numberOf(slots, "--queues")]));
}

function numberOf(text, option) {
  const number = Number(text);
  return Number.isInteger(number) && number > 0 ? number : fail(`${option} needs a number of at least 1`);
}

async function load(path) {
  const module = await import(pathToFileURL(resolve(path)));
  const app = module.default ?? module.app;
  return typeof app?.worker === "function" ? app : fail(`${path} must export its application: export default app`);
}

const { values, positionals } = parse();
if (values.help) {
  process.stdout.write(usage);
} else {
  if (positionals.length !== 1) fail("name one module. See longhaul-worker --help.");
  const app = await load(positionals[0]);
  const worker = app.worker({
    concurrency: values.concurrency && numberOf(values.concurrency, "--concurrency"),
    queues: values.queues && queuesOf(values.queues),
    name: values.name,
    labels: values.labels && Object.fromEntries(
      values.labels.flatMap((list) => list.split(",")).map((label) => label.split(/=(.*)/s, 2))),
    grace: values.grace,
    handleSignals: true,
  });
  worker.log("info", `${worker.id} runs ${[...app.definitions.keys()].join(", ")}`);
  await worker.run();
  process.exit(0);
}
