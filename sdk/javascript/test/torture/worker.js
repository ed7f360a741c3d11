/** A worker of the torture: runs jobs, and records which completions the server has acknowledged. */
import { appendFileSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import { Longhaul } from "../../src/index.js";

const record = process.env.TORTURE_RECORD;
const app = new Longhaul();

/** Appends `JOB TOKEN` for each completion that the server has acknowledged. */
function recordCompletions({ transport }) {
  const send = transport.send.bind(transport);
  transport.send = async (request) => {
    const answer = await send(request);
    if (!request.path.startsWith("/v1/leases/complete") || answer.status !== 200) return answer;
    const text = await answer.text();
    const tokens = JSON.parse(request.body).completions.map(({ token }) => token);
    const { completions } = JSON.parse(text);
    const line = ({ status, job }, index) => (status === 200 ? `${job.id} ${tokens[index]}\n` : "");
    appendFileSync(record, completions.map(line).join(""));
    return { ...answer, text: async () => text };
  };
}

recordCompletions(app.client);

app.job("plain", { queue: "torture" }, async ({ n }, ctx) => {
  await pause(Math.random() * 20);
  return { n, attempt: ctx.attempt };
});

app.job("flaky", { queue: "torture" }, async ({ n }, ctx) => {
  ctx.log.info(`attempt ${ctx.attempt}`);
  if (ctx.attempt === 1) throw new Error("the first attempt fails");
  return { n, attempt: ctx.attempt };
});

app.durable("durable", { queue: "torture" }, async ({ n }, flow) => {
  const first = await flow.step("first", () => n);
  await flow.sleep(Math.random() / 10);
  return { n: await flow.step("second", () => first) };
});

await app.worker({ concurrency: 20, lease: 3, heartbeat: 1, handleSignals: true }).run();
process.exit(0);
