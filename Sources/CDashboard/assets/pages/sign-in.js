// The page that asks for an API key.

import { h, render } from "../lib/dom.js";
import { Problem } from "../lib/api.js";
import { signIn } from "../lib/session.js";

export function signInPage(content) {
  let error = "";
  let isBusy = false;

  async function submit(event) {
    event.preventDefault();
    if (isBusy) return;
    const key = new FormData(event.target).get("key");
    isBusy = true;
    error = "";
    draw();
    try {
      await signIn(key);
      // A new document begins with the new session.
      location.reload();
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      error = problem.message;
      isBusy = false;
      draw();
    }
  }

  function draw() {
    render(content, h("form", { class: "panel sign-in", onsubmit: submit },
      h("h1", {}, "Sign in"),
      h("p", { class: "muted" }, "This server needs an API key. The session lasts 12 hours."),
      h("label", { class: "field" }, h("span", {}, "API key"),
        h("input", {
          name: "key", type: "password", autocomplete: "current-password", autocapitalize: "none", spellcheck: "false",
          placeholder: "lh_live_…", required: true, autofocus: true, "aria-invalid": error ? "true" : null,
        })),
      error && h("p", { class: "error-box", role: "alert" }, error),
      h("div", { class: "actions" },
        h("button", { type: "submit", class: "primary", disabled: isBusy }, isBusy ? "Signing in…" : "Sign in"))));
  }

  draw();
  content.querySelector("input").focus();
}
