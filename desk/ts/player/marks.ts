// SPDX-License-Identifier: GPL-3.0-or-later
// The ruler's spans (announcement, talk, hold) and what was on the agent's screen at an instant, both read from the
// call's own journals. Pure.

import type { Suggestions, WireEvent } from "../core/types.js";

export interface Mark {
  kind: "announcement" | "talk" | "hold";
  start_ms: number;
  end_ms: number;
}

/** Milliseconds on the recording's ruler of an event: its offset, or its time since the recording began. */
export function offsetOf(event: { offset_ms?: number | null; at?: string }, recordingStartedAt: string | null): number | null {
  if (event.offset_ms !== null && event.offset_ms !== undefined) return event.offset_ms;
  if (!event.at || !recordingStartedAt) return null;
  const offset = Date.parse(event.at) - Date.parse(recordingStartedAt);
  return Number.isNaN(offset) ? null : offset;
}

const BEGINS: Record<string, Mark["kind"] | "none"> = {
  "announcement.started": "announcement",
  "announcement.finished": "none",
  "call.bridged": "talk",
  "call.held": "hold",
  "call.resumed": "talk",
  "call.ended": "none",
};

/** Spans in time order, without gaps of their own making: a span lasts until the next change or the end. */
export function marksOf(events: WireEvent[], recordingStartedAt: string | null, duration_ms: number): Mark[] {
  const marks: Mark[] = [];
  let open: { kind: Mark["kind"]; start_ms: number } | null = null;
  const close = (end_ms: number): void => {
    if (open && end_ms > open.start_ms) marks.push({ ...open, end_ms });
    open = null;
  };
  for (const event of events) {
    const kind = BEGINS[event.event];
    const at = offsetOf(event, recordingStartedAt);
    if (!kind || at === null) continue;
    close(Math.min(at, duration_ms));
    if (kind !== "none") open = { kind, start_ms: Math.max(0, at) };
  }
  close(duration_ms);
  return marks;
}

export interface Shown extends Suggestions {
  offset: number;
}

/** The suggestion lists with their place on the ruler, oldest first; what came after the last word sits at its end. */
export function shownLists(events: WireEvent[], recordingStartedAt: string | null, duration_ms: number): Shown[] {
  return events
    .filter((event) => event.event === "suggestions.shown")
    .map((event) => ({ ...(event as unknown as Suggestions), offset: Math.min(offsetOf(event, recordingStartedAt) ?? 0, duration_ms) }))
    .sort((a, b) => a.offset - b.offset);
}

/** What became of an article by this instant: "used", "rejected", "opened" or "". */
export function fateOf(events: WireEvent[], articleId: string, at_ms: number, recordingStartedAt: string | null): string {
  let fate = "";
  for (const event of events) {
    const name = event.event.startsWith("suggestion.") ? event.event.slice("suggestion.".length) : "";
    if (!name || event["article_id"] !== articleId) continue;
    const offset = offsetOf(event, recordingStartedAt);
    if (offset === null || offset <= at_ms) fate = fate === "used" ? fate : name;
  }
  return fate;
}
