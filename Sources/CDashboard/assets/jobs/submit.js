// The dialogs that submit a job: a new one, or a copy of another one.

import { h } from "../lib/dom.js";
import { path, post, Problem } from "../lib/api.js";
import { ask } from "../lib/dialog.js";
import { say } from "../lib/notice.js";
import { go } from "../lib/router.js";
import { curl, showCurl } from "./curl.js";
import { jobForm } from "./job-form.js";

/** Asks for a new job, submits it, and opens its page. */
export function submitJob() {
  const form = jobForm({}, { hasKey: true });
  askFor("Submit a job", "Submit", form, () => ({ url: "/v1/jobs", body: form.fields() }));
}

/** Asks for the fields of a copy of the job, submits it, and opens its page. `job` has its payload. */
export function submitCopy(job) {
  const form = jobForm(job, { hasKey: false });
  askFor("Run a copy", "Run the copy", form, () => ({ url: path`/v1/jobs/${job.id}/copy`, body: form.changes() }));
}

function askFor(title, action, form, request) {
  ask({
    title, action, kind: "wide", content: form.describe, check: form.check,
    more: (draw) => h("button", {
      type: "button", class: "quiet first", key: "curl",
      onclick: () => {
        if (form.check() === null) showCurl(curl("POST", request().url, request().body));
        draw();
      },
    }, "Copy as curl…"),
  }, async () => {
    const { url, body } = request();
    try {
      const job = await post(url, body);
      say("The job is submitted.");
      go(path`/jobs/${job.id}`);
    } catch (problem) {
      if (problem instanceof Problem) form.refuse(problem);
      throw problem;
    }
  });
}
