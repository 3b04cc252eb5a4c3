// SPDX-License-Identifier: GPL-3.0-or-later
// The cases of one call as tabs, each with its own clock; Alt K goes to the next, Alt B opens one for a further question.

import { api, wordsOf } from "../core/api.js";
import { FINISHED_STATES } from "../core/call-state.js";
import { byId, h, setAttr, setText, show } from "../core/dom.js";
import { caseTone, countdown } from "../core/format.js";
import { now, t } from "../core/page.js";
import { RequestKeys } from "../core/request-key.js";
import type { Case, LiveCall } from "../core/types.js";

export interface TabHands {
  choose: (caseId: string) => void;
  opened: (item: Case) => void;
  say: (words: string) => void;
}

export class CaseTabs {
  private call: LiveCall | null = null;
  private cases: Case[] = [];
  private active = "";
  private busy = false;
  private readonly keys = new RequestKeys();
  private readonly list = byId("case-tabs");
  private readonly more = byId<HTMLButtonElement>("case-next");

  constructor(private readonly hands: TabHands) {
    this.more.addEventListener("click", () => void this.openNext());
    this.list.addEventListener("keydown", (event) => this.onListKey(event));
    document.addEventListener("keydown", (event) => {
      if (!event.altKey || event.ctrlKey || event.metaKey || event.repeat) return;
      if (event.code === "KeyK") this.step(1, false);
      else if (event.code === "KeyB" && !this.more.hidden) void this.openNext();
      else return;
      event.preventDefault();
    });
  }

  render(call: LiveCall | null, cases: Case[], active: string): void {
    [this.call, this.cases, this.active] = [call, cases, active];
    show(this.list, cases.length > 1);
    const asks = call !== null && cases.length > 0 && call.state !== "ringing" && call.answered_at !== null;
    show(this.more, asks);
    this.more.disabled = this.busy;
    const ids = cases.map((one) => one.case_id).join(" ");
    if (this.list.dataset["ids"] !== ids) {
      this.list.dataset["ids"] = ids;
      this.list.replaceChildren(...cases.map((one, index) => this.tab(one, index)));
    }
    this.tick();
  }

  private tab(item: Case, index: number): HTMLButtonElement {
    return h("button", { type: "button", role: "tab", class: "case-tab", "data-case": item.case_id, "aria-controls": "case-form", onclick: () => this.hands.choose(item.case_id) },
      h("span", { class: "tab-name" }, t("question_number", { n: index + 1 })), h("span", { class: "tab-clock" }));
  }

  /** The clocks run, each on its own. */
  tick(): void {
    for (const item of this.cases) {
      const tab = this.list.querySelector<HTMLElement>(`[data-case="${CSS.escape(item.case_id)}"]`);
      if (!tab) continue;
      const chosen = item.case_id === this.active;
      setAttr(tab, "aria-selected", String(chosen));
      setAttr(tab, "tabindex", chosen ? "0" : "-1");
      setAttr(tab, "title", item.number);
      const done = FINISHED_STATES.has(item.state);
      const left = countdown(now(), item.deadline_at);
      const tone = done ? "done" : caseTone(now(), item.warning_at, item.deadline_at);
      const signs: Record<string, string> = { done: "✓", calm: "◔", soon: "◆", late: "▲" };
      setAttr(tab, "data-tone", tone);
      setText(tab.querySelector(".tab-clock"), done ? `✓ ${t(`state_${item.state}`)}` : `${signs[tone] ?? ""} ${left.late ? "-" : ""}${left.text}`);
    }
  }

  private onListKey(event: KeyboardEvent): void {
    const steps: Record<string, number> = { ArrowRight: 1, ArrowLeft: -1 };
    const by = steps[event.key];
    if (by === undefined) return;
    event.preventDefault();
    this.step(by, true);
  }

  private step(by: number, focus: boolean): void {
    const count = this.cases.length;
    if (count < 2) return;
    const at = this.cases.findIndex((one) => one.case_id === this.active);
    const next = this.cases[(at + by + count) % count];
    if (!next) return;
    this.hands.choose(next.case_id);
    if (focus) this.focus();
  }

  focus(): void {
    this.list.querySelector<HTMLElement>('[aria-selected="true"]')?.focus();
  }

  private async openNext(): Promise<void> {
    if (!this.call || this.busy) return;
    this.busy = true;
    this.more.disabled = true;
    try {
      const { call_id } = this.call;
      const known = this.cases.length;
      const { case: item } = await api.post<{ case: Case }>(`/api/calls/${encodeURIComponent(call_id)}/cases`, { request_key: this.keys.of([call_id, known]) });
      this.keys.done();
      this.hands.opened(item);
    } catch (error) {
      this.hands.say(wordsOf(error));
    } finally {
      this.busy = false;
      this.more.disabled = false;
    }
  }
}
