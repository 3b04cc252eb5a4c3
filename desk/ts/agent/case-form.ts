// SPDX-License-Identifier: GPL-3.0-or-later
// The fields of the case form: reading them, filling them without touching what the person is typing. Nothing else.

import { byId } from "../core/dom.js";
import type { CaseFields, FieldName } from "../core/draft.js";

const TEXTS = ["question", "topic", "answer"] as const;
const CHECKS = ["npwp_checked", "name_checked", "efin_checked"] as const;

const text = (id: string): HTMLInputElement | HTMLTextAreaElement => byId<HTMLInputElement>(id);
const radios = (): HTMLInputElement[] => [...byId("kind").querySelectorAll<HTMLInputElement>('input[name="kind"]')];

/** The form's current values (the attached article is not a field of the form). */
export function readForm(): Omit<CaseFields, "article_id" | "article_version"> {
  const chosen = radios().find((one) => one.checked)?.value ?? "";
  return {
    question: text("question").value,
    kind: chosen as CaseFields["kind"],
    topic: text("topic").value,
    answer: text("answer").value,
    caller_identity: {
      name: text("identity-name").value,
      ...Object.fromEntries(CHECKS.map((id) => [id, byId<HTMLInputElement>(id).checked])),
    },
  };
}

const put = (id: string, value: string): void => {
  const node = text(id);
  if (node.value !== value) node.value = value;
};

/** Show these values; fields for which `keep` says true are left as they are (the person has changed them). */
export function fillForm(fields: CaseFields, keep: (name: FieldName) => boolean): void {
  for (const name of TEXTS) if (!keep(name)) put(name, fields[name] ?? "");
  if (!keep("kind")) for (const one of radios()) one.checked = one.value === fields.kind;
  if (keep("caller_identity")) return;
  put("identity-name", fields.caller_identity.name ?? "");
  for (const id of CHECKS) byId<HTMLInputElement>(id).checked = Boolean(fields.caller_identity[id]);
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
  for (const id of CHECKS) byId<HTMLInputElement>(id).disabled = !on;
}
