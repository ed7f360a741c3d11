/** The content of an artifact, as it arrives. Read it once: iterate over it, or call one of the methods. */
export class ArtifactContent {
  #answer;

  constructor(answer) {
    this.#answer = answer;
    this.contentType = answer.header("content-type");
    this.size = Number(answer.header("content-length"));
  }

  /** The chunks, for example for `pipeline(content, createWriteStream(path))`. */
  [Symbol.asyncIterator]() {
    return this.#answer.chunks()[Symbol.asyncIterator]();
  }

  async bytes() {
    const chunks = [];
    for await (const chunk of this) chunks.push(chunk);
    return new Uint8Array(await new Blob(chunks).arrayBuffer());
  }

  async text() {
    return new TextDecoder().decode(await this.bytes());
  }

  async json() {
    return JSON.parse(await this.text());
  }
}
