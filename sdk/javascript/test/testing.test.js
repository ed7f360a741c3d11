import assert from "node:assert/strict";
import { test } from "node:test";
import { Longhaul, JobFailedError, LonghaulError, NondeterministicError, PermanentError } from "../src/index.js";
import { crashEverywhere, fake, replay } from "../src/testing/index.js";
import { collect } from "./support/waiting.js";

/** An application with a fake server. */
function setUp(t, options) {
  const app = new Longhaul({ url: "http://127.0.0.1:1", retrySeconds: 0 });
  const server = fake(app, options);
  t.after(() => server.restore());
  return { app, server };
}

/** An order process that calls another system, a child job, a timer and a person. */
function defineOrder(app, effects) {
  const invoice = app.job("invoice", ({ amount }) => ({ total: amount * 1.2 }));
  return app.durable("order", async ({ amount }, flow) => {
    await flow.step("charge", (step) => effects.add(step.key));
    await flow.compensate("refund", () => effects.add("refund"));
    const { total } = await flow.call(invoice, { amount });
    const answer = await flow.race("answer", [
      (branch) => branch.signal("approved"),
      async (branch) => {
        await branch.sleep("3d");
        return { approved: false };
      },
    ]);
    if (!answer.approved) throw new PermanentError("not approved", { type: "not_approved" });
    return total;
  });
}

test("submitted jobs wait until the test runs them", async (t) => {
  const { app, server } = setUp(t);
  const mail = app.job("mail", { queue: "mail" }, ({ to }) => `sent to ${to}`);
  const handle = await mail.submit({ to: "ada" }, { delay: "1h" });
  const [{ payload, queue, state }] = server.submitted("mail");
  assert.deepEqual([payload.to, queue, state], ["ada", "mail", "scheduled"]);
  assert.deepEqual([await server.run(), await server.advance("30m")], [0, 0]);
  assert.equal((await handle.status()).state, "scheduled");
  assert.equal(await server.advance("31m"), 1);
  await server.runUntilIdle();
  assert.equal((await handle.status()).state, "completed");
  assert.equal(await handle.result(), "sent to ada");
});

test("an eager submission runs its job at once", async (t) => {
  const { app, server } = setUp(t, { eager: true });
  const add = app.job("add", ({ a, b }) => a + b);
  const handle = await add.submit({ a: 1, b: 2 });
  assert.equal(server.submitted()[0].state, "completed");
  assert.equal(await handle.result(), 3);
});

test("retries, logs, artifacts and steps follow the rules of the server", async (t) => {
  const { app, server } = setUp(t);
  let counted = 0;
  const flaky = app.job("flaky", { retries: 2 }, async (_, ctx) => {
    ctx.log.info("attempt", ctx.attempt);
    await ctx.step("count", () => (counted += 1));
    if (ctx.attempt < 3) throw new Error("again");
    await ctx.artifact("a.txt", "text");
    ctx.next("later", { from: ctx.id });
    return counted;
  });
  const handle = await flaky.submit();
  const startedAt = server.now();
  assert.equal(await handle.result(), 1);
  assert.ok(server.now() - startedAt >= 3000, "two pauses of 1 and 2 s");
  const lines = (await collect(handle.logs())).map(({ message }) => message);
  assert.deepEqual(lines, ["attempt 1", "attempt 2", "attempt 3"]);
  assert.equal(await (await handle.artifact("a.txt")).text(), "text");
  assert.deepEqual(server.submitted("later")[0].payload, { from: handle.id });
  const failing = app.job("failing", { retries: 1 }, () => {
    throw new TypeError("wrong");
  });
  const error = await (await failing.submit()).result().catch((thrown) => thrown);
  assert.ok(error instanceof JobFailedError);
  assert.deepEqual([error.job.error.type, error.job.attempt], ["TypeError", 2]);
});

test("batches, chains, dependencies and keys", async (t) => {
  const { app } = setUp(t);
  const part = app.job("part", (n) => n);
  const sum = app.job("sum", (_, ctx) => ctx.dependencies.reduce((total, { result }) => total + result, 0));
  const { parent } = await app.submitBatch([part.entry(1), part.entry(2)], { parent: sum.entry() });
  assert.equal(await parent.result(), 3);
  const [, last] = await app.chain([part.entry(5), sum.entry()]);
  assert.equal(await last.result(), 5);
  const first = await part.submit(1, { unique: { by: ["kind", "payload"] } });
  assert.equal((await part.submit(1, { unique: { by: ["kind", "payload"] } })).id, first.id);
  const broken = app.job("broken", { retries: 0 }, () => {
    throw new Error("broken");
  });
  const [, cancelled] = await app.chain([broken.entry(), sum.entry()]);
  assert.equal((await cancelled.wait()).state, "cancelled");
});

test("a job that cannot end makes the test fail", async (t) => {
  const { app } = setUp(t);
  const handle = await app.submit("unknown");
  const isExplained = (error) => error instanceof LonghaulError && /no handler or stub/.test(error.message);
  await assert.rejects(handle.result(), isExplained);
  const waiting = app.durable("waiting", (_, flow) => flow.signal("approved"));
  await assert.rejects((await waiting.submit()).result(), /waits for signal "approved"/);
  await assert.rejects(app.queues.get("a"), /does not answer GET \/v1\/queues\/a/);
});

test("a durable job runs with signals, stubs and a clock that skips its waits", async (t) => {
  const { app, server } = setUp(t);
  const effects = new Set();
  const order = defineOrder(app, effects);
  server.stub("invoice", () => ({ total: 7 })).stubStep("charge", () => "payment-1");
  const handle = await order.submit({ amount: 900 });
  await server.runUntilIdle({ untilSignal: "approved" });
  await handle.signal("approved", { approved: true });
  assert.equal(await handle.result(), 7);
  assert.equal(effects.size, 0);
  const late = await order.submit({ amount: 900 });
  const error = await late.result().catch((thrown) => thrown);
  assert.deepEqual([error.job.error.type, [...effects]], ["not_approved", ["refund"]]);
});

test("a cancelled durable job runs its compensations", async (t) => {
  const { app, server } = setUp(t);
  const effects = new Set();
  const handle = await defineOrder(app, effects).submit({ amount: 1 });
  await server.runUntilIdle({ untilSignal: "approved" });
  await handle.cancel();
  assert.equal((await handle.wait()).state, "cancelled");
  assert.ok(effects.has("refund"));
});

test("a crash at each commit changes neither the result nor the number of effects", async () => {
  const app = new Longhaul({ url: "http://127.0.0.1:1" });
  let effects;
  const charges = new Set();
  const order = defineOrder(app, { add: (effect) => effects.add(effect) });
  const crashes = await crashEverywhere(app, async (server) => {
    effects = new Set();
    const handle = await order.submit({ amount: 10 });
    await server.runUntilIdle({ untilSignal: "approved" });
    await handle.signal("approved", { approved: true });
    assert.equal(await handle.result(), 12);
    assert.deepEqual([...effects], [`${handle.id}/1`]);
    charges.add(handle.id);
  });
  assert.ok(crashes >= 10, `${crashes}`);
  assert.equal(charges.size, crashes + 1);
});

test("a failed scenario names the crash", async () => {
  const app = new Longhaul({ url: "http://127.0.0.1:1" });
  let runs = 0;
  const careless = app.durable("careless", (_, flow) => flow.step("count", () => (runs += 1)));
  await assert.rejects(
    crashEverywhere(app, async () => {
      runs = 0;
      await (await careless.submit()).result();
      assert.equal(runs, 1);
    }),
    /after a crash before commit \d of \d/);
});

test("a stored journal shows whether changed code still fits", async (t) => {
  const { app, server } = setUp(t);
  let name = "old";
  const job = app.durable("changing", async (_, flow) => {
    await flow.step(name, () => 1);
    await flow.sleep("1d");
    await flow.step("last", () => 2);
  });
  const handle = await job.submit({ id: 1 });
  await server.runUntilIdle();
  const journal = await collect(handle.journal());
  await replay(job, { payload: { id: 1 }, journal });
  await replay(job, { payload: { id: 1 }, journal: journal.slice(0, 2) });
  name = "new";
  await assert.rejects(replay(job, { payload: { id: 1 }, journal }), (error) => {
    assert.ok(error instanceof NondeterministicError);
    assert.deepEqual([error.recorded.name, error.requested.name], ["old", "new"]);
    return true;
  });
});
