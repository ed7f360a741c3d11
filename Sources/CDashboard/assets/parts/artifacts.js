// The artifacts of a job, with previews that are safe to show, and downloads.

import { h } from "../lib/dom.js";
import { bytes } from "../lib/format.js";

/** The types that are shown in an <img>, which runs no scripts, also not those of an SVG. */
const pictures = new Set(["image/png", "image/jpeg", "image/gif", "image/webp", "image/avif", "image/svg+xml"]);
/** The maximum size of a preview in bytes. */
const maxPreviewBytes = 8_000_000;

export function artifactList(artifacts) {
  return h("ul", { class: "files" }, artifacts.map((file) => h("li", { key: file.name, class: "panel" },
    // The security policy of the page allows pictures of this server only.
    isPicture(file) && h("a", { class: "preview", href: file.url, target: "_blank", rel: "noopener" },
      h("img", { src: `${file.url}?redirect=false`, alt: `Preview of ${file.name}`, loading: "lazy" })),
    h("div", { class: "file-words" },
      h("strong", { class: "break" }, file.name),
      h("span", { class: "muted" }, `${bytes(file.size_bytes)}, ${file.content_type}`),
      h("span", { class: "mono muted clip", title: `SHA-256 ${file.sha256}` }, file.sha256.slice(0, 16)),
      h("span", { class: "actions" },
        h("a", { href: file.url, target: "_blank", rel: "noopener" }, "Open"),
        h("a", { href: file.url, download: file.name }, "Download"))))));
}

function isPicture(file) {
  return pictures.has(file.content_type.split(";")[0].trim()) && file.size_bytes <= maxPreviewBytes;
}
