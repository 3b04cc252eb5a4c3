// SPDX-License-Identifier: GPL-3.0-or-later
// The team leader's page. htmx draws queue, case and decision; the conversation and SIKP follow the call live.

import htmx from "htmx.org";

import { byId, setText, show } from "../core/dom.js";
import { slashToSearch } from "../core/frame.js";
import { caseTone, countdown } from "../core/format.js";
import { named, now, page, t } from "../core/page.js";
import type { Case, LiveCall, WireEvent } from "../core/types.js";
import { startWork } from "../core/work.js";
import { CallView } from "../work/call-view.js";
import { keep, startForms, startKeys, typedEarly } from "../work/forms.js";
import { drawSource, intoAnswer, WorkSikp } from "../work/sikp.js";

const form = (id: string): HTMLFormElement | null => document.querySelector<HTMLFormElement>(`#${id}`);

/** The decision against what is stored: the agent may write into the same answer while the team leader does. */
class Decision {
  private base: string;

  constructor(private readonly item: Case) {
    this.base = item.answer;
    document.addEventListener("click", (event) => this.onClick(event));
    form("answer-form")?.addEventListener("input", () => this.typed());
    if (form("answer-form")) drawSource(form("answer-form") as HTMLFormElement);
  }

  private answer(): HTMLTextAreaElement | null {
    return document.querySelector<HTMLTextAreaElement>("#answer");
  }

  /** Whoever begins to write an answer helps. */
  typed(): void {
    const shown = form("answer-form");
    if (shown) drawSource(shown);
    const take = document.querySelector("#do-take");
    if (take) htmx.trigger(take, "take-it", {});
  }

  /** What is stored now. An answer that the agent wrote meanwhile is shown beside one's own. */
  stored(item: { version: number; answer: string; state: string; helper?: string }): void {
    const field = this.answer();
    const waits = item.state === "consulting";
    for (const fieldset of document.querySelectorAll<HTMLFieldSetElement>(".decision > fieldset")) {
      fieldset.disabled = !waits || item.helper === "other";
    }
    if (!field || !waits) return;
    if (item.answer !== this.base && item.answer !== field.value) {
      if (field.value === this.base) this.write(item.answer);
      else {
        setText(byId("stored-words"), item.answer || t("nothing"));
        byId("stored").dataset["version"] = String(item.version);
        show(byId("stored"), true);
        this.base = item.answer;
        return;
      }
    }
    this.base = item.answer;
    if (byId("stored").hidden) this.version(item.version);
    else byId("stored").dataset["version"] = String(item.version);
  }

  private write(words: string): void {
    const field = this.answer();
    if (!field) return;
    field.value = words;
    const shown = form("answer-form");
    if (shown) keep(shown);
  }

  private version(version: number): void {
    for (const input of document.querySelectorAll<HTMLInputElement>(".decision [name=version]")) input.value = String(version);
  }

  private onClick(event: Event): void {
    const id = (event.target as Element | null)?.closest("button")?.id;
    if (id !== "stored-take" && id !== "stored-keep") return;
    if (id === "stored-take") this.write(byId("stored-words").textContent ?? "");
    this.version(Number(byId("stored").dataset["version"]));
    show(byId("stored"), false);
    this.answer()?.focus();
  }

  /** The case's part was drawn anew: its data-* say what is stored. */
  facts(): void {
    const facts = document.querySelector<HTMLElement>("#case-facts .stand");
    if (!facts) return;
    const { version, answer, state, helper } = facts.dataset;
    this.stored({ version: Number(version), answer: answer ?? "", state: state ?? "", helper: helper ?? "" });
  }

  takes(event: WireEvent): void {
    const item = event["case"] as Case;
    if (event.event === "case" && item.case_id === this.item.case_id) htmx.trigger(document.body, "case-changed", {});
  }
}

function runClock(): void {
  for (const node of document.querySelectorAll<HTMLElement>("[data-until]")) {
    const { until = "", warn = "" } = node.dataset;
    const left = countdown(now(), until);
    const tone = caseTone(now(), warn, until);
    node.className = `clock-time ${tone === "calm" ? "" : tone}`;
    setText(node, `${tone === "calm" ? "◔" : tone === "soon" ? "◆" : "▲"} ${t(left.late ? "clock_late" : "clock_left", { time: left.text })}`);
  }
}

function openNext(): void {
  const open = document.querySelector<HTMLAnchorElement>("#queue a:not([aria-current])");
  if (open) window.location.assign(open.href);
}

function whyNotJoined(event: WireEvent): void {
  htmx.trigger(document.body, "guest-changed", {});
  const reason = String(event["reason"] ?? "");
  if (event.event !== "guest.left" || ["hung_up", "dropped", "call_ended"].includes(reason)) return;
  window.setTimeout(() => setText(document.querySelector("#join-why"), named("guest", reason)), 400);
}

function start(): void {
  const call = page["call"] as LiveCall | null;
  const item = page["case"] as Case | null;
  const early = form("answer-form") !== null && typedEarly(form("answer-form") as HTMLFormElement);
  startForms();
  startKeys();
  slashToSearch();
  const decision = item ? new Decision(item) : null;
  const opened = document.getElementById("conversation") !== null;
  const answer = (): HTMLFormElement | null => form("answer-form");
  const sikp = opened ? new WorkSikp((article, words) => {
    const target = answer();
    if (target) intoAnswer(target, article, words);
  }) : null;
  const view = opened ? new CallView(call, (now_) => sikp?.render(now_)) : null;
  startWork({
    ...(call ? { call: call.call_id } : {}),
    onCall: (event) => {
      view?.take(event);
      decision?.takes(event);
      if (event.event.startsWith("guest.") || event.event === "call.ended") whyNotJoined(event);
    },
    onReset: async () => window.location.reload(),
  });
  document.body.addEventListener("htmx:afterSwap", (event) => {
    const target = (event as CustomEvent<{ target: Element }>).detail.target;
    if (target.id === "case-facts") decision?.facts();
    if (target.id === "notice") htmx.trigger(document.body, "case-changed", {});
    runClock();
  });
  document.body.addEventListener("queue-consultations", () => htmx.trigger(document.body, "case-changed", {}));
  document.addEventListener("keydown", (event) => {
    if (event.key === "F8") openNext();
    else if (event.key === "F7") document.querySelector<HTMLElement>("#reason")?.focus();
    else return;
    event.preventDefault();
  });
  window.setInterval(runClock, 1000);
  runClock();
  if (early) decision?.typed();
  document.body.dataset["ready"] = "yes";
}

start();
