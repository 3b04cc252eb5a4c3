// SPDX-License-Identifier: GPL-3.0-or-later
// The editor's fields between the form and the data that is saved. Rows of the legal basis come and go.

import { byId } from "../core/dom.js";

export type Basis = Record<string, string>;
export type Fields = Record<string, string | Basis[]>;

export const PARTS = ["regulation", "article", "paragraph", "in_force_from", "in_force_to", "note"];
const NAMES = [
  "id", "title", "topic", "questions", "answer", "body", "audience", "effective_from", "effective_to", "verification",
  "owner", "related",
];
type Control = HTMLInputElement | HTMLTextAreaElement | HTMLSelectElement;

export const control = (name: string): Control => byId<Control & HTMLElement>(`f-${name}`);

export function readFields(): Fields {
  const fields: Fields = Object.fromEntries(NAMES.map((name) => [name, control(name).value]));
  fields["legal_basis"] = [...byId("bases").querySelectorAll<HTMLElement>(".basis")].map((row) =>
    Object.fromEntries(PARTS.map((part) => [part, part_of(row, part).value])),
  );
  return fields;
}

export function writeFields(fields: Fields): void {
  for (const name of NAMES) {
    const value = String(fields[name] ?? "");
    if (control(name).value !== value) control(name).value = value;
  }
  byId("bases").replaceChildren();
  for (const row of (fields["legal_basis"] ?? []) as Basis[]) addBasis(row);
}

/** Add a row; returns its first input. */
export function addBasis(values: Basis = {}): HTMLInputElement {
  const row = byId<HTMLTemplateElement>("basis-row").content.firstElementChild!.cloneNode(true) as HTMLElement;
  for (const part of PARTS) part_of(row, part).value = values[part] ?? "";
  byId("bases").append(row);
  return part_of(row, "regulation");
}

/** Put the cursor where a mistake is: a field, a line of it, or a row of the legal basis. */
export function goTo(name: string, line: number): void {
  if (name === "legal_basis") {
    const row = byId("bases").querySelectorAll<HTMLElement>(".basis")[Math.max(line - 1, 0)];
    (row ? part_of(row, "regulation") : byId("add-basis")).focus();
    return;
  }
  const node = control(name);
  node.focus();
  if (node instanceof HTMLTextAreaElement && line > 0) {
    const lines = node.value.split("\n");
    const start = lines.slice(0, line - 1).reduce((sum, text) => sum + text.length + 1, 0);
    node.setSelectionRange(start, start + (lines[line - 1]?.length ?? 0));
  }
}

function part_of(row: HTMLElement, part: string): HTMLInputElement {
  return row.querySelector<HTMLInputElement>(`[data-part="${part}"]`)!;
}
