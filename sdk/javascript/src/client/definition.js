import { Entry } from "./submission.js";

/** The options of a job that only the worker uses. */
const workerOptions = ["concurrency"];

/** A kind of job: its defaults, and the handler that runs it. */
export class JobDefinition {
  #app;

  /**
   * @param {import("./longhaul.js").LonghaulClient} app
   * @param {string} kind
   * @param {object} options The defaults of a submission, and `concurrency`.
   * @param {Function} [handler]
   * @param {{isDurable?: boolean}} [details]
   */
  constructor(app, kind, options, handler, { isDurable = false } = {}) {
    this.#app = app;
    this.kind = kind;
    this.handler = handler;
    this.isDurable = isDurable;
    /** The maximum number of running jobs of this kind in a worker. */
    this.concurrency = options.concurrency;
    this.defaults = Object.fromEntries(Object.entries(options).filter(([name]) => !workerOptions.includes(name)));
  }

  /** Submits a job of this kind. The options replace the defaults. */
  submit(payload, options) {
    return this.#app.submit(this, payload, options);
  }

  /** A job of this kind for a batch, a chain, a schedule or `ctx.next`. */
  entry(payload, options) {
    return new Entry(this.kind, payload, { ...this.defaults, ...options });
  }
}
