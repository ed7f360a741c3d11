/** Uses the type declarations as an application does. Compiled by test/types.test.js, and never run. */
import { Flow, JobFailedError, Longhaul, PermanentError } from "longhaul";
import { Longhaul as BrowserLonghaul } from "longhaul/browser";
import { crashEverywhere, fake, replay } from "longhaul/testing";

const app = new Longhaul({ url: "http://127.0.0.1:8080", apiKey: "key" });

const options = { queue: "images", retries: 5, concurrency: 2 };
const resize = app.job("resize", options, async (payload: { width: number }, ctx) => {
  ctx.progress(50, "half");
  ctx.log.info("page", { number: 1 });
  const pages: number = await ctx.step("count", () => 3);
  await ctx.artifact("a.png", new Uint8Array(3), { contentType: "image/png" });
  ctx.next("mail", { pages });
  if (ctx.signal.aborted) throw new PermanentError("stopped", { type: "stopped" });
  return { url: "https://", width: payload.width };
});

const order = app.durable("order", async (payload: { id: number }, flow: Flow) => {
  const payment = await flow.step("charge", { retries: 9, timeout: "30s" }, async (step) => step.key);
  await flow.compensate("refund", () => undefined);
  const image = await flow.call(resize, { width: 640 }, { queue: "images" });
  const answer = await flow.signal<{ approved: boolean }>("approved", { within: "3d" });
  const size = async (n: number, branch: Flow) => branch.step("size", () => n);
  const sizes: number[] = await flow.map("sizes", [1, 2], { concurrency: 2 }, size);
  return { payment, width: image.width, isApproved: answer?.approved ?? false, sizes };
});

async function use() {
  const handle = await resize.submit({ width: 640 }, { delay: "10m", unique: { by: ["kind", "payload"] } });
  const { url }: { url: string } = await handle.result({ timeout: "30s" });
  for await (const event of handle.events()) console.log(event.type, event.state, url);
  for await (const { level, message } of handle.logs({ follow: true })) console.log(level, message);
  const { parent } = await app.submitBatch([resize.entry({ width: 1 })], { parent: order.entry({ id: 1 }) });
  const isApproved: boolean = (await parent.result()).isApproved;
  await app.schedules.set("nightly", { cron: "0 3 * * *", job: order.entry({ id: 2 }) });
  await app.worker({ queues: { images: 4 }, grace: "1m" }).run();
  try {
    await (await app.submit<number>("any", isApproved)).result();
  } catch (error) {
    if (error instanceof JobFailedError) console.log(error.job.error?.details);
  }
  // @ts-expect-error -- the payload has another type
  await resize.submit({ height: 1 });
  // @ts-expect-error -- the option does not exist
  await resize.submit({ width: 1 }, { dealy: 1 });
  // @ts-expect-error -- a page has no worker
  new BrowserLonghaul().worker();
}

async function test() {
  const server = fake(app, { eager: true });
  server.stub("mail", () => null).stubStep("charge", (step) => step.key);
  await server.runUntilIdle({ untilSignal: "approved" });
  await replay(order, { payload: { id: 1 }, journal: [] });
  const crashes: number = await crashEverywhere(app, async (fakeServer) => {
    await fakeServer.advance("1h");
  });
  return crashes;
}

export { test, use };
