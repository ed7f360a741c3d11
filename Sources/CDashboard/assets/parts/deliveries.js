// The webhooks that report the ends of a job, with their attempts.

import { h } from "../lib/dom.js";
import { at, duration, plural } from "../lib/format.js";
import { badge } from "./badges.js";
import { table } from "./blocks.js";

const columns = [
  { name: "Event" }, { name: "State" }, { name: "Attempts", isNumber: true }, { name: "Latest attempt", isWhole: true },
  { name: "Actions", isUnseen: true },
];

/** The deliveries, newest first. `redeliver(delivery)` sends one again; null if the key does not allow it. */
export function deliveryTable(deliveries, redeliver) {
  return table("Webhooks", columns, deliveries.map((delivery) => ({
    key: delivery.id,
    cells: [
      delivery.type, badge(delivery.is_sending ? "sending" : delivery.state), delivery.attempt_count, latest(delivery),
      redeliver && !delivery.is_sending && h("button", {
        class: "quiet", onclick: () => redeliver(delivery), "aria-label": `Send ${delivery.type} again`,
      }, delivery.state === "pending" ? "Send now" : "Send again"),
    ],
  })));
}

function latest({ attempts, attempt_count: made, next_attempt_at: next }) {
  const last = attempts.at(-1);
  if (!last) return "not sent yet";
  return [
    h("span", { title: `after ${plural(made, "attempt")}, in ${duration(last.duration_seconds)}` }, at(last.at), ": ",
      last.error ?? `The receiver answered ${last.status}.`),
    next && h("span", { class: "muted" }, " Next attempt: ", at(next)),
  ];
}
