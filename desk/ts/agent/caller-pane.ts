// SPDX-License-Identifier: GPL-3.0-or-later
// Who is calling: taxpayers known by this number, earlier cases with their answers, last calls. It lies over the
// conversation while the phone rings and is one key (F10) away during the call. Here a taxpayer is linked to the case,
// found by name or number, or entered; what is wrong with a number stands at its field.

import { api, ApiError, wordsOf } from "../core/api.js";
import { byId, h, setAttr, setText, show } from "../core/dom.js";
import { clockTime, dateTime, duration } from "../core/format.js";
import { named, now, t } from "../core/page.js";
import { RequestKeys } from "../core/request-key.js";
import type { CallerHistory, Case, LiveCall, Taxpayer } from "../core/types.js";

const SEARCH_PAUSE_MS = 250;
const FIELDS = ["name", "npwp", "nik", "phone"] as const;
type TaxpayerField = (typeof FIELDS)[number];

export interface CallerHands {
  link: (taxpayer: Taxpayer) => void;
}

const isToday = (at: string): boolean => new Date(at).toDateString() === new Date(now()).toDateString();
const when = (at: string): string => (isToday(at) ? clockTime(at, false) : dateTime(at));

/** Problems of a refused taxpayer by the field they belong to; what belongs to none stands at the name. */
export function problemsByField(error: ApiError): Partial<Record<TaxpayerField, string>> {
  const body = (error.body["error"] ?? {}) as { problems?: unknown };
  const given = error.body["problems"] ?? body.problems;
  if (given && typeof given === "object" && !Array.isArray(given)) {
    return Object.fromEntries(Object.entries(given).map(([field, words]) => [field, Array.isArray(words) ? words.join(" ") : String(words)]));
  }
  const found: Partial<Record<TaxpayerField, string>> = {};
  for (const words of Array.isArray(given) && given.length > 0 ? given.map(String) : [error.message]) {
    const field: TaxpayerField = /^NPWP/.test(words) ? "npwp" : /^NIK/.test(words) ? "nik" : /telepon|telephone/i.test(words) ? "phone" : "name";
    found[field] = [found[field], words].filter(Boolean).join(" ");
  }
  return found;
}

export class CallerPane {
  private call: LiveCall | null = null;
  private item: Case | null = null;
  private open = false;
  private callId = "";
  private history: CallerHistory | null = null;
  private problem = "";
  private found: Taxpayer[] = [];
  private entering = false;
  private wait = 0;
  private ringing = false;
  private readonly names = new Map<number, Taxpayer>();
  private readonly keys = new RequestKeys();
  private readonly pane = byId("caller-pane");
  private readonly search = byId<HTMLInputElement>("taxpayer-search");

  constructor(private readonly hands: CallerHands) {
    byId("show-caller").addEventListener("click", () => this.show(!this.open));
    document.addEventListener("keydown", (event) => {
      if (event.key !== "F10" || event.ctrlKey || event.altKey || event.metaKey || event.shiftKey || !this.call) return;
      event.preventDefault();
      this.show(!this.open, true);
    });
    this.search.addEventListener("input", () => {
      window.clearTimeout(this.wait);
      this.wait = window.setTimeout(() => void this.find(), SEARCH_PAUSE_MS);
    });
    byId("taxpayer-new").addEventListener("click", () => this.enter(!this.entering));
    byId("taxpayer-form").addEventListener("submit", (event) => {
      event.preventDefault();
      void this.create();
    });
  }

  render(call: LiveCall | null, item: Case | null): void {
    const ringing = call?.state === "ringing";
    this.call = call;
    this.item = item;
    show(byId("show-caller"), call !== null);
    if ((call?.call_id ?? "") !== this.callId) this.take(call);
    if (ringing !== this.ringing) this.show(ringing); // it pops up with the ring and makes room for the words
    this.ringing = ringing;
    this.draw();
  }

  private take(call: LiveCall | null): void {
    this.callId = call?.call_id ?? "";
    this.history = null;
    this.problem = "";
    this.found = [];
    this.search.value = "";
    this.enter(false);
    byId<HTMLFormElement>("taxpayer-form").reset();
    this.show(false);
    if (call) void this.load(call.call_id);
  }

  private async load(callId: string): Promise<void> {
    try {
      const history = await api.get<CallerHistory>(`/api/calls/${encodeURIComponent(callId)}/history`);
      if (callId !== this.callId) return;
      this.history = history;
      for (const one of history.taxpayers) this.names.set(one.id, one);
    } catch (error) {
      if (callId !== this.callId) return;
      this.problem = wordsOf(error);
    }
    this.draw();
  }

  private show(open: boolean, focus = false): void {
    this.open = open && this.call !== null;
    show(this.pane, this.open);
    show(byId("conversation"), !this.open);
    setAttr(byId("show-caller"), "aria-expanded", String(this.open));
    if (focus) (this.open ? this.search : byId("conversation")).focus();
  }

  /** Give the place back to the conversation. */
  hide(): void {
    this.show(false);
  }

  /** The name of a taxpayer of whom this page has heard. */
  nameOf(id: number): string {
    return this.names.get(id)?.name ?? t("taxpayer_number", { id });
  }

  private draw(): void {
    const { call } = this;
    if (!call) return;
    const box = byId("caller-history");
    const linkable = this.item !== null;
    const signature = JSON.stringify([this.history, this.problem, this.found, this.search.value !== "", this.item?.taxpayer_id ?? null, linkable]);
    if (box.dataset["signature"] === signature) return;
    box.dataset["signature"] = signature;
    const known = this.search.value.trim() ? this.found : (this.history?.taxpayers ?? []);
    byId("taxpayers").replaceChildren(...known.map((one) => this.taxpayerRow(one, linkable)));
    setText(byId("taxpayers-note"), this.taxpayersNote(known.length, linkable));
    box.replaceChildren(...this.historyNodes());
  }

  private taxpayersNote(count: number, linkable: boolean): string {
    if (this.search.value.trim()) return count === 0 ? t("taxpayer_not_found") : "";
    if (!this.history) return "";
    if (count === 0) return t("taxpayer_unknown");
    return linkable ? "" : t("taxpayer_link_later");
  }

  private taxpayerRow(one: Taxpayer, linkable: boolean): HTMLLIElement {
    const linked = this.item?.taxpayer_id === one.id;
    const numbers = [one.npwp ? `NPWP ${one.npwp}` : "", one.nik ? `NIK ${one.nik}` : ""].filter(Boolean).join(" · ");
    const end = linked
      ? h("span", { class: "lamp good" }, `✓ ${t("taxpayer_linked")}`)
      : h("button", { type: "button", disabled: !linkable, onclick: () => this.link(one) }, t("taxpayer_link"));
    return h("li", { class: "taxpayer-row" }, h("div", {}, h("strong", {}, one.name), h("span", { class: "mono small quiet rr-block" }, numbers)), end);
  }

  private link(one: Taxpayer): void {
    this.names.set(one.id, one);
    this.hands.link(one);
  }

  private historyNodes(): HTMLElement[] {
    if (this.problem) return [h("p", { class: "notice late" }, this.problem)];
    const { history } = this;
    if (!history) return [h("p", { class: "empty" }, t("loading"))];
    const cases = history.cases.map((one) =>
      h("li", { class: "past-case" },
        h("p", {}, h("span", { class: "mono" }, one.number), h("span", { class: "quiet small" }, ` ${when(one.opened_at)} · ${named("state", one.state)} · ${one.agent_name}`)),
        h("p", { class: "past-text" }, h("strong", {}, one.topic ? `${one.topic}: ` : ""), one.question || t("nothing")),
        one.answer ? h("p", { class: "past-text past-answer" }, one.answer) : null));
    const calls = history.calls.map((one) =>
      h("li", { class: "past-call small" }, h("span", { class: "mono quiet" }, when(one.at)), h("span", {}, one.agent_name || "–"),
        h("span", { class: "quiet" }, named("reason", one.reason)), h("span", { class: "mono" }, one.duration_s ? duration(one.duration_s * 1000) : "–")));
    if (cases.length === 0 && calls.length === 0) return [h("p", { class: "empty" }, t("history_none"))];
    return [
      h("h3", {}, t("history_cases")),
      cases.length > 0 ? h("ul", { class: "past" }, ...cases) : h("p", { class: "quiet small" }, t("history_no_cases")),
      h("h3", {}, t("history_calls")),
      calls.length > 0 ? h("ul", { class: "past" }, ...calls) : h("p", { class: "quiet small" }, t("history_no_calls")),
    ];
  }

  private async find(): Promise<void> {
    const query = this.search.value.trim();
    if (!query) {
      this.found = [];
      this.draw();
      return;
    }
    try {
      const { taxpayers } = await api.get<{ taxpayers: Taxpayer[] }>(`/api/taxpayers?q=${encodeURIComponent(query)}`);
      if (this.search.value.trim() !== query) return;
      this.found = taxpayers;
      this.draw();
    } catch (error) {
      setText(byId("taxpayers-note"), wordsOf(error));
    }
  }

  private enter(on: boolean): void {
    this.entering = on;
    show(byId("taxpayer-form"), on);
    setAttr(byId("taxpayer-new"), "aria-expanded", String(on));
    if (!on) return;
    const phone = byId<HTMLInputElement>("new-phone");
    const name = byId<HTMLInputElement>("new-name");
    if (!phone.value) phone.value = this.call?.caller_number ?? "";
    if (!name.value) name.value = this.item?.caller_identity.name || this.call?.caller_name || "";
    name.focus();
  }

  private async create(): Promise<void> {
    const values = Object.fromEntries(FIELDS.map((name) => [name, byId<HTMLInputElement>(`new-${name}`).value.trim()]));
    this.mark({});
    try {
      const { taxpayer } = await api.post<{ taxpayer: Taxpayer }>("/api/taxpayers", { ...values, request_key: this.keys.of(values) });
      this.keys.done();
      this.history = this.history ? { ...this.history, taxpayers: [taxpayer, ...this.history.taxpayers.filter((one) => one.id !== taxpayer.id)] } : null;
      this.search.value = "";
      byId<HTMLFormElement>("taxpayer-form").reset();
      this.enter(false);
      if (this.item) this.link(taxpayer);
      this.draw();
      byId("taxpayer-new").focus();
    } catch (error) {
      const problems = error instanceof ApiError && error.status === 422 ? problemsByField(error) : { name: wordsOf(error) };
      this.mark(problems);
      const first = FIELDS.find((name) => problems[name]);
      if (first) byId(`new-${first}`).focus();
    }
  }

  private mark(problems: Partial<Record<TaxpayerField, string>>): void {
    for (const name of FIELDS) {
      setText(byId(`new-${name}-problem`), problems[name] ?? "");
      setAttr(byId(`new-${name}`), "aria-invalid", problems[name] ? "true" : null);
    }
  }
}
