import assert from "node:assert/strict";
import { test } from "node:test";
import { CancelledError, ChildJobError, JobFailedError, PermanentError, StepError } from "../src/index.js";
import { runWorker, useServer } from "./support/suite.js";
import { collect, deferred, eventually } from "./support/waiting.js";

const suite = await useServer();

async function journalOf(handle) {
  return (await collect(handle.journal())).map(({ id, type, name, status }) => `${id} ${type} ${name} ${status}`);
}

/** Waits until the job is suspended. */
function suspended(handle) {
  return eventually(async () => (await handle.status()).state === "suspended");
}

test("a process runs its steps once, waits without a worker, and calls other jobs", async (t) => {
  const app = suite.makeApp();
  const effects = [];
  const resize = app.job("resize", { queue: "orders" }, ({ width }) => ({ width: width / 2 }));
  const order = app.durable("order", { queue: "orders" }, async ({ amount }, flow) => {
    const keys = new Set();
    const payment = await flow.step("charge", async (step) => {
      effects.push("charge");
      keys.add(step.key);
      return { amount, attempt: step.attempt };
    });
    await flow.sleep(0.05);
    await flow.sleepUntil(new Date(Date.now() - 1000));
    const [image, mail] = await Promise.all([
      flow.call(resize, { width: 640 }),
      flow.step("mail", () => effects.push("mail")),
    ]);
    const answer = await flow.signal("approved");
    const late = await flow.signal("never", { within: 0.01 });
    return { payment, image, mail, answer, late: late === undefined };
  });
  runWorker(t, app);
  const handle = await order.submit({ amount: 900 });
  await suspended(handle);
  await handle.signal("approved", { by: "ada" });
  assert.deepEqual(await handle.result(), {
    payment: { amount: 900, attempt: 1 }, image: { width: 320 }, mail: 2, answer: { by: "ada" }, late: true,
  });
  assert.deepEqual(effects, ["charge", "mail"]);
  const journal = (await journalOf(handle)).filter((line) => !line.startsWith("order/"));
  assert.deepEqual(journal, [
    "1 step charge succeeded", "2 timer sleep succeeded", "3 timer sleep succeeded", "4 job resize succeeded",
    "5 step mail succeeded", "6 signal approved succeeded", "7 signal never failed",
  ]);
});

test("values that change are recorded", async (t) => {
  const app = suite.makeApp();
  const seen = [];
  const values = app.durable("values", { queue: "values" }, async (_, flow) => {
    const setting = await flow.record("setting", () => seen.length);
    const found = [await flow.now(), await flow.random(), await flow.uuid(), setting];
    seen.push(JSON.stringify(found));
    await flow.sleep(0.01);
    seen.push(JSON.stringify(found));
    assert.ok(found[0] instanceof Date);
    return found[3];
  });
  runWorker(t, app);
  assert.equal(await (await values.submit()).result(), 0);
  assert.ok(seen.length >= 3);
  assert.equal(new Set(seen).size, 1);
});

test("a step is retried by the journal, and fails the job without an attempt left", async (t) => {
  const app = suite.makeApp();
  let calls = 0;
  const retrying = app.durable("retrying", { queue: "steps" }, async (_, flow) => {
    const attempt = await flow.step("flaky", { retries: 2, backoff: { initial: 0.01 } }, (step) => {
      calls += 1;
      if (step.attempt < 3) throw new Error("again");
      return step.attempt;
    });
    try {
      await flow.step("hopeless", { retries: 0 }, () => {
        throw new Error("no");
      });
    } catch (error) {
      assert.ok(error instanceof StepError);
    }
    const untilAbort = ({ signal }) => new Promise((resolve) => signal.addEventListener("abort", resolve));
    await flow.step("slow", { retries: 0, timeout: 0.05 }, untilAbort);
    return attempt;
  });
  runWorker(t, app);
  const handle = await retrying.submit();
  const error = await handle.result().catch((thrown) => thrown);
  assert.ok(error instanceof JobFailedError);
  assert.deepEqual([error.job.error.type, error.job.attempt, calls], ["timeout", 1, 3]);
  assert.match(error.job.error.message, /Step "slow" failed/);
});

test("the first branch of a race wins, and the others are cancelled", async (t) => {
  const app = suite.makeApp();
  const losers = [];
  const child = app.job("child", { queue: "unserved" });
  const race = app.durable("race", { queue: "races" }, async (_, flow) => {
    const winner = await flow.race("first", [
      async (branch) => branch.signal("paid"),
      async (branch) => {
        try {
          await branch.call(child);
        } catch (error) {
          losers.push(error instanceof CancelledError);
          throw error;
        }
      },
      async (branch) => {
        await branch.sleep("14d");
        return "late";
      },
    ]);
    const square = (n, branch) => branch.step("square", () => n * n);
    const sizes = await flow.map("sizes", [1, 2, 3], { concurrency: 2 }, square);
    const step = (name) => (branch) => branch.step(name, () => name);
    const both = await flow.all("both", [step("a"), step("b")]);
    return { winner, sizes, both };
  });
  runWorker(t, app);
  const handle = await race.submit();
  await suspended(handle);
  await handle.signal("paid", "ada");
  assert.deepEqual(await handle.result(), { winner: "ada", sizes: [1, 4, 9], both: ["a", "b"] });
  assert.deepEqual(new Set(losers), new Set([true]));
  const journal = await journalOf(handle);
  const lines = ["1.3.1 timer sleep cancelled", "1.2.1 job child cancelled", "2.3.1 step square succeeded"];
  for (const line of lines) assert.ok(journal.includes(line), journal.join("\n"));
});

test("a failed branch cancels the others, and the code receives its error", async (t) => {
  const app = suite.makeApp();
  const failing = app.job("failing-child", { queue: "branches", retries: 0 }, () => {
    throw new PermanentError("broken", { type: "broken" });
  });
  const process = app.durable("branches", { queue: "branches" }, async (_, flow) => {
    try {
      await flow.all("work", [(branch) => branch.call(failing), (branch) => branch.signal("never")]);
    } catch (error) {
      assert.ok(error instanceof ChildJobError);
      return [error.kind, error.error.type, typeof error.jobId];
    }
  });
  runWorker(t, app);
  assert.deepEqual(await (await process.submit()).result(), ["failing-child", "broken", "string"]);
});

test("a failed job runs its compensations, the last one first", async (t) => {
  const app = suite.makeApp();
  const effects = [];
  const order = app.durable("compensated", { queue: "undo", retries: 3 }, async (_, flow) => {
    await flow.step("reserve", () => effects.push("reserve"));
    await flow.compensate("release", () => effects.push("release"));
    await flow.step("charge", () => effects.push("charge"));
    await flow.compensate("refund", { retries: 1, backoff: { initial: 0.01 } }, (step) => {
      if (step.attempt === 1) throw new Error("try again");
      effects.push("refund");
    });
    await flow.sleep(0.01);
    throw new PermanentError("out of stock", { type: "stock" });
  });
  runWorker(t, app);
  const handle = await order.submit();
  const error = await handle.result().catch((thrown) => thrown);
  assert.deepEqual([error.job.error.type, effects], ["stock", ["reserve", "charge", "refund", "release"]]);
});

test("a cancelled job runs its compensations", async (t) => {
  const app = suite.makeApp();
  const effects = [];
  const order = app.durable("cancelled", { queue: "undo" }, async (_, flow) => {
    await flow.compensate("release", () => effects.push("release"));
    try {
      await flow.signal("paid");
    } catch (error) {
      effects.push(error.name);
      throw error;
    }
  });
  runWorker(t, app);
  const handle = await order.submit();
  await suspended(handle);
  await handle.cancel();
  assert.equal((await handle.wait()).state, "cancelled");
  assert.deepEqual(effects, ["CancelledError", "release"]);
});

test("an error outside of a step is retried by the job", async (t) => {
  const app = suite.makeApp();
  let runs = 0;
  let steps = 0;
  const options = { queue: "outside", backoff: { type: "fixed", initial: 0.01 } };
  const job = app.durable("outside", options, async (_, flow) => {
    await flow.step("once", () => (steps += 1));
    runs += 1;
    if (runs < 3) throw new Error("a bug");
    return runs;
  });
  runWorker(t, app);
  assert.deepEqual([await (await job.submit()).result(), steps], [3, 1]);
});

test("changed code pauses the job, and code that fits resumes it", async (t) => {
  const app = suite.makeApp();
  let name = "old";
  const changing = app.durable("changing", { queue: "changing" }, async (_, flow) => {
    await flow.step(name, () => 1);
    await flow.signal("go");
    return name;
  });
  runWorker(t, app);
  const handle = await changing.submit();
  await suspended(handle);
  name = "new";
  await handle.signal("go");
  const paused = await eventually(async () => {
    const job = await handle.status();
    return job.paused && job;
  });
  assert.equal(paused.error.type, "nondeterministic");
  assert.match(JSON.stringify(paused.error), /old.*new/);
  name = "old";
  await handle.resume();
  assert.equal(await handle.result(), "old");
});

test("code that ends before its journal pauses the job", async (t) => {
  const app = suite.makeApp();
  let isShort = false;
  const job = app.durable("shortened", { queue: "changing" }, async (_, flow) => {
    if (isShort) return "short";
    await flow.signal("go");
    await flow.step("last", () => 1);
    return "long";
  });
  runWorker(t, app);
  const handle = await job.submit();
  await suspended(handle);
  isShort = true;
  await handle.signal("go");
  await eventually(async () => (await handle.status()).paused);
  isShort = false;
  await handle.resume();
  assert.equal(await handle.result(), "long");
});

test("versions keep the path of runs that began before a change", async (t) => {
  const app = suite.makeApp();
  let isNew = false;
  const job = app.durable("versions", { queue: "versions" }, async (_, flow) => {
    const version = isNew ? await flow.version("insure parcel", 1) : 0;
    await flow.step("ship", () => 1);
    await flow.signal("go");
    return version;
  });
  runWorker(t, app);
  const old = await job.submit();
  await suspended(old);
  isNew = true;
  const young = await job.submit();
  await suspended(young);
  await Promise.all([old.signal("go"), young.signal("go")]);
  assert.deepEqual([await old.result(), await young.result()], [0, 1]);
});

test("a process begins again with another payload", async (t) => {
  const app = suite.makeApp();
  const job = app.durable("months", { queue: "months" }, async (month, flow) => {
    await flow.step("report", () => month);
    if (month < 3) await flow.continueAsNew(month + 1);
    return month;
  });
  runWorker(t, app);
  const handle = await job.submit(1);
  assert.equal(await handle.result(), 3);
  assert.deepEqual(await journalOf(handle), ["1 step report succeeded"]);
});

test("a token sends a signal without an API key", async (t) => {
  const app = suite.makeApp();
  const token = deferred();
  const job = app.durable("approval", { queue: "approval" }, async (_, flow) => {
    const approval = await flow.openSignal("approved", { within: "3d" });
    await flow.step("send link", () => token.resolve(approval.token));
    return (await approval.value()).approved;
  });
  runWorker(t, app);
  const handle = await job.submit();
  await app.signalToken(await token.promise, { approved: true });
  assert.equal(await handle.result(), true);
});
