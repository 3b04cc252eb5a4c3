// SPDX-License-Identifier: GPL-3.0-or-later
// The live stream: server-sent events with a cursor. After a break it asks for what came since the last id; when
// the server cannot give that any more it says "reset" and the page fetches its state anew. Transport and timers
// are handed in, so that the resume logic is tested without a browser.

import type { WireEvent } from "./types.js";

export interface Source {
  onopen: (() => void) | null;
  onerror: (() => void) | null;
  addEventListener(name: string, listener: (event: { data: string; lastEventId: string }) => void): void;
  close(): void;
}

export interface LiveOptions {
  url: string;
  names: readonly string[];
  open: (url: string) => Source;
  later: (run: () => void, delay_ms: number) => number;
  cancel: (handle: number) => void;
  onEvent: (event: WireEvent) => void;
  onReset: () => Promise<string>;
  onLink: (up: boolean) => void;
  onRefused?: () => void;
}

const FIRST_DELAY_MS = 300;
const MOST_DELAY_MS = 8000;
const TOLD_AFTER_MS = 1500;

/** Delay before attempt n (from 1): doubles up to a limit. */
export function backoff_ms(attempt: number): number {
  return Math.min(MOST_DELAY_MS, FIRST_DELAY_MS * 2 ** Math.max(0, attempt - 1));
}

export class LiveFeed {
  private source: Source | null = null;
  private attempts = 0;
  private retry: number | null = null;
  private silence: number | null = null;
  private stopped = false;

  constructor(
    private readonly options: LiveOptions,
    private cursor: string,
  ) {}

  /** The id to resume after. */
  get position(): string {
    return this.cursor;
  }

  start(): void {
    this.stopped = false;
    this.connect();
  }

  stop(): void {
    this.stopped = true;
    this.source?.close();
    this.source = null;
    this.clear("retry");
    this.clear("silence");
  }

  private clear(which: "retry" | "silence"): void {
    const handle = this[which];
    if (handle !== null) this.options.cancel(handle);
    this[which] = null;
  }

  private connect(): void {
    this.clear("retry");
    if (this.stopped) return;
    const joiner = this.options.url.includes("?") ? "&" : "?";
    const source = this.options.open(`${this.options.url}${joiner}cursor=${encodeURIComponent(this.cursor)}`);
    this.source = source;
    source.onopen = () => this.linked();
    source.onerror = () => this.broken(source);
    for (const name of this.options.names) {
      source.addEventListener(name, (message) => this.received(source, name, message));
    }
    source.addEventListener("reset", () => void this.reset(source));
  }

  private linked(): void {
    this.attempts = 0;
    this.clear("silence");
    this.options.onLink(true);
  }

  private received(source: Source, name: string, message: { data: string; lastEventId: string }): void {
    if (source !== this.source) return;
    if (message.lastEventId) this.cursor = message.lastEventId;
    const fields = JSON.parse(message.data) as Record<string, unknown>;
    this.options.onEvent(name === "case" ? { event: "case", case: fields } : ({ ...fields, event: name } as WireEvent));
  }

  private broken(source: Source): void {
    if (source !== this.source || this.stopped) return;
    source.close();
    this.source = null;
    this.attempts += 1;
    if (this.silence === null) this.silence = this.options.later(() => this.options.onLink(false), TOLD_AFTER_MS);
    if (this.attempts >= 3) this.options.onRefused?.();
    this.retry = this.options.later(() => this.connect(), backoff_ms(this.attempts));
  }

  private async reset(source: Source): Promise<void> {
    if (source !== this.source) return;
    source.close();
    this.source = null;
    try {
      this.cursor = await this.options.onReset();
      this.connect();
    } catch {
      this.attempts += 1;
      this.options.onLink(false);
      this.retry = this.options.later(() => this.connect(), backoff_ms(this.attempts));
    }
  }
}

export const AGENT_EVENTS = [
  "case", "extension.state_changed", "call.offered", "call.answered", "recording.started", "announcement.started",
  "announcement.finished", "call.bridged", "call.held", "call.resumed", "agent.muted", "agent.unmuted",
  "media.measured", "audio.missing", "call.ended", "recording.closed", "segment.finalized", "partial.recognized",
  "transcript.completed", "suggestions.shown", "suggestion.opened", "suggestion.used", "suggestion.rejected",
  "question.answered_without_sikp", "class.proposed",
  "call.progressed", "office", "agent.state", "call.dialled", "guest.invited", "guest.joined", "guest.mode_changed", "guest.left",
  "transfer.started", "transfer.failed", "call.transferred", "dtmf.sent",
] as const;

export const BOARD_EVENTS = [
  ...AGENT_EVENTS.filter((name) => name !== "partial.recognized"),
  "process.started", "process.exited", "worker.measured", "bundle.sealed", "sealing.failed",
] as const;
