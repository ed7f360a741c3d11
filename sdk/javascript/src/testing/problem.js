/** An answer of the fake server with a problem document. */
export class Problem extends Error {
  constructor(status, code, detail) {
    super(detail);
    this.status = status;
    this.code = code;
  }

  get document() {
    return { type: `/problems/${this.code}`, title: this.code, status: this.status, detail: this.message, instance: "", code: this.code };
  }
}
