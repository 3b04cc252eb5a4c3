// SPDX-License-Identifier: GPL-3.0-or-later
// What the agent has typed into a case and the server does not have yet. Nothing typed is lost: each change is kept
// in the tab's session storage until the server has confirmed it, and one save runs at a time. Pure of the DOM.

import type { Case, CallerIdentity } from "./types.js";

export interface CaseFields {
  question: string;
  kind: "interpretation" | "information" | "";
  topic: string;
  caller_identity: CallerIdentity;
  answer: string;
  article_id: string | null;
  article_version: number | null;
}

export type FieldName = keyof CaseFields;
export const FIELD_NAMES: readonly FieldName[] = [
  "question", "kind", "topic", "caller_identity", "answer", "article_id", "article_version",
];

export function fieldsOf(item: Case): CaseFields {
  const { question, kind, topic, caller_identity, answer, article_id, article_version } = item;
  return { question, kind, topic, caller_identity: caller_identity ?? {}, answer, article_id, article_version };
}

const same = (a: unknown, b: unknown): boolean => JSON.stringify(a ?? null) === JSON.stringify(b ?? null);

/** Which of my changes the other text contradicts: fields that I changed and that differ in the stored case too. */
export function conflicts(base: CaseFields, mine: Partial<CaseFields>, stored: CaseFields): FieldName[] {
  return FIELD_NAMES.filter((name) => name in mine && !same(mine[name], stored[name]) && !same(base[name], stored[name]));
}

/** My changes that the stored case does not hold yet. */
export function stillToSave(mine: Partial<CaseFields>, stored: CaseFields): Partial<CaseFields> {
  return Object.fromEntries(Object.entries(mine).filter(([name, value]) => !same(value, stored[name as FieldName])));
}

/** Names of `requires` that the case with my changes does not fill yet. */
export function missing(requires: string[], fields: CaseFields): string[] {
  const value = (name: string): unknown => (fields as unknown as Record<string, unknown>)[name];
  const filled = (name: string): boolean => {
    const held = value(name);
    if (name === "caller_identity") return Object.values((held as CallerIdentity) ?? {}).some(Boolean);
    return typeof held === "string" ? held.trim() !== "" : held !== null && held !== undefined;
  };
  return requires.filter((name) => FIELD_NAMES.includes(name as FieldName) && !filled(name));
}

const storageKey = (caseId: string): string => `kring.draft.${caseId}`;

export function keepDraft(storage: Storage, caseId: string, changes: Partial<CaseFields>): void {
  if (Object.keys(changes).length === 0) storage.removeItem(storageKey(caseId));
  else storage.setItem(storageKey(caseId), JSON.stringify(changes));
}

export function readDraft(storage: Storage, caseId: string): Partial<CaseFields> {
  try {
    return JSON.parse(storage.getItem(storageKey(caseId)) ?? "{}") as Partial<CaseFields>;
  } catch {
    return {};
  }
}
