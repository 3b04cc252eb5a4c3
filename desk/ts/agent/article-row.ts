// SPDX-License-Identifier: GPL-3.0-or-later
// One row of the suggestion list: title, why it is there, what it rests on, and whether the rule still applies.

import { h } from "../core/dom.js";
import { day, score } from "../core/format.js";
import { page, t } from "../core/page.js";
import { quotePieces } from "../core/quoted.js";
import type { Article, CitedRegulation, Validity } from "../core/types.js";

const on = (iso: string): string => day(iso, page.language);

/** Words for a rule that does not apply today; "" for one that does. */
export function validityWords(article: Validity): string {
  if (article.in_force) return "";
  const today = new Date().toISOString().slice(0, 10);
  if (article.effective_from && article.effective_from > today) return t("rule_begins", { date: on(article.effective_from) });
  return article.effective_to ? t("rule_ended", { date: on(article.effective_to) }) : t("rule_not_in_force");
}

/** A regulation with the day from which it applies, if that is known. */
export function basisWords(basis: CitedRegulation): string {
  const from = basis.in_force_from ? t("basis_from", { date: on(basis.in_force_from) }) : "";
  const to = basis.in_force_to ? t("basis_to", { date: on(basis.in_force_to) }) : "";
  const dates = [from, to].filter(Boolean).join(", ");
  return dates ? `${basis.text} (${dates})` : basis.text;
}

function why(article: Article): HTMLElement | null {
  if (article.quote) {
    const pieces = quotePieces(article).map((piece) => (piece.marked ? h("mark", {}, piece.text) : piece.text));
    return h("span", { class: "quote" }, "“", ...pieces, "” ", h("span", { class: "quiet" }, t("because")));
  }
  return article.question ? h("span", { class: "quote" }, h("span", { class: "quiet" }, `${t("alike")} `), `“${article.question}”`) : null;
}

function basis(article: Article): HTMLElement | null {
  const [first, ...more] = article.legal_basis ?? [];
  if (!first) return null;
  return h("span", { class: "basis quiet", title: [first, ...more].map(basisWords).join("\n") }, basisWords(first), more.length > 0 ? ` +${more.length}` : null);
}

/** The row's button content, without what the person did with it. */
export function rowNodes(article: Article, index: number): (HTMLElement | null)[] {
  const validity = validityWords(article);
  return [
    h("kbd", {}, String(index + 1)),
    h("span", { class: "article-title" }, article.title),
    h("span", { class: "score mono", title: t("score_title") }, score(article.score)),
    validity ? h("span", { class: "validity" }, `▲ ${validity}`) : null,
    why(article),
    basis(article),
  ];
}
