// SPDX-License-Identifier: GPL-3.0-or-later
// The panel below the call strip: consult (F6), transfer (F7) and the keypad (Alt N). One at a time; Esc closes it and
// gives the cursor back. A transfer without asking first takes two steps, so that no call is lost by a slip.

import { byId, h, setAttr, setText, show } from "../core/dom.js";
import { named, t } from "../core/page.js";
import type { Guest, PhonebookEntry } from "../core/types.js";
import { dialled, isNumber, recentNumbers, type Phone } from "./phone.js";

type Kind = "consult" | "transfer" | "keypad";
const PAD = ["1", "2", "3", "4", "5", "6", "7", "8", "9", "*", "0", "#"];
const OPENERS: Record<Kind, string> = { consult: "do-consult", transfer: "do-transfer", keypad: "do-keypad" };

export class PhonePanel {
  private kind: Kind | null = null;
  private people: PhonebookEntry[] = [];
  private back: HTMLElement | null = null;
  private guest = "";
  private readonly box = byId("phone-panel");

  constructor(private readonly phone: Phone) {
    document.addEventListener("keydown", (event) => this.onKey(event), true);
  }

  /** The call changed: the panel goes with it, and is drawn anew when a guest comes or goes. */
  render(): void {
    const call = this.phone.call;
    const live = call?.state === "talking" || call?.state === "held";
    if (!live && this.kind) this.close();
    const guest = JSON.stringify(call?.guest ?? null);
    if (this.kind && this.kind !== "keypad" && guest !== this.guest) this.draw();
    this.guest = guest;
  }

  toggle(kind: Kind): void {
    if (this.kind === kind) {
      this.close();
      return;
    }
    this.back ??= document.activeElement as HTMLElement | null;
    this.kind = kind;
    this.draw();
    if (kind === "keypad") return;
    void this.phone.phonebook().then((people) => {
      const typed = this.field()?.value ?? "";
      this.people = people;
      if (this.kind === kind && typed === "" && !this.box.querySelector(".confirm")) this.draw();
    });
  }

  close(): void {
    this.kind = null;
    show(this.box, false);
    this.box.replaceChildren();
    for (const id of Object.values(OPENERS)) setAttr(byId(id), "aria-expanded", "false");
    if (this.back?.isConnected) this.back.focus();
    this.back = null;
  }

  private onKey(event: KeyboardEvent): void {
    if (!this.kind || event.ctrlKey || event.altKey || event.metaKey) return;
    if (event.key === "Escape") this.close();
    else if (this.kind === "keypad" && PAD.includes(event.key)) void this.press(event.key);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  private field(): HTMLInputElement | null {
    return this.box.querySelector<HTMLInputElement>("#phone-number");
  }

  private draw(): void {
    if (!this.kind) return;
    const guest = this.phone.call?.guest ?? null;
    const draw = { consult: () => this.consult(guest), transfer: () => this.transfer(guest), keypad: () => this.keypad() };
    for (const [kind, id] of Object.entries(OPENERS)) setAttr(byId(id), "aria-expanded", String(kind === this.kind));
    setAttr(this.box, "data-kind", this.kind);
    this.box.replaceChildren(
      h("header", {}, h("h2", { id: "phone-panel-title" }, t(`panel_${this.kind}`)),
        h("button", { type: "button", class: "plain", onclick: () => this.close() }, t("close"), h("kbd", {}, "Esc"))),
      ...draw[this.kind](),
    );
    show(this.box, true);
    (this.box.querySelector<HTMLElement>("[data-first]") ?? this.box.querySelector<HTMLElement>("input, button.primary"))?.focus();
  }

  private act(command: string, args: Record<string, string> = {}): void {
    void this.phone.command(command, args).then((taken) => {
      if (taken && this.kind) this.close();
    });
  }

  private consult(guest: Guest | null): HTMLElement[] {
    if (!guest) return this.choose(t("consult_hint"), (to) => [[t("consult_call"), () => this.act("guest", { to, mode: "consult" })]]);
    const mode = guest.mode === "conference" ? "consult" : "conference";
    return [
      h("p", {}, t("guest_is", { name: guestName(guest), mode: named("guest", guest.mode) })),
      h("div", { class: "actions" },
        h("button", { type: "button", class: "primary", "data-first": true, disabled: !guest.joined_at, onclick: () => this.act("guest_mode", { mode }) }, t(`guest_to_${mode}`)),
        h("button", { type: "button", onclick: () => this.act("guest_drop") }, t("guest_drop"))),
    ];
  }

  private transfer(guest: Guest | null): HTMLElement[] {
    if (guest) {
      return [
        h("p", {}, t(guest.joined_at ? "transfer_to_guest" : "transfer_guest_waits", { name: guestName(guest) })),
        h("div", { class: "actions" },
          h("button", { type: "button", class: "primary", "data-first": true, disabled: !guest.joined_at, onclick: () => this.act("transfer_attended") }, t("transfer_attended")),
          h("button", { type: "button", onclick: () => this.close() }, t("cancel"))),
      ];
    }
    return this.choose(t("transfer_hint"), (to) => [
      [t("transfer_ask_first"), () => this.act("guest", { to, mode: "consult" })],
      [t("transfer_blind"), () => this.confirm(to)],
    ]);
  }

  /** A list of people and recent numbers with a field; what can be done with the chosen number stands below. */
  private choose(hint: string, ways: (to: string) => [string, () => void][]): HTMLElement[] {
    const input = h("input", { id: "phone-number", inputmode: "tel", autocomplete: "off", maxlength: 24, "aria-describedby": "phone-problem" });
    const problem = h("p", { id: "phone-problem", class: "small late", role: "alert" });
    const labels = ways("");
    const go = (index: number): void => {
      const fits = isNumber(input.value);
      setText(problem, fits ? "" : t("number_wrong"));
      setAttr(input, "aria-invalid", fits ? null : "true");
      if (fits) ways(dialled(input.value))[index]?.[1]();
      else input.focus();
    };
    const pick = (number: string): void => {
      input.value = number;
      input.focus();
    };
    const form = h("form", { class: "panel-form", onsubmit: (event) => { event.preventDefault(); go(0); } },
      h("label", { class: "field" }, h("span", {}, t("phone_number")), input), problem,
      h("div", { class: "actions" }, ...labels.map(([words], index) =>
        index === 0 ? h("button", { class: "primary" }, words, h("kbd", {}, "⏎")) : h("button", { type: "button", onclick: () => go(index) }, words))));
    const row = (number: string, words: string, state: string): HTMLElement =>
      h("li", {}, h("button", { type: "button", class: "person-row", "data-number": number, onclick: () => pick(number) },
        h("span", { class: "mono" }, number), h("span", {}, words), h("span", { class: `lamp ${state === "ready" ? "good" : "off"}` }, state ? `${state === "ready" ? "●" : "○"} ${named("ext", state)}` : "")));
    const known = new Set(this.people.map((one) => one.number));
    const people = sorted(this.people).map((one) => row(one.number, one.roles.includes("team_leader") ? `${one.name} · Team Leader` : one.name, one.state));
    const recent = recentNumbers().filter((number) => !known.has(number)).map((number) => row(number, t("dialled_before"), ""));
    return [h("p", { class: "quiet small" }, hint), h("ul", { class: "people" }, ...people, ...recent), form];
  }

  /** The second step of a transfer without asking; the cursor stands on "no". */
  private confirm(to: string): void {
    const person = this.people.find((one) => one.number === to);
    const yes = h("button", { type: "button", class: "danger", onclick: () => this.act("transfer", { to }) }, t("transfer_yes"), h("kbd", {}, "Y"));
    const no = h("button", { type: "button", onclick: () => this.draw() }, t("cancel"));
    const node = h("div", { class: "confirm", role: "alertdialog", "aria-label": t("transfer_blind") },
      h("p", {}, t("transfer_sure", { to: person ? `${to} (${person.name})` : to })), h("div", { class: "actions" }, yes, no));
    node.addEventListener("keydown", (event) => {
      if (event.key.toLowerCase() !== "y" || event.repeat || event.ctrlKey || event.altKey || event.metaKey) return;
      event.preventDefault();
      yes.click();
    });
    this.box.replaceChildren(this.box.firstElementChild as Element, node);
    no.focus();
  }

  private keypad(): HTMLElement[] {
    const keys = PAD.map((key) => h("button", { type: "button", class: "pad-key", "data-key": key, onclick: () => void this.press(key) }, key));
    keys[0]?.setAttribute("data-first", "");
    return [h("output", { id: "pad-shown", class: "pad-shown mono rr-block", "aria-label": t("pad_shown") }), h("div", { class: "pad" }, ...keys), h("p", { class: "quiet small" }, t("pad_hint"))];
  }

  private async press(key: string): Promise<void> {
    const shown = document.getElementById("pad-shown");
    const button = this.box.querySelector(`[data-key="${CSS.escape(key)}"]`);
    button?.classList.add("pressed");
    window.setTimeout(() => button?.classList.remove("pressed"), 150);
    setText(shown, `${shown?.textContent ?? ""}${key}`.slice(-24));
    this.digits += key;
    if (this.sending) return;
    this.sending = true;
    while (this.digits && (await this.phone.command("dtmf", { digits: this.takeDigits() }))) continue;
    this.digits = "";
    this.sending = false;
  }

  private digits = "";
  private sending = false;

  private takeDigits(): string {
    const taken = this.digits;
    this.digits = "";
    return taken;
  }
}

export const guestName = (guest: Guest): string => (guest.person ? `${guest.person} (${guest.to})` : guest.to);

/** Team leaders first, who is free before who is not. */
export function sorted(people: readonly PhonebookEntry[]): PhonebookEntry[] {
  const rank = (one: PhonebookEntry): number => (one.roles.includes("team_leader") ? 0 : 2) + (one.state === "ready" ? 0 : 1);
  return [...people].sort((a, b) => rank(a) - rank(b) || a.number.localeCompare(b.number));
}

/** The team leader to call for a question: one who is free. */
export function freeLeader(people: readonly PhonebookEntry[]): PhonebookEntry | undefined {
  return sorted(people).find((one) => one.roles.includes("team_leader") && one.state === "ready");
}
