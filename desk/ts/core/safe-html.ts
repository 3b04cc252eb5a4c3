// SPDX-License-Identifier: GPL-3.0-or-later
// An article's HTML from the server, rebuilt from an allow-list of tags without attributes. The server escapes too;
// this is the second lock: whatever an article holds, no script, style, event handler or foreign link gets in.

const ALLOWED = new Set([
  "P", "H1", "H2", "H3", "H4", "H5", "UL", "OL", "LI", "STRONG", "B", "EM", "I", "BLOCKQUOTE", "CODE", "PRE", "BR", "HR",
  "TABLE", "THEAD", "TBODY", "TR", "TH", "TD", "DL", "DT", "DD", "SECTION", "SUP", "SUB",
]);
const DROPPED = new Set(["SCRIPT", "STYLE", "TEMPLATE", "IFRAME", "OBJECT", "EMBED", "SVG", "MATH", "NOSCRIPT", "HEAD"]);

function copy(from: Node, into: Node): void {
  for (const child of from.childNodes) {
    if (child.nodeType === Node.TEXT_NODE) into.appendChild(document.createTextNode(child.textContent ?? ""));
    else if (child instanceof Element && !DROPPED.has(child.tagName.toUpperCase())) {
      const tag = child.tagName.toUpperCase();
      const target = ALLOWED.has(tag) ? into.appendChild(document.createElement(demoted(tag))) : into;
      copy(child, target);
    }
  }
}

/** Headings of an article sit below the reader's own h3. */
function demoted(tag: string): string {
  return /^H[1-3]$/.test(tag) ? "h4" : tag.toLowerCase();
}

/** Parse without running anything and return a fragment of allowed elements and text. */
export function safeFragment(html: string): DocumentFragment {
  const parsed = new DOMParser().parseFromString(html, "text/html");
  const fragment = document.createDocumentFragment();
  copy(parsed.body, fragment);
  return fragment;
}
