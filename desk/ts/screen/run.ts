// SPDX-License-Identifier: GPL-3.0-or-later
// One run of the recorder: moments are gathered for some seconds, compressed and put into the outbox as numbered parts.
// When the outbox is full the run pauses; what was not kept is marked as missing, and a full picture follows.

import type { TextPart } from "./leftovers.js";
import type { Outbox } from "./outbox.js";
import { gapText, gzip, MAX_PART_BYTES, momentsText, plain, type MissedReason, type Part } from "./parts.js";
import type { Moment } from "./recorder.js";

const PART_MS = 5000;
const PART_CHARS = 64 * 1024;
const FULL_PICTURE = 2;
const MOST_FLYING = 64; // parts that the browser has not put away yet; more means that it does not

export interface RunHands {
  outbox: Pick<Outbox, "put">;
  record: (emit: (moment: Moment) => void, fault: () => void) => () => void;
  now: () => number;
  later: (run: () => void, delay_ms: number) => number;
  cancel: (handle: number) => void;
  ahead_ms: () => number;
}

interface Missing {
  reason: MissedReason;
  from_ms: number;
  part: number;
}

export class Run {
  private stopRecorder: (() => void) | null = null;
  private moments: string[] = [];
  private chars = 0;
  private from_ms = 0;
  private to_ms = 0;
  private parts = 0;
  private timer: number | null = null;
  private readonly flying = new Map<number, TextPart>();
  private order: Promise<void> = Promise.resolve();
  private missing: Missing | null = null;

  constructor(
    readonly call_id: string,
    private readonly person: string,
    private readonly page: string,
    private readonly hands: RunHands,
  ) {}

  /** True while nothing is recorded because there is no room for it. */
  get paused(): boolean {
    return this.missing !== null;
  }

  start(): void {
    this.stopRecorder ??= this.hands.record((moment) => this.take(moment), () => this.fault());
  }

  /** Go on after a pause: the hole is marked and a full picture begins the rest. */
  async resume(): Promise<void> {
    const { missing } = this;
    if (!missing) return;
    this.missing = null;
    await this.hands.outbox.put(this.gap(missing));
    this.start();
  }

  /** Stop and hand everything over; the last part says that the log is complete. */
  async end(): Promise<void> {
    this.stop();
    const { missing } = this;
    this.missing = null;
    if (missing) await this.hands.outbox.put({ ...this.gap(missing), last: true });
    else if (this.moments.length > 0 || this.parts > 0) this.cut(true);
    await this.order;
  }

  /** Put what has been gathered on its way. */
  flush(): Promise<void> {
    if (this.moments.length > 0) this.cut(false);
    return this.order;
  }

  /** The page goes away: everything that is not in the outbox yet, as text. */
  abandon(): TextPart[] {
    this.stop();
    const left = [...this.flying.values()];
    if (this.missing) {
      const { body, ...gap } = this.gap(this.missing);
      left.push({ ...gap, text: new TextDecoder().decode(body) });
    } else if (this.moments.length > 0) left.push(this.gathered(false));
    this.moments = [];
    return left;
  }

  private stop(): void {
    this.stopRecorder?.();
    this.stopRecorder = null;
    if (this.timer !== null) this.hands.cancel(this.timer);
    this.timer = null;
  }

  private take(moment: Moment): void {
    if (this.missing) return;
    const text = JSON.stringify(moment);
    if (this.moments.length === 0) this.from_ms = moment.timestamp;
    this.from_ms = Math.min(this.from_ms, moment.timestamp);
    this.to_ms = Math.max(this.to_ms, moment.timestamp);
    this.moments.push(text);
    this.chars += text.length;
    if (this.chars > PART_CHARS || moment.type === FULL_PICTURE) this.cut(false);
    else this.timer ??= this.hands.later(() => this.cut(false), PART_MS);
  }

  private gathered(last: boolean): TextPart {
    const { person, call_id, page, from_ms, to_ms } = this;
    const text = momentsText(this.moments);
    return { person, call_id, page, part: ++this.parts, ahead_ms: this.hands.ahead_ms(), from_ms, to_ms, last, gap: false, text };
  }

  private gap(missing: Missing): Part {
    const { person, call_id, page } = this;
    const { from_ms } = missing;
    const to_ms = Math.max(from_ms, this.hands.now());
    const body = plain(gapText(missing.reason, from_ms, to_ms));
    return { person, call_id, page, part: missing.part, ahead_ms: this.hands.ahead_ms(), from_ms, to_ms, last: false, gap: true, body };
  }

  private cut(last: boolean): void {
    if (this.timer !== null) this.hands.cancel(this.timer);
    this.timer = null;
    if (this.moments.length === 0) {
      // the end of the log must be told even when nothing happened since the last part
      const at = this.hands.now();
      this.moments.push(JSON.stringify({ type: 1, data: {}, timestamp: at }));
      this.from_ms = this.to_ms = at;
    }
    const part = this.gathered(last);
    this.moments = [];
    this.chars = 0;
    this.to_ms = 0;
    if (this.flying.size >= MOST_FLYING) {
      this.pause("storage_full", part);
      return;
    }
    this.flying.set(part.part, part);
    this.order = this.order.then(() => this.send(part)).catch(() => this.pause("recorder_failed", part));
  }

  private async send({ text, ...part }: TextPart): Promise<void> {
    const body = await gzip(text);
    const tooLarge = body.length > MAX_PART_BYTES;
    const ready: Part = tooLarge
      ? { ...part, gap: true, body: plain(gapText("too_large", part.from_ms, part.to_ms)) }
      : { ...part, body };
    const kept = !this.missing && (await this.hands.outbox.put(ready));
    this.flying.delete(part.part);
    if (!kept) this.pause("storage_full", part);
  }

  /** From this part on nothing is kept until there is room; its number becomes the mark of the hole. */
  private pause(reason: MissedReason, part: Omit<Part, "body">): void {
    this.flying.delete(part.part);
    this.missing ??= { reason, from_ms: part.from_ms, part: part.part };
    this.parts = this.missing.part;
    this.moments = [];
    this.stop();
  }

  private fault(): void {
    const at = this.hands.now();
    if (this.missing || this.stopRecorder === null) return;
    this.cut(false);
    const part = { ...this.gathered(false), from_ms: at, to_ms: at };
    this.order = this.order.then(() => this.pause("recorder_failed", part));
  }
}
