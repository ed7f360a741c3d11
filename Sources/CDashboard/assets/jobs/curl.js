// A request of the API as a command for a shell.

import { h } from "../lib/dom.js";
import { copyText, keyArgument, quoted } from "../lib/curl.js";
import { open } from "../lib/dialog.js";
import { say } from "../lib/notice.js";
import { keyName } from "../lib/session.js";

/** The command. */
export function curl(method, url, body) {
  const lines = [`curl -sS -X ${method} ${quoted(location.origin + url)}`];
  if (keyName() !== null) lines.push(keyArgument);
  if (body !== undefined) lines.push(`-H ${quoted("Content-Type: application/json")}`, `--data-raw ${quoted(JSON.stringify(body, null, 2))}`);
  return lines.join(" \\\n  ");
}

/** Shows a command with a button that copies it. */
export function showCurl(command) {
  open("Copy as curl", (close) => [
    h("pre", { class: "code command", tabindex: "0", role: "region", "aria-label": "Command" }, command),
    keyName() !== null && h("p", { class: "muted" }, "The command reads the API key from the variable ", h("code", {}, "LONGHAUL_API_KEY"), "."),
    h("div", { class: "actions" },
      h("button", { onclick: close }, "Close"),
      h("button", { class: "primary", autofocus: true, onclick: async () => await copy(command) && close() }, "Copy")),
  ], "wide");
}

/** Copies a text, and says it; returns whether the browser allows it. */
export async function copy(text) {
  const isAllowed = await copyText(text);
  if (isAllowed) say("Copied.");
  else say("The browser does not allow this page to copy. Select the text, and copy it with the keyboard.", { isError: true });
  return isAllowed;
}
