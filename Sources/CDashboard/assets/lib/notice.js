// Short messages at the edge of the window. Screen readers announce them, and they disappear after some seconds.

import { h, render } from "./dom.js";

const shownFor = 6000;
let notices = [];
let next = 1;

function draw() {
  render(document.getElementById("notices"), notices.map(({ id, text, isError }) =>
    h("div", { key: id, class: isError ? "notice error-box" : "notice" },
      h("span", {}, text),
      h("button", { class: "quiet", "aria-label": "Dismiss", onclick: () => drop(id) }, "×"))));
}

function drop(id) {
  notices = notices.filter((notice) => notice.id !== id);
  draw();
}

/** Shows a message. */
export function say(text, { isError = false } = {}) {
  const id = next++;
  notices = [...notices.slice(-3), { id, text, isError }];
  draw();
  setTimeout(drop, shownFor, id);
}

/** Runs an action and shows `done`, or the error if it fails. Returns whether it succeeded. */
export async function attempt(action, done) {
  try {
    await action();
    if (done) say(done);
    return true;
  } catch (error) {
    say(error.message, { isError: true });
    return false;
  }
}
