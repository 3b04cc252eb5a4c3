// SPDX-License-Identifier: GPL-3.0-or-later
import assert from "node:assert/strict";
import { test } from "node:test";
import { railOf } from "../agent/rail-plan.js";
import { applyToBoard, nowOf, sealingTrouble } from "../board/board-state.js";
import { applyEvent, casesOf, hasUnfinished, offeredCall } from "../core/call-state.js";
import { conflicts, fieldsOf, keepDraft, missing, readDraft, stillToSave } from "../core/draft.js";
import { charCount, tooLong } from "../core/limits.js";
import { RequestKeys } from "../core/request-key.js";
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

test("a further question is a second case, oldest first, and the newest is the call's", () => {
  const one = item({ opened_at: T });
  const two = item({ case_id: "k2", number: "LI-2026-000002", opened_at: "2026-11-24T03:04:00Z" });
  const call = after({ event: "case", case: two }, { event: "case", case: one }, { event: "case", case: { ...one, version: 2, topic: "baru" } });
  assert.deepEqual(casesOf(call).map((each) => [each.case_id, each.version]), [["k1", 2], ["k2", 1]]);
  assert.equal(call.case?.case_id, "k2");
  assert.equal(hasUnfinished(call), true);
});

test("a guest is called, joins, changes part and leaves", () => {
  const steps = [
    event("guest.invited", { to: "2190", person: "Tuti Contoh", mode: "consult" }),
    event("guest.joined", { to: "2190", mode: "consult" }),
    event("guest.mode_changed", { to: "2190", mode: "conference" }),
    event("guest.left", { to: "2190", reason: "hung_up" }),
  ];
  const parts = steps.map((_, index) => after(...steps.slice(0, index + 1)).guest).map((guest) => guest && [guest.mode, guest.joined_at]);
  assert.deepEqual(parts, [["consult", null], ["consult", T], ["conference", T], null]);
  assert.equal(after(steps[1] as WireEvent).guest, null, "nobody joins who was not invited");
});

test("a transfer is on its way until it fails or the call ends", () => {
  const going = after(event("transfer.started", { to: "2102" }));
  assert.equal(going.transfer_to, "2102");
  assert.equal(applyEvent(going, event("transfer.failed", { to: "2102" })).transfer_to, null);
  assert.equal(applyEvent(going, event("call.ended", { reason: "transferred" })).transfer_to, null);
});

test("a draft survives a broken or full storage", () => {
  const kept = new Map<string, string>();
  const storage = { getItem: (key: string) => kept.get(key) ?? null, setItem: (key: string, value: string) => void kept.set(key, value), removeItem: (key: string) => void kept.delete(key) };
  keepDraft(storage, "ratna", "k1", { fields: { topic: "EFIN" }, sources: {} });
  assert.deepEqual(readDraft(storage, "ratna", "k1").fields, { topic: "EFIN" });
  assert.deepEqual(readDraft(storage, "bagus", "k1").fields, {}, "another person's draft is not mine");
  keepDraft(storage, "ratna", "k1", { fields: {}, sources: {} });
  assert.equal(kept.size, 0);
  const full = { ...storage, setItem: () => { throw new Error("full"); } };
  keepDraft(full, "ratna", "k1", { fields: { topic: "EFIN" }, sources: {} });
  kept.set("kring.draft.ratna.k1", "{broken");
  assert.deepEqual(readDraft(storage, "ratna", "k1"), { fields: {}, sources: {} });
});

test("length is counted as the server counts it", () => {
  assert.equal(tooLong("topic", "x".repeat(200)), null);
  assert.deepEqual(tooLong("topic", ` ${"x".repeat(201)} `), { field: "topic", length: 201, most: 200 });
  assert.equal(charCount("👍👍"), 2);
});

test("a change keeps its key until it is done, another change gets another", () => {
  const keys = new RequestKeys();
  const first = keys.of({ topic: "a" });
  assert.match(first, /^[0-9a-f-]{36}$/);
  assert.equal(keys.of({ topic: "a" }), first);
  assert.notEqual(keys.of({ topic: "b" }), first);
  const again = keys.of({ topic: "b" });
  keys.done();
  assert.notEqual(keys.of({ topic: "b" }), again);
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
  const led = [{ ...entry("escalated"), step: "4" }];
  assert.equal(railOf(item({ state: "escalated", timeline: led })).at(-1)?.step, "4");
  const nothing = railOf(item({ state: "closed", timeline: [{ ...entry("closed"), step: "–" }] }));
  assert.deepEqual(nothing.map((stop) => `${stop.state}:${stop.step}`), ["received:1", "closed:–"]);
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
