/** A worker of the benchmark. Its jobs do nothing. */
import { Longhaul } from "../../sdk/javascript/src/index.js";

const app = new Longhaul();
app.job("noop", { queue: "bench" }, (n) => n);
await app.worker({ concurrency: Number(process.argv[2]), handleSignals: true }).run();
process.exit(0);
