import http from "node:http";
import https from "node:https";
import { pipeline, Readable } from "node:stream";

/** Sends requests with Node's HTTP client over kept connections: `http`, `https`, or a Unix socket. */
export class HTTPTransport {
  #send;
  #agent;
  #target;

  /**
   * @param {{url: string, ca?: Buffer, cert?: Buffer, key?: Buffer}} options `url` may be `unix:PATH`.
   */
  constructor({ url, ca, cert, key }) {
    if (url.startsWith("unix:")) {
      this.#target = { socketPath: url.slice("unix:".length), host: "localhost" };
      this.#prefix = "";
      this.#use(http);
      return;
    }
    const { protocol, hostname, port, pathname } = new URL(url);
    if (protocol !== "http:" && protocol !== "https:") throw new TypeError(`"${url}" is not the URL of a server`);
    this.#target = { host: hostname.replace(/^\[(.*)\]$/, "$1"), port: port || undefined };
    this.#prefix = pathname.replace(/\/+$/, "");
    this.#use(protocol === "http:" ? http : https, { ca, cert, key });
  }

  #prefix;

  #use(module, tls = {}) {
    this.#agent = new module.Agent({ keepAlive: true, ...tls });
    this.#send = module.request;
  }

  send({ method, path, headers, body, signal }) {
    return new Promise((resolve, reject) => {
      const isStream = body !== undefined && typeof body !== "string" && !(body instanceof Uint8Array);
      const length = body === undefined || isStream ? {} : { "content-length": Buffer.byteLength(body) };
      const options = { method, path: this.#prefix + path, headers: { ...headers, ...length }, signal };
      const request = this.#send({ ...this.#target, agent: this.#agent, ...options });
      request.on("response", (response) => resolve(answerOf(response)));
      request.on("error", reject);
      if (isStream) pipeline(Readable.from(streamOf(body)), request, (error) => error && reject(error));
      else request.end(body);
    });
  }

  /** Closes the kept connections. */
  close() {
    this.#agent.destroy();
  }
}

function answerOf(response) {
  return {
    status: response.statusCode,
    header: (name) => response.headers[name.toLowerCase()],
    text: async () => {
      const chunks = [];
      for await (const chunk of response) chunks.push(chunk);
      return Buffer.concat(chunks).toString();
    },
    chunks: () => response,
  };
}

function streamOf(body) {
  return body instanceof Blob ? body.stream() : body;
}
