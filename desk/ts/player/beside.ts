// SPDX-License-Identifier: GPL-3.0-or-later
// Beside the transcript: what the agent's screen suggested at this instant, and the case as it was documented.

import { h } from "../core/dom.js";
import { clockTime, dateTime, duration, score } from "../core/format.js";
import { t } from "../core/page.js";
import type { PlayerCall } from "../core/types.js";
import { fateOf, offsetOf, shownLists, type Shown } from "./marks.js";

export class ShownView {
  private readonly lists: Shown[];
  private signature = "";

  constructor(
    private readonly call: PlayerCall,
    private readonly box: HTMLElement,
    private readonly note: HTMLElement,
    private readonly seek: (at_ms: number) => void,
  ) {
    this.lists = shownLists(call.suggestions, call.recording_started_at, call.duration_ms);
  }

  at(at_ms: number): void {
    let index = -1;
    while (index + 1 < this.lists.length && (this.lists[index + 1]?.offset ?? Infinity) <= at_ms) index += 1;
    const shown = this.lists[index];
    const fates = shown?.articles.map((one) => fateOf(this.call.suggestions, one.article_id, at_ms, this.call.recording_started_at)) ?? [];
    const signature = `${index}|${fates.join()}`;
    if (signature === this.signature) return;
    this.signature = signature;
    if (!shown) {
      this.note.textContent = "";
      const first = this.lists[0];
      const jump = first ? h("button", { type: "button", onclick: () => this.seek(first.offset) }, t("shown_first", { time: duration(first.offset) })) : null;
      this.box.replaceChildren(h("p", { class: "empty" }, t(first ? "shown_not_yet" : "shown_never")), ...(jump ? [jump] : []));
      return;
    }
    this.note.textContent = t("shown_since", { time: duration(shown.offset) });
    this.box.replaceChildren(
      shown.query ? h("p", { class: "quiet small" }, t("shown_for"), " “", shown.query, "”") : "",
      shown.no_answer ? h("p", { class: "notice soon" }, `◆ ${t("no_answer_title")}`) : "",
      h("ol", { class: "articles" }, ...shown.articles.map((article, row) => this.row(shown, row, fates[row] ?? "", article.title))),
    );
  }

  private row(shown: Shown, index: number, fate: string, title: string): HTMLLIElement {
    const article = shown.articles[index];
    return h(
      "li",
      { class: `article ${fate}` },
      h("div", { class: "article-still" },
        h("kbd", {}, String(index + 1)),
        h("span", { class: "article-title" }, title),
        h("span", { class: "score mono" }, score(article?.score ?? 0)),
        article?.quote ? h("span", { class: "quote" }, `“${article.quote}”`) : null,
        fate ? h("span", { class: `fate ${fate}` }, t(`fate_${fate}`)) : null),
    );
  }
}

function term(name: string, value: string): HTMLElement[] {
  return value ? [h("dt", {}, name), h("dd", { class: "prewrap" }, value)] : [];
}

/** The case as documented, its steps as places on the ruler. */
export function caseNodes(call: PlayerCall, seek: (at_ms: number) => void): HTMLElement[] {
  const item = call.case;
  if (!item) return [h("p", { class: "empty" }, t("player_no_case"))];
  const checked = (["npwp_checked", "name_checked", "efin_checked"] as const).filter((id) => item.caller_identity[id]);
  const identity = [item.caller_identity.name ?? "", ...checked.map((id) => `${t(`identity_${id.split("_")[0]}`)} ✓`)].filter(Boolean);
  const steps = item.timeline.map((entry) => {
    const offset = offsetOf({ at: entry.at }, call.recording_started_at);
    const inside = offset !== null && offset >= 0 && offset <= call.duration_ms;
    const label = `${entry.step ? `${entry.step} · ` : ""}${t(`state_${entry.to_state}`)}`;
    const time = inside
      ? h("button", { type: "button", class: "link mono", onclick: () => seek(offset) }, duration(offset))
      : h("span", { class: "mono quiet" }, clockTime(entry.at));
    return h("li", {}, time, " ", label, " ", h("span", { class: "quiet" }, entry.person));
  });
  return [
    h("dl", { class: "terms" },
      ...term(t("question"), item.question),
      ...term(t("kind"), item.kind ? t(`kind_${item.kind}`) : ""),
      ...term(t("topic"), item.topic),
      ...term(t("identity"), identity.join(" · ")),
      ...term(t("answer"), item.answer),
      ...term(t("article"), item.article_id ? t("answer_from", { id: item.article_id, n: item.article_version ?? "?" }) : ""),
      ...term(t("opened_at"), dateTime(item.opened_at))),
    h("h3", {}, t("case_steps")),
    h("ol", { class: "steps" }, ...steps),
  ];
}
