// SPDX-License-Identifier: GPL-3.0-or-later
import assert from "node:assert/strict";
import { test } from "node:test";
import { caseTone, clockTime, countdown, decimal, duration, levelSteps, mosTone, score, timer } from "../core/format.js";

const at = (s: number): string => new Date(s * 1000).toISOString();

test("durations and timers", () => {
  assert.deepEqual([0, 59_999, 192_000, 3_792_000, -5].map(duration), ["0:00", "0:59", "3:12", "1:03:12", "0:00"]);
  assert.deepEqual([5_000, 192_000, 711_000, 3_792_000].map(timer), ["00:05", "03:12", "11:51", "1:03:12"]);
});

test("clock times are written with points, in the viewer's zone", () => {
  assert.match(clockTime("2026-11-24T03:42:07Z"), /^\d\d\.\d\d\.07$/);
  assert.match(clockTime("2026-11-24T03:42:07Z", false), /^\d\d\.\d\d$/);
  assert.equal(clockTime("no time"), "–");
});

test("a countdown shows a full second until it is over and says how late it is", () => {
  assert.deepEqual(countdown(1_000_000, at(1000 + 708)), { text: "11:48", late: false });
  assert.deepEqual(countdown(1_000_001, at(1001)), { text: "00:01", late: false });
  assert.deepEqual(countdown(1_060_000, at(1000)), { text: "01:00", late: true });
});

test("a case is calm, then soon at the warning, then late at the deadline", () => {
  const tone = (now_s: number): string => caseTone(now_s * 1000, at(600), at(900));
  assert.deepEqual([599, 600, 899, 900].map(tone), ["calm", "soon", "soon", "late"]);
});

test("numbers", () => {
  assert.deepEqual([decimal(0.42, 1, "id"), decimal(0.42, 1, "en")], ["0,4", "0.4"]);
  assert.deepEqual([0.934, 0.5, 1, 12.34].map(score), [".93", ".50", "1.0", "12.3"]);
  assert.deepEqual([null, -90, -60, -59, -30, -12, 0].map(levelSteps), [0, 0, 0, 1, 4, 5, 5]);
  assert.deepEqual([4.4, 3.6, 3.2, 2.0].map(mosTone), ["calm", "calm", "soon", "late"]);
});
