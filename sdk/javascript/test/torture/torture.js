#!/usr/bin/env node
/**
 * Kills the server and Node workers at random while jobs run, and checks that each job completes once.
 *
 *   torture.js [--jobs N] [--workers N] [--pause SECONDS] [--kills N] [--fault-seconds SECONDS] [--end-seconds SECONDS]
 *
 * A lease has its full length again after each start of the server, so leases only end if the server lives longer than that
 * between two kills: --pause × 4 must exceed 3 seconds.
 *
 * Faults end after --kills or --fault-seconds. Then the remaining jobs must end, at least one within --end-seconds.
 * The exit code is 1 if a job was lost, or completed twice.
 */
import { spawn } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { Longhaul } from "../../src/index.js";
import { TestServer } from "../support/server.js";

const { values } = parseArgs({
  options: {
    jobs: { type: "string", default: "500" },
    workers: { type: "string", default: "3" },
    pause: { type: "string", default: "1" },
    kills: { type: "string", default: "1000000" },
    "fault-seconds": { type: "string", default: "120" },
    "end-seconds": { type: "string", default: "60" },
  },
});
const count = Number(values.jobs);
const batchSize = 250;
const kinds = ["plain", "plain", "plain", "flaky", "durable"];
const options = { queue: "torture", retries: 90, backoff: { type: "fixed", initial: 0.1 } };
const program = fileURLToPath(new URL("worker.js", import.meta.url));

/** A worker process that is started again after each kill. */
class WorkerProcess {
  constructor(server, record) {
    this.environment = { ...process.env, LONGHAUL_SERVER: server.url, TORTURE_RECORD: record };
    this.start();
  }

  start() {
    this.process = spawn(process.execPath, [program], { env: this.environment, stdio: "ignore" });
  }

  kill() {
    this.process.kill("SIGKILL");
    this.start();
  }

  end() {
    this.process.kill("SIGKILL");
  }
}

/** Kills a worker, or every fourth time the server, until `isOver` or a bound is reached. */
async function injectFaults(server, workers, isOver) {
  const kills = { workers: 0, servers: 0 };
  const deadline = Date.now() + Number(values["fault-seconds"]) * 1000;
  while (!isOver() && Date.now() < deadline && kills.workers + kills.servers < Number(values.kills)) {
    await pause(Number(values.pause) * (0.5 + Math.random()) * 1000);
    if (isOver()) break;
    if ((kills.workers + kills.servers) % 4 === 2) {
      await server.end("SIGKILL");
      kills.servers += 1;
      await pause(Math.random() * 500);
      await server.start();
    } else {
      workers[Math.floor(Math.random() * workers.length)].kill();
      kills.workers += 1;
    }
  }
  return kills;
}

async function submitAll(app) {
  const ids = [];
  for (let first = 0; first < count; first += batchSize) {
    const entries = Array.from({ length: Math.min(batchSize, count - first) }, (_, index) => {
      const n = first + index;
      return app.entry(kinds[n % kinds.length], { n }, options);
    });
    const { jobs } = await app.submitBatch(entries);
    ids.push(...jobs.map(({ id }) => id));
  }
  return ids;
}

/** Waits until no job is open, or no job has completed for too long. */
async function ended(app) {
  const open = ["scheduled", "blocked", "pending", "processing", "retrying", "suspended"];
  let [completed, progressAt] = [0, Date.now()];
  while (Date.now() - progressAt < Number(values["end-seconds"]) * 1000) {
    const { counts } = await app.queues.get("torture");
    if (open.every((state) => !counts[state])) return;
    if (counts.completed !== completed) [completed, progressAt] = [counts.completed, Date.now()];
    await pause(200);
  }
}

/** The problems of the run. */
async function check(app, ids, record) {
  const acknowledged = new Map();
  for (const line of (await readFile(record, "utf8")).split("\n").filter(Boolean)) {
    const [id, token] = line.split(" ");
    acknowledged.set(id, (acknowledged.get(id) ?? new Set()).add(token));
  }
  const jobs = new Map();
  for await (const job of app.jobs({ queue: "torture" })) jobs.set(job.id, job);
  const problems = { lost: 0, twice: 0, wrong: 0, extra: jobs.size - ids.length };
  const left = {};
  ids.forEach((id, n) => {
    const job = jobs.get(id);
    if (job?.state !== "completed") {
      problems.lost += 1;
      const state = job?.state ?? "missing";
      left[state] = (left[state] ?? 0) + 1;
    } else if (job.result?.n !== n) problems.wrong += 1;
    if ((acknowledged.get(id)?.size ?? 0) > 1) problems.twice += 1;
  });
  return { problems, left };
}

const server = await TestServer.start();
const record = join(server.folder, "completions");
await writeFile(record, "");
const app = new Longhaul({ url: server.url, retrySeconds: 60 });
const workers = Array.from({ length: Number(values.workers) }, () => new WorkerProcess(server, record));
let isOver = false;
try {
  const startedAt = Date.now();
  const faults = injectFaults(server, workers, () => isOver);
  const ids = await submitAll(app);
  await ended(app);
  isOver = true;
  const kills = await faults;
  const seconds = ((Date.now() - startedAt) / 1000).toFixed(1);
  const { problems, left } = await check(app, ids, record);
  console.log(`  ${count} jobs in ${seconds} s; ${kills.workers} workers and ${kills.servers} servers killed`);
  const { lost, twice, wrong, extra } = problems;
  console.log(`  ${lost} lost, ${twice} completed twice, ${wrong} with a wrong result, ${extra} too many`);
  if (lost > 0) console.log(`  the lost jobs by state: ${JSON.stringify(left)}`);
  process.exitCode = Object.values(problems).some((number) => number !== 0) ? 1 : 0;
} finally {
  isOver = true;
  workers.forEach((worker) => worker.end());
  app.close();
  await server.remove();
}
