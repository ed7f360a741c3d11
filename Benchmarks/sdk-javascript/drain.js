#!/usr/bin/env node
/**
 * Measures how fast Node workers drain a queue over HTTP: from the moment the queue is resumed until all jobs are
 * completed.
 *
 *   drain.js [--jobs N] [--processes N] [--concurrency N]
 *
 * Prints a line of JSON.
 */
import { spawn } from "node:child_process";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { Longhaul } from "../../sdk/javascript/src/index.js";
import { TestServer } from "../../sdk/javascript/test/support/server.js";

const { values } = parseArgs({
  options: {
    jobs: { type: "string", default: "20000" },
    processes: { type: "string", default: "2" },
    concurrency: { type: "string", default: "100" },
  },
});
const [jobs, processes, concurrency] = [values.jobs, values.processes, values.concurrency].map(Number);
const program = fileURLToPath(new URL("worker.js", import.meta.url));

async function submit(app) {
  const startedAt = performance.now();
  for (let first = 0; first < jobs; first += 1000) {
    const count = Math.min(1000, jobs - first);
    const entry = (_, index) => app.entry("noop", first + index, { queue: "bench" });
    await app.submitBatch(Array.from({ length: count }, entry));
  }
  return jobs / ((performance.now() - startedAt) / 1000);
}

async function drain(app) {
  const startedAt = performance.now();
  await app.queues.resume("bench");
  while ((await app.queues.get("bench")).counts.completed < jobs) await pause(20);
  return jobs / ((performance.now() - startedAt) / 1000);
}

async function workersAreReady(app) {
  for (;;) {
    let count = 0;
    for await (const worker of app.workers()) count += worker.queues.includes("bench") ? 1 : 0;
    if (count === processes) return;
    await pause(50);
  }
}

const server = await TestServer.start();
const app = new Longhaul({ url: server.url });
await app.queues.set("bench", { paused: true, maxDepth: null });
const env = { ...process.env, LONGHAUL_SERVER: server.url };
const start = () => spawn(process.execPath, [program, String(concurrency)], { env, stdio: "ignore" });
const children = Array.from({ length: processes }, start);
try {
  const submitted = await submit(app);
  await workersAreReady(app);
  const drained = await drain(app);
  const rates = { submitted_per_second: Math.round(submitted), drained_per_second: Math.round(drained) };
  console.log(JSON.stringify({ jobs, processes, concurrency, ...rates }));
} finally {
  children.forEach((child) => child.kill("SIGKILL"));
  app.close();
  await server.remove();
}
