// SPDX-License-Identifier: GPL-3.0-or-later
// The article reader, in place under the suggestion list: Enter takes the answer into the case, X says it does not
// fit, Escape closes. It shows the article's own version, legal basis and dates.

import { api, wordsOf } from "../core/api.js";
import { byId, h, isTyping, setText, show } from "../core/dom.js";
import { day } from "../core/format.js";
import { named, page, t } from "../core/page.js";
import { safeFragment } from "../core/safe-html.js";
import type { ArticleText } from "../core/types.js";
import { basisWords, validityWords } from "./article-row.js";

export interface ReaderHands {
  use: (article: ArticleText, answer: string) => void;
  reject: (article: ArticleText) => void;
  closed: () => void;
}

/** The part of an article that is said to a caller: below a heading "Jawaban" if there is one, else all of it. */
export function spokenAnswer(body: ParentNode): string {
  const blocks = [...body.children];
  const isHeading = (node: Element): boolean => /^H[1-6]$/.test(node.tagName);
  const from = blocks.findIndex((node) => isHeading(node) && /^(jawaban|answer)/i.test(node.textContent?.trim() ?? ""));
  const rest = blocks.slice(from + 1);
  const until = from >= 0 ? rest.findIndex(isHeading) : -1;
  const chosen = (until >= 0 ? rest.slice(0, until) : rest).filter((node) => !isHeading(node));
  return chosen.map(blockText).filter(Boolean).join("\n");
}

function blockText(node: Element): string {
  if (node.tagName !== "OL" && node.tagName !== "UL") return (node.textContent ?? "").trim().replace(/\s+/g, " ");
  const items = [...node.children].map((item) => (item.textContent ?? "").trim().replace(/\s+/g, " "));
  return items.map((text, index) => (node.tagName === "OL" ? `${index + 1}. ${text}` : `- ${text}`)).join("\n");
}

export class Reader {
  private readonly node = byId("reader");
  private readonly body = byId("reader-body");
  private article: ArticleText | null = null;
  private wanted = "";
  private back: HTMLElement | null = null;

  constructor(private readonly hands: ReaderHands) {
    byId("reader-use").addEventListener("click", () => this.use());
    byId("reader-reject").addEventListener("click", () => this.reject());
    byId("reader-close").addEventListener("click", () => this.close());
    this.node.addEventListener("keydown", (event) => this.onKey(event));
  }

  get articleId(): string {
    return this.wanted;
  }

  private onKey(event: KeyboardEvent): void {
    if (event.ctrlKey || event.altKey || event.metaKey || isTyping(event.target)) return;
    const onButton = event.target instanceof HTMLButtonElement;
    if (event.key === "Enter" && !onButton) this.use();
    else if (event.key.toLowerCase() === "x") this.reject();
    else if (event.key === "Escape") this.close();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  async open(articleId: string, version: number, title: string, from: HTMLElement | null): Promise<void> {
    this.wanted = articleId;
    this.article = null;
    this.back = from;
    setText(byId("reader-title"), title);
    setText(byId("reader-meta"), "");
    show(byId("reader-validity"), false);
    this.body.replaceChildren(h("p", { class: "empty" }, t("loading")));
    this.enable(false);
    show(this.node, true);
    this.node.focus();
    try {
      const article = await api.get<ArticleText>(`/api/articles/${encodeURIComponent(articleId)}?version=${version}`);
      if (this.wanted === articleId) this.fill(article);
    } catch (error) {
      if (this.wanted === articleId) this.body.replaceChildren(h("p", { class: "notice late" }, wordsOf(error)));
    }
  }

  private fill(article: ArticleText): void {
    this.article = article;
    setText(byId("reader-title"), article.title);
    setText(byId("reader-meta"), this.meta(article));
    const validity = validityWords(article);
    show(byId("reader-validity"), validity !== "");
    setText(byId("reader-validity"), `▲ ${validity}`);
    this.body.replaceChildren(safeFragment(article.html));
    this.body.scrollTop = 0;
    this.enable(true);
  }

  private meta(article: ArticleText): string {
    const parts = [t("article_version", { n: article.version })];
    if (article.status === "retired") parts.push(`▲ ${t("article_retired")}`);
    else if (article.newest > article.version) parts.push(`▲ ${t("article_superseded", { n: article.newest })}`);
    if (article.effective_from) parts.push(t("effective_from", { date: day(article.effective_from, page.language) }));
    if (article.effective_to) parts.push(t("effective_to", { date: day(article.effective_to, page.language) }));
    if (article.verification) parts.push(`◆ ${named("verification", article.verification)}`);
    return [...parts, ...article.legal_basis.map(basisWords)].join(" · ");
  }

  private enable(on: boolean): void {
    for (const id of ["reader-use", "reader-reject"]) byId<HTMLButtonElement>(id).disabled = !on;
  }

  private use(): void {
    if (!this.article) return;
    this.hands.use(this.article, spokenAnswer(this.body));
  }

  private reject(): void {
    if (!this.article) return;
    const article = this.article;
    this.close();
    this.hands.reject(article);
  }

  close(): void {
    if (this.node.hidden) return;
    show(this.node, false);
    this.wanted = "";
    this.article = null;
    if (this.back?.isConnected) this.back.focus();
    this.hands.closed();
  }
}
