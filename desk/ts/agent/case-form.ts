// SPDX-License-Identifier: GPL-3.0-or-later
// The fields of the case form: reading them, filling them without touching what the person is typing. Nothing else.

import { byId, setAttr, setText, show } from "../core/dom.js";
import type { CaseFields, FieldName } from "../core/draft.js";
import { charCount, mostChars, type LimitedText } from "../core/limits.js";
import { t } from "../core/page.js";

const TEXTS = ["question", "topic", "answer"] as const;
/** The proof of identity in the order in which it is asked for: who, then what only that person knows. */
const CHECKS = ["name_checked", "npwp_checked", "efin_checked", "bill_checked"] as const;
const COUNTED_FROM = 0.9; // the length is shown when so much of it is used

type FormFields = Omit<CaseFields, "article_id" | "article_version" | "taxpayer_id" | "no_question_reason">;

const text = (id: string): HTMLInputElement | HTMLTextAreaElement => byId<HTMLInputElement>(id);
const check = (id: string): HTMLInputElement => byId<HTMLInputElement>(id);
const radios = (): HTMLInputElement[] => [...byId("kind").querySelectorAll<HTMLInputElement>('input[name="kind"]')];

/** The form's current values (what is chosen elsewhere on the page is not a field of the form). */
export function readForm(): FormFields {
  const chosen = radios().find((one) => one.checked)?.value ?? "";
  return {
    question: text("question").value,
    kind: chosen as CaseFields["kind"],
    topic: text("topic").value,
    answer: text("answer").value,
    caller_identity: {
      name: text("identity-name").value,
      npwp_checked: check("npwp_checked").checked,
      name_checked: check("name_checked").checked,
      efin_checked: check("efin_checked").checked,
      bill_checked: check("bill_checked").checked,
    },
  };
}

const put = (id: string, value: string): void => {
  const node = text(id);
  if (node.value !== value) node.value = value;
};

/** Show these values; fields for which `keep` says true are left as they are (the person has changed them). */
export function fillForm(fields: FormFields, keep: (name: FieldName) => boolean): void {
  for (const name of TEXTS) if (!keep(name)) put(name, fields[name] ?? "");
  if (!keep("kind")) for (const one of radios()) one.checked = one.value === fields.kind;
  if (!keep("caller_identity")) {
    put("identity-name", fields.caller_identity.name ?? "");
    for (const id of CHECKS) check(id).checked = Boolean(fields.caller_identity[id]);
  }
  drawForm();
}

/** What follows from the values: the next thing to ask for, and lengths that come near their limit. */
export function drawForm(): void {
  const next = CHECKS.find((id) => !check(id).checked);
  setText(byId("identity-hint"), next ? t(`ask_${next}`) : t("ask_done"));
  const lengths: [string, LimitedText][] = [["question", "question"], ["topic", "topic"], ["answer", "answer"], ["identity-name", "caller_name"]];
  for (const [id, limit] of lengths) {
    const length = charCount(text(id).value);
    const most = mostChars(limit);
    const node = byId(`${id}-count`);
    show(node, length > COUNTED_FROM * most);
    setText(node, t(length > most ? "count_over" : "count", { length, most }));
    setAttr(node, "class", length > most ? "count small late" : "count small quiet");
    if (length > most) setAttr(text(id), "aria-invalid", "true");
  }
}

/** Which field of the case an element of the form belongs to. */
export function fieldOf(node: EventTarget | null): FieldName | null {
  if (!(node instanceof HTMLElement)) return null;
  if (node instanceof HTMLInputElement && node.name === "kind") return "kind";
  if (node.id === "identity-name" || CHECKS.some((id) => id === node.id)) return "caller_identity";
  return TEXTS.find((name) => name === node.id) ?? null;
}

/** The element to put the cursor into for a field that is missing. */
export function elementOf(name: string): HTMLElement | null {
  if (name === "kind") return radios()[0] ?? null;
  if (name === "caller_identity") return document.getElementById("identity-name");
  return document.getElementById(name);
}

export function setEditable(on: boolean): void {
  for (const name of [...TEXTS, "identity-name"]) text(name).readOnly = !on;
  for (const one of radios()) one.disabled = !on;
  for (const id of CHECKS) check(id).disabled = !on;
}
