// SPDX-License-Identifier: GPL-3.0-or-later
// What the agent should know of a case besides its fields: that a team leader is thinking, what a team leader answered,
// that the escalation has it, and what to tell the taxpayer meanwhile.

import { ESCALATED_STATES } from "../core/call-state.js";
import { h } from "../core/dom.js";
import { clockTime } from "../core/format.js";
import { t } from "../core/page.js";
import type { Case, Choice, LiveCall, TimelineEntry } from "../core/types.js";

export interface News {
  tone: "soon" | "good";
  title: string;
  text: string;
}

const reached = (item: Case, state: string): TimelineEntry | undefined => item.timeline.filter((one) => one.to_state === state).at(-1);

/** The news of a case; null when its fields say everything. */
export function newsOf(item: Case, call: Pick<LiveCall, "caller_number">, emptyReasons: readonly Choice[] = []): News | null {
  if (item.state === "consulting") {
    const at = reached(item, "consulting")?.at;
    return { tone: "soon", title: `◐ ${t("consulting_title", { time: at ? clockTime(at) : "" })}`, text: t("consulting_text") };
  }
  const answer = reached(item, "answered");
  if (answer && answer.from_state === "consulting" && (item.state === "answered" || item.state === "documented")) {
    const who = { name: answer.person, time: clockTime(answer.at) };
    return { tone: "good", title: `✓ ${t("consulted_title", who)}`, text: item.state === "answered" ? t("consulted_text") : "" };
  }
  if (ESCALATED_STATES.has(item.state)) {
    const at = reached(item, "escalated");
    const by = at?.from_state === "consulting" ? t("escalated_by", { name: at.person }) : t("escalated_own");
    return { tone: "good", title: `→ ${t("escalated_title")} ${by}`, text: t("escalated_text", { phone: call.caller_number }) };
  }
  if (item.no_question_reason && item.state === "closed") {
    return { tone: "good", title: `✓ ${t("empty_closed", { reason: emptyReasons.find((one) => one.name === item.no_question_reason)?.label ?? item.no_question_reason })}`, text: "" };
  }
  return null;
}

export function newsNodes(news: News): HTMLElement[] {
  return [h("strong", {}, news.title), ...(news.text ? [h("span", {}, news.text)] : [])];
}
