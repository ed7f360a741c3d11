/** Sends requests with `fetch`: in browsers, and where a caller passes its own `fetch`. */
export class FetchTransport {
  #base;
  #fetch;

  /** @param {{url: string, fetch?: typeof fetch}} options `url` is the server, or "" for the origin of the page. */
  constructor({ url, fetch = globalThis.fetch }) {
    this.#base = url.replace(/\/+$/, "");
    this.#fetch = fetch;
  }

  async send({ method, path, headers, body, signal }) {
    const options = { method, headers, body, signal, ...(isStream(body) ? { duplex: "half" } : {}) };
    const answer = await this.#fetch.call(globalThis, this.#base + path, options);
    return {
      status: answer.status,
      header: (name) => answer.headers.get(name) ?? undefined,
      text: () => answer.text(),
      chunks: () => chunksOf(answer.body),
    };
  }

  close() {}
}

function isStream(body) {
  return body !== undefined && typeof body !== "string" && !(body instanceof Uint8Array) && !(body instanceof Blob);
}

/** The chunks of a stream. Safari cannot iterate over one. */
async function* chunksOf(stream) {
  const reader = stream.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      yield value;
    }
  } finally {
    reader.cancel().catch(() => {});
  }
}
