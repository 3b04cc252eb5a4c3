// SPDX-License-Identifier: GPL-3.0-or-later
// Saving one case while the agent types: one request at a time, retried until the server has it, the draft kept in the
// browser until then. A version conflict is not decided here: the form shows both texts and the agent chooses.

import { api, ApiError, wordsOf } from "../core/api.js";
import { conflicts, fieldsOf, keepDraft, readDraft, stillToSave, type CaseFields, type FieldName, type Sources } from "../core/draft.js";
import { clockTime } from "../core/format.js";
import { tooLong, type TooLong } from "../core/limits.js";
import { named, page, t } from "../core/page.js";
import { RequestKeys } from "../core/request-key.js";
import type { AgentSnapshot, Case, Source } from "../core/types.js";

const PAUSE_MS = 600;
const RETRY_MS = 3000;

const person = (): string => (page["snapshot"] as AgentSnapshot | undefined)?.person.username ?? "";

export interface SaverHands {
  status: (words: string, tone: "good" | "soon" | "late") => void;
  conflict: (names: FieldName[], mine: Partial<CaseFields>, stored: CaseFields) => void;
  stored: (item: Case) => void;
}

/** The texts among these fields that are longer than the server takes. */
export function overlong(fields: Partial<CaseFields>): TooLong[] {
  const found = (["question", "topic", "answer"] as const).map((name) => tooLong(name, fields[name] ?? ""));
  return [...found, tooLong("caller_name", fields.caller_identity?.name ?? "")].filter((one): one is TooLong => one !== null);
}

export const overlongWords = (one: TooLong): string => t("too_long", { field: named("field", one.field), length: one.length, most: one.most });

export class Saver {
  private mine: Partial<CaseFields> = {};
  private sources: Sources = {};
  private timer = 0;
  private running: Promise<void> | null = null;
  private asked: FieldName[] = [];
  private sent: Partial<CaseFields> = {};
  private told: [string, "good" | "soon" | "late"] = [t("saves_itself"), "good"];
  private readonly keys = new RequestKeys();

  constructor(
    private base: Case,
    private readonly hands: SaverHands,
  ) {
    const draft = readDraft(localStorage, person(), base.case_id);
    this.mine = stillToSave(draft.fields, fieldsOf(base));
    this.sources = draft.sources;
    if (Object.keys(this.mine).length > 0) this.plan(0);
  }

  /** The case is on the screen (again): say how it stands. */
  shown(): void {
    this.hands.status(...this.told);
    if (this.undecided) this.hands.conflict(this.asked, this.mine, fieldsOf(this.base));
  }

  /** A newer version of the case arrived from elsewhere. Fields that I am changing stay mine. */
  refresh(item: Case): void {
    if (item.version <= this.base.version) return;
    const known = { ...fieldsOf(this.base), ...this.sent }; // what we sent ourselves comes back as news, too
    const clashing = conflicts(known, this.mine, fieldsOf(item));
    this.base = item;
    const waited = Object.keys(this.mine).length > 0;
    this.mine = stillToSave(this.mine, fieldsOf(item));
    if (waited && Object.keys(this.mine).length === 0) this.settled(); // sent by the page that was left; its answer was lost
    if (clashing.length > 0) this.ask(clashing);
  }

  private settled(): void {
    window.clearTimeout(this.timer);
    this.keep();
    this.say(t("saved_at", { time: clockTime(Date.now()) }), "good");
  }

  /** True while the agent has not chosen between two texts; the other fields go on being saved. */
  get undecided(): boolean {
    return this.asked.length > 0;
  }

  /** What may be sent: not what waits for a choice, not what is too long. */
  private ready(): Partial<CaseFields> {
    const held = new Set<string>([...this.asked, ...overlong(this.mine).map((one) => (one.field === "caller_name" ? "caller_identity" : one.field))]);
    return Object.fromEntries(Object.entries(this.mine).filter(([name]) => !held.has(name)));
  }

  isMine(name: FieldName): boolean {
    return name in this.mine;
  }

  get pending(): Partial<CaseFields> {
    return this.mine;
  }

  /** Where a field's text comes from, as far as this page knows. */
  sourceOf(name: FieldName): Source | null {
    return this.sources[name] ?? (name in this.mine ? null : (this.base.sources?.[name] ?? null));
  }

  /** Take changes of fields; each field's source is the one given with it, or none. */
  change(fields: Partial<CaseFields>, sources: Sources = {}): void {
    this.mine = stillToSave({ ...this.mine, ...fields }, fieldsOf(this.base));
    for (const name of Object.keys(fields) as FieldName[]) {
      if (sources[name]) this.sources[name] = sources[name];
      else delete this.sources[name];
    }
    this.keep();
    const [long] = overlong(this.mine);
    if (long) this.say(overlongWords(long), "late");
    if (Object.keys(this.ready()).length === 0) return;
    if (!this.undecided && !long) this.say(t("saving"), "soon");
    this.plan(PAUSE_MS);
  }

  /** The agent chose between the two texts of a conflict. */
  decide(keepMine: boolean, names: FieldName[]): void {
    if (!keepMine) this.mine = Object.fromEntries(Object.entries(this.mine).filter(([name]) => !names.includes(name as FieldName)));
    this.asked = [];
    this.keep();
    this.plan(0);
  }

  private keep(): void {
    keepDraft(localStorage, person(), this.base.case_id, { fields: this.mine, sources: this.sources });
  }

  private say(words: string, tone: "good" | "soon" | "late"): void {
    this.told = [words, tone];
    this.hands.status(words, tone);
  }

  private plan(pause_ms: number): void {
    window.clearTimeout(this.timer);
    this.timer = window.setTimeout(() => void this.flush(), pause_ms);
  }

  /** Save now whatever is unsaved; resolves when the attempt is over. */
  async flush(): Promise<void> {
    window.clearTimeout(this.timer);
    while (this.running) await this.running;
    const fields = this.ready();
    if (Object.keys(fields).length === 0) return;
    this.running = this.send(fields);
    try {
      await this.running;
    } finally {
      this.running = null;
    }
  }

  private sourcesFor(fields: Partial<CaseFields>): { sources?: Sources } {
    if (this.base.sources === undefined) return {}; // a server that does not keep them
    return { sources: Object.fromEntries(Object.entries(this.sources).filter(([name]) => name in fields)) as Sources };
  }

  private async send(fields: Partial<CaseFields>): Promise<void> {
    const url = `/api/cases/${encodeURIComponent(this.base.case_id)}/save`;
    const content: { fields: Partial<CaseFields>; sources?: Sources } = { fields, ...this.sourcesFor(fields) };
    this.sent = fields;
    try {
      const saved = await api.post<{ version: number; saved_at: string }>(url, { version: this.base.version, ...content, request_key: this.keys.of(content) });
      this.keys.done();
      const sources = { ...this.base.sources, ...content.sources };
      this.base = { ...this.base, ...fields, ...(this.base.sources ? { sources } : {}), version: Math.max(saved.version, this.base.version) } as Case;
      this.mine = stillToSave(this.mine, fieldsOf(this.base));
      this.keep();
      this.hands.stored(this.base);
      const [long] = overlong(this.mine);
      if (long) this.say(overlongWords(long), "late");
      else if (!this.undecided) this.say(t("saved_at", { time: clockTime(saved.saved_at) }), "good");
      if (Object.keys(this.ready()).length > 0) this.plan(PAUSE_MS);
    } catch (error) {
      this.failed(error);
    } finally {
      this.sent = {};
    }
  }

  /** Move the case on with everything typed so far. Throws ApiError when the procedure refuses. */
  async transition(to: string, extra: Partial<CaseFields> = {}): Promise<Case> {
    window.clearTimeout(this.timer);
    while (this.running) await this.running;
    const fields = { ...this.mine, ...extra };
    const url = `/api/cases/${encodeURIComponent(this.base.case_id)}/transition`;
    const content = { to, fields, ...this.sourcesFor(fields) };
    this.sent = fields;
    try {
      const answer = await api.post<{ case: Case }>(url, { version: this.base.version, ...content, request_key: this.keys.of(content) });
      this.keys.done();
      this.base = answer.case;
      this.mine = stillToSave(this.mine, fieldsOf(answer.case));
      this.keep();
      this.say(t("saved_at", { time: clockTime(Date.now()) }), "good");
      return answer.case;
    } catch (error) {
      if (error instanceof ApiError && error.status === 409) this.failed(error);
      throw error;
    } finally {
      this.sent = {};
    }
  }

  private failed(error: unknown): void {
    const stored = error instanceof ApiError ? (error.body["case"] as Case | undefined) : undefined;
    if (error instanceof ApiError && error.status === 409 && stored) {
      this.keys.done();
      const clashing = conflicts(fieldsOf(this.base), this.mine, fieldsOf(stored));
      this.base = stored;
      this.mine = stillToSave(this.mine, fieldsOf(stored));
      this.hands.stored(stored);
      if (clashing.length > 0) this.ask(clashing);
      else this.plan(0);
      return;
    }
    if (Object.keys(this.mine).length === 0) return this.settled(); // the news says that all of it is stored
    const transient = error instanceof ApiError && (error.status === 0 || error.status >= 500);
    this.say(transient ? t("not_saved_retry") : t("not_saved", { why: wordsOf(error) }), "late");
    if (transient) this.plan(RETRY_MS);
  }

  private ask(names: FieldName[]): void {
    this.asked = names;
    this.say(t("conflict_status"), "late");
    this.hands.conflict(names, this.mine, fieldsOf(this.base));
  }
}
