// SPDX-License-Identifier: GPL-3.0-or-later
// The procedure as a rail of steps (LIP20-0015 section G): which are done, which is now, which lie ahead. Pure.

import { ESCALATED_STATES } from "../core/call-state.js";
import type { Case } from "../core/types.js";

export interface Stop {
  state: string;
  step: string;
  status: "done" | "now" | "ahead";
  at: string | null;
}

const MAIN = ["received", "recorded", "classified", "searching", "answered", "documented"];
const STEPS: Record<string, string> = {
  received: "1", recorded: "2", classified: "3", searching: "3b", answered: "3c", documented: "6",
  consulting: "3d", escalated: "3a", handling: "E1", calling_back: "E2", resolved: "E3", closed: "8",
};

/** The stops to draw: the usual road, with consultation or escalation put in where the case took it. */
export function railOf(item: Pick<Case, "state" | "timeline" | "opened_at">): Stop[] {
  const reached = new Map<string, string>([["received", item.opened_at]]);
  const steps = { ...STEPS };
  for (const entry of item.timeline) {
    reached.set(entry.to_state, entry.at);
    if (entry.step) steps[entry.to_state] = entry.step; // the way it really came: 3a or 4, 3c or 5
  }
  if (item.state === "closed" && !reached.has("documented") && !reached.has("resolved")) {
    return [...reached].filter(([state]) => state !== "closed").map(([state, at]): Stop => ({ state, step: steps[state] ?? "", status: "done", at }))
      .concat({ state: "closed", step: steps["closed"] ?? "", status: "now", at: reached.get("closed") ?? null });
  }
  const stops = [...MAIN];
  if (reached.has("consulting") || item.state === "consulting") stops.splice(stops.indexOf("answered"), 0, "consulting");
  if (reached.has("escalated") || item.state === "escalated") {
    const last = stops.reduce((most, state, index) => (reached.has(state) ? index : most), 0);
    stops.splice(last + 1, stops.length, ...[...ESCALATED_STATES].filter((state) => reached.has(state) || state === item.state));
  }
  if (item.state === "closed") stops.push("closed");
  const current = stops.indexOf(item.state);
  return stops.map((state, index) => {
    const status = index === current ? "now" : reached.has(state) || index < current ? "done" : "ahead";
    return { state, step: steps[state] ?? "", status, at: reached.get(state) ?? null };
  });
}
