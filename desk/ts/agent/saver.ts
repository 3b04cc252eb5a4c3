// SPDX-License-Identifier: GPL-3.0-or-later
// Saving a case while the agent types: one request at a time, retried until the server has it, the draft kept in the
// tab until then. A version conflict is not decided here: the form shows both texts and the agent chooses.

import { api, ApiError, wordsOf } from "../core/api.js";
import { conflicts, fieldsOf, keepDraft, readDraft, stillToSave, type CaseFields, type FieldName } from "../core/draft.js";
import { clockTime } from "../core/format.js";
import { t } from "../core/page.js";
import type { Case } from "../core/types.js";

const PAUSE_MS = 600;
const RETRY_MS = 3000;

export interface SaverHands {
  status: (words: string, tone: "good" | "soon" | "late") => void;
  conflict: (names: FieldName[], mine: Partial<CaseFields>, stored: CaseFields) => void;
  stored: (item: Case) => void;
}

export class Saver {
  private base: Case | null = null;
  private mine: Partial<CaseFields> = {};
  private timer = 0;
  private running: Promise<void> | null = null;
  private asked: FieldName[] = [];
  private sent: Partial<CaseFields> = {};

  constructor(private readonly hands: SaverHands) {}

  /** Take up a case. Returns my unsaved changes to it, if this tab still holds some. */
  take(item: Case): Partial<CaseFields> {
    this.base = item;
    this.asked = [];
    this.mine = stillToSave(readDraft(sessionStorage, item.case_id), fieldsOf(item));
    if (Object.keys(this.mine).length > 0) this.plan(0);
    return this.mine;
  }

  /** A newer version of the case arrived from elsewhere. Fields that I am changing stay mine. */
  refresh(item: Case): void {
    if (!this.base || item.case_id !== this.base.case_id || item.version <= this.base.version) return;
    const known = { ...fieldsOf(this.base), ...this.sent }; // what we sent ourselves comes back as news, too
    const clashing = conflicts(known, this.mine, fieldsOf(item));
    this.base = item;
    this.mine = stillToSave(this.mine, fieldsOf(item));
    if (clashing.length > 0) this.ask(clashing);
  }

  /** True while the agent has not chosen between two texts; the other fields go on being saved. */
  get undecided(): boolean {
    return this.asked.length > 0;
  }

  private decided(): Partial<CaseFields> {
    return Object.fromEntries(Object.entries(this.mine).filter(([name]) => !this.asked.includes(name as FieldName)));
  }

  isMine(name: FieldName): boolean {
    return name in this.mine;
  }

  get pending(): Partial<CaseFields> {
    return this.mine;
  }

  change(fields: Partial<CaseFields>): void {
    if (!this.base) return;
    this.mine = stillToSave({ ...this.mine, ...fields }, fieldsOf(this.base));
    keepDraft(sessionStorage, this.base.case_id, this.mine);
    if (Object.keys(this.mine).length === 0) return;
    if (!this.undecided) this.hands.status(t("saving"), "soon");
    this.plan(PAUSE_MS);
  }

  /** The agent chose between the two texts of a conflict. */
  decide(keepMine: boolean, names: FieldName[]): void {
    if (!keepMine) this.mine = Object.fromEntries(Object.entries(this.mine).filter(([name]) => !names.includes(name as FieldName)));
    this.asked = [];
    if (this.base) keepDraft(sessionStorage, this.base.case_id, this.mine);
    this.plan(0);
  }

  private plan(pause_ms: number): void {
    window.clearTimeout(this.timer);
    this.timer = window.setTimeout(() => void this.flush(), pause_ms);
  }

  /** Save now whatever is unsaved; resolves when the attempt is over. */
  async flush(): Promise<void> {
    window.clearTimeout(this.timer);
    while (this.running) await this.running;
    const fields = this.decided();
    if (!this.base || Object.keys(fields).length === 0) return;
    this.running = this.send(this.base, fields);
    try {
      await this.running;
    } finally {
      this.running = null;
    }
  }

  private async send(item: Case, fields: Partial<CaseFields>): Promise<void> {
    const url = `/api/cases/${encodeURIComponent(item.case_id)}/save`;
    this.sent = fields;
    try {
      const saved = await api.post<{ version: number; saved_at: string }>(url, { version: item.version, fields });
      if (this.base?.case_id !== item.case_id) return;
      this.base = { ...this.base, ...fields, version: Math.max(saved.version, this.base.version) } as Case;
      this.mine = stillToSave(this.mine, fieldsOf(this.base));
      keepDraft(sessionStorage, item.case_id, this.mine);
      this.hands.stored(this.base);
      if (!this.undecided) this.hands.status(t("saved_at", { time: clockTime(saved.saved_at) }), "good");
      if (Object.keys(this.decided()).length > 0) this.plan(PAUSE_MS);
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
    if (!this.base) throw new ApiError(0, "no_case", t("no_case"));
    const fields = { ...this.mine, ...extra };
    const url = `/api/cases/${encodeURIComponent(this.base.case_id)}/transition`;
    this.sent = fields;
    try {
      const answer = await api.post<{ case: Case }>(url, { version: this.base.version, to, fields });
      this.base = answer.case;
      this.mine = stillToSave(this.mine, fieldsOf(answer.case));
      keepDraft(sessionStorage, answer.case.case_id, this.mine);
      this.hands.status(t("saved_at", { time: clockTime(Date.now()) }), "good");
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
    if (error instanceof ApiError && error.status === 409 && stored && this.base) {
      const clashing = conflicts(fieldsOf(this.base), this.mine, fieldsOf(stored));
      this.base = stored;
      this.mine = stillToSave(this.mine, fieldsOf(stored));
      this.hands.stored(stored);
      if (clashing.length > 0) this.ask(clashing);
      else this.plan(0);
      return;
    }
    const transient = error instanceof ApiError && (error.status === 0 || error.status >= 500);
    this.hands.status(transient ? t("not_saved_retry") : t("not_saved", { why: wordsOf(error) }), "late");
    if (transient) this.plan(RETRY_MS);
  }

  private ask(names: FieldName[]): void {
    if (!this.base) return;
    this.asked = names;
    this.hands.status(t("conflict_status"), "late");
    this.hands.conflict(names, this.mine, fieldsOf(this.base));
  }
}
