import assert from "node:assert/strict";
import { test } from "node:test";
import { camelCase, snakeCase } from "../src/common/names.js";
import { serverSentEvents } from "../src/common/server-sent-events.js";
import { joinedSignal } from "../src/common/signals.js";
import { Backoff, seconds, sleep, timestamp } from "../src/common/time.js";
import { submissionOf, Entry } from "../src/client/submission.js";
import { PermanentError, RetryError } from "../src/common/errors.js";
import { failureOf } from "../src/worker/failure.js";
import { collect } from "./support/waiting.js";

test("durations are seconds, or texts with a unit", () => {
  assert.equal(seconds(1.5), 1.5);
  assert.deepEqual(["250ms", "30s", "10m", "2h", "7d", "1.5h"].map(seconds), [0.25, 30, 600, 7200, 604800, 5400]);
  for (const wrong of ["soon", "10", "-1s", NaN, undefined]) assert.throws(() => seconds(wrong), TypeError);
});

test("times are dates, texts or milliseconds", () => {
  assert.equal(timestamp(new Date(0)), "1970-01-01T00:00:00.000Z");
  assert.equal(timestamp("2026-11-30T10:00:00+01:00"), "2026-11-30T09:00:00.000Z");
  assert.throws(() => timestamp("tomorrow"), TypeError);
});

test("a pause ends with its signal", async () => {
  const controller = new AbortController();
  const pause = sleep(60, controller.signal);
  controller.abort(new Error("enough"));
  await assert.rejects(pause, /enough/);
});

test("pauses double up to their maximum", () => {
  const backoff = new Backoff({ initial: 1, max: 4 });
  const pauses = [backoff.next(), backoff.next(), backoff.next(), backoff.next()];
  [1, 2, 4, 4].forEach((base, index) => assert.ok(pauses[index] >= base * 0.75 && pauses[index] <= base * 1.25));
});

test("a joined signal aborts with the first reason, or after a time", async () => {
  const controller = new AbortController();
  const joined = joinedSignal([undefined, controller.signal], { afterSeconds: 60, makeReason: () => "late" });
  controller.abort("first");
  assert.equal(joined.signal.reason, "first");
  joined.release();
  const timed = joinedSignal([], { afterSeconds: 0.001, makeReason: () => "late" });
  await new Promise((resolve) => timed.signal.addEventListener("abort", resolve));
  assert.equal(timed.signal.reason, "late");
});

test("names change, and the values of the user do not", () => {
  const job = camelCase({ created_at: 1, payload: { user_id: 1 }, attempts: [{ started_at: 2 }], tags: { a_b: "c" } });
  assert.deepEqual(job, { createdAt: 1, payload: { user_id: 1 }, attempts: [{ startedAt: 2 }], tags: { a_b: "c" } });
  assert.deepEqual(snakeCase({ maxDepth: 1, queue: "a" }), { max_depth: 1, queue: "a" });
});

test("server-sent events arrive whole from any chunks", async () => {
  const text = ': hello\n\nid: 1\nevent: state\ndata: {"ä":\ndata: 1}\n\r\ndata:x\n\nid: 9\n\n';
  const bytes = new TextEncoder().encode(text);
  for (const size of [1, 2, 3, 7, bytes.length]) {
    const chunks = (async function* () {
      for (let index = 0; index < bytes.length; index += size) yield bytes.slice(index, index + size);
    })();
    assert.deepEqual(await collect(serverSentEvents(chunks)), [
      { event: "state", id: "1", data: '{"ä":\n1}' },
      { event: "message", data: "x" },
    ]);
  }
});

test("options become the fields of a submission", () => {
  const options = {
    queue: "images", priority: 7, delay: "10m", retries: 2, backoff: { type: "fixed", initial: "5s" }, timeout: "1h",
    dependsOn: [{ id: "a" }, "b"], join: { waitFor: 1 }, parent: { id: "p" }, unique: { by: "kind", window: "1m" },
    tags: { a: "b" },
  };
  assert.deepEqual(JSON.parse(JSON.stringify(submissionOf(new Entry("resize", { width: 1 }, options)))), {
    kind: "resize", payload: { width: 1 }, queue: "images", priority: 7, delay_seconds: 600, max_attempts: 3,
    backoff: { type: "fixed", initial_seconds: 5 }, timeout_seconds: 3600, depends_on: ["a", "b"],
    join: { wait_for: 1 }, parent_id: "p", unique: { by: ["kind"], window_seconds: 60 }, tags: { a: "b" },
  });
  assert.throws(() => submissionOf(new Entry("a", null, { dealy: 1 })), /"dealy" is not an option/);
});

test("a failure has the type, the message and the stack trace with its causes", () => {
  const { error, retry_in_seconds } = failureOf(new TypeError("wrong", { cause: new Error("because") }));
  assert.deepEqual([error.type, error.message, error.retryable], ["TypeError", "wrong", true]);
  assert.equal(retry_in_seconds, undefined);
  assert.match(error.details.stack, /TypeError: wrong\n {4}at .*common\.test\.js[^]*Caused by: Error: because/);
});

test("permanent errors and pauses are reported", () => {
  const permanent = failureOf(new PermanentError("declined", { type: "declined", details: { code: 51 } })).error;
  assert.deepEqual([permanent.type, permanent.retryable, permanent.details.code], ["declined", false, 51]);
  assert.equal(failureOf(new RetryError("later", { retryAfter: "2m" })).retry_in_seconds, 120);
});

test("anything that is thrown becomes a failure that the server can store", () => {
  const circular = {};
  circular.self = circular;
  let deep = 1;
  for (let level = 0; level < 100; level += 1) deep = [deep];
  assert.equal(failureOf("text").error.message, "text");
  assert.equal(failureOf(undefined).error.message, "undefined");
  assert.match(failureOf(new PermanentError("a", { details: circular })).error.details.omitted, /nested|JSON/);
  assert.match(failureOf(new PermanentError("a", { details: deep })).error.details.omitted, /nested/);
  assert.match(failureOf(new PermanentError("a", { details: { big: 1n } })).error.details.omitted, /JSON/);
});
