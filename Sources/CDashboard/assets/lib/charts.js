// Line charts as SVG, without inline style, which the page's security policy forbids. Only the lines are SVG, stretched to
// the available width. The labels are HTML, so they are not stretched.

import { h } from "./dom.js";
import { none } from "./format.js";

const width = 600;
const height = 100;

/**
 * A chart of one or more series over time.
 *
 * @param {object} chart
 * @param {string} chart.title the title
 * @param {number[]} chart.times times in milliseconds, ascending
 * @param {{name: string, tone: string, values: (number|null)[], isArea?: boolean}[]} chart.series
 * @param {(value: number) => string} chart.format formats a value
 * @param {number} chart.from the left end in milliseconds
 * @param {number} chart.to the right end
 */
export function lineChart(chart) {
  const top = niceTop(Math.max(0, ...chart.series.flatMap(({ values }) => values.map((value) => value ?? 0))));
  const x = (time) => (((time - chart.from) / (chart.to - chart.from)) * width).toFixed(1);
  const y = (value) => (height - (value / top) * height).toFixed(1);
  return h("figure", { class: "chart" },
    h("figcaption", {}, h("span", { class: "chart-title" }, chart.title), legend(chart)),
    h("div", { class: "plot" },
      h("div", { class: "ticks-y", "aria-hidden": "true" },
        [top, top / 2, 0].map((tick) => h("span", {}, chart.format(tick)))),
      h("svg", {
        viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": summary(chart), preserveAspectRatio: "none",
      },
        [0, 0.5, 1].map((part) => h("line", { class: "grid", x1: 0, x2: width, y1: y(top * part), y2: y(top * part) })),
        chart.series.map((series) => draw(series, chart.times, x, y))),
      h("div", { class: "ticks-x", "aria-hidden": "true" },
        [chart.from, (chart.from + chart.to) / 2].map((time) => h("span", {}, hourAndMinute(time))),
        h("span", {}, "now"))));
}

function draw({ values, tone, isArea }, times, x, y) {
  return unbroken(values, times).map((run) => {
    const points = run.map(([time, value]) => `${x(time)} ${y(value)}`);
    // A single point is a line of length 0; its round ends make a dot.
    const line = `M${points.join("L")}${points.length === 1 ? "h0" : ""}`;
    const ends = `L${x(run.at(-1)[0])} ${height}L${x(run[0][0])} ${height}Z`;
    return [
      isArea && h("path", { class: `area ${tone}`, d: line + ends }),
      h("path", { class: `line ${tone}`, d: line, "vector-effect": "non-scaling-stroke" }),
    ];
  });
}

/** The runs of values between gaps. The chart draws no line across a gap. */
function unbroken(values, times) {
  const runs = [[]];
  values.forEach((value, index) => {
    if (isKnown(value)) runs.at(-1).push([times[index], value]);
    else runs.push([]);
  });
  return runs.filter((run) => run.length);
}

function isKnown(value) {
  return value !== null && value !== undefined;
}

/** The smallest of 1, 2 and 5 times a power of ten that is at least `max`. */
function niceTop(max) {
  if (max <= 0) return 1;
  const power = 10 ** Math.floor(Math.log10(max));
  return [1, 2, 5, 10].find((factor) => factor * power >= max) * power;
}

function hourAndMinute(time) {
  return new Date(time).toLocaleTimeString(undefined, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
}

function legend({ series, format }) {
  return h("span", { class: "legend" }, series.map(({ name, tone, values }) => {
    const latest = values.findLast(isKnown);
    return h("span", { key: name, class: "legend-item" },
      h("svg", { class: "swatch", viewBox: "0 0 10 10", "aria-hidden": "true" },
        h("rect", { class: tone, x: 0, y: 3, width: 10, height: 4, rx: 2 })),
      `${name} `, h("strong", {}, isKnown(latest) ? format(latest) : none));
  }));
}

function summary({ title, series, format }) {
  const parts = series.map(({ name, values }) => {
    const known = values.filter(isKnown);
    if (!known.length) return `${name}: no data`;
    return `${name}: now ${format(known.at(-1))}, maximum ${format(Math.max(...known))}`;
  });
  return `${title}, the last hour. ${parts.join(". ")}.`;
}

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
