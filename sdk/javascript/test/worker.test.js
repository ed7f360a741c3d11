import assert from "node:assert/strict";
import { test } from "node:test";
import { AttemptEndedError, JobFailedError, Longhaul, PermanentError, RetryError } from "../src/index.js";
import { TestServer } from "./support/server.js";
import { runWorker, useServer } from "./support/suite.js";
import { collect, deferred, eventually } from "./support/waiting.js";

const suite = await useServer();
const soon = { type: "fixed", initial: 0.01 };

/** Resolves with the reason when the signal is aborted. */
function aborted({ signal }) {
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve(signal.reason), { once: true }));
}

test("failed attempts are retried, and permanent errors are not", async (t) => {
  const app = suite.makeApp();
  const attempts = [];
  const flaky = app.job("flaky", { queue: "retries", backoff: soon }, (_, ctx) => {
    attempts.push([ctx.attempt, ctx.maxAttempts]);
    if (ctx.attempt < 3) throw new Error(`attempt ${ctx.attempt}`);
    return "done";
  });
  const permanent = app.job("permanent", { queue: "retries", backoff: soon }, () => {
    throw new PermanentError("never");
  });
  runWorker(t, app);
  const handle = await flaky.submit();
  assert.equal(await handle.result(), "done");
  assert.deepEqual(attempts, [[1, 4], [2, 4], [3, 4]]);
  const messages = (await handle.status()).attempts.map(({ error }) => error?.message);
  assert.deepEqual(messages, ["attempt 1", "attempt 2", undefined]);
  const failed = await permanent.submit();
  await assert.rejects(failed.result(), JobFailedError);
  assert.equal((await failed.status()).attempt, 1);
});

test("an error sets the pause before the next attempt", async (t) => {
  const app = suite.makeApp();
  const busy = app.job("busy", { queue: "pauses" }, () => {
    throw new RetryError("the service is busy", { retryAfter: "1h", type: "busy" });
  });
  runWorker(t, app);
  const handle = await busy.submit();
  const job = await eventually(async () => {
    const status = await handle.status();
    return status.state === "retrying" && status;
  });
  const pause = (Date.parse(job.runAt) - Date.now()) / 1000;
  assert.ok(pause > 3500 && pause <= 3600, `${pause}`);
  assert.equal(job.error.type, "busy");
});

test("an attempt that takes too long is aborted and fails", async (t) => {
  const app = suite.makeApp();
  const reasons = [];
  const slow = app.job("slow", { queue: "timeouts", timeout: 0.2, retries: 0 }, async (_, ctx) => {
    const reason = await aborted(ctx);
    reasons.push(reason.reason);
    throw reason;
  });
  runWorker(t, app);
  const error = await (await slow.submit()).result().catch((thrown) => thrown);
  assert.deepEqual([error.job.error.type, reasons], ["timeout", ["timeout"]]);
});

test("a cancelled job aborts its handler", async (t) => {
  const app = suite.makeApp();
  const started = deferred();
  const reason = deferred();
  const long = app.job("long", { queue: "cancels" }, async (_, ctx) => {
    started.resolve();
    reason.resolve(await aborted(ctx));
  });
  runWorker(t, app, { heartbeat: 0.5 });
  const handle = await long.submit();
  await started.promise;
  await handle.cancel();
  const found = await reason.promise;
  assert.ok(found instanceof AttemptEndedError);
  assert.equal(found.reason, "cancelled");
  assert.equal((await handle.wait()).state, "cancelled");
});

test("a worker that has lost its lease aborts the handler and changes nothing", async (t) => {
  const app = suite.makeApp();
  const calls = [];
  const first = deferred();
  const lost = deferred();
  const job = app.job("contested", { queue: "leases" }, async (_, ctx) => {
    calls.push(ctx.attempt);
    if (calls.length > 1) return "second";
    first.resolve();
    lost.resolve(await aborted(ctx));
    return "first";
  });
  const worker = runWorker(t, app, { heartbeat: 0.5 });
  const handle = await job.submit();
  await first.promise;
  // The server releases the jobs of a worker that deregisters.
  await app.client.json("DELETE", `/v1/workers/${worker.id}`);
  assert.equal((await lost.promise).reason, "lost");
  assert.equal(await handle.result(), "second");
});

test("progress, steps and the next jobs", async (t) => {
  const app = suite.makeApp();
  let runs = 0;
  const follow = app.job("follow", { queue: "steps" }, (payload, ctx) => ({ payload, parent: ctx.job.parentId }));
  const steps = app.job("steps", { queue: "steps", backoff: soon }, async (_, ctx) => {
    const number = await ctx.step("count", () => (runs += 1));
    const nothing = await ctx.step("nothing", () => {});
    await ctx.progress(130, "all");
    if (ctx.attempt === 1) throw new Error("again");
    const child = await ctx.submitChild("only", follow, "child");
    ctx.next(follow, { number, nothing }, { tags: { next: "yes" } });
    return child.id;
  });
  runWorker(t, app);
  const handle = await steps.submit();
  const child = app.handle(await handle.result());
  assert.equal(runs, 1);
  assert.deepEqual((await handle.status()).progress, { percent: 100, message: "all" });
  assert.deepEqual(await child.result(), { payload: "child", parent: handle.id });
  const [next] = await eventually(async () => {
    const found = await collect(app.jobs({ tag: "next:yes" }));
    return found.length > 0 && found;
  });
  assert.deepEqual(await app.handle(next).result(), { payload: { number: 1, nothing: null }, parent: handle.id });
});

test("progress is visible while the handler runs", async (t) => {
  const app = suite.makeApp();
  const seen = deferred();
  const job = app.job("halfway", { queue: "progress" }, async (_, ctx) => {
    ctx.progress(50, "page 5 of 10");
    await seen.promise;
  });
  runWorker(t, app, { heartbeat: 60 });
  const handle = await job.submit();
  await eventually(async () => (await handle.status()).progress?.percent === 50, { within: 10 });
  seen.resolve();
  await handle.result();
});

test("concurrency bounds the running jobs of a worker, of a queue and of a kind", async (t) => {
  const app = suite.makeApp();
  const running = { wide: 0, narrow: 0 };
  const most = { wide: 0, narrow: 0 };
  const measure = (kind) => async () => {
    running[kind] += 1;
    most[kind] = Math.max(most[kind], running[kind]);
    await new Promise((resolve) => setTimeout(resolve, 20));
    running[kind] -= 1;
  };
  const wide = app.job("wide", { queue: "crowd" }, measure("wide"));
  const narrow = app.job("narrow", { queue: "crowd", concurrency: 1 }, measure("narrow"));
  runWorker(t, app, { queues: { crowd: 3 } });
  const entries = Array.from({ length: 12 }, () => [wide.entry(), narrow.entry()]).flat();
  const { jobs } = await app.submitBatch(entries);
  await Promise.all(jobs.map((job) => job.result()));
  assert.deepEqual(most, { wide: 3, narrow: 1 });
});

test("a result that the server refuses fails the job, and its neighbours complete", async (t) => {
  const app = suite.makeApp();
  let deep = 1;
  for (let level = 0; level < 40; level += 1) deep = [deep];
  const results = { deep, large: "x".repeat(300_000), big: 10n, fine: "fine" };
  const job = app.job("results", { queue: "results", retries: 3 }, (name) => results[name]);
  const { jobs } = await app.submitBatch(Object.keys(results).map((name) => job.entry(name)));
  runWorker(t, app);
  const ends = await Promise.all(jobs.map((handle) => handle.wait()));
  const refused = ["failed", "invalid_result", 1];
  const found = ends.map(({ state, error, attempt }) => [state, error?.type, attempt]);
  assert.deepEqual(found, [refused, refused, refused, ["completed", undefined, 1]]);
});

test("an error that the server refuses is reported in a shorter form", async (t) => {
  const app = suite.makeApp();
  const job = app.job("odd", { queue: "odd", retries: 0 }, () => {
    const error = new Error("with \u0000 inside");
    error.type = "\u0000".repeat(3);
    throw error;
  });
  runWorker(t, app);
  const { state, error } = await (await job.submit()).wait();
  assert.equal(state, "failed");
  assert.match(error.message, /with/);
});

test("a worker continues after its server was killed, and completes what it ran", async (t) => {
  const app = suite.makeApp();
  const started = deferred();
  const release = deferred();
  const calls = [];
  const job = app.job("survivor", { queue: "outages" }, async (n, ctx) => {
    calls.push([n, ctx.attempt]);
    if (n === 1) {
      started.resolve();
      await release.promise;
      ctx.log.info("after the outage");
    }
    return n;
  });
  const notes = [];
  runWorker(t, app, { heartbeat: 0.5, log: (level, message) => notes.push(message) });
  const first = await job.submit(1);
  await started.promise;
  await suite.server.end("SIGKILL");
  await eventually(() => notes.some((note) => note.includes("cannot lease jobs")));
  release.resolve();
  await suite.server.start();
  assert.equal(await first.result(), 1);
  assert.equal(await (await job.submit(2)).result(), 2);
  assert.deepEqual(calls, [[1, 1], [2, 1]]);
  assert.deepEqual((await collect(first.logs())).map(({ message }) => message), ["after the outage"]);
});

test("a stopping worker lets its jobs end, takes no others, and deregisters", async () => {
  const app = suite.makeApp();
  const started = deferred();
  const release = deferred();
  const job = app.job("draining", { queue: "drain" }, async (n) => {
    started.resolve();
    await release.promise;
    return n;
  });
  // With this interval, a stop that waits for the next heartbeat would not end within the deadline.
  const worker = app.worker({ concurrency: 1, heartbeat: 120, log: () => {} });
  let hasEnded = false;
  worker.run().then(() => (hasEnded = true));
  const [first, second] = (await app.submitBatch([job.entry(1), job.entry(2)])).jobs;
  await started.promise;
  worker.stop();
  release.resolve();
  await eventually(() => hasEnded);
  assert.equal(await first.result(), 1);
  assert.deepEqual([(await second.status()).state, (await second.status()).attempt], ["pending", 0]);
  assert.ok(!(await collect(app.workers())).some(({ id, state }) => id === worker.id && state !== "gone"));
  app.close();
});

test("after its grace, a stopping worker aborts its handlers and releases their jobs", async () => {
  const app = suite.makeApp();
  const started = deferred();
  let reason;
  const job = app.job("stubborn", { queue: "grace" }, async (_, ctx) => {
    started.resolve();
    reason = (await aborted(ctx)).reason;
    throw ctx.signal.reason;
  });
  const worker = app.worker({ log: () => {} });
  const running = worker.run();
  const handle = await job.submit();
  await started.promise;
  worker.stop({ grace: 0.05 });
  await running;
  const { state, attempt, error } = await handle.status();
  assert.deepEqual([reason, state, attempt, error], ["stopping", "pending", 0, null]);
  app.close();
});

test("a worker ends although its server does not answer, and repeats its reports no longer", async (t) => {
  const server = await TestServer.start();
  t.after(() => server.remove());
  const app = new Longhaul({ url: server.url });
  const started = deferred();
  const release = deferred();
  const job = app.job("unreported", async () => {
    started.resolve();
    await release.promise;
  });
  const worker = app.worker({ log: () => {} });
  const running = worker.run();
  await job.submit();
  await started.promise;
  await server.end("SIGKILL");
  release.resolve();
  worker.stop({ grace: 0.1 });
  await running;
  await eventually(() => worker.running === 0);
  app.close();
});

test("a worker needs a handler", () => {
  const app = suite.makeApp();
  app.job("remote", {});
  app.job("remote", {});
  assert.throws(() => app.worker(), /needs a job with a handler/);
  app.job("remote", () => 1);
  assert.throws(() => app.job("remote", () => 2), /defined twice/);
  app.close();
});
