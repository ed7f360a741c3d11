// Ticks of a schedule: in the time zone of the schedule, and how soon.

import { h } from "../lib/dom.js";
import { relative } from "../lib/format.js";

/** A list of times. An unknown time zone is shown as UTC. */
export function tickList(ticks, zone) {
  const format = formatter(zone);
  return h("ol", { class: "ticks" }, ticks.map((tick) => h("li", { key: tick },
    h("time", { datetime: tick, title: tick }, format.format(new Date(tick))), " ", h("span", { class: "muted" }, relative(tick)))));
}

function formatter(zone) {
  const options = { weekday: "short", day: "numeric", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZoneName: "short" };
  try {
    return new Intl.DateTimeFormat(undefined, { ...options, timeZone: zone });
  } catch {
    return new Intl.DateTimeFormat(undefined, { ...options, timeZone: "UTC" });
  }
}
