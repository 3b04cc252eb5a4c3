// SPDX-License-Identifier: GPL-3.0-or-later
// Between calls: the agent's own figures of the day, documentation still to finish (first), the last calls.

import { FINISHED_STATES } from "../core/call-state.js";
import { byId, h } from "../core/dom.js";
import { clockTime, dateTime, duration } from "../core/format.js";
import { named, now, t } from "../core/page.js";
import type { AgentSnapshot, LiveCall, RecentCall } from "../core/types.js";

const isToday = (at: string): boolean => new Date(at).toDateString() === new Date(now()).toDateString();
const when = (at: string | null): string => (at ? (isToday(at) ? clockTime(at, false) : dateTime(at)) : "–");

/** Calls whose case is open: what has to be done first. */
export function unfinished(recent: RecentCall[]): RecentCall[] {
  return recent.filter((one) => one.case_state !== null && one.case_state !== "" && !FINISHED_STATES.has(one.case_state));
}

function figure(value: string, label: string): HTMLElement {
  return h("div", { class: "figure" }, h("strong", {}, value), h("span", { class: "quiet" }, label));
}

function row(call: RecentCall, open: ((id: string) => void) | null): HTMLLIElement {
  const who = h("span", { class: "idle-who" }, call.caller_name || call.caller_number, call.caller_name ? h("span", { class: "quiet mono" }, ` ${call.caller_number}`) : null);
  const parts: (HTMLElement | null)[] = [
    h("span", { class: "mono quiet" }, when(call.ended_at)),
    who,
    call.case_number ? h("span", { class: "mono" }, call.case_number) : null,
    h("span", { class: "quiet" }, call.case_state ? named("state", call.case_state) : named("reason", call.reason)),
  ];
  if (!open) return h("li", { class: "idle-row" }, ...parts);
  return h("li", {}, h("button", { type: "button", class: "idle-row", onclick: () => open(call.call_id) }, ...parts));
}

function section(title: string, empty: string, rows: HTMLLIElement[]): HTMLElement {
  return h("section", {}, h("h3", {}, title), rows.length > 0 ? h("ul", { class: "idle-list" }, ...rows) : h("p", { class: "quiet" }, empty));
}

export function renderIdle(state: AgentSnapshot, call: LiveCall | null, open: (callId: string) => void): void {
  const greeting = byId("conversation-idle");
  if (call) {
    const ringing = state.extension.answer === "desk" ? "conversation_ringing" : "conversation_ringing_device";
    const key = call.state === "ringing" ? ringing : call.state === "ended" ? "conversation_none" : "conversation_waiting";
    greeting.replaceChildren(h("p", { class: "empty" }, t(key)));
    byId("case-idle").replaceChildren(h("p", { class: "empty" }, t(call.state === "ringing" ? "case_waiting" : "no_case")));
    return;
  }
  const { day } = state;
  const left = unfinished(state.recent);
  greeting.replaceChildren(
    h("p", { class: "empty" }, readiness(state)),
    section(t("unfinished_title"), t("unfinished_none"), left.map((one) => row(one, open))),
    h("h3", {}, t("own_day")),
    h("div", { class: "figures" },
      figure(String(day.calls), t("day_calls")),
      figure(duration(day.handled_s * 1000), t("day_handled")),
      figure(day.calls > 0 ? duration((day.handled_s / day.calls) * 1000) : "–", t("day_average"))),
  );
  byId("case-idle").replaceChildren(section(t("last_calls"), t("last_calls_none"), state.recent.slice(0, 10).map((one) => row(one, null))));
}

/** Whether a call can come now, and if not, what to do. */
function readiness(state: AgentSnapshot): string {
  if (state.extension.state !== "ready") return t("idle_not_ready");
  const own = state.agent?.state;
  if (own === "paused") return t("idle_paused");
  if (own === "wrap_up") return t("idle_wrap_up");
  return t(own === "offline" ? "idle_offline" : "idle_ready");
}
