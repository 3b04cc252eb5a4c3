// SPDX-License-Identifier: GPL-3.0-or-later
// SIKP beside a call that somebody else leads: what the agent is shown, a search of one's own, the reader. What is
// opened here is no feedback of the agent.

import { rowNodes } from "../agent/article-row.js";
import { Reader } from "../agent/reader.js";
import { SikpSearch } from "../agent/sikp-search.js";
import { byId, h, isTyping, setText, show } from "../core/dom.js";
import { t } from "../core/page.js";
import type { Article, ArticleText, LiveCall } from "../core/types.js";

const KEYS = 9;

export class WorkSikp {
  private call: LiveCall | null = null;
  private shown = "";
  private readonly search = new SikpSearch(() => this.draw());
  private readonly reader: Reader;

  constructor(use: (article: ArticleText, answer: string) => void) {
    this.reader = new Reader({ use, reject: () => this.layout(), closed: () => this.layout() });
    document.addEventListener("keydown", (event) => this.onKey(event));
  }

  render(call: LiveCall | null): void {
    this.call = call;
    this.draw();
  }

  private listed(): Article[] {
    return ((this.search.found ?? this.call?.suggestions)?.articles ?? []).slice(0, KEYS);
  }

  private draw(): void {
    const articles = this.listed();
    const signature = JSON.stringify([this.search.found === null, articles.map((one) => [one.article_id, one.version, one.score])]);
    if (signature === this.shown) return;
    this.shown = signature;
    byId("articles").replaceChildren(...articles.map((article, index) => this.row(article, index)));
    const empty = byId("sikp-empty");
    show(empty, articles.length === 0);
    setText(empty, t(this.search.found ? "search_nothing" : "team_no_suggestions"));
    setText(byId("sikp-status"), this.search.found ? t("search_found", { n: articles.length }) : articles.length > 0 ? t("team_suggestions") : "");
    this.layout();
  }

  private row(article: Article, index: number): HTMLLIElement {
    const open = (): void => this.open(article);
    return h("li", { class: "article" }, h("button", { type: "button", "data-article": article.article_id, "aria-expanded": "false", onclick: open }, ...rowNodes(article, index)));
  }

  private open(article: Article): void {
    const from = byId("articles").querySelector<HTMLElement>(`[data-article="${CSS.escape(article.article_id)}"]`);
    void this.reader.open(article.article_id, article.version, article.title, from);
    this.layout();
  }

  /** Open an article that is named elsewhere on the page. */
  openById(articleId: string, version: number, from: HTMLElement): void {
    void this.reader.open(articleId, version, articleId, from);
    this.layout();
  }

  private layout(): void {
    byId("sikp-body").classList.toggle("reading", !byId("reader").hidden);
    for (const button of byId("articles").querySelectorAll<HTMLElement>("button")) {
      const open = this.reader.articleId !== "" && button.dataset["article"] === this.reader.articleId;
      button.setAttribute("aria-expanded", String(open));
      button.parentElement?.classList.toggle("open", open);
    }
  }

  private onKey(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.shiftKey || (isTyping(event.target) && !event.altKey)) return;
    const number = /^Digit([1-9])$/.exec(event.code)?.[1];
    const article = number ? this.listed()[Number(number) - 1] : undefined;
    if (!article) return;
    event.preventDefault();
    this.open(article);
  }
}

/** Put an article's answer into a form's answer; what stands there already stays above it. */
export function intoAnswer(form: HTMLFormElement, article: ArticleText, answer: string): void {
  const field = form.elements.namedItem("answer") as HTMLTextAreaElement;
  const before = field.value.trim();
  field.value = before && !before.includes(answer) ? `${before}\n\n${answer}` : before || answer;
  (form.elements.namedItem("article_id") as HTMLInputElement).value = article.article_id;
  (form.elements.namedItem("article_version") as HTMLInputElement).value = String(article.version);
  field.dispatchEvent(new Event("input", { bubbles: true }));
  field.focus();
}

/** Say which article the answer rests on. */
export function drawSource(form: HTMLFormElement): void {
  const id = (form.elements.namedItem("article_id") as HTMLInputElement).value;
  const n = (form.elements.namedItem("article_version") as HTMLInputElement).value;
  const line = byId("answer-source");
  show(line, id !== "");
  if (id) setText(line, t("answer_from", { id, n }));
}
