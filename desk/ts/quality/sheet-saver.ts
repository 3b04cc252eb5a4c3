// SPDX-License-Identifier: GPL-3.0-or-later
// Keeps a sheet saved while it is typed. One save runs at a time; what the server has not confirmed lies in the tab's
// storage, so that neither a reload nor a dead server loses a word. Pure of the DOM.

import type { Fields } from "./fields.js";

export interface Stored {
  fields: Fields;
  version: number;
}

export interface SheetHands {
  post: (version: number, fields: Fields) => Promise<{ version: number; saved_at: string }>;
  read: () => Fields;
  later: (run: () => void, delay_ms: number) => number;
  cancel: (handle: number) => void;
  keep: (text: string | null) => void;
  saving: () => void;
  saved: (at: string) => void;
  /** What a refusal means: another text is stored, or whether the same request may work later. */
  judge: (error: unknown) => { stored?: Stored; again: boolean };
  failed: (error: unknown, again: boolean) => void;
  conflict: (stored: Stored, mine: Fields) => void;
}

const PAUSE_MS = 600;
const RETRY_MS = 2500;

export class SheetSaver {
  private timer: number | null = null;
  private running: Promise<boolean> | null = null;
  private stopped = false;

  constructor(
    private readonly hands: SheetHands,
    public version: number,
    private confirmed: string,
  ) {}

  get dirty(): boolean {
    return JSON.stringify(this.hands.read()) !== this.confirmed;
  }

  /** Something was typed. */
  touched(): void {
    if (!this.dirty) return;
    this.hands.keep(JSON.stringify({ version: this.version, fields: this.hands.read() }));
    if (!this.stopped) this.schedule(PAUSE_MS);
  }

  /** Save now; true when the server has all that is typed. */
  async save(): Promise<boolean> {
    this.unschedule();
    if (this.stopped) return false;
    if (this.running) await this.running;
    if (!this.dirty) return true;
    this.running = this.once();
    const done = await this.running;
    this.running = null;
    if (done && this.dirty) this.schedule(PAUSE_MS);
    return done && !this.dirty;
  }

  /** The person has chosen between two texts: go on from the stored version. */
  resolve(stored: Stored): void {
    this.version = stored.version;
    this.confirmed = JSON.stringify(stored.fields);
    this.stopped = false;
    this.touched();
    if (!this.dirty) this.hands.keep(null);
  }

  private async once(): Promise<boolean> {
    const fields = this.hands.read();
    const text = JSON.stringify(fields);
    this.hands.saving();
    try {
      const answer = await this.hands.post(this.version, fields);
      this.version = answer.version;
      this.confirmed = text;
      this.hands.keep(this.dirty ? JSON.stringify({ version: this.version, fields: this.hands.read() }) : null);
      this.hands.saved(answer.saved_at);
      return true;
    } catch (error) {
      this.refused(error, fields);
      return false;
    }
  }

  private refused(error: unknown, mine: Fields): void {
    const { stored, again } = this.hands.judge(error);
    if (stored) {
      this.stopped = true;
      this.hands.conflict(stored, mine);
      return;
    }
    this.hands.failed(error, again);
    if (again) this.schedule(RETRY_MS);
  }

  private schedule(delay_ms: number): void {
    this.unschedule();
    this.timer = this.hands.later(() => void this.save(), delay_ms);
  }

  private unschedule(): void {
    if (this.timer !== null) this.hands.cancel(this.timer);
    this.timer = null;
  }
}
