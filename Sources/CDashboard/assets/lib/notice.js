// Short messages at the edge of the window, read out by screen readers, gone after a while.

import { h, render } from "./dom.js";

const shownFor = 6000;
let notices = [];
let next = 1;

function draw() {
  render(document.getElementById("notices"), notices.map(({ id, text, isFault }) =>
    h("div", { key: id, class: isFault ? "notice fault" : "notice" },
      h("span", {}, text),
      h("button", { class: "quiet", "aria-label": "Dismiss", onclick: () => drop(id) }, "×"))));
}

function drop(id) {
  notices = notices.filter((notice) => notice.id !== id);
  draw();
}

/** Says that something was done, or why it was not. */
export function say(text, { isFault = false } = {}) {
  const id = next++;
  notices = [...notices.slice(-3), { id, text, isFault }];
  draw();
  setTimeout(drop, shownFor, id);
}

/** Runs something that people asked for; says what went wrong, if it did. Answers whether it went well. */
export async function attempt(action, done) {
  try {
    await action();
    if (done) say(done);
    return true;
  } catch (fault) {
    say(fault.message, { isFault: true });
    return false;
  }
}
