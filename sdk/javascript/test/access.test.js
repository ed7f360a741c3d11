import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { chmod, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
import { Longhaul } from "../src/index.js";
import { TestServer } from "./support/server.js";
import { runWorker, useServer } from "./support/suite.js";

const suite = await useServer();

test("a Unix socket", async (t) => {
  const path = join(suite.server.folder, "socket");
  const server = await TestServer.start(["--listen", `unix:${path}`]);
  const app = new Longhaul({ url: `unix:${path}` });
  const echo = app.job("echo", (value) => value);
  runWorker(t, app);
  t.after(() => server.remove());
  assert.equal(await (await echo.submit("over a socket")).result(), "over a socket");
});

test("another implementation of fetch", async (t) => {
  const paths = [];
  const recording = (url, options) => paths.push(new URL(url).pathname) && fetch(url, options);
  const app = new Longhaul({ url: suite.server.url, fetch: recording });
  const writing = app.job("fetched", { queue: "fetched" }, async (_, ctx) => {
    await ctx.artifact("a.txt", (async function* () {
      yield new TextEncoder().encode("streamed");
    })());
  });
  runWorker(t, app);
  const handle = await writing.submit();
  await handle.result();
  assert.equal(await (await handle.artifact("a.txt")).text(), "streamed");
  assert.ok(paths.includes("/v1/leases"));
});

test("TLS with an authority of one's own", async (t) => {
  const [certificate, key] = ["cert.pem", "key.pem"].map((name) => join(suite.server.folder, name));
  await promisify(execFile)("openssl", [
    "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost",
    "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", certificate,
  ]);
  await chmod(key, 0o600);
  const server = await TestServer.start(["--tls-cert", certificate, "--tls-key", key]);
  t.after(() => server.remove());
  assert.match(server.url, /^https:/);
  const app = new Longhaul({ url: server.url, caFile: certificate });
  assert.ok((await app.submit("secure", null, { delay: "1h" })).id);
  app.close();
  const distrusting = new Longhaul({ url: server.url, retrySeconds: 0 });
  await assert.rejects(distrusting.ready(), { code: "unreachable" });
});

test("a key from a file, which is read again after its rotation", async (t) => {
  const server = await TestServer.start();
  const open = new Longhaul({ url: server.url });
  const { key: admin } = await open.client.post("/v1/keys", { name: "admin", scopes: ["admin"] });
  await assert.rejects(open.submit("a"), { code: "unauthorized" });
  const administrator = new Longhaul({ url: server.url, apiKey: admin });
  const scopes = ["jobs:submit", "jobs:read", "jobs:write", "work"];
  const { key } = await administrator.client.post("/v1/keys", { name: "app", scopes });
  const file = join(suite.server.folder, "app.key");
  await writeFile(file, `${key}\n`);
  const app = new Longhaul({ url: server.url, keyFile: file });
  const echo = app.job("echo", (value) => value);
  runWorker(t, app);
  t.after(() => server.remove());
  assert.equal(await (await echo.submit(1)).result(), 1);
  const [own] = (await administrator.client.get("/v1/keys")).items.filter(({ name }) => name === "app");
  const rotated = await administrator.client.post(`/v1/keys/${own.id}/rotate`, { overlap_seconds: 0 });
  await writeFile(file, `${rotated.key}\n`);
  assert.equal(await (await echo.submit(2)).result(), 2);
  await assert.rejects(app.queues.pause("default"), { code: "forbidden" });
});
