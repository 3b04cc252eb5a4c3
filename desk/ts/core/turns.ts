// SPDX-License-Identifier: GPL-3.0-or-later
// What both people said in the order of speaking: the rule of pipeline/turns.py (in_order), so that the live
// conversation reads as the archived one will. tests/desk_pages/turn_vectors.py makes the cases that hold both to it.

import type { Leg, Segment, Word, WrittenWord } from "./types.js";

const CUT_MS = 300; // a shorter pause within a segment is no place for the other person's turn

/** Words of one segment between which the other person said nothing; `first`: the place of its first word. */
export interface Piece {
  leg: Leg;
  segment: number;
  first: number;
  start_ms: number;
  end_ms: number;
  text: string;
  written: string;
  words: Word[];
  /** The written form of these words, counted from this piece's first word. */
  parts: WrittenWord[];
}

type Span = [start_ms: number, end_ms: number];

/** The segments of both legs as pieces by start time; segments without text are left out. */
export function inOrder(segments: readonly Segment[]): Piece[] {
  const known = segments.filter((one) => one.text.trim() !== "");
  const spoken = { caller: spansOf(known, "caller"), agent: spansOf(known, "agent") };
  const pieces = known.flatMap((one) => {
    const cuts = [0, ...cutsOf(one, spoken[one.leg === "caller" ? "agent" : "caller"]), one.words.length];
    return cuts.slice(1).map((last, index) => pieceOf(one, cuts[index] ?? 0, last));
  });
  return pieces.sort((a, b) => a.start_ms - b.start_ms || byName(a.leg, b.leg) || a.segment - b.segment || a.first - b.first);
}

const byName = (a: string, b: string): number => (a < b ? -1 : Number(a > b));

/** When one person spoke, word by word; a segment without words counts as a whole. */
function spansOf(segments: readonly Segment[], leg: Leg): Span[] {
  return segments
    .filter((one) => one.leg === leg)
    .flatMap((one): Span[] => (one.words.length > 0 ? one.words.map((word): Span => [word.start_ms, word.end_ms]) : [[one.start_ms, one.end_ms]]));
}

/** Before which words to cut: where a pause holds the middle of another's word, never inside a written form. */
function cutsOf(item: Segment, others: readonly Span[]): number[] {
  const whole = new Set<number>();
  for (const { first, count } of item.written_words ?? []) for (let at = first + 1; at < first + count; at++) whole.add(at);
  const cuts: number[] = [];
  for (let at = 1; at < item.words.length; at++) {
    const left = item.words[at - 1]?.end_ms ?? 0;
    const right = item.words[at]?.start_ms ?? 0;
    if (right - left < CUT_MS || whole.has(at)) continue;
    if (others.some(([begin, end]) => left <= Math.floor((begin + end) / 2) && Math.floor((begin + end) / 2) < right)) cuts.push(at);
  }
  return cuts;
}

function pieceOf(item: Segment, first: number, last: number): Piece {
  const words = item.words.slice(first, last);
  const entire = words.length === item.words.length;
  const text = entire ? item.text.trim() : words.map((word) => word.text).join(" ");
  const parts = (item.written_words ?? []).filter((part) => first <= part.first && part.first < last);
  return {
    leg: item.leg,
    segment: item.segment,
    first,
    start_ms: first === 0 ? item.start_ms : (words[0]?.start_ms ?? item.start_ms),
    end_ms: last === item.words.length ? item.end_ms : (words.at(-1)?.end_ms ?? item.end_ms),
    text,
    written: (entire ? (item.written ?? "") : parts.map((part) => part.text).join(" ")) || text,
    words,
    parts: parts.map((part) => ({ ...part, first: part.first - first })),
  };
}
