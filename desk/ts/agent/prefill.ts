// SPDX-License-Identifier: GPL-3.0-or-later
// Question and answer of a case filled from the conversation: until the agent touches the field, the growing proposal
// goes in; afterwards it is only offered. Each keeps the place it came from.

import { h, show } from "../core/dom.js";
import { clockTime } from "../core/format.js";
import { t } from "../core/page.js";
import { proposeAnswer, proposeQuestion, sameProposal, stillFrom, type Proposal } from "../core/proposals.js";
import type { Case, LiveCall, Source } from "../core/types.js";

const BEFORE_OPENED_MS = 60_000; // a further question was asked at most so long before its case was opened

export type Prefilled = "question" | "answer";

/** When the recording began: what times in it are counted from. */
export const beganAt = (call: LiveCall): number => Date.parse(call.recording_started_at ?? call.offered_at);

/** From where in the recording a case's question may come: after the question of the case before it, if there is one. */
export function questionFrom(call: LiveCall, item: Case, before: Source | null | undefined): number {
  if (before === undefined) return 0;
  return before?.end_ms ?? Math.max(0, Date.parse(item.opened_at) - beganAt(call) - BEFORE_OPENED_MS);
}

/** What one case has been offered, and which of its fields are the agent's own. */
export class Prefill {
  proposed: Record<Prefilled, Proposal | null> = { question: null, answer: null };
  own: Record<Prefilled, boolean>;

  constructor(texts: Record<Prefilled, string>, sources: Partial<Record<Prefilled, Source | null>>) {
    // A text that was prefilled goes on growing after a reload; one without a source is the agent's.
    const mine = (name: Prefilled): boolean => texts[name].trim() !== "" && !sources[name];
    this.own = { question: mine("question"), answer: mine("answer") };
    for (const name of ["question", "answer"] as const) {
      const source = sources[name];
      if (source) this.proposed[name] = { text: texts[name], source };
    }
  }

  /** Look at the conversation; returns what goes into which field now. `focused`: is being typed in. */
  look(call: LiveCall, from_ms: number, focused: (name: Prefilled) => boolean): Partial<Record<Prefilled, Proposal>> {
    const question = proposeQuestion(call.segments, from_ms);
    const asked = question ?? this.proposed.question;
    const answer = asked ? proposeAnswer(call.segments, asked.source.end_ms) : null;
    const into: Partial<Record<Prefilled, Proposal>> = {};
    for (const [name, proposal] of [["question", question], ["answer", answer]] as const) {
      const before = this.proposed[name];
      if (!proposal || proposal.text === before?.text) continue;
      const grows = name === "answer" || sameProposal(before, proposal);
      this.proposed[name] = proposal;
      if (grows && !this.own[name] && !focused(name)) into[name] = proposal;
      else this.own[name] ||= !grows; // another question is offered, it does not replace the one that stands
    }
    return into;
  }

  /** The source to keep with a text: as long as it still holds the words it came with. */
  sourceFor(name: Prefilled, text: string, known: Source | null): Source | null {
    const proposal = this.proposed[name];
    return known && proposal && stillFrom(text, proposal.text) ? known : null;
  }
}

/** Draw the line below a field: where its text comes from, and what the conversation offers in its place. */
export function drawSource(node: HTMLElement, parts: { call: LiveCall; source: Source | null; offered: Proposal | null; text: string; reveal: (source: Source) => void; take: () => void }): void {
  const { call, source, offered, text } = parts;
  const differs = offered !== null && text.trim() !== offered.text.trim();
  const shown = source ?? (differs ? offered.source : null);
  show(node, shown !== null);
  if (!shown) return;
  const signature = JSON.stringify([shown, differs, source !== null]);
  if (node.dataset["signature"] === signature) return;
  node.dataset["signature"] = signature;
  const where = { time: clockTime(beganAt(call) + shown.start_ms), leg: t(`leg_${shown.leg}`) };
  const from = h("button", { type: "button", class: "link", onclick: () => parts.reveal(shown) }, t(source ? "text_from" : "text_offered", where));
  const renew = differs ? h("button", { type: "button", class: "link", onclick: parts.take }, t("text_renew")) : null;
  node.replaceChildren(from, ...(renew ? [" · ", renew] : []));
}
