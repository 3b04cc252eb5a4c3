// SPDX-License-Identifier: GPL-3.0-or-later
// The SIKP pane: what the live search suggests, with the caller's words that caused it; manual search; the reader.
// When SIKP probably has no answer the pane says so and names the procedure's next step.

import { api, wordsOf } from "../core/api.js";
import { byId, h, isTyping, setAttr, setText, show } from "../core/dom.js";
import { t } from "../core/page.js";
import type { Article, ArticleText, Case, LiveCall, NextStep } from "../core/types.js";
import { rowNodes } from "./article-row.js";
import { Reader } from "./reader.js";
import { SikpSearch } from "./sikp-search.js";

const KEYS = 9;
const MOST_PERCENT = 99; // no search is certain

export interface SikpHands {
  useArticle: (article: ArticleText, answer: string) => void;
  consult: () => void;
  say: (words: string) => void;
}

export class SikpPane {
  private call: LiveCall | null = null;
  private item: Case | null = null;
  private openQuery = ""; // what the open article was searched for by hand
  private withoutSikp = 0; // the question for which "answered without SIKP" was noted
  private shown: unknown = undefined;
  private readonly fates = new Map<string, string>();
  private readonly search = new SikpSearch(() => this.draw());
  private readonly reader: Reader;

  constructor(private readonly hands: SikpHands) {
    this.reader = new Reader({
      use: (article, answer) => this.use(article, answer),
      reject: (article) => this.mark(article.article_id, article.version, "rejected"),
      closed: () => this.layout(),
    });
    this.search.input.addEventListener("keydown", (event) => this.onSearchKey(event));
    document.addEventListener("keydown", (event) => this.onKey(event));
  }

  private onSearchKey(event: KeyboardEvent): void {
    if (event.key !== "ArrowDown") return;
    event.preventDefault();
    byId("articles").querySelector<HTMLElement>("button")?.focus();
  }

  private onKey(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || (isTyping(event.target) && !event.altKey)) return;
    const number = /^Digit([1-9])$/.exec(event.code)?.[1];
    const article = number ? this.listed()[Number(number) - 1] : undefined;
    if (!article) return;
    event.preventDefault();
    this.open(article);
  }

  /** Draw the suggestions; `item`: the case on the screen, whose step 3d the no-answer notice offers. */
  render(call: LiveCall | null, item: Case | null): void {
    this.item = item;
    if (call?.call_id !== this.call?.call_id) {
      this.fates.clear();
      this.reader.close();
      this.shown = undefined;
      this.withoutSikp = 0;
    }
    this.call = call;
    this.draw();
  }

  private listed(): Article[] {
    return (this.search.found ?? this.call?.suggestions)?.articles.slice(0, KEYS) ?? [];
  }

  private draw(): void {
    const source = this.search.found ?? this.call?.suggestions ?? null;
    const consult = this.consultStep();
    const signature = JSON.stringify([source, [...this.fates], this.search.query, consult?.to, this.call?.state, this.reader.articleId, this.withoutSikp, this.item?.case_id]);
    if (signature === this.shown) return;
    this.shown = signature;
    const articles = this.listed();
    this.drawNoAnswer(source?.no_answer ? source.no_answer_probability : null, consult);
    this.drawWithout();
    this.drawList(articles);
    setText(byId("sikp-status"), this.statusWords(articles.length));
    const empty = byId("sikp-empty");
    show(empty, articles.length === 0);
    setText(empty, this.emptyWords());
    this.layout();
  }

  private statusWords(count: number): string {
    if (this.search.found) return t("search_found", { n: count });
    if (count === 0) return "";
    return t(this.call?.suggestions?.provisional ? "suggestions_provisional" : "suggestions_live");
  }

  private emptyWords(): string {
    if (this.search.found) return t("search_nothing");
    if (!this.call || this.call.state === "ended") return t(this.call?.suggestions?.no_answer ? "sikp_no_rows" : "sikp_idle");
    return this.call.suggestions?.no_answer ? t("sikp_no_rows") : t("sikp_listening");
  }

  private consultStep(): NextStep | undefined {
    return this.item?.next.find((step) => step.to === "consulting");
  }

  private drawNoAnswer(probability: number | null, consult: NextStep | undefined): void {
    const box = byId("no-answer");
    show(box, probability !== null);
    if (probability === null) return;
    const button = h("button", { type: "button", class: "primary", disabled: consult === undefined, onclick: () => this.hands.consult() }, t("consult_team_leader"));
    const words = [h("p", {}, h("strong", {}, `◆ ${t("no_answer_title")}`), " ", h("span", { class: "quiet small" }, t("no_answer_probability", { percent: Math.min(MOST_PERCENT, Math.round(100 * probability)) }))), h("p", {}, t("no_answer_text"))];
    const note = consult || !this.call ? [] : [h("p", { class: "quiet small" }, t("consult_not_yet"))];
    box.replaceChildren(...words, button, ...note);
  }

  private drawWithout(): void {
    const box = byId("sikp-without");
    const call = this.call;
    show(box, call !== null && call.state !== "ringing" && this.item !== null);
    if (box.hidden) return;
    const noted = this.withoutSikp === this.questionNumber();
    const button = h("button", { type: "button", disabled: noted, onclick: () => this.noteWithoutSikp() }, t(noted ? "without_sikp_noted" : "without_sikp"));
    box.replaceChildren(button);
  }

  private questionNumber(): number {
    return this.call?.suggestions?.question ?? 1;
  }

  /** For quality staff: the answer came from elsewhere, so SIKP lacks something. */
  private noteWithoutSikp(): void {
    const call = this.call;
    if (!call) return;
    this.withoutSikp = this.questionNumber();
    this.draw();
    const url = `/api/calls/${encodeURIComponent(call.call_id)}/answered-without-sikp`;
    api.post(url, { question: byId<HTMLTextAreaElement>("question").value }).catch((error: unknown) => {
      this.withoutSikp = 0;
      this.draw();
      this.hands.say(wordsOf(error));
    });
  }

  private drawList(articles: Article[]): void {
    const list = byId("articles");
    const focused = (document.activeElement as HTMLElement | null)?.dataset["article"];
    list.replaceChildren(...articles.map((article, index) => this.row(article, index)));
    if (focused) list.querySelector<HTMLElement>(`[data-article="${CSS.escape(focused)}"]`)?.focus();
  }

  private row(article: Article, index: number): HTMLLIElement {
    const fate = this.fates.get(article.article_id) ?? "";
    const open = this.reader.articleId === article.article_id;
    return h(
      "li",
      { class: `article ${fate}${open ? " open" : ""}` },
      h(
        "button",
        { type: "button", "data-article": article.article_id, "aria-expanded": String(open), onclick: () => this.open(article) },
        ...rowNodes(article, index),
        fate ? h("span", { class: `fate ${fate}` }, t(`fate_${fate}`)) : null,
      ),
    );
  }

  private layout(): void {
    byId("sikp-body").classList.toggle("reading", !byId("reader").hidden);
    for (const button of byId("articles").querySelectorAll<HTMLElement>("button")) {
      const open = button.dataset["article"] === this.reader.articleId && this.reader.articleId !== "";
      setAttr(button, "aria-expanded", String(open));
      button.parentElement?.classList.toggle("open", open);
    }
  }

  private open(article: Article): void {
    const from = byId("articles").querySelector<HTMLElement>(`[data-article="${CSS.escape(article.article_id)}"]`);
    this.openQuery = this.search.found ? this.search.query : "";
    void this.reader.open(article.article_id, article.version, article.title, from);
    if (!this.fates.has(article.article_id)) this.mark(article.article_id, article.version, "opened");
    this.layout();
  }

  private use(article: ArticleText, answer: string): void {
    this.hands.useArticle(article, answer);
    this.mark(article.article_id, article.version, "used");
  }

  private mark(articleId: string, version: number, fate: "opened" | "used" | "rejected"): void {
    this.fates.set(articleId, fate);
    this.draw();
    if (!this.call) return;
    const url = `/api/calls/${encodeURIComponent(this.call.call_id)}/suggestions/${encodeURIComponent(articleId)}/${fate}`;
    api.post(url, { version, query: this.openQuery }).catch((error: unknown) => this.hands.say(wordsOf(error)));
  }
}
