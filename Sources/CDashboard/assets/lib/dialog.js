// Dialogs with the <dialog> element: the focus stays inside, Escape closes, and the focus returns to where it was.

import { h, render } from "./dom.js";
import { Problem } from "./api.js";

/** The number of dialogs so far, for their identifiers. */
let dialogs = 0;

/** Opens a dialog; `content(close)` describes its content. `kind` is a class, such as "wide". */
export function open(title, content, kind = "") {
  const dialog = document.createElement("dialog");
  dialog.className = kind;
  const id = `dialog-title-${dialogs++}`;
  dialog.setAttribute("aria-labelledby", id);
  const close = () => dialog.close();
  const draw = () =>
    render(dialog, h("h2", { id }, title), ...[content(close, draw)].flat());
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  draw();
  dialog.showModal();
  return close;
}

/** Closes all dialogs, because their page is closed. */
export function closeAll() {
  for (const dialog of document.querySelectorAll("dialog")) dialog.close();
}

/**
 * Opens a dialog with a form.
 *
 * @param {object} question `title`, `action` (the text of the button), `isDanger`, `content(draw)` (describes the fields),
 *   `isReady()` (whether the button is enabled), `check()` (what is wrong with the fields, or null; called before `act`),
 *   `more(draw)` (describes further buttons), `kind` (a class of the dialog)
 * @param {() => Promise<void>} act performs the action; if it throws, the dialog stays open and shows the error
 */
export function ask({ title, action, isDanger = false, content, isReady = () => true, check = () => null, more = () => null, kind }, act) {
  let error = null;
  let isBusy = false;
  open(title, (close, draw) => {
    async function submit(event) {
      event.preventDefault();
      if (isBusy || !isReady()) return;
      error = check();
      isBusy = error === null;
      draw();
      if (error !== null) return;
      try {
        await act();
        close();
      } catch (problem) {
        if (!(problem instanceof Problem)) throw problem;
        error = problem.message;
      } finally {
        isBusy = false;
        draw();
      }
    }
    return h("form", { onsubmit: submit },
      content(draw),
      error && h("p", { class: "error-box", role: "alert" }, error),
      h("div", { class: "actions" },
        more(draw),
        h("button", { type: "button", onclick: close }, "Cancel"),
        h("button", { type: "submit", class: isDanger ? "danger" : "primary", disabled: isBusy || !isReady() },
          isBusy ? "Working…" : action)));
  }, kind);
}

/**
 * Asks for confirmation of an action that cannot be undone.
 *
 * @param {object} question `title`, `text`, `action` (the text of the button), `isDanger`, `word` (a word to
 *   type first, optional)
 * @param {() => Promise<void>} act performs the action; if it throws, the dialog stays open and shows the error
 */
export function confirm({ title, text, action, isDanger = false, word = null }, act) {
  let typed = "";
  ask({
    title, action, isDanger, isReady: () => word === null || typed.trim().toLowerCase() === word,
    content: (draw) => [
      h("p", {}, text),
      word && h("label", { class: "field" },
        h("span", {}, "Type ", h("strong", {}, word), " to confirm"),
        h("input", {
          name: "word", autocomplete: "off", autocapitalize: "none", spellcheck: "false", autofocus: true,
          oninput: (event) => { typed = event.target.value; draw(); },
        })),
    ],
  }, act);
}
