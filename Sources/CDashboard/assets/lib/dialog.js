// Dialogs, on the browser's own <dialog>: focus stays inside, Escape closes, focus goes back where it was.

import { h, render } from "./dom.js";
import { Problem } from "./api.js";

/** Opens a dialog; `content(close)` describes what is in it. */
export function open(title, content) {
  const dialog = document.createElement("dialog");
  dialog.setAttribute("aria-labelledby", "dialog-title");
  const close = () => dialog.close();
  const draw = () =>
    render(dialog, h("h2", { id: "dialog-title" }, title), ...[content(close, draw)].flat());
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  draw();
  dialog.showModal();
  return close;
}

/**
 * Asks before something that cannot be taken back.
 *
 * @param {object} question `title`, `text`, `action` (the button's words), `isDanger`, `word`: what must be typed
 *   first, if anything
 * @param {() => Promise<void>} act does it; what it throws is shown in the dialog, which stays open
 */
export function confirm({ title, text, action, isDanger = false, word = null }, act) {
  let typed = "";
  let fault = "";
  let isBusy = false;
  open(title, (close, draw) => {
    const isReady = !isBusy && (word === null || typed.trim().toLowerCase() === word);
    async function submit(event) {
      event.preventDefault();
      if (!isReady) return;
      isBusy = true;
      fault = "";
      draw();
      try {
        await act();
        close();
      } catch (problem) {
        if (!(problem instanceof Problem)) throw problem;
        fault = problem.message;
      } finally {
        isBusy = false;
        draw();
      }
    }
    return h("form", { onsubmit: submit },
      h("p", {}, text),
      word && h("label", { class: "field" },
        h("span", {}, "Type ", h("strong", {}, word), " to confirm"),
        h("input", {
          name: "word", autocomplete: "off", autocapitalize: "none", spellcheck: "false", autofocus: true,
          oninput: (event) => { typed = event.target.value; draw(); },
        })),
      fault && h("p", { class: "fault", role: "alert" }, fault),
      h("div", { class: "actions" },
        h("button", { type: "button", onclick: close }, "Cancel"),
        h("button", { type: "submit", class: isDanger ? "danger" : "primary", disabled: !isReady },
          isBusy ? "Working…" : action)));
  });
}
