// SPDX-License-Identifier: GPL-3.0-or-later
// The agent's own state in the strip: ready, pause with its reason, wrap-up, and the time in it. F1 opens the menu
// (arrows, digits, Enter, Esc); F2 says "ready" while nothing rings.

import { api, wordsOf } from "../core/api.js";
import { byId, h, setAttr, setText, show } from "../core/dom.js";
import { timer } from "../core/format.js";
import { named, now, page } from "../core/page.js";
import { RequestKeys } from "../core/request-key.js";
import type { AgentSnapshot, AgentState, AgentStateName, Choice } from "../core/types.js";

const SIGNS: Record<AgentStateName, string> = { ready: "●", paused: "❚❚", busy: "◐", wrap_up: "✎", offline: "○" };
const SLIP_MS = 1500; // F2 meant for a call that has just stopped ringing makes nobody ready

export class AgentChip {
  private agent: AgentState | null = null;
  private reasons: Choice[] = [];
  private busy = false;
  private next: [AgentStateName, string] | null = null; // chosen while the choice before was still on its way
  private rangUntil = 0;
  private live = false;
  private readonly keys = new RequestKeys();
  private readonly button = byId<HTMLButtonElement>("agent-state");
  private readonly menu = byId("agent-menu");

  constructor(
    private readonly took: (agent: AgentState) => void,
    private readonly say: (words: string) => void,
  ) {
    this.button.addEventListener("click", () => this.toggle());
    byId("do-ready").addEventListener("click", () => this.ready());
    this.menu.addEventListener("keydown", (event) => this.onMenuKey(event));
    document.addEventListener("keydown", (event) => this.onKey(event));
    document.addEventListener("click", (event) => {
      if (!this.menu.hidden && event.target instanceof Node && !byId("agent-box").contains(event.target)) this.close(false);
    });
  }

  render(snapshot: AgentSnapshot): void {
    const { call } = snapshot;
    const ringing = call?.state === "ringing";
    if (ringing) this.rangUntil = now() + SLIP_MS;
    else if (call?.answered_at) this.rangUntil = 0;
    this.live = call !== null && call.state !== "ended";
    this.agent = snapshot.agent ?? null;
    this.reasons = snapshot.pause_reasons ?? [];
    show(byId("agent-box"), this.agent !== null);
    const idle = !this.live && (this.agent?.state === "wrap_up" || this.agent?.state === "paused" || this.agent?.state === "offline");
    show(byId("do-ready"), idle);
    byId<HTMLButtonElement>("do-ready").disabled = this.busy;
    this.tick();
  }

  tick(): void {
    if (!this.agent) return;
    const { state, reason, since } = this.agent;
    const words = state === "paused" && reason ? `${named("agent", state)}: ${this.reasons.find((one) => one.name === reason)?.label ?? named("pause", reason)}` : named("agent", state);
    setAttr(this.button, "data-state", state);
    setText(byId("agent-sign"), SIGNS[state]);
    setText(byId("agent-words"), words);
    const begun = Date.parse(since);
    setText(byId("agent-time"), state === "offline" || !(begun > 0) ? "" : timer(now() - begun));
  }

  private onKey(event: KeyboardEvent): void {
    if (event.ctrlKey || event.altKey || event.metaKey || event.shiftKey || event.repeat) return;
    if (event.key === "F1" && this.agent) {
      event.preventDefault();
      this.toggle();
    } else if (event.key === "F2" && !byId("do-ready").hidden && now() > this.rangUntil) {
      event.preventDefault();
      this.ready();
    }
  }

  private ready(): void {
    void this.set("ready", "");
  }

  private toggle(): void {
    if (!this.menu.hidden) {
      this.close(true);
      return;
    }
    const options: [AgentStateName, string, string][] = [
      ["ready", "", named("agent", "ready")],
      ...this.reasons.map(({ name, label }): [AgentStateName, string, string] => ["paused", name, `${named("agent", "paused")}: ${label}`]),
      ["wrap_up", "", named("agent", "wrap_up")],
    ];
    this.menu.replaceChildren(
      ...options.map(([state, reason, words], index) =>
        h("button", { type: "button", role: "menuitemradio", tabindex: -1, "data-state": state,
          "aria-checked": String(this.agent?.state === state && this.agent.reason === reason),
          onclick: () => void this.set(state, reason) },
        h("span", { class: "menu-sign", "aria-hidden": "true" }, SIGNS[state]), words, h("kbd", {}, String(index + 1)))),
    );
    show(this.menu, true);
    setAttr(this.button, "aria-expanded", "true");
    (this.menu.querySelector<HTMLElement>('[aria-checked="true"]') ?? this.items()[0])?.focus();
  }

  private items(): HTMLElement[] {
    return [...this.menu.querySelectorAll<HTMLElement>("button")];
  }

  private onMenuKey(event: KeyboardEvent): void {
    const items = this.items();
    const at = items.indexOf(document.activeElement as HTMLElement);
    const to: Record<string, number> = { ArrowDown: (at + 1) % items.length, ArrowUp: (at - 1 + items.length) % items.length, Home: 0, End: items.length - 1 };
    const chosen = /^[1-9]$/.test(event.key) ? items[Number(event.key) - 1] : undefined;
    if (event.key in to) items[to[event.key] ?? 0]?.focus();
    else if (event.key === "Escape") this.close(true);
    else if (event.key === "Tab") return this.close(false);
    else if (chosen) chosen.click();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  private close(back: boolean): void {
    show(this.menu, false);
    setAttr(this.button, "aria-expanded", "false");
    if (back) this.button.focus();
  }

  private async set(state: AgentStateName, reason: string): Promise<void> {
    if (!this.menu.hidden) this.close(true);
    this.next = this.busy ? [state, reason] : null;
    if (this.busy) return;
    this.busy = true;
    const content = { state, reason };
    try {
      const { agent } = await api.post<{ agent: AgentState }>("/api/agent/state", { ...content, request_key: this.keys.of([page.page, content]) });
      this.keys.done();
      this.took(agent);
    } catch (error) {
      this.say(wordsOf(error));
    } finally {
      this.busy = false;
      byId<HTMLButtonElement>("do-ready").disabled = false;
    }
    const [then, why] = this.next ?? [state, reason];
    if (then !== state || why !== reason) await this.set(then, why);
  }
}
