// Small charts as SVG, without inline style, which the page's security policy forbids.

import { h } from "./dom.js";

/** A line without axes, for a row of a table. */
export function sparkline(values, label, tone = "tone-depth") {
  const max = Math.max(1, ...values.map((value) => value ?? 0));
  const step = 100 / Math.max(1, values.length - 1);
  const points = values.map((value, index) => `${(index * step).toFixed(1)} ${(22 - ((value ?? 0) / max) * 20).toFixed(1)}`);
  return h("svg", {
    class: "sparkline", viewBox: "0 0 100 24", role: "img", "aria-label": label, preserveAspectRatio: "none",
  },
    points.length > 1 && h("path", {
      class: `line ${tone}`, d: `M${points.join("L")}`, "vector-effect": "non-scaling-stroke",
    }));
}

/** A bar that shows the used part of a bound. */
export function bar(value, bound, label) {
  const used = Math.min(1, bound > 0 ? value / bound : 1);
  const tone = used >= 0.9 ? "tone-bad" : used >= 0.6 ? "tone-warn" : "tone-depth";
  return h("svg", {
    class: "bar", viewBox: "0 0 100 4", role: "img", "aria-label": label, preserveAspectRatio: "none",
  },
    h("rect", { class: "track", width: 100, height: 4, rx: 2 }),
    h("rect", { class: tone, width: Math.max(value > 0 ? 2 : 0, used * 100), height: 4, rx: 2 }));
}
