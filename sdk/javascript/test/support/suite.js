/** One server for the tests of a file, and workers that end with their tests. */
import { after } from "node:test";
import { Longhaul } from "../../src/index.js";
import { TestServer } from "./server.js";

/** @param {string[]} [options] Further options of the server. */
export async function useServer(options) {
  const server = await TestServer.start(options);
  after(() => server.remove());
  return { server, makeApp: () => new Longhaul({ url: server.url }) };
}

/** Runs a worker until the test ends. */
export function runWorker(test, app, options = {}) {
  const worker = app.worker({ log: () => {}, ...options });
  const running = worker.run();
  test.after(async () => {
    worker.stop({ grace: 0 });
    await running;
    app.close();
  });
  return Object.assign(worker, { ended: running });
}
