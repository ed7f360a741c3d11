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
 * @param {(index: number) => string} chart.label the time of a value, in words
 * @param {number} chart.from the left end in milliseconds
 * @param {number} chart.to the right end
 * @param {string[]} chart.ticks the labels of the left end, the middle and the right end
 * @param {number|null} chart.cursor the index of the values to show; the latest if null
 * @param {number[]|null} chart.selection the ends of the selected times
 * @param {object} chart.handlers listeners of the plot
 */
export function lineChart(chart) {
  const top = niceTop(Math.max(0, ...chart.series.flatMap(({ values }) => values.map((value) => value ?? 0))));
  const x = (time) => (((time - chart.from) / (chart.to - chart.from)) * width).toFixed(1);
  const y = (value) => (height - (value / top) * height).toFixed(1);
  return h("figure", { class: "chart", key: chart.title },
    h("figcaption", {},
      h("span", { class: "chart-title" }, chart.title,
        chart.cursor !== null && h("span", { class: "chart-time" }, chart.label(chart.cursor))),
      legend(chart)),
    h("div", { class: "plot" },
      h("div", { class: "ticks-y", "aria-hidden": "true" },
        [top, top / 2, 0].map((tick) => h("span", {}, chart.format(tick)))),
      h("div", { ...slider(chart), ...chart.handlers },
        h("svg", { viewBox: `0 0 ${width} ${height}`, "aria-hidden": "true", preserveAspectRatio: "none" },
          chart.selection && selected(chart.selection, x),
          [0, 0.5, 1].map((part) => h("line", { class: "grid", x1: 0, x2: width, y1: y(top * part), y2: y(top * part) })),
          chart.series.map((series) => draw(series, chart.times, x, y)),
          chart.cursor !== null && cursor(chart, x, y))),
      h("div", { class: "ticks-x", "aria-hidden": "true" }, chart.ticks.map((tick) => h("span", {}, tick)))));
}

/** The plot is a slider along the time: the arrow keys move it, and screen readers read the values. */
function slider({ title, times, series, cursor, label, format }) {
  const last = Math.max(0, times.length - 1);
  const index = cursor ?? last;
  const values = series.map(({ name, values }) => `${name} ${isKnown(values[index]) ? format(values[index]) : "no data"}`);
  return {
    class: "plot-area", role: "slider", tabindex: "0", "aria-label": title, "aria-orientation": "horizontal",
    "aria-valuemin": 0, "aria-valuemax": last, "aria-valuenow": index,
    "aria-valuetext": times.length ? `${label(index)}: ${values.join(", ")}` : "no data",
  };
}

function selected([from, to], x) {
  const [left, right] = [Number(x(Math.min(from, to))), Number(x(Math.max(from, to)))];
  return h("rect", { class: "selection", x: left, y: 0, width: right - left, height });
}

function cursor({ cursor: index, times, series }, x, y) {
  const place = x(times[index]);
  return [
    h("line", { class: "cursor", x1: place, x2: place, y1: 0, y2: height }),
    series.filter(({ values }) => isKnown(values[index])).map(({ tone, values }) =>
      h("path", { class: `line dot ${tone}`, d: `M${place} ${y(values[index])}h0`, "vector-effect": "non-scaling-stroke" })),
  ];
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

/** The names of the series with their values at the cursor; without a cursor, with their latest values. */
function legend({ series, format, cursor: index }) {
  return h("span", { class: "legend" }, series.map(({ name, tone, values }) => {
    const value = index === null ? values.findLast(isKnown) : values[index];
    return h("span", { key: name, class: "legend-item" },
      h("svg", { class: "swatch", viewBox: "0 0 10 10", "aria-hidden": "true" },
        h("rect", { class: tone, x: 0, y: 3, width: 10, height: 4, rx: 2 })),
      `${name} `, h("strong", {}, isKnown(value) ? format(value) : none));
  }));
}
