// SPDX-License-Identifier: GPL-3.0-or-later
// Where nobody speaks, read off the stored peaks of both voices, for "skip silence". Pure.

import type { Peaks } from "../core/types.js";

export interface Span {
  start_ms: number;
  end_ms: number;
}

const LOUD = 0.02;
const SHORTEST_MS = 1500;
const LEAD_IN_MS = 300;

/** Spans of at least 1.5 s in which both voices stay below the threshold (0..1 of full scale), oldest first. */
export function silences(peaks: Peaks, loud = LOUD, shortest_ms = SHORTEST_MS): Span[] {
  const step_ms = (peaks.samples_per_peak * 1000) / peaks.sample_rate_hz;
  const length = Math.max(peaks.caller.length, peaks.agent.length);
  const found: Span[] = [];
  let from = -1;
  for (let index = 0; index <= length; index += 1) {
    const level = Math.max(Math.abs(peaks.caller[index] ?? 0), Math.abs(peaks.agent[index] ?? 0));
    const quiet = index < length && level < loud;
    if (quiet && from < 0) from = index;
    if (!quiet && from >= 0) {
      if ((index - from) * step_ms >= shortest_ms) found.push({ start_ms: from * step_ms, end_ms: index * step_ms });
      from = -1;
    }
  }
  return found;
}

/** Where playback should jump to from an instant, or null when it is not inside a silence worth skipping. */
export function skipTarget(spans: Span[], at_ms: number): number | null {
  const inside = spans.find((span) => at_ms >= span.start_ms + LEAD_IN_MS && at_ms < span.end_ms - LEAD_IN_MS);
  return inside ? inside.end_ms - LEAD_IN_MS : null;
}
