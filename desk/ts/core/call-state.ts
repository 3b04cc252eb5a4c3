// SPDX-License-Identifier: GPL-3.0-or-later
// What each event of the stream does to a live call: the same facts the server folds into its snapshot, so that a
// page fed by events and a page fed by a snapshot show the same. Pure: returns a new call, never changes the old.

import { addSegment, partialIsNews } from "./transcript.js";
import type { Case, Guest, GuestMode, Leg, LiveCall, Media, ProposedClass, Unfinished, Segment, Suggestions, WireEvent } from "./types.js";

export function offeredCall(event: WireEvent, agentName = ""): LiveCall {
  return {
    call_id: String(event.call_id ?? ""),
    extension: String(event["extension"] ?? ""),
    agent_name: agentName,
    caller_number: String(event["caller_number"] ?? ""),
    caller_name: String(event["caller_name"] ?? ""),
    direction: event["direction"] === "out" ? "out" : "in",
    guest: null,
    transfer_to: null,
    handed_to: null,
    state: "ringing",
    offered_at: event.at ?? "",
    answered_at: null,
    recording_started_at: null,
    muted: false,
    end_reason: null,
    segments: [],
    partials: { caller: null, agent: null },
    suggestions: null,
    proposed_class: null,
    case: null,
    cases: [],
    media: { caller: null, agent: null },
    last_word_at: null,
    recording: false,
    last_text: "",
  };
}

type Change = (call: LiveCall, event: WireEvent) => Partial<LiveCall>;

const withLeg = <T>(pair: { caller: T; agent: T }, leg: Leg, value: T): { caller: T; agent: T } => ({ ...pair, [leg]: value });

function segmentFinalized(call: LiveCall, event: WireEvent): Partial<LiveCall> {
  const segment = event as unknown as Segment;
  const segments = addSegment(call.segments, segment);
  const open = call.partials[segment.leg];
  const kept = open && partialIsNews(segments, open) ? open : null;
  return {
    segments,
    partials: withLeg(call.partials, segment.leg, kept),
    last_text: segment.written || segment.text,
    last_word_at: event.at ?? call.last_word_at,
  };
}

function partialRecognized(call: LiveCall, event: WireEvent): Partial<LiveCall> {
  const partial = event as unknown as Unfinished;
  if (!partialIsNews(call.segments, partial)) return {};
  const said = partial.text.trim() !== "" && partial.text !== call.partials[partial.leg]?.text;
  return {
    partials: withLeg(call.partials, partial.leg, partial),
    ...(said ? { last_word_at: event.at ?? call.last_word_at } : {}),
  };
}

function withGuest(call: LiveCall, now: Partial<Guest>): Partial<LiveCall> {
  return call.guest ? { guest: { ...call.guest, ...now } } : {};
}

function invitedGuest(event: WireEvent): Guest {
  return {
    to: String(event["to"] ?? ""),
    person: String(event["person"] ?? ""),
    mode: event["mode"] as GuestMode,
    invited_at: event.at ?? "",
    joined_at: null,
  };
}

/** All cases of a call, oldest first; a server that names only the newest gives that one. */
export function casesOf(call: Pick<LiveCall, "case" | "cases">): Case[] {
  if (call.cases && call.cases.length > 0) return call.cases;
  return call.case ? [call.case] : [];
}

/** A case that is new or newer takes its place among the call's; an older version changes nothing. */
function caseChanged(call: LiveCall, event: WireEvent): Partial<LiveCall> {
  const fresh = event["case"] as Case;
  const known = casesOf(call);
  if (known.some((one) => one.case_id === fresh.case_id && one.version > fresh.version)) return {};
  const cases = [...known.filter((one) => one.case_id !== fresh.case_id), fresh];
  cases.sort((a, b) => Date.parse(a.opened_at) - Date.parse(b.opened_at) || a.number.localeCompare(b.number));
  return { cases, case: cases.at(-1) ?? null };
}

const CHANGES: Record<string, Change> = {
  "call.answered": (_call, event) => ({ state: "announcing", answered_at: event.at ?? null }),
  "recording.started": (_call, event) => ({ recording: true, recording_started_at: event.at ?? null }),
  "announcement.started": () => ({ state: "announcing" }),
  "call.bridged": () => ({ state: "talking" }),
  "call.held": () => ({ state: "held" }),
  "call.resumed": () => ({ state: "talking" }),
  "agent.muted": () => ({ muted: true }),
  "agent.unmuted": () => ({ muted: false }),
  "guest.invited": (_call, event) => ({ guest: invitedGuest(event) }),
  "guest.joined": (call, event) => withGuest(call, { joined_at: event.at ?? null }),
  "guest.mode_changed": (call, event) => withGuest(call, { mode: event["mode"] as GuestMode }),
  "guest.left": () => ({ guest: null }),
  "transfer.started": (_call, event) => ({ transfer_to: String(event["to"] ?? "") }),
  "transfer.failed": () => ({ transfer_to: null }),
  "call.transferred": (call, event) => ({
    transfer_to: null,
    handed_to: String(event["to"] ?? ""),
    ...withGuest(call, { mode: "conference" }),
  }),
  "media.measured": (call, event) => {
    const media = event as unknown as Media;
    return { media: withLeg(call.media, media.leg, media) };
  },
  "call.ended": (_call, event) => ({
    state: "ended",
    end_reason: String(event["reason"] ?? ""),
    muted: false,
    guest: null,
    transfer_to: null,
  }),
  "recording.closed": () => ({ recording: false }),
  "segment.finalized": segmentFinalized,
  "partial.recognized": partialRecognized,
  "suggestions.shown": (_call, event) => ({ suggestions: event as unknown as Suggestions }),
  "class.proposed": (_call, event) => ({ proposed_class: event as unknown as ProposedClass }),
  case: caseChanged,
};

/** True when the event is about this call (a "case" event carries its call inside). */
export function concerns(call: LiveCall, event: WireEvent): boolean {
  if (event.event !== "case") return event.call_id === call.call_id;
  const fresh = event["case"] as Case;
  return fresh.call_id === call.call_id || casesOf(call).some((one) => one.case_id === fresh.case_id);
}

/** The call after the event; the same object when nothing changed. */
export function applyEvent(call: LiveCall, event: WireEvent): LiveCall {
  if (!concerns(call, event)) return call;
  const change = CHANGES[event.event]?.(call, event) ?? {};
  return Object.keys(change).length > 0 ? { ...call, ...change } : call;
}

/** States in which the escalation has the case. */
export const ESCALATED_STATES = new Set(["escalated", "handling", "calling_back", "resolved"]);
/** States after which the agent has nothing left to document. */
export const FINISHED_STATES = new Set(["documented", "closed", ...ESCALATED_STATES]);

/** True while something of the call is left to document. */
export const hasUnfinished = (call: LiveCall): boolean => casesOf(call).some((one) => !FINISHED_STATES.has(one.state));

/** Since when the call is in its present phase, for the timer: ringing from the offer, else from the answer. */
export function phaseStart(call: LiveCall): string {
  return call.state === "ringing" || !call.answered_at ? call.offered_at : call.answered_at;
}
