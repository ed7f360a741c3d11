import assert from "node:assert/strict";
import { test } from "node:test";
import { runWorker, useServer } from "./support/suite.js";
import { deferred, eventually } from "./support/waiting.js";

const suite = await useServer();

test("a step that ignores its cancellation occupies its slot until it ends", async (t) => {
  const app = suite.makeApp();
  const started = deferred();
  const cancelled = deferred();
  const release = deferred();
  const stubborn = app.durable("stubborn", { queue: "slots" }, (_, flow) =>
    flow.step("work", (step) => {
      step.signal.addEventListener("abort", cancelled.resolve);
      started.resolve();
      return release.promise;
    }));
  const next = app.job("next", { queue: "slots" }, () => "ran");
  runWorker(t, app, { concurrency: 1, heartbeat: 0.5 });
  const first = await stubborn.submit();
  await started.promise;
  const second = await next.submit();
  await first.cancel();
  await cancelled.promise;
  // As many calls as a worker with a free slot needs to run the job.
  for (let count = 0; count < 50; count += 1) assert.equal((await second.status()).state, "pending");
  release.resolve();
  assert.equal(await second.result(), "ran");
});

test("a process survives the end of its worker and of its server", async (t) => {
  const app = suite.makeApp();
  const effects = [];
  const inStep = deferred();
  let isFirst = true;
  const job = app.durable("survivor", { queue: "crashes" }, async (_, flow) => {
    await flow.step("first", () => effects.push("first"));
    await flow.step("second", async () => {
      effects.push("second");
      if (isFirst) {
        inStep.resolve();
        await new Promise(() => {});
      }
    });
    await flow.sleep(0.5);
    return "done";
  });
  const worker = runWorker(t, app);
  const handle = await job.submit();
  await inStep.promise;
  isFirst = false;
  worker.stop({ grace: 0 });
  await worker.ended;
  await suite.server.end("SIGKILL");
  await suite.server.start();
  runWorker(t, app);
  await eventually(async () => ["suspended", "completed"].includes((await handle.status()).state));
  await suite.server.end("SIGTERM");
  await suite.server.start();
  assert.equal(await handle.result(), "done");
  assert.deepEqual(effects, ["first", "second", "second"]);
});

test("a long journal is replayed from its pages", async (t) => {
  const app = suite.makeApp();
  const job = app.durable("long", { queue: "long" }, async (count, flow) => {
    const numbers = Array.from({ length: count }, (_, index) => index);
    const results = await flow.map("numbers", numbers, (n, branch) => branch.step("n", () => n));
    await flow.sleep(0.01);
    return results.reduce((sum, n) => sum + n, 0);
  });
  runWorker(t, app);
  const handle = await job.submit(1500);
  assert.equal(await handle.result(), 1124250);
  await handle.restart("2");
  assert.equal(await handle.result(), 1124250);
  assert.equal(await (await handle.fork("2")).result(), 1124250);
});
