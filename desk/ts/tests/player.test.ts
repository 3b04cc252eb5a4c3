// SPDX-License-Identifier: GPL-3.0-or-later
import assert from "node:assert/strict";
import { test } from "node:test";
import type { WireEvent } from "../core/types.js";
import { fateOf, marksOf, offsetOf, shownLists } from "../player/marks.js";
import { silences, skipTarget } from "../player/silence.js";

const START = "2026-11-24T03:00:00Z";
const event = (name: string, offset_ms: number | null, fields: Record<string, unknown> = {}): WireEvent => ({ event: name, offset_ms, ...fields });

test("silence is where both voices are quiet for long enough", () => {
  const caller = [...Array<number>(10).fill(0.3), ...Array<number>(30).fill(0), ...Array<number>(10).fill(0.3)];
  const agent = [...Array<number>(15).fill(0.2), ...Array<number>(35).fill(0.001)];
  const found = silences({ sample_rate_hz: 8000, samples_per_peak: 800, caller, agent });
  assert.deepEqual(found, [{ start_ms: 1500, end_ms: 4000 }]);
  assert.deepEqual([1400, 1800, 3600, 3800].map((at) => skipTarget(found, at)), [null, 3700, 3700, null]);
  assert.deepEqual(silences({ sample_rate_hz: 8000, samples_per_peak: 800, caller: [], agent: [] }), []);
});

test("the ruler's spans follow the call's events and end with the recording", () => {
  const marks = marksOf(
    [event("announcement.started", 100), event("announcement.finished", 2500), event("call.bridged", 2600), event("call.held", 9000), event("call.resumed", 12_000)],
    START,
    20_000,
  );
  assert.deepEqual(marks, [
    { kind: "announcement", start_ms: 100, end_ms: 2500 },
    { kind: "talk", start_ms: 2600, end_ms: 9000 },
    { kind: "hold", start_ms: 9000, end_ms: 12_000 },
    { kind: "talk", start_ms: 12_000, end_ms: 20_000 },
  ]);
});

test("an event without an offset is placed by its time", () => {
  assert.equal(offsetOf({ at: "2026-11-24T03:00:05.500Z" }, START), 5500);
  assert.equal(offsetOf({ offset_ms: 0, at: "2026-11-24T03:00:05Z" }, START), 0);
  assert.equal(offsetOf({ at: START }, null), null);
});

test("what was shown and what became of it, up to an instant", () => {
  const events = [
    event("suggestions.shown", 90_000, { articles: [] }),
    event("suggestions.shown", 4000, { articles: [] }),
    event("suggestion.opened", 5000, { article_id: "lupa-efin" }),
    event("suggestion.used", 8000, { article_id: "lupa-efin" }),
    event("suggestion.opened", 9000, { article_id: "lupa-efin" }),
  ];
  assert.deepEqual(shownLists(events, START, 60_000).map((one) => one.offset), [4000, 60_000]);
  assert.deepEqual([1000, 6000, 8000, 9500].map((at) => fateOf(events, "lupa-efin", at, START)), ["", "opened", "used", "used"]);
});
