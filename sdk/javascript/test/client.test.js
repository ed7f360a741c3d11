import assert from "node:assert/strict";
import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { test } from "node:test";
import { JobCancelledError, JobFailedError, Longhaul, LonghaulError } from "../src/index.js";
import { PermanentError, TimeoutError } from "../src/index.js";
import { runWorker, useServer } from "./support/suite.js";
import { collect, eventually } from "./support/waiting.js";

const suite = await useServer();

test("a job is submitted, run and read", async (t) => {
  const app = suite.makeApp();
  const add = app.job("add", { queue: "sums", priority: 7, retries: 2 }, ({ a, b }) => a + b);
  runWorker(t, app);
  const handle = await add.submit({ a: 1, b: 2 }, { tags: { customer: "acme" }, actor: "user-1", timeout: "10s" });
  assert.equal(await handle.result({ timeout: "10s" }), 3);
  const job = await handle.status();
  assert.deepEqual(
    [job.state, job.queue, job.priority, job.maxAttempts, job.tags, job.actor, job.timeoutSeconds],
    ["completed", "sums", 7, 3, { customer: "acme" }, "user-1", 10]);
  assert.equal(await app.handle(handle.id).result(), 3);
  const found = await collect(app.jobs({ kind: "add", tag: "customer:acme" }));
  assert.deepEqual(found.map(({ id }) => id), [handle.id]);
});

test("the failure of a job has its error and its stack trace", async (t) => {
  const app = suite.makeApp();
  const failing = app.job("failing", { queue: "failing" }, () => {
    throw new PermanentError("no such page", { type: "not_found" });
  });
  runWorker(t, app);
  const handle = await failing.submit();
  const error = await handle.result().catch((thrown) => thrown);
  assert.ok(error instanceof JobFailedError);
  assert.equal(error.job.error.type, "not_found");
  assert.match(error.job.error.details.stack, /client\.test\.js/);
  const [group] = await collect(app.deadLetters.groups({ kind: "failing" }));
  assert.deepEqual([group.errorType, group.count], ["not_found", 1]);
  assert.equal(await app.deadLetters.redrive({ filter: { kind: "failing" } }), 1);
  await eventually(async () => (await handle.status()).state === "failed");
  assert.equal(await app.deadLetters.discard({ ids: [handle.id] }), 1);
  await assert.rejects(handle.status(), { code: "not_found" });
});

test("an invalid submission names the field", async () => {
  const app = suite.makeApp();
  await assert.rejects(app.submit("no spaces!"), (error) => {
    assert.ok(error instanceof LonghaulError);
    assert.equal(error.code, "invalid_request");
    assert.equal(error.problem.errors[0].pointer, "/kind");
    assert.equal(error.isTransient, false);
    return true;
  });
  await assert.rejects(app.submit("a", {}, { dealy: 1 }), /"dealy" is not an option/);
  app.close();
});

test("waiting ends after its timeout, and the job can be cancelled", async () => {
  const app = suite.makeApp();
  const handle = await app.submit("not.handled", null, { delay: "1h" });
  assert.equal((await handle.status()).state, "scheduled");
  await assert.rejects(handle.result({ timeout: 0.1 }), TimeoutError);
  const controller = new AbortController();
  const waiting = handle.result({ signal: controller.signal });
  controller.abort(new Error("the user left"));
  await assert.rejects(waiting, /the user left/);
  await handle.cancel();
  await assert.rejects(handle.result(), JobCancelledError);
  assert.equal((await handle.retry()).state, "pending");
  await handle.pause();
  assert.ok(!(await handle.resume()).paused);
  await handle.cancel();
  await handle.delete();
  app.close();
});

test("keys and unique rules find the existing job", async () => {
  const app = suite.makeApp();
  const first = await app.submit("keyed", { n: 1 }, { idempotencyKey: "order-17" });
  const second = await app.submit("keyed", { n: 1 }, { idempotencyKey: "order-17" });
  assert.deepEqual([second.id, first.isReplay, second.isReplay], [first.id, false, true]);
  const another = app.submit("keyed", { n: 2 }, { idempotencyKey: "order-17" });
  await assert.rejects(another, { code: "idempotency_key_reused" });
  const rule = { unique: { by: ["kind"], while: "active" } };
  const one = await app.submit("index.rebuild", 1, rule);
  assert.equal((await app.submit("index.rebuild", 2, rule)).id, one.id);
  app.close();
});

test("a submission without an answer is repeated and makes one job", async (t) => {
  const app = suite.makeApp();
  const target = new URL(suite.server.url);
  let requests = 0;
  // A proxy that drops the first answer.
  const proxy = createServer(async (request, response) => {
    const chunks = await collect(request);
    const headers = { "content-type": "application/json" };
    const body = chunks.length > 0 ? Buffer.concat(chunks) : undefined;
    const answer = await fetch(new URL(request.url, target), { method: request.method, headers, body });
    requests += 1;
    if (requests === 1) return request.socket.destroy();
    response.writeHead(answer.status, { "content-type": "application/json" }).end(await answer.text());
  }).listen(0, "127.0.0.1");
  t.after(() => proxy.close());
  await once(proxy, "listening");
  const behind = new Longhaul({ url: `http://127.0.0.1:${proxy.address().port}` });
  const handle = await behind.submit("once.only", null, { delay: "1h" });
  assert.equal(requests, 2);
  assert.deepEqual((await collect(app.jobs({ kind: "once.only" }))).map(({ id }) => id), [handle.id]);
  behind.close();
  app.close();
});

test("batches, chains and dependencies", async (t) => {
  const app = suite.makeApp();
  const part = app.job("part", { queue: "parts" }, (n) => n * 10);
  const sum = (_, ctx) => ctx.dependencies.reduce((total, { result }) => total + result, 0);
  const merge = app.job("merge", { queue: "parts" }, sum);
  const plusOne = app.job("plus-one", { queue: "parts" }, (start, ctx) => (ctx.dependencies[0]?.result ?? start) + 1);
  runWorker(t, app);
  const { jobs, parent } = await app.submitBatch([part.entry(1), part.entry(2)], { parent: merge.entry() });
  assert.equal(await parent.result(), 30);
  assert.deepEqual(await Promise.all(jobs.map((job) => job.result())), [10, 20]);
  const chain = await app.chain([plusOne.entry(5), plusOne.entry(), plusOne.entry()]);
  assert.equal(await chain[2].result(), 8);
  const after = await merge.submit(null, { dependsOn: jobs });
  assert.equal(await after.result(), 30);
});

test("events report the life of a job, and of all jobs of a queue", async (t) => {
  const app = suite.makeApp();
  const watched = app.job("watched", { queue: "watched" }, async (_, ctx) => ctx.progress(50, "half"));
  const controller = new AbortController();
  t.after(() => controller.abort());
  const ended = [];
  const following = (async () => {
    for await (const event of app.events({ queue: "watched", signal: controller.signal })) {
      if (event.type === "state" && event.state === "completed") ended.push(event.jobId);
    }
  })();
  const handle = await watched.submit(null, { delay: 0.3 });
  runWorker(t, app);
  const events = await collect(handle.events());
  const states = events.filter(({ type }) => type === "state").map(({ state }) => state);
  assert.equal(states[0], "scheduled");
  assert.deepEqual(states.slice(-2), ["processing", "completed"]);
  await eventually(() => ended.includes(handle.id));
  controller.abort();
  await following;
});

test("logs are read and followed", async (t) => {
  const app = suite.makeApp();
  const logging = app.job("logging", { queue: "logging" }, async (_, ctx) => {
    ctx.log.info("page", { number: 1 });
    ctx.log.warn("slow");
    ctx.log.error(new RangeError("out"));
    ctx.log.debug("x".repeat(10_000));
  });
  const handle = await logging.submit();
  const following = collect(handle.logs({ follow: true }));
  runWorker(t, app);
  await handle.result();
  const lines = await collect(handle.logs());
  assert.deepEqual(lines.map(({ level }) => level), ["info", "warning", "error", "debug"]);
  assert.equal(lines[0].message, 'page {"number":1}');
  assert.match(lines[2].message, /RangeError: out\n/);
  assert.deepEqual((await following).map(({ message }) => message), lines.map(({ message }) => message));
});

test("artifacts are uploaded from texts, bytes and streams, and downloaded", async (t) => {
  const app = suite.makeApp();
  const big = Buffer.alloc(3_000_000, "abc");
  const path = join(suite.server.folder, "download");
  const writing = app.job("writing", { queue: "writing" }, async (_, ctx) => {
    await ctx.artifact("note.txt", "grüezi");
    await ctx.artifact("data.json", new TextEncoder().encode('{"a":1}'), { contentType: "application/json" });
    await ctx.artifact("blob", new Blob(["blob"], { type: "image/png" }));
    return ctx.artifact("big.bin", Readable.from([big.subarray(0, 1_000_000), big.subarray(1_000_000)]));
  });
  runWorker(t, app);
  const handle = await writing.submit();
  const artifact = await handle.result();
  assert.equal(artifact.sizeBytes, big.length);
  const names = (await handle.artifacts()).map(({ name, contentType }) => [name, contentType]);
  assert.deepEqual(new Map(names).get("blob"), "image/png");
  assert.equal(await (await handle.artifact("note.txt")).text(), "grüezi");
  assert.deepEqual(await (await handle.artifact("data.json")).json(), { a: 1 });
  await pipeline(await handle.artifact("big.bin"), createWriteStream(path));
  assert.ok((await readFile(path)).equals(big));
});

test("schedules and queues are set, read and removed", async () => {
  const app = suite.makeApp();
  const report = app.job("report", { queue: "reports", retries: 1 });
  const nightly = { cron: "0 3 * * *", timeZone: "Europe/Paris", job: report.entry({ day: "today" }) };
  const schedule = await app.schedules.set("nightly", nightly);
  assert.deepEqual([schedule.timeZone, schedule.job.queue, schedule.catchUp], ["Europe/Paris", "reports", "last"]);
  const handle = await app.schedules.run("nightly");
  assert.deepEqual((await handle.status()).payload, { day: "today" });
  assert.equal((await app.schedules.pause("nightly")).paused, true);
  assert.equal((await app.schedules.resume("nightly")).paused, false);
  assert.deepEqual((await collect(app.schedules.list())).map(({ name }) => name), ["nightly"]);
  assert.equal((await app.schedules.get("nightly")).cron, "0 3 * * *");
  await app.schedules.delete("nightly");
  await assert.rejects(app.schedules.get("nightly"), { code: "not_found" });

  await app.queues.set("reports", { maxConcurrency: 2, rateLimit: { jobs: 10, periodSeconds: 60 } });
  const queue = await app.queues.get("reports");
  assert.deepEqual([queue.maxConcurrency, queue.rateLimit.periodSeconds, queue.depth], [2, 60, 1]);
  assert.equal((await app.queues.pause("reports")).paused, true);
  assert.equal((await app.queues.resume("reports")).paused, false);
  assert.ok((await collect(app.queues.list())).some(({ name }) => name === "reports"));
  await app.queues.delete("reports", { purge: true });
  await app.ready();
  app.close();
});

test("the settings come from the environment variables of the command", async () => {
  const { settings } = await import("../src/node/environment.js");
  const file = join(suite.server.folder, "key");
  await writeFile(file, "lh_live_key\n");
  const environment = { LONGHAUL_SERVER: "https://jobs.example.com", LONGHAUL_KEY_FILE: file, LONGHAUL_CA_FILE: file };
  const found = settings({}, environment);
  assert.deepEqual([found.url, found.readKey()], ["https://jobs.example.com", "lh_live_key"]);
  assert.equal(String(found.ca), "lh_live_key\n");
  assert.equal(settings({}, { ...environment, LONGHAUL_API_KEY: "direct" }).readKey(), "direct");
  assert.equal(settings({ apiKey: "option" }, environment).readKey(), "option");
  assert.equal(settings({}, {}).url, "http://127.0.0.1:8080");
  assert.throws(() => new Longhaul({ url: "ftp://a" }), /is not the URL of a server/);
});

test("calls continue after the server has restarted", async () => {
  const app = suite.makeApp();
  const waited = await app.submit("waited", null, { delay: "1h" });
  const waiting = waited.wait();
  const following = collect(waited.events());
  await suite.server.end("SIGKILL");
  const submitting = app.submit("during.outage", null, { delay: "1h" });
  await suite.server.start();
  assert.equal((await (await submitting).status()).state, "scheduled");
  await waited.cancel();
  assert.equal((await waiting).state, "cancelled");
  assert.equal((await following).at(-1).state, "cancelled");
  app.close();
});

test("calls end with an error if the server stays down", async () => {
  const app = new Longhaul({ url: "http://127.0.0.1:1", retrySeconds: 0.3 });
  await assert.rejects(app.submit("a"), { code: "unreachable", isTransient: true });
});
