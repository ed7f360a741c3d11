/** A site with a page that uses the SDK, in front of a server: one origin for both, as behind a proxy. */
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { createServer, request as send } from "node:http";
import { fileURLToPath } from "node:url";
import { deferred } from "./waiting.js";

const source = fileURLToPath(new URL("../../src/", import.meta.url));
const page = fileURLToPath(new URL("page.html", import.meta.url));

export class Site {
  #server;
  #target;
  #report = deferred();

  /** @param {string} target The URL of the server behind the site. */
  static async start(target) {
    const site = new Site();
    site.#target = new URL(target);
    site.#server = createServer((request, response) => site.#answer(request, response)).listen(0, "127.0.0.1");
    await once(site.#server, "listening");
    site.url = `http://127.0.0.1:${site.#server.address().port}`;
    return site;
  }

  /** The report of the page. */
  get report() {
    return this.#report.promise;
  }

  close() {
    this.#server.closeAllConnections?.();
    this.#server.close();
  }

  async #answer(request, response) {
    const { pathname } = new URL(request.url, this.url);
    if (pathname.startsWith("/v1/")) return this.#forward(request, response);
    if (pathname === "/report") {
      const chunks = [];
      for await (const chunk of request) chunks.push(chunk);
      this.#report.resolve(JSON.parse(Buffer.concat(chunks)));
      return response.end();
    }
    const isScript = pathname.startsWith("/sdk/");
    const file = isScript ? source + pathname.slice("/sdk/".length) : page;
    const content = await readFile(file).catch(() => undefined);
    const type = isScript ? "text/javascript" : "text/html";
    response.writeHead(content ? 200 : 404, { "content-type": type }).end(content);
  }

  /** `Host` stays that of the site, so that it fits the `Origin` of its pages. */
  #forward(request, response) {
    const { method, url, headers } = request;
    const { hostname: host, port } = this.#target;
    const forwarded = send({ host, port, method, path: url, headers }, (answer) => {
      response.writeHead(answer.statusCode, answer.headers);
      answer.pipe(response);
    });
    forwarded.on("error", () => response.destroy());
    response.on("close", () => forwarded.destroy());
    request.pipe(forwarded);
  }
}
