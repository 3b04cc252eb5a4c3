// SPDX-License-Identifier: GPL-3.0-or-later
// Question and answer as far as they can be read off the conversation, with the place they come from. Pure.

import { inOrder, type Piece } from "./turns.js";
import type { Leg, Segment, Source } from "./types.js";

const QUESTION_WORDS =
  /\b(apa|apakah|bagaimana|gimana|kapan|berapa|dimana|kenapa|mengapa|siapa|bisakah|bolehkah|haruskah|cara|caranya|lupa|mau|ingin|minta|tanya)\b/i;
// What an agent says around an answer: greeting, checking who calls, asking to wait, taking leave.
const AROUND_ANSWER =
  /\b(boleh saya|saya (cek|bantu|cari|cocokkan|verifikasi|sambungkan)|mohon (ditunggu|menunggu|tunggu)|sebentar|cocokkan|verifikasi|ada lagi|ada yang bisa|selamat (pagi|siang|sore|malam)|terima kasih (sudah|telah|atas))\b/i;
const FILLER_WORDS = 3;
const ANSWER_WORDS = 8;
const LONGEST = { question: 400, answer: 2000 };
const STILL_FROM = 0.4; // below this share of the proposed words a text no longer comes from the conversation

export interface Proposal {
  text: string;
  source: Source;
}

/** True when a proposal is an earlier one grown longer (the speaker went on), not another one. */
export function sameProposal(before: Proposal | null, proposal: Proposal): boolean {
  return before === null || (before.source.leg === proposal.source.leg && before.source.segment === proposal.source.segment);
}

const wordCount = (piece: Piece): number => piece.text.split(/\s+/).filter(Boolean).length;

/** What one person said until the other said more than a filler ("baik pak"). */
function runsOf(pieces: Piece[], leg: Leg): Piece[][] {
  const runs: Piece[][] = [];
  let run: Piece[] = [];
  for (const piece of pieces) {
    if (piece.leg === leg) run.push(piece);
    else if (wordCount(piece) > FILLER_WORDS && run.length > 0) {
      runs.push(run);
      run = [];
    }
  }
  return run.length > 0 ? [...runs, run] : runs;
}

/** A run from its first piece that is more than a greeting ("selamat pagi bu"). */
function withoutGreeting(run: Piece[]): Piece[] {
  return run.slice(Math.max(0, run.findIndex((piece) => QUESTION_WORDS.test(piece.text) || wordCount(piece) > FILLER_WORDS)));
}

function proposalOf(run: Piece[], longest: number): Proposal | null {
  const first = run[0];
  if (!first) return null;
  const text = run.map((piece) => piece.written.trim()).join(" ").slice(-longest);
  const end_ms = Math.max(...run.map((piece) => piece.end_ms));
  return { text, source: { leg: first.leg, segment: first.segment, start_ms: first.start_ms, end_ms } };
}

/**
 * The caller's question: the last run of the caller's words that holds a question word; null while there is none.
 * `from_ms`: what was said earlier belongs to another question.
 */
export function proposeQuestion(segments: readonly Segment[], from_ms = 0): Proposal | null {
  const runs = runsOf(inOrder(segments).filter((piece) => piece.start_ms >= from_ms), "caller");
  const asked = runs.filter((run) => run.some((piece) => QUESTION_WORDS.test(piece.text)));
  return proposalOf(withoutGreeting(asked.at(-1) ?? []), LONGEST.question);
}

/** The answer as the agent spoke it after the question: the last run that says something; null while there is none. */
export function proposeAnswer(segments: readonly Segment[], after_ms: number): Proposal | null {
  const later = inOrder(segments).filter((piece) => piece.start_ms >= after_ms);
  const said = runsOf(later, "agent").map((run) => run.filter((piece) => !AROUND_ANSWER.test(piece.text) && !piece.written.trim().endsWith("?")));
  const told = said.filter((run) => run.reduce((sum, piece) => sum + wordCount(piece), 0) >= ANSWER_WORDS);
  return proposalOf(told.at(-1) ?? [], LONGEST.answer);
}

/** True while a text still holds enough of the words it was prefilled with. */
export function stillFrom(text: string, proposed: string): boolean {
  const words = proposed.toLowerCase().split(/\s+/).filter(Boolean);
  const kept = new Set(text.toLowerCase().split(/\s+/));
  return words.length > 0 && words.filter((word) => kept.has(word)).length / words.length >= STILL_FROM;
}
