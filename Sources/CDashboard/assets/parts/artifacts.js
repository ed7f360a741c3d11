// The artifacts of a job: cards with pictures and downloads, and the preview of one text file at a time.

import { h } from "../lib/dom.js";
import { bytes } from "../lib/format.js";
import { canOpen, previewOf, readText, textPreview } from "./artifact-preview.js";

/** The artifacts of a job; calls `draw` when the preview changes. */
export function artifactsView(draw) {
  let open = null;
  let controller = null;

  async function show(file) {
    controller?.abort();
    if (open?.name === file.name) {
      open = null;
      draw();
      return;
    }
    controller = new AbortController();
    const preview = { name: file.name, sha256: file.sha256, text: null, problem: null };
    open = preview;
    draw();
    try {
      preview.text = await readText(file, controller.signal);
    } catch (error) {
      if (error.name === "AbortError") return;
      preview.problem = error.message;
    }
    draw();
  }

  function card(file) {
    const kind = previewOf(file);
    const isOpen = open?.name === file.name;
    return h("li", { key: file.name, class: "panel" },
      // The security policy of the page allows pictures of this server only.
      kind === "picture" && h("a", { class: "preview", href: file.url, target: "_blank", rel: "noopener" },
        h("img", { src: `${file.url}?redirect=false`, alt: `Preview of ${file.name}`, loading: "lazy" })),
      h("div", { class: "file-words" },
        h("strong", { class: "break" }, file.name),
        h("span", { class: "muted" }, `${bytes(file.size_bytes)}, ${file.content_type}`),
        h("span", { class: "mono muted clip", title: `SHA-256 ${file.sha256}` }, file.sha256.slice(0, 16)),
        h("span", { class: "actions" },
          kind && kind !== "picture" && h("button", {
            class: "link", key: "preview", "aria-expanded": isOpen ? "true" : "false", onclick: () => show(file),
          }, isOpen ? "Hide" : "Preview"),
          canOpen(file) && h("a", { key: "open", href: file.url, target: "_blank", rel: "noopener" }, "Open"),
          h("a", { key: "download", href: file.url, download: file.name }, "Download"))));
  }

  function preview(artifacts) {
    const file = artifacts.find(({ name, sha256 }) => name === open?.name && sha256 === open.sha256);
    if (!file) return null;
    return h("div", { class: "panel file-preview", key: "preview" },
      h("h3", { class: "break" }, file.name),
      open.problem ? h("p", { class: "error-box" }, open.problem)
        : open.text === null ? h("p", { class: "muted" }, "Reading the file…") : textPreview(file, open.text));
  }

  return {
    describe: (artifacts) => [h("ul", { class: "files", key: "files" }, artifacts.map(card)), preview(artifacts)],
    close: () => controller?.abort(),
  };
}
