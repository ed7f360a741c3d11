// The charts of the last hour.

import { h } from "../lib/dom.js";
import { serverNow } from "../lib/api.js";
import { lineChart } from "../lib/charts.js";
import { duration, rate, short } from "../lib/format.js";

const hourLong = 3_600_000;

/** Charts of the rows of `lib/history.js`. */
export function hourCharts(rows) {
  const to = serverNow();
  const within = rows.filter((row) => row.time >= to - hourLong);
  const times = within.map((row) => row.time);
  const chart = (title, format, series) => lineChart({
    title, format, times, from: to - hourLong, to,
    series: series.map(([name, tone, field, isArea]) => ({
      name, tone, isArea, values: within.map((row) => row[field]),
    })),
  });
  return h("div", { class: "charts", key: "hour" },
    chart("Depth", short, [["pending", "tone-depth", "depth", true]]),
    chart("Jobs/s", rate, [["in", "tone-in", "in"], ["out", "tone-out", "out"], ["failed", "tone-bad", "failed"]]),
    chart("Wait, p95", duration, [["wait", "tone-wait", "wait"]]),
    chart("Run, p95", duration, [["run", "tone-run", "run"]]));
}
