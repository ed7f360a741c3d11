import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";
import { promisify } from "node:util";
import * as longhaul from "../src/index.js";
import { stubs } from "./support/frameworks.js";
import { useServer } from "./support/suite.js";

const run = promisify(execFile);
const root = fileURLToPath(new URL("..", import.meta.url));
const pages = ["../../README.md", "README.md", "docs/frameworks.md", "docs/testing.md"];
const suite = await useServer();
const project = await makeProject();
const worker = startWorker();

/** What the text around a snippet explains, and its code does not declare. */
const context = {
  ...Object.fromEntries(Object.keys(longhaul).map((name) => [name, `import { ${name} } from "longhaul";`])),
  app: 'import { app } from "./app.mjs";',
  resize: 'import { resize } from "./app.mjs";',
  fake: 'import { fake } from "longhaul/testing";',
  assert: 'import assert from "node:assert/strict";',
  createReadStream: 'import { createReadStream } from "node:fs";',
  createWriteStream: 'import { createWriteStream } from "node:fs";',
  pipeline: 'import { pipeline } from "node:stream/promises";',
};

async function snippetsOf(page) {
  const text = await readFile(join(root, page), "utf8");
  const blocks = [...text.matchAll(/^```(js|sh)\n(.*?)^```$/gms)];
  return blocks.map(([, language, code]) => ({ language, code, file: /^\/\/ (\S+\.mjs)\n/.exec(code)?.[1] }));
}

/** The snippet with imports of the names that it uses and does not declare. */
function withContext(code) {
  const isUsed = (name) => new RegExp(`\\b${name}\\b`).test(code);
  const isDeclared = (name) =>
    new RegExp(`import [^;"]*\\b${name}\\b|const (${name}\\b|\\{[^}]*\\b${name}\\b)`).test(code);
  const missing = Object.keys(context).filter((name) => isUsed(name) && !isDeclared(name));
  return [...missing.map((name) => context[name]), code].join("\n");
}

function node(file) {
  const env = { ...process.env, LONGHAUL_SERVER: suite.server.url };
  return run(process.execPath, [file], { cwd: project, env, timeout: 60_000 });
}

/** A folder with the package, the stand-ins, the files of all pages, and a module for the worker of their jobs. */
async function makeProject() {
  const folder = await mkdtemp(join(tmpdir(), "longhaul-readme-"));
  const modules = join(folder, "node_modules");
  await mkdir(modules);
  await symlink(root, join(modules, "longhaul"));
  for (const [name, source] of Object.entries(stubs)) {
    await mkdir(join(modules, name));
    const manifest = { name, type: "module", exports: "./index.js" };
    await writeFile(join(modules, name, "package.json"), JSON.stringify(manifest));
    await writeFile(join(modules, name, "index.js"), source);
  }
  for (const page of pages) {
    for (const { file, code } of await snippetsOf(page)) if (file) await writeFile(join(folder, file), code);
  }
  await writeFile(join(folder, "worker.mjs"), `
    import { app } from "./app.mjs";
    import "./order.mjs";
    app.job("file.write", { queue: "images" }, ({ text }, ctx) => ctx.artifact("hello.txt", text));
    export default app;`);
  return folder;
}

function startWorker() {
  const environment = { ...process.env, LONGHAUL_SERVER: suite.server.url };
  const command = [join(root, "bin/longhaul-worker.js"), "--queues", "images", "./worker.mjs"];
  return spawn(process.execPath, command, { cwd: project, env: environment, stdio: "ignore" });
}

after(async () => {
  worker.kill("SIGKILL");
  await rm(project, { recursive: true, force: true });
});

test("the first five minutes, from an empty folder", async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "longhaul-start-"));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const [install, app, submit, start] = await snippetsOf("README.md");
  const npm = { npm_config_offline: "true", npm_config_audit: "false" };
  const environment = { ...process.env, ...npm, LONGHAUL_SERVER: suite.server.url };
  const shell = (command) => run("sh", ["-c", command], { cwd: folder, env: environment, timeout: 60_000 });
  await shell(install.code.replace("/path/to/longhaul/sdk/javascript", root));
  await writeFile(join(folder, app.file), app.code);
  await writeFile(join(folder, submit.file), submit.code);
  const { stdout } = await shell(`${start.code}kill $!`);
  assert.equal(stdout, "{ width: 640, height: 320 }\n");
});

for (const page of pages) {
  test(`the snippets of ${page} run`, async (t) => {
    let number = 0;
    for (const { language, code, file } of await snippetsOf(page)) {
      number += 1;
      if (language !== "js" || file) continue;
      const name = `snippet-${page.replace(/\W/g, "-")}-${number}.mjs`;
      await writeFile(join(project, name), withContext(code));
      await t.test(`snippet ${number}: ${code.split("\n")[0]}`, () => node(name));
    }
  });
}

test("the example of a durable job prints its result and its journal", async () => {
  const snippets = await snippetsOf("README.md");
  const { code } = snippets.find((snippet) => snippet.code.includes('import { order } from "./order.mjs"'));
  await writeFile(join(project, "durable.mjs"), withContext(code));
  const { stdout } = await node("durable.mjs");
  assert.match(stdout, /payment: 'payment-900',\n {2}image: \{ width: 640, height: 320 \},\n {2}by: 'ada'/);
  assert.match(stdout, /\n1 step charge succeeded\n/);
});

/** Uses the web server of an example, and prints what it answers. */
const visit = `
  export async function visit(server, key) {
    const url = "http://127.0.0.1:" + server.address().port;
    const headers = { "content-type": "application/json", "idempotency-key": key };
    const submit = () => fetch(url + "/images", { method: "POST", headers, body: '{"width":8}' });
    const [first, second] = [await submit(), await submit()];
    const { id } = await first.json();
    console.log(first.status, id === (await second.json()).id);
    for (;;) {
      const job = await (await fetch(url + "/images/" + id)).json();
      if (job.state === "completed") return console.log(JSON.stringify(job.result), id);
    }
  }`;

test("the web servers of the examples submit jobs and report their states", async () => {
  await writeFile(join(project, "visit.mjs"), visit);
  await writeFile(join(project, "try-express.mjs"), `
    import "./express-events.mjs";
    import { web } from "./express-server.mjs";
    import { resize } from "./app.mjs";
    import { visit } from "./visit.mjs";
    const server = await web.listen();
    await visit(server, "click-express");
    const url = "http://127.0.0.1:" + server.address().port + "/images/";
    const { id } = await resize.submit({ width: 2 });
    console.log((await (await fetch(url + id + "/events")).text()).includes('"state":"completed"'));
    console.log((await fetch(url + "unknown")).status >= 400);
    process.exit(0);`);
  await writeFile(join(project, "try-fastify.mjs"), `
    import { server } from "./fastify-server.mjs";
    import { visit } from "./visit.mjs";
    await visit(await server.listen(), "click-fastify");
    process.exit(0);`);
  assert.match((await node("try-express.mjs")).stdout, /^202 true\n\{"width":8,"height":4\} .*\ntrue\ntrue\n$/);
  assert.match((await node("try-fastify.mjs")).stdout, /^202 true\n\{"width":8,"height":4\} .*\n$/);
});

test("the routes of the Next example submit a job and wait for it", async () => {
  process.env.LONGHAUL_SERVER = suite.server.url;
  const load = (file) => import(pathToFileURL(join(project, file)));
  const { POST } = await load("next-route.mjs");
  const { GET } = await load("next-job-route.mjs");
  const submitted = await POST(new Request("http://page/images", { method: "POST", body: '{"width":20}' }));
  assert.equal(submitted.status, 202);
  const { id } = await submitted.json();
  const answer = await GET(new Request(`http://page/images/${id}?wait`), { params: Promise.resolve({ id }) });
  assert.deepEqual((await answer.json()).result, { width: 20, height: 10 });
});
