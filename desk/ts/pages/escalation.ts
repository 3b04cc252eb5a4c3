// SPDX-License-Identifier: GPL-3.0-or-later
// The escalation agent's page. htmx draws queue, case and call-backs; the shown call is followed live, and when it is
// one's own call-back its strip is on top.

import htmx from "htmx.org";

import { api, wordsOf } from "../core/api.js";
import { byId, h, setText } from "../core/dom.js";
import { slashToSearch } from "../core/frame.js";
import { clockTime } from "../core/format.js";
import { page, t } from "../core/page.js";
import type { Case, LiveCall } from "../core/types.js";
import { startWork } from "../core/work.js";
import { CallView } from "../work/call-view.js";
import { forget, startForms, startKeys } from "../work/forms.js";
import { drawSource, intoAnswer, WorkSikp } from "../work/sikp.js";
import { CallStrip } from "../work/strip.js";

const answerForm = (): HTMLFormElement | null => document.querySelector<HTMLFormElement>("#answer-form");

function setVersion(version: string): void {
  const input = answerForm()?.elements.namedItem("version");
  if (input instanceof HTMLInputElement) input.value = version;
}

/** The server has what was typed: the browser's copy goes, the next change is made on this version. */
function saved(): void {
  const stored = document.querySelector<HTMLElement>("[data-stored-version]");
  const form = answerForm();
  if (!stored || !form) return;
  setVersion(stored.dataset["storedVersion"] ?? "");
  forget(form);
  setText(byId("saved"), `✓ ${t("saved_at", { time: clockTime(stored.dataset["at"] ?? "") })}`);
}

function source(): void {
  const form = answerForm();
  if (form?.elements.namedItem("article_id")) drawSource(form);
}

async function dial(button: HTMLButtonElement): Promise<void> {
  const { number, case: caseId, callback } = button.dataset;
  button.disabled = true;
  try {
    const { call_id } = await api.post<{ call_id: string }>("/api/extension/dial", { number, case_id: Number(caseId), callback_id: Number(callback) });
    const next = new URL(window.location.href);
    next.searchParams.set("panggilan", call_id);
    window.location.assign(next);
  } catch (error) {
    button.disabled = false;
    byId("notice").replaceChildren(h("p", { class: "notice late", role: "alert" }, wordsOf(error)));
  }
}

/** Our own try: a stale answer is taken as it is stored once both texts were shown. */
async function renewVersion(): Promise<void> {
  const item = page["case"] as Case | null;
  if (!item) return;
  const response = await fetch(`/eskalasi/${item.case_id}/kasus`, { headers: { "HX-Request": "true" } });
  const drawn = new DOMParser().parseFromString(await response.text(), "text/html");
  const version = drawn.querySelector<HTMLElement>(".stand")?.dataset["version"];
  if (version) setVersion(version);
}

function start(): void {
  const call = page["call"] as LiveCall | null;
  const own = String(page["own"] ?? "");
  startForms();
  startKeys();
  slashToSearch();
  source();
  const opened = document.getElementById("conversation") !== null;
  const sikp = opened ? new WorkSikp((article, words) => {
    const form = answerForm();
    if (form?.elements.namedItem("answer")) intoAnswer(form, article, words);
    source();
  }) : null;
  const strip = new CallStrip(own);
  const view = opened ? new CallView(call, (shown) => {
    sikp?.render(shown);
    strip.render(shown);
  }) : null;
  startWork({
    ...(call ? { call: call.call_id } : {}),
    onCall: (event) => {
      view?.take(event);
      if (event.event === "call.ended") htmx.trigger(document.body, "callbacks-changed", {});
    },
    onReset: async () => window.location.reload(),
  });
  document.body.addEventListener("queue-callbacks", () => htmx.trigger(document.body, "callbacks-changed", {}));
  document.body.addEventListener("htmx:afterSwap", (event) => {
    const target = (event as CustomEvent<{ target: Element }>).detail.target;
    if (target.id === "saved") saved();
    if (target.id === "notice") void renewVersion();
    if (target.id === "callbacks" && document.querySelector("#resolve-why")) void renewVersion();
    if (target.id === "case-part") source();
  });
  document.addEventListener("click", (event) => {
    const button = (event.target as Element | null)?.closest<HTMLButtonElement>("button");
    if (button?.id === "dial") void dial(button);
    else if (button?.dataset["open"]) sikp?.openById(button.dataset["open"], Number(button.dataset["version"]), button);
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "F8") return;
    event.preventDefault();
    const next = document.querySelector<HTMLAnchorElement>("#queue .due a, #queue .cases a:not([aria-current])");
    if (next) window.location.assign(next.href);
  });
  window.addEventListener("pagehide", () => {
    const autosave = document.querySelector("#autosave");
    if (autosave) htmx.trigger(autosave, "save-now", {});
  });
  document.body.dataset["ready"] = "yes";
}

start();
