import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { Longhaul } from "../src/index.js";
import { Site } from "./support/site.js";
import { runWorker, useServer } from "./support/suite.js";
import { TestServer } from "./support/server.js";

const chromium = process.env.CHROMIUM ?? "/usr/bin/chromium";
const skip = !existsSync(chromium) && "no Chromium";
const suite = await useServer();

/** Opens a page in a headless Chromium with a profile of its own, until the test ends. */
async function open(t, url) {
  const profile = await mkdtemp(join(tmpdir(), "longhaul-chromium-"));
  // Containers often cannot run the sandbox; the browser opens only the site of the test.
  const options = [
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
    "--remote-debugging-port=0",
  ];
  const browser = spawn(chromium, [...options, `--user-data-dir=${profile}`, url], { stdio: "ignore", detached: true });
  t.after(async () => {
    process.kill(-browser.pid, "SIGKILL");
    await rm(profile, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
  });
}

/** Runs the jobs of the page. */
function runJobs(t, app) {
  app.job("add", { queue: "page" }, async ({ a, b }, ctx) => {
    ctx.log.info("adding");
    await ctx.artifact("sum.txt", `${a + b}`);
    await pause(200);
    return a + b;
  });
  runWorker(t, app);
}

async function reportOf(site) {
  const timer = new AbortController();
  const fail = () => assert.fail("the page did not report within 60 s");
  const late = pause(60_000, undefined, { signal: timer.signal }).then(fail, () => {});
  const report = await Promise.race([site.report, late]);
  timer.abort();
  return report;
}

const expected = { result: 3, lines: ["adding"], text: "3", code: "invalid_request" };

test("a page of the same origin submits a job and follows it", { skip }, async (t) => {
  runJobs(t, suite.makeApp());
  const site = await Site.start(suite.server.url);
  t.after(() => site.close());
  await open(t, site.url);
  const { states, ...report } = await reportOf(site);
  assert.deepEqual(report, expected);
  assert.deepEqual(states.slice(-2), ["processing", "completed"]);
});

test("a page of an allowed origin submits a job with a key", { skip }, async (t) => {
  const site = await Site.start(suite.server.url);
  t.after(() => site.close());
  const server = await TestServer.start(["--cors-origin", site.url]);
  const create = (name, scopes, apiKey) =>
    new Longhaul({ url: server.url, apiKey }).client.post("/v1/keys", { name, scopes });
  const { key: admin } = await create("admin", ["admin"]);
  const { key } = await create("page", ["jobs:submit", "jobs:read"], admin);
  runJobs(t, new Longhaul({ url: server.url, apiKey: admin }));
  t.after(() => server.remove());
  await open(t, `${site.url}/?server=${encodeURIComponent(server.url)}&key=${key}`);
  const { states, ...report } = await reportOf(site);
  assert.deepEqual(report, expected);
  assert.equal(states.at(-1), "completed");
});

test("the entry for browsers imports no module of Node", async () => {
  const folder = fileURLToPath(new URL("../src/", import.meta.url));
  const seen = new Set();
  async function visit(file) {
    if (seen.has(file)) return;
    seen.add(file);
    for (const [, target] of (await readFile(file, "utf8")).matchAll(/from "([^"]+)"/g)) {
      assert.match(target, /^\.\.?\//, `${file} imports ${target}`);
      await visit(join(file, "..", target));
    }
  }
  await visit(join(folder, "browser.js"));
  assert.ok(seen.size > 10 && (await readdir(folder)).length > 5);
});
