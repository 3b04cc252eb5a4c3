// SPDX-License-Identifier: GPL-3.0-or-later
import assert from "node:assert/strict";
import { test } from "node:test";
import { railOf } from "../agent/rail-plan.js";
import { applyToBoard, nowOf, sealingTrouble } from "../board/board-state.js";
import { applyEvent, offeredCall } from "../core/call-state.js";
import { conflicts, fieldsOf, missing, stillToSave } from "../core/draft.js";
import type { BoardSnapshot, Case, LiveCall, WireEvent } from "../core/types.js";

const T = "2026-11-24T03:00:00Z";
const event = (name: string, fields: Record<string, unknown> = {}): WireEvent => ({ event: name, at: T, call_id: "c1", ...fields });
const after = (...events: WireEvent[]): LiveCall => events.reduce(applyEvent, offeredCall(event("call.offered", { extension: "2101", caller_number: "0812" })));
const item = (fields: Partial<Case> = {}): Case => ({
  case_id: "k1", call_id: "c1", number: "LI-2026-000001", state: "received", version: 1, opened_at: T, deadline_at: T, warning_at: T,
  question: "", kind: "", topic: "", caller_identity: {}, answer: "", article_id: null, article_version: null, timeline: [], next: [], ...fields,
});

test("a call goes through its states", () => {
  const states = ["call.answered", "recording.started", "call.bridged", "call.held", "call.resumed", "call.ended"].map((_, index, names) =>
    after(...names.slice(0, index + 1).map((name) => event(name, name === "call.ended" ? { reason: "caller_hung_up" } : {}))).state,
  );
  assert.deepEqual(states, ["announcing", "announcing", "talking", "held", "talking", "ended"]);
});

test("events of another call change nothing, not even the object", () => {
  const call = after();
  assert.equal(applyEvent(call, { ...event("call.held"), call_id: "other" }), call);
});

test("a final takes its partial away and a late partial does not come back", () => {
  const words = { leg: "caller", segment: 1, words: [] };
  const call = after(
    event("partial.recognized", { ...words, text: "saya lu", audio_to_ms: 900 }),
    event("segment.finalized", { ...words, text: "saya lupa", start_ms: 0, end_ms: 900, confidence: 1 }),
    event("partial.recognized", { ...words, text: "saya lu", audio_to_ms: 900 }),
  );
  assert.equal(call.partials.caller, null);
  assert.deepEqual(call.segments.map((one) => one.text), ["saya lupa"]);
});

test("an older version of the case never replaces a newer one", () => {
  const call = after({ event: "case", case: item({ version: 4, topic: "baru" }) }, { event: "case", case: item({ version: 3, topic: "lama" }) });
  assert.equal(call.case?.topic, "baru");
});

test("a conflict is only what I changed and somebody else changed differently", () => {
  const base = fieldsOf(item({ question: "a", topic: "t" }));
  const stored = fieldsOf(item({ question: "b", topic: "t", answer: "theirs" }));
  assert.deepEqual(conflicts(base, { question: "mine", topic: "my topic" }, stored), ["question"]);
  assert.deepEqual(conflicts(base, { question: "b" }, stored), []);
  assert.deepEqual(stillToSave({ question: "b", topic: "my topic" }, stored), { topic: "my topic" });
});

test("what a move requires and is not filled", () => {
  const fields = fieldsOf(item({ question: "  ", kind: "information", caller_identity: { npwp_checked: false } }));
  assert.deepEqual(missing(["question", "kind", "caller_identity", "answer", "something_new"], fields), ["question", "caller_identity", "answer"]);
});

test("the rail shows the road taken", () => {
  const entry = (to_state: string) => ({ at: T, step: "", from_state: "", to_state, person: "" });
  const asked = railOf(item({ state: "consulting", timeline: ["recorded", "classified", "searching", "consulting"].map(entry) }));
  assert.deepEqual(asked.map((stop) => `${stop.state}:${stop.status}`), [
    "received:done", "recorded:done", "classified:done", "searching:done", "consulting:now", "answered:ahead", "documented:ahead",
  ]);
  const left = railOf(item({ state: "escalated", timeline: ["recorded", "classified", "escalated"].map(entry) }));
  assert.deepEqual(left.map((stop) => stop.state), ["received", "recorded", "classified", "escalated"]);
  const back = ["recorded", "classified", "escalated", "handling", "calling_back"].map(entry);
  assert.deepEqual(railOf(item({ state: "calling_back", timeline: back })).map((stop) => `${stop.step}:${stop.status}`), [
    "1:done", "2:done", "3:done", "3a:done", "E1:done", "E2:now",
  ]);
});

const board = (): BoardSnapshot => ({
  cursor: "a-1", server_now: T, calls: [], cases: {},
  extensions: [{ number: "2101", state: "ready", agent_name: "Ratna", since: T, call_id: null }],
  today: { answered: 0, abandoned: 0, longest_ringing_s: 0, service_level: null },
  health: { processes: [], asr_lag_s: null, archive_backlog: 0 },
});

test("the board counts ringing and talking calls and forgets ended ones", () => {
  let state = board();
  const step = (one: WireEvent): void => void ({ state } = applyToBoard(state, one));
  step(event("call.offered", { extension: "2101" }));
  step(event("call.offered", { extension: "2101" }));
  assert.deepEqual([nowOf(state.calls).ringing, nowOf(state.calls).talking, state.calls[0]?.agent_name], [1, 0, "Ratna"]);
  step(event("call.answered"));
  assert.deepEqual([nowOf(state.calls).ringing, nowOf(state.calls).talking], [0, 1]);
  step(event("call.ended", { reason: "caller_hung_up" }));
  assert.equal(state.calls.length, 0);
});

test("a call that cannot be sealed is told in words, and asks for a fresh snapshot", () => {
  const health = board().health;
  assert.equal(sealingTrouble(health), null);
  const failed = [{ call_id: "c1", problem: "penuh" }, { call_id: "c2", problem: "lain" }];
  assert.deepEqual(sealingTrouble({ ...health, sealing_failed: failed }), { count: "2", problem: "penuh" });
  assert.equal(applyToBoard(board(), event("sealing.failed", { problem: "penuh" })).stale, true);
});

test("a person's time begins anew only when the state changes", () => {
  const later = "2026-11-24T03:05:00Z";
  const changed = (state: string): string | null =>
    applyToBoard(board(), { event: "extension.state_changed", at: later, extension: "2101", state }).state.extensions[0]?.since ?? null;
  assert.equal(changed("ready"), T);
  assert.equal(changed("talking"), later);
});

test("a proposed class is kept beside the list until another one is proposed", () => {
  const proposed = (kind: string) => event("class.proposed", { kind, probability: 0.9, reasons: ["penafsiran"], question: 1 });
  assert.equal(after().proposed_class, null);
  assert.equal(after(proposed("information"), proposed("interpretation"), event("call.held")).proposed_class?.kind, "interpretation");
});
