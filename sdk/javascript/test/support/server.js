/** A real server in a folder of its own, which tests stop, kill and start again. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const binary = process.env.LONGHAUL_BINARY ?? fileURLToPath(new URL("../../../../.build/release/longhaul", import.meta.url));

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
    const place = (name) => join(this.#folder, name);
    const listen = ["--listen", `127.0.0.1:${this.#port}`, "--store", `sqlite:${place("jobs.db")}`, "--artifacts", `file:${place("artifacts")}`];
    const stderr = process.env.V ? "inherit" : "ignore";
    const child = spawn(binary, ["serve", ...listen, ...this.#options], { cwd: this.#folder, stdio: ["ignore", "pipe", stderr] });
    this.#process = child;
    const lines = createInterface({ input: child.stdout });
    const [line] = await Promise.race([once(lines, "line"), once(child, "exit").then(([code]) => Promise.reject(new Error(`the server ended with ${code}`)))]);
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
