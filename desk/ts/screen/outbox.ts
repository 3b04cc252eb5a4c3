// SPDX-License-Identifier: GPL-3.0-or-later
// Sends waiting parts one after the other, oldest first, each until the server has it. A part that the server cannot
// use is replaced by the word that it is missing; nothing disappears silently. Network, store and timers are handed in.

import { gapText, plain, type Part } from "./parts.js";
import type { Store } from "./store.js";

/** What became of a part; "forget": the call is not this person's any more. */
export type Fate = "done" | "sealed" | "full" | "refused" | "forget" | "retry";

export interface OutboxHands {
  store: Store;
  person: string;
  send: (part: Part) => Promise<Fate>;
  now: () => number;
  later: (run: () => void, delay_ms: number) => number;
  cancel: (handle: number) => void;
  /** The call takes nothing any more: sealed, full, or not ours. */
  onClosed: (call_id: string, fate: Fate) => void;
  mostBytes?: number;
}

const MOST_WAITING_BYTES = 24 * 1024 * 1024;
const LONGEST_WAIT_MS = 7 * 24 * 3600 * 1000; // the server believes no older part
const FIRST_DELAY_MS = 1000;
const MOST_DELAY_MS = 15_000;

export class Outbox {
  private bytes = 0;
  private attempts = 0;
  private draining: Promise<void> | null = null;
  private retry: number | null = null;
  private stuckSince: number | null = null;
  private more = false; // something was put in while the last look at the store was under way

  private constructor(private readonly hands: OutboxHands) {}

  static async open(hands: OutboxHands): Promise<Outbox> {
    const outbox = new Outbox(hands);
    await hands.store.expire(hands.now() - LONGEST_WAIT_MS);
    outbox.bytes = await hands.store.size();
    return outbox;
  }

  /** True when everything that was put in has arrived. */
  get empty(): boolean {
    return this.bytes === 0;
  }

  /** For how long the server has taken nothing although something waits; 0 while all is well. */
  stuck_ms(): number {
    return this.stuckSince === null ? 0 : this.hands.now() - this.stuckSince;
  }

  /** True when there is room again after it was full: half of it must be free. */
  get roomy(): boolean {
    return this.bytes < (this.hands.mostBytes ?? MOST_WAITING_BYTES) / 2;
  }

  /** Keep a part until it has arrived. False: there is no room; the caller must say that something is missing. */
  async put(part: Part): Promise<boolean> {
    if (!part.gap && this.bytes + part.body.length > (this.hands.mostBytes ?? MOST_WAITING_BYTES)) return false;
    try {
      await this.hands.store.add(part);
    } catch {
      return false; // the browser's own limit
    }
    this.bytes += part.body.length;
    this.more = true;
    if (this.retry === null) void this.drain();
    return true;
  }

  /** Try again at once: the network is back. */
  wake(): void {
    if (this.retry !== null) this.hands.cancel(this.retry);
    this.retry = null;
    void this.drain();
  }

  /** Send what waits; resolves when nothing waits or the server does not answer. */
  drain(): Promise<void> {
    this.draining ??= this.work().finally(() => {
      this.draining = null;
      if (this.more && this.retry === null) void this.drain();
    });
    return this.draining;
  }

  private async work(): Promise<void> {
    for (;;) {
      this.more = false;
      const held = await this.hands.store.first(this.hands.person).catch(() => null);
      if (!held) {
        this.well();
        this.bytes = await this.hands.store.size().catch(() => 0);
        return;
      }
      const fate = await this.hands.send(held.part).catch((): Fate => "retry");
      if (fate === "retry") return this.failed();
      this.well();
      await this.settle(held.key, held.part, fate).catch(() => undefined);
    }
  }

  private async settle(key: number, part: Part, fate: Fate): Promise<void> {
    const { store } = this.hands;
    if (fate === "done") {
      await store.remove(key);
      this.bytes = Math.max(0, this.bytes - part.body.length);
    } else if (fate === "refused" && !part.gap) {
      const body = plain(gapText("refused", part.from_ms, part.to_ms));
      await store.replace({ key, part: { ...part, gap: true, body } });
    } else {
      await store.removeCall(part.call_id);
      this.bytes = await store.size();
      this.hands.onClosed(part.call_id, fate);
    }
  }

  private well(): void {
    this.attempts = 0;
    this.stuckSince = null;
  }

  private failed(): void {
    this.stuckSince ??= this.hands.now();
    const delay_ms = Math.min(MOST_DELAY_MS, FIRST_DELAY_MS * 2 ** this.attempts);
    this.attempts += 1;
    this.retry = this.hands.later(() => this.wake(), delay_ms);
  }
}
