/** The calls that the fake server answers. Each returns `{status, json}` or `{status, bytes}`. */
import { describeArtifact } from "./fake-job.js";
import { Problem } from "./problem.js";

const ok = (json) => ({ status: 200, json });
const page = (items) => ok({ items, next_cursor: null });

/** `[method, pattern, answer(server, match, body, request)]` */
const routes = [
  ["POST", /^\/v1\/jobs$/, submit],
  ["POST", /^\/v1\/jobs\/batch$/, submitBatch],
  ["GET", /^\/v1\/jobs$/, (server) => page(server.jobs.map((job) => job.describe()).reverse())],
  ["GET", /^\/v1\/jobs\/([^/]+)$/, readJob],
  ["DELETE", /^\/v1\/jobs\/([^/]+)$/, removeJob],
  ["POST", /^\/v1\/jobs\/([^/]+)\/(cancel|retry|pause|resume)$/, act],
  ["POST", /^\/v1\/jobs\/([^/]+)\/signals\/([^/]+)$/, signal],
  ["POST", /^\/v1\/signals\/([^/]+)$/, signalByToken],
  ["GET", /^\/v1\/jobs\/([^/]+)\/journal$/, (server, [, id]) => page(server.job(id).journal.list())],
  ["GET", /^\/v1\/jobs\/([^/]+)\/logs$/, (server, [, id]) => page(server.job(id).lines)],
  ["GET", /^\/v1\/jobs\/([^/]+)\/artifacts\/([^/]+)$/, readArtifact],
  ["POST", /^\/v1\/leases\/complete$/, completeMany],
  ["POST", /^\/v1\/leases\/([^/]+)\/(complete|fail|release)$/, endAttempt],
  ["POST", /^\/v1\/leases\/([^/]+)\/journal$/, updateJournal],
  ["POST", /^\/v1\/leases\/([^/]+)\/suspend$/, suspend],
  ["POST", /^\/v1\/leases\/([^/]+)\/logs$/, addLines],
  ["GET", /^\/v1\/leases\/([^/]+)\/steps\/([^/]+)$/, readStep],
  ["PUT", /^\/v1\/leases\/([^/]+)\/steps\/([^/]+)$/, writeStep],
  ["PUT", /^\/v1\/leases\/([^/]+)\/artifacts\/([^/]+)$/, writeArtifact],
];

/** Answers a request. */
export function route(server, method, path, body, request) {
  for (const [routeMethod, pattern, answer] of routes) {
    const match = routeMethod === method ? pattern.exec(path) : null;
    if (match) return answer(server, match.map(decodeURIComponent), body, request);
  }
  const detail = `the fake server does not answer ${method} ${path}; test it against a real server`;
  throw new Problem(501, "not_faked", detail);
}

async function submit(server, _, body) {
  const { job, isReplay } = server.submit(body);
  await server.runEagerly();
  return { status: isReplay ? 200 : 202, json: job.describe() };
}

async function submitBatch(server, _, { jobs, parent }) {
  const refs = new Map();
  const entries = jobs.map(({ ref, ...request }) => {
    const depends_on = (request.depends_on ?? []).map((id) => (id.startsWith("#") ? refs.get(id.slice(1)) : id));
    const { job, isReplay } = server.submit({ ...request, depends_on });
    if (ref) refs.set(ref, job.id);
    return { job, isReplay };
  });
  const children = entries.map(({ job }) => job.id);
  const last = parent && server.submit({ ...parent, depends_on: [...children, ...(parent.depends_on ?? [])] });
  await server.runEagerly();
  const entry = ({ job, isReplay }) => ({ status: isReplay ? 200 : 202, job: job.describe() });
  return { status: 202, json: { jobs: entries.map(entry), ...(last ? { parent: entry(last) } : {}) } };
}

async function readJob(server, [, id], _, { query }) {
  const job = server.job(id);
  if (Number(query.get("wait_seconds")) > 0 && !job.isFinal) await server.runFor(job);
  return ok(job.describe());
}

function act(server, [, id, action]) {
  const job = server.job(id);
  if (job.isFinal && action === "cancel") throw new Problem(409, "conflict", "the job has ended");
  if (action === "cancel") job.cancel();
  else if (action === "retry") Object.assign(job, { state: "pending", attempt: 0, error: null, runAt: server.now() });
  else Object.assign(job, { paused: action === "pause", error: null });
  return ok(job.describe());
}

function removeJob(server, [, id]) {
  server.remove(server.job(id));
  return { status: 204 };
}

function signal(server, [, id, name], value) {
  server.job(id).journal.signal(name, value);
  return { status: 202, json: { status: "accepted" } };
}

function signalByToken(server, [, token], value) {
  const [, id, operation] = /^([^.]+)\.(.*)$/.exec(token) ?? [];
  server.job(id).journal.signalOperation(operation, value);
  return { status: 202, json: { status: "accepted" } };
}

async function completeMany(server, _, { completions }) {
  const answers = [];
  for (const { token, ...completion } of completions) {
    try {
      await server.commit(token, (job) => {
        job.complete(completion);
        for (const request of completion.next ?? []) server.add({ ...request, parent_id: job.id });
      });
      answers.push({ status: 200 });
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      answers.push({ status: problem.status, problem: problem.document });
    }
  }
  return ok({ completions: answers });
}

function suspend(server, [, token], { on }) {
  return server.commit(token, (job) => {
    const waiting = new Set(job.journal.waiting.map(({ id }) => id));
    const ready = on.filter((id) => !waiting.has(id));
    if (ready.length > 0) return ok({ ready });
    job.suspend();
    return ok(job.describe());
  });
}

function endAttempt(server, [, token, action], body) {
  return server.commit(token, (job) => {
    job[action](body);
    return ok(job.describe());
  });
}

function updateJournal(server, [, token], { updates }) {
  return server.commit(token, (job) => ok({ operations: updates.map((update) => job.journal.apply(update)) }));
}

function addLines(server, [, token], { lines }) {
  const job = server.leased(token);
  for (const line of lines) job.lines.push({ number: job.lines.length + 1, attempt: job.attempt, ...line });
  return { status: 204 };
}

function readStep(server, [, token, name]) {
  const { steps } = server.leased(token);
  if (!steps.has(name)) throw new Problem(404, "not_found", `there is no step ${name}`);
  return ok({ output: steps.get(name) });
}

function writeStep(server, [, token, name], { output }) {
  const { steps } = server.leased(token);
  if (!steps.has(name)) steps.set(name, output);
  return ok({ output: steps.get(name) });
}

function writeArtifact(server, [, token, name], _, { bytes, contentType }) {
  server.leased(token).artifacts.set(name, { bytes, contentType });
  return { status: 201, json: describeArtifact(name, { bytes, contentType }) };
}

function readArtifact(server, [, id, name]) {
  const artifact = server.job(id).artifacts.get(name);
  if (!artifact) throw new Problem(404, "not_found", `there is no artifact ${name}`);
  return { status: 200, ...artifact };
}
