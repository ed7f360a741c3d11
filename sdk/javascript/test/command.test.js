import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { runWorker, useServer } from "./support/suite.js";
import { collect, eventually } from "./support/waiting.js";

const suite = await useServer();
const command = fileURLToPath(new URL("../bin/longhaul-worker.js", import.meta.url));
const entry = new URL("../src/index.js", import.meta.url).href;

/** Starts `longhaul-worker` with a module. Its standard error is in `output`. */
async function start(t, source, options = []) {
  const path = join(suite.server.folder, `app-${Math.random()}.mjs`);
  await writeFile(path, `import { Longhaul } from ${JSON.stringify(entry)};\nconst app = new Longhaul();\n${source}`);
  const child = spawn(process.execPath, [command, ...options, path], {
    env: { ...process.env, LONGHAUL_SERVER: suite.server.url }, stdio: ["ignore", "pipe", "pipe"],
  });
  t.after(() => child.kill("SIGKILL"));
  const process_ = { child, output: "", ended: once(child, "exit") };
  child.stderr.on("data", (text) => (process_.output += text));
  return process_;
}

test("the command runs the jobs of a module, and ends with SIGTERM after them", async (t) => {
  const app = suite.makeApp();
  const worker = await start(t, `
    export default app;
    app.job("slow.double", { queue: "doubles" }, async (n, ctx) => {
      ctx.log.info("begun");
      await new Promise((resolve) => setTimeout(resolve, 500));
      return 2 * n;
    });`, ["--concurrency", "2", "--queues", "doubles", "--name", "doubler", "--labels", "gpu=1,zone=eu"]);
  const handle = await app.submit("slow.double", 21, { queue: "doubles", labels: { gpu: "1" } });
  await eventually(async () => (await collect(handle.logs())).length > 0);
  worker.child.kill("SIGTERM");
  assert.deepEqual(await worker.ended, [0, null]);
  assert.equal(await handle.result(), 42);
  assert.match(worker.output, /doubler-.* runs slow\.double\n.*stops after its 1 running jobs/);
  app.close();
});

test("a worker that was stopped longer than its lease cannot overwrite the result of another one", async (t) => {
  const app = suite.makeApp();
  const path = join(suite.server.folder, "frozen.mjs");
  await writeFile(path, `
    import { Longhaul } from ${JSON.stringify(entry)};
    const app = new Longhaul();
    app.job("contested", { queue: "contested" }, async (_, ctx) => {
      ctx.log.info("begun");
      await new Promise((resolve) => ctx.signal.addEventListener("abort", resolve));
      console.log(ctx.signal.reason.reason);
      return "frozen";
    });
    await app.worker({ concurrency: 1, lease: 1, heartbeat: 0.5 }).run();`);
  const environment = { ...process.env, LONGHAUL_SERVER: suite.server.url };
  const frozen = spawn(process.execPath, [path], { env: environment, stdio: ["ignore", "pipe", "ignore"] });
  t.after(() => frozen.kill("SIGKILL"));
  let output = "";
  frozen.stdout.on("data", (text) => (output += text));
  const handle = await app.submit("contested", null, { queue: "contested", backoff: { type: "fixed", initial: 0 } });
  await eventually(async () => (await collect(handle.logs())).length > 0);
  frozen.kill("SIGSTOP");
  app.job("contested", { queue: "contested" }, () => "other");
  runWorker(t, app);
  assert.equal(await handle.result({ timeout: "30s" }), "other");
  frozen.kill("SIGCONT");
  await eventually(() => output === "lost\n");
  const { result, attempt, attempts } = await handle.status();
  assert.deepEqual([result, attempt, attempts[0].error.type], ["other", 2, "lease_expired"]);
});

test("the command says what is wrong with its arguments", async (t) => {
  for (const [source, options, message] of [
    ["", [], /must export its application/],
    ["export default app;", ["--concurrency", "none"], /--concurrency needs a number/],
    ["export default app;", ["--colour"], /--colour/],
  ]) {
    const worker = await start(t, source, options);
    assert.deepEqual((await worker.ended)[0], 2);
    assert.match(worker.output, message);
  }
  const help = spawn(process.execPath, [command, "--help"]);
  assert.match(String((await collect(help.stdout)).join("")), /usage: longhaul-worker/);
});
