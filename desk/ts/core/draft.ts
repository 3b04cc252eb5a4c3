// SPDX-License-Identifier: GPL-3.0-or-later
// What the agent has typed into a case and the server does not have yet. Nothing typed is lost: each change is kept
// in the browser's storage, by person and case, until the server has confirmed it. Pure of the DOM.

import type { Case, CallerIdentity, Source } from "./types.js";

export interface CaseFields {
  question: string;
  kind: "interpretation" | "information" | "";
  topic: string;
  caller_identity: CallerIdentity;
  answer: string;
  article_id: string | null;
  article_version: number | null;
  taxpayer_id: number | null;
  no_question_reason: string;
}

export type FieldName = keyof CaseFields;
export const FIELD_NAMES: readonly FieldName[] = [
  "question", "kind", "topic", "caller_identity", "answer", "article_id", "article_version", "taxpayer_id", "no_question_reason",
];
export type Sources = Partial<Record<FieldName, Source>>;

export function fieldsOf(item: Case): CaseFields {
  const { question, kind, topic, caller_identity, answer, article_id, article_version } = item;
  return {
    question, kind, topic, caller_identity: caller_identity ?? {}, answer, article_id, article_version,
    taxpayer_id: item.taxpayer_id ?? null, no_question_reason: item.no_question_reason ?? "",
  };
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

export interface Draft {
  fields: Partial<CaseFields>;
  sources: Sources;
}

/** The part of the browser's storage that drafts need. */
export type DraftStorage = Pick<Storage, "getItem" | "setItem" | "removeItem">;

const storageKey = (person: string, caseId: string): string => `kring.draft.${person}.${caseId}`;

/** Keep a draft; an empty one is forgotten. A full or forbidden storage loses nothing that is on the screen. */
export function keepDraft(storage: DraftStorage, person: string, caseId: string, draft: Draft): void {
  try {
    if (Object.keys(draft.fields).length === 0) storage.removeItem(storageKey(person, caseId));
    else storage.setItem(storageKey(person, caseId), JSON.stringify(draft));
  } catch {
    // The page still holds it and goes on trying to save.
  }
}

export function readDraft(storage: DraftStorage, person: string, caseId: string): Draft {
  try {
    const kept = JSON.parse(storage.getItem(storageKey(person, caseId)) ?? "{}") as Partial<Draft>;
    return { fields: kept.fields ?? {}, sources: kept.sources ?? {} };
  } catch {
    return { fields: {}, sources: {} };
  }
}
