/** An answer of the fake server with a problem document. */
export class Problem extends Error {
  constructor(status, code, detail) {
    super(detail);
    this.status = status;
    this.code = code;
  }

  get document() {
    const { code, status, message: detail } = this;
    return { type: `/problems/${code}`, title: code, status, detail, instance: "", code };
  }
}
