// SPDX-License-Identifier: GPL-3.0-or-later
// What each event does to the wallboard. Calls, people and case clocks move with the events; figures of the day and
// of health come with the next snapshot, which an event of their kind asks for. Pure.

import { applyEvent, FINISHED_STATES, offeredCall } from "../core/call-state.js";
import type { BoardSnapshot, Case, LiveCall, WireEvent } from "../core/types.js";

export interface BoardChange {
  state: BoardSnapshot;
  stale: boolean;
}

const STALE = new Set(["call.offered", "call.answered", "call.ended", "case", "bundle.sealed", "sealing.failed", "process.started", "process.exited"]);

function withExtension(state: BoardSnapshot, event: WireEvent): BoardSnapshot {
  const extensions = state.extensions.map((one) => {
    if (one.number !== event["extension"]) return one;
    const fresh = String(event["state"]);
    const since = fresh === one.state ? one.since : (event.at ?? one.since);
    return { ...one, state: fresh, since, call_id: String(event.call_id ?? "") || null };
  });
  return { ...state, extensions };
}

function withCalls(state: BoardSnapshot, event: WireEvent): BoardSnapshot {
  if (event.event === "call.offered") {
    if (state.calls.some((call) => call.call_id === event.call_id)) return state;
    const agent = state.extensions.find((one) => one.number === event["extension"])?.agent_name ?? "";
    return { ...state, calls: [...state.calls, offeredCall(event, agent)] };
  }
  const calls = state.calls.map((call) => forBoard(applyEvent({ ...call, segments: call.segments ?? [], partials: call.partials ?? { caller: null, agent: null } }, event)));
  return { ...state, calls: calls.filter((call) => call.state !== "ended") };
}

/** The board keeps no transcript: only the last words. */
function forBoard(call: LiveCall): LiveCall {
  return call.segments.length > 0 ? { ...call, segments: [] } : call;
}

function withCase(state: BoardSnapshot, item: Case): BoardSnapshot {
  const open = (state.open_cases ?? []).map((one) => (one.case_id === item.case_id ? { ...one, state: item.state } : one));
  return { ...state, open_cases: open.filter((one) => !FINISHED_STATES.has(one.state)) };
}

export function applyToBoard(state: BoardSnapshot, event: WireEvent): BoardChange {
  let next = state;
  if (event.event === "extension.state_changed") next = withExtension(state, event);
  else if (event.event === "case") next = withCase(withCalls(state, event), event["case"] as Case);
  else if (event.call_id) next = withCalls(state, event);
  return { state: next, stale: STALE.has(event.event) };
}

/** What keeps calls from being sealed, in words; null when nothing does. The oldest call's problem speaks for all. */
export function sealingTrouble(health: BoardSnapshot["health"]): { count: string; problem: string } | null {
  const failed = health.sealing_failed ?? [];
  const first = failed[0];
  return first ? { count: String(failed.length), problem: first.problem } : null;
}

export interface Now {
  talking: number;
  ringing: number;
  longestTalk: string | null;
  longestRing: string | null;
}

/** Counts of this moment and the oldest instants, for timers that run by themselves. */
export function nowOf(calls: LiveCall[]): Now {
  const oldest = (instants: string[]): string | null => instants.sort()[0] ?? null;
  const ringing = calls.filter((call) => call.state === "ringing");
  const talking = calls.filter((call) => call.state !== "ringing" && call.state !== "ended");
  return {
    talking: talking.length,
    ringing: ringing.length,
    longestTalk: oldest(talking.map((call) => call.answered_at ?? call.offered_at)),
    longestRing: oldest(ringing.map((call) => call.offered_at)),
  };
}
