// The page /docs: describes the calls of the HTTP API. It shows the document /openapi.json of this server.

import { copyText } from "../lib/curl.js";
import { h, render } from "../lib/dom.js";
import { themeButton } from "../lib/theme.js";
import { curlOf } from "./curl.js";
import { accessOf, groupsOf, search } from "./model.js";
import { fieldView, prose, schemaView } from "./schema.js";
import { sidebar } from "./sidebar.js";

const content = document.getElementById("content");
const contents = document.getElementById("contents");
/** The schemas whose fields are shown, and the calls whose problems are. */
const open = new Set();
let api = null;
let groups = [];
let found = [];
let text = "";
let copied = null;
/** Whether the server requires an API key. */
let hasKeys = true;

function drawTools() {
  render(document.getElementById("tools"),
    h("a", { href: "/openapi.json" }, "openapi.json"),
    themeButton(drawTools));
}

function toggle(place) {
  if (!open.delete(place)) open.add(place);
  draw();
}

function onSearch(value) {
  text = value;
  found = search(groups, text);
  draw();
}

async function copy(place, value) {
  copied = await copyText(value) ? place : `${place} failed`;
  draw();
  setTimeout(() => { copied = null; draw(); }, 2000);
}

function example(place, title, value) {
  const word = { [place]: "Copied", [`${place} failed`]: "Not allowed" }[copied] ?? "Copy";
  return h("figure", { class: "example", key: place },
    h("figcaption", {}, title, h("button", {
      class: "quiet copy", "aria-label": word === "Copy" ? `Copy: ${title}` : word, onclick: () => copy(place, value),
    }, word)),
    h("pre", { tabindex: "0", "aria-label": title }, h("code", {}, value)));
}

function parametersView(call) {
  const places = [["path", "Path"], ["query", "Query"], ["header", "Headers"]];
  return places.map(([where, title]) => {
    const list = call.parameters.filter((parameter) => parameter.in === where);
    return list.length > 0 && h("section", { class: "part", key: where },
      h("h4", {}, title),
      h("dl", { class: "fields" }, list.map((parameter) => fieldView(
        api, parameter.name, { ...parameter.schema, description: parameter.description }, parameter.required ?? false,
        open, toggle, `${call.operationId}/${where}/${parameter.name}`))));
  });
}

function bodyView(call) {
  const body = call.requestBody;
  if (!body) return null;
  const [[type, { schema }]] = Object.entries(body.content);
  return h("section", { class: "part", key: "body" },
    h("h4", {}, "Body"),
    h("p", { class: "muted" }, h("code", {}, type), body.required ? "" : ", optional"),
    schemaView(api, schema, open, toggle, `${call.operationId}/body`));
}

function answersView(call) {
  const all = Object.entries(call.responses);
  const isProblem = ([, { content }]) => content?.["application/problem+json"] !== undefined;
  const problems = all.filter(isProblem).filter(([status]) => status !== "default");
  return h("section", { class: "part", key: "answers" },
    h("h4", {}, "Answers"),
    all.filter((entry) => !isProblem(entry)).map(([status, answer]) => answerView(call, status, answer)),
    h("p", { class: "problems" }, "Problems: ", problems.map(([status, { description }], index) => [
      index > 0 && ", ", h("span", { class: "status", title: description }, status)]), ". Each is a ",
    h("a", { href: "#problems" }, "problem"), "."));
}

function answerView(call, status, answer) {
  const place = `${call.operationId}/${status}`;
  const entry = Object.entries(answer.content ?? {})[0];
  const isOpen = open.has(place);
  return h("div", { class: "answer", key: status },
    h("p", {}, h("span", { class: "status good" }, status), " ", answer.description, entry && [", ", h("code", {}, entry[0])],
      entry && h("button", {
        class: "quiet fold", "aria-expanded": String(isOpen), onclick: () => toggle(place),
        "aria-label": `${isOpen ? "Hide" : "Show"} the fields of the answer ${status} to ${call.operationId}`,
      }, isOpen ? "Hide fields" : "Show fields")),
    entry && isOpen && schemaView(api, entry[1].schema, open, toggle, place));
}

function examplesView(call) {
  const body = call.requestBody?.content["application/json"]?.example;
  const answers = Object.entries(call.responses)
    .map(([status, { content }]) => [status, content?.["application/json"]?.example])
    .filter(([, value]) => value !== undefined);
  const [status, answer] = answers.at(-1) ?? [];
  return h("div", { class: "examples" },
    example(`${call.operationId}/curl`, "curl", curlOf(call, location.origin, hasKeys)),
    body !== undefined && example(`${call.operationId}/request`, "Body", JSON.stringify(body, null, 2)),
    status && example(`${call.operationId}/answer`, `Answer ${status}`, JSON.stringify(answer, null, 2)));
}

function callView(call) {
  return h("article", { class: "call", id: call.operationId, key: call.operationId, tabindex: "-1" },
    h("div", { class: "words" },
      h("h3", {}, h("a", { class: "anchor", href: `#${call.operationId}` }, call.summary.replace(/\.$/, ""))),
      h("p", { class: "line" }, h("span", { class: `method ${call.method.toLowerCase()}` }, call.method), " ",
        h("code", { class: "path" }, call.path)),
      h("p", {}, prose(call.description)),
      h("p", { class: "muted" }, accessOf(call)),
      parametersView(call), bodyView(call), answersView(call)),
    examplesView(call));
}

function introduction() {
  return h("section", { class: "introduction", key: "introduction" },
    h("p", { class: "muted" }, `Version ${api.info.version} · OpenAPI ${api.openapi} · `,
      h("a", { href: "/openapi.json" }, "openapi.json")),
    h("p", {}, api.info.summary),
    h("p", {}, prose(api.info.description)),
    h("h2", { id: "keys" }, "API keys"),
    h("p", {}, prose(api.components.securitySchemes.key.description)),
    h("h2", { id: "problems" }, "Problems"),
    h("p", {}, prose(api.components.schemas.Problem.description)),
    schemaView(api, api.components.schemas.Problem, open, toggle, "Problem"));
}

/** The call or group of the address; empty if its escape sequences are malformed. */
function chosen() {
  try {
    return decodeURIComponent(location.hash.slice(1));
  } catch {
    return "";
  }
}

function draw() {
  render(contents, sidebar(found, text, chosen(), onSearch));
  render(content,
    h("h1", { key: "title" }, `${api.info.title} HTTP API`),
    text === "" && introduction(),
    found.length === 0 && h("p", { class: "empty", key: "none" }, "No call has these words."),
    found.map((group) => h("section", { class: "tag", id: group.id, key: group.id, "aria-labelledby": `${group.id}-name` },
      h("h2", { id: `${group.id}-name`, class: "tag-name" }, group.name),
      h("p", { class: "muted" }, group.description),
      group.calls.map(callView))));
}

/** Shows the call of the address. A call that the search does not find is shown without the search. */
function follow() {
  const id = chosen();
  if (id && !found.some((group) => group.id === id || group.calls.some((call) => call.operationId === id))) onSearch("");
  draw();
  const target = id && document.getElementById(id);
  if (!target) return;
  target.scrollIntoView();
  target.focus({ preventScroll: true });
  contents.querySelector('a[aria-current="true"]')?.scrollIntoView({ block: "nearest" });
}

function startKeys() {
  addEventListener("keydown", (event) => {
    const field = document.getElementById("search");
    const isTyping = ["INPUT", "TEXTAREA", "SELECT"].includes(event.target.tagName);
    if (event.key === "/" && !isTyping && !event.ctrlKey && !event.metaKey && !event.altKey) {
      event.preventDefault();
      field.focus();
    } else if (event.key === "Escape" && event.target === field) {
      onSearch("");
    }
  });
}

async function start() {
  drawTools();
  const session = await globalThis.longhaulEarly?.get("/v1/session");
  hasKeys = session?.ok ? (await session.clone().json()).key_id !== null : true;
  let answer;
  try {
    answer = await fetch("/openapi.json", { headers: { Accept: "application/json" } });
  } catch {
    render(content, h("p", { class: "empty" }, "The server does not answer. Load the page again later."));
    return;
  }
  if (!answer.ok) {
    render(content, h("div", { class: "introduction" }, h("h1", {}, "HTTP API"),
      h("p", {}, answer.status === 401 || answer.status === 403
        ? ["This server has API keys. ", h("a", { href: "/" }, "Sign in to the dashboard"), " with any key, then open this page again."]
        : `The server answered ${answer.status}. Load the page again later.`)));
    return;
  }
  api = await answer.json();
  groups = groupsOf(api);
  found = groups;
  addEventListener("hashchange", follow);
  startKeys();
  follow();
}

await start();
