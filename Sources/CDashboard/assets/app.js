// Starts the dashboard: the bar at the top, the pages for their paths, and the state of the connection.

import * as dialogs from "./lib/dialog.js";
import { h, render } from "./lib/dom.js";
import * as keys from "./lib/keys.js";
import * as live from "./lib/live.js";
import * as router from "./lib/router.js";
import * as session from "./lib/session.js";
import { themeButton } from "./lib/theme.js";
import { auditPage } from "./pages/audit.js";
import { deadLettersPage } from "./pages/dead-letters.js";
import { executionPage } from "./pages/execution.js";
import { jobPage } from "./pages/job.js";
import { jobsPage } from "./pages/jobs.js";
import { kindPage } from "./pages/kind.js";
import { notFoundPage } from "./pages/not-found.js";
import { overviewPage } from "./pages/overview.js";
import { queuePage } from "./pages/queue.js";
import { relatedJobsPage } from "./pages/related-jobs.js";
import { schedulePage } from "./pages/schedule.js";
import { schedulesPage } from "./pages/schedules.js";
import { signInPage } from "./pages/sign-in.js";
import { stateMachineEditPage } from "./pages/state-machine-edit.js";
import { stateMachinePage } from "./pages/state-machine.js";
import { stateMachinesPage } from "./pages/state-machines.js";
import { workerPage } from "./pages/worker.js";
import { workersPage } from "./pages/workers.js";

const content = document.getElementById("content");
const connectionWords = { connecting: "Connecting", live: "Live", polling: "Polling", lost: "Connection lost" };
let connection = "connecting";

router.route("/", overviewPage);
router.route("/queues/:name", queuePage);
router.route("/jobs", jobsPage);
router.route("/jobs/:id", jobPage);
for (const relation of ["dependencies", "children", "dependents"]) router.route(`/jobs/:id/${relation}`, relatedJobsPage(relation));
router.route("/dead-letters", deadLettersPage);
router.route("/kinds/:name", kindPage);
router.route("/workers", workersPage);
router.route("/workers/:id", workerPage);
router.route("/schedules", schedulesPage);
router.route("/schedules/:name", schedulePage);
router.route("/audit", auditPage);
router.route("/state-machines", stateMachinesPage);
router.route("/state-machines/:name", stateMachinePage);
router.route("/state-machines/:name/edit", stateMachineEditPage);
router.route("/executions/:id", executionPage);

function drawTools() {
  const name = session.keyName();
  render(document.getElementById("tools"),
    name !== null && h("span", { class: "signed-in", key: "signed-in" },
      h("span", { class: "key-name", title: `Signed in with the API key ${name}` }, name),
      h("button", { class: "quiet", onclick: signOut }, "Sign out")),
    h("span", { class: `connection ${connection}` },
      h("span", { class: "connection-dot", "aria-hidden": "true" }), h("span", {}, connectionWords[connection])),
    themeButton(drawTools),
    h("button", { class: "quiet icon", title: "Keyboard shortcuts", "aria-label": "Keyboard shortcuts", onclick: keys.help }, "?"));
}

async function signOut() {
  await session.signOut();
  location.reload();
}

function drawBanner() {
  render(document.getElementById("banner"), connection === "lost" && h("p", { class: "banner" },
    h("strong", {}, "Connection lost. "),
    "The server does not answer. The page shows the last known data and reconnects automatically."));
}

/** Marks the entry of the page in the bar. A page without an entry marks that of its parent page. */
function markNavigation() {
  for (const link of document.querySelectorAll("#nav a")) {
    const pathname = new URL(link.href).pathname;
    const isHere = pathname === "/"
      ? location.pathname === "/" || location.pathname.startsWith("/queues/")
      : location.pathname === pathname || location.pathname.startsWith(`${pathname}/`)
        || (pathname === "/jobs" && location.pathname.startsWith("/kinds/"))
        || (pathname === "/state-machines" && location.pathname.startsWith("/executions/"));
    if (isHere) {
      link.setAttribute("aria-current", "page");
      // On a narrow screen, the bar scrolls sideways.
      link.scrollIntoView({ block: "nearest", inline: "nearest" });
    } else {
      link.removeAttribute("aria-current");
    }
  }
}

function showPage(open, parameters, { isFirst }) {
  dialogs.closeAll();
  // What a closed page draws late goes into its own element, which is not in the document any more.
  const place = document.createElement("div");
  place.className = "page";
  content.replaceChildren(place);
  scrollTo(0, 0);
  const page = (open ?? notFoundPage)(place, parameters);
  document.title = `${page.title} · Longhaul`;
  markNavigation();
  // Screen readers and the keyboard continue on the new page, not on the link that opened it.
  if (!isFirst && !place.contains(document.activeElement)) content.focus({ preventScroll: true });
  return page;
}

/** Opens the pages, once the rights of the key are known: they decide which buttons are shown. */
function openPages() {
  // A session that ends later leads to the sign-in page.
  addEventListener("longhaul-unauthorized", () => location.reload(), { once: true });
  document.querySelector('#nav a[href="/audit"]').hidden = !session.may("admin");
  drawTools();
  keys.start();
  live.onConnection((state) => {
    connection = state;
    drawTools();
    drawBanner();
  });
  router.start(showPage);
  live.start();
}

function askForKey() {
  document.getElementById("nav").hidden = true;
  document.title = "Sign in · Longhaul";
  signInPage(content);
}

if (await session.load()) openPages();
else askForKey();
