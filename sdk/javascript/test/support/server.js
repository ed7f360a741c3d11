/** A real server in a folder of its own, which tests stop, kill and start again. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const built = fileURLToPath(new URL("../../../../.build/release/longhaul", import.meta.url));
const binary = process.env.LONGHAUL_BINARY ?? built;

export class TestServer {
  #folder;
  #options;
  #process;
  #port = 0;

  /** @param {string[]} [options] Further options of `longhaul serve`. */
  static async start(options = []) {
    const server = new TestServer();
    server.#folder = await mkdtemp(join(tmpdir(), "longhaul-sdk-"));
    server.#options = options;
    await server.start();
    return server;
  }

  get folder() {
    return this.#folder;
  }

  /** The process ID of the server. */
  get pid() {
    return this.#process.pid;
  }

  async start() {
    const stores = ["--store", `sqlite:${this.#folder}/jobs.db`, "--artifacts", `file:${this.#folder}/artifacts`];
    const options = ["serve", "--listen", `127.0.0.1:${this.#port}`, ...stores, ...this.#options];
    const stderr = process.env.V ? "inherit" : "ignore";
    const child = spawn(binary, options, { cwd: this.#folder, stdio: ["ignore", "pipe", stderr] });
    this.#process = child;
    const ended = once(child, "exit").then(([code]) => Promise.reject(new Error(`the server ended with ${code}`)));
    const [line] = await Promise.race([once(createInterface({ input: child.stdout }), "line"), ended]);
    this.url = JSON.parse(line).listening;
    this.#port = new URL(this.url).port;
  }

  /** Ends the server: SIGTERM, or SIGKILL for a crash. `start` starts it again at the same address. */
  async end(signal = "SIGTERM") {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    const ended = once(this.#process, "exit");
    this.#process.kill(signal);
    await ended;
  }

  /** Ends the server and removes its folder. */
  async remove() {
    await this.end("SIGKILL");
    await rm(this.#folder, { recursive: true, force: true });
  }
}
