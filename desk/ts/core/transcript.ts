// SPDX-License-Identifier: GPL-3.0-or-later
// The transcript as rows: finals and partials of both legs, cut and merged in the order of speaking. Pure.

import { inOrder, type Piece } from "./turns.js";
import type { Leg, LiveCall, Unfinished, Segment, Word } from "./types.js";

export const LOW_CONFIDENCE = 0.6;

export interface Row {
  key: string;
  leg: Leg;
  segment: number;
  start_ms: number;
  end_ms: number;
  text: string;
  words: Shown[];
  /** The words of the row's whole segment as they were recognised. */
  heard: Word[];
  final: boolean;
}

/** A word as it is shown: as it is written, with the time and the certainty of what was heard. */
export interface Shown extends Word {
  /** What was heard, where the written form says it differently. */
  heard: string;
}

/** A segment's words as they are written; as they were heard where no written form fits them. */
export function shownWords(segment: Pick<Segment, "words" | "written_words">): Shown[] {
  const spans = segment.written_words ?? [];
  let next = 0;
  const fits = spans.every((span) => {
    const follows = span.first === next && span.count > 0;
    next += span.count;
    return follows;
  });
  if (spans.length === 0 || !fits || next !== segment.words.length) return segment.words.map((word) => ({ ...word, heard: "" }));
  return spans.map((span) => {
    const heard = segment.words.slice(span.first, span.first + span.count);
    const said = heard.map((word) => word.text).join(" ");
    return {
      text: span.text,
      start_ms: Math.min(...heard.map((word) => word.start_ms)),
      end_ms: Math.max(...heard.map((word) => word.end_ms)),
      confidence: Math.min(...heard.map((word) => word.confidence)),
      heard: span.text.toLowerCase().replace(/[.,?]$/, "") === said ? "" : said,
    };
  });
}

/** A segment's text as people read it. */
export const shownText = (segment: Segment): string => segment.written || segment.text;

/** A row is known by its segment and the place of its first word there, so that a final takes its partial's place. */
export const rowKey = (leg: Leg, segment: number, first = 0): string => (first > 0 ? `${leg}-${segment}.${first}` : `${leg}-${segment}`);

/** Keep the finals in time order; a segment that is there already (same leg and number) is replaced, not doubled. */
export function addSegment(segments: Segment[], added: Segment): Segment[] {
  const others = segments.filter((one) => one.leg !== added.leg || one.segment !== added.segment);
  return [...others, added].sort((a, b) => a.start_ms - b.start_ms || a.end_ms - b.end_ms);
}

/** A late partial must never overwrite a final: true when the partial still says something new. */
export function partialIsNews(segments: Segment[], partial: Unfinished): boolean {
  const last = segments.filter((one) => one.leg === partial.leg).reduce((most, one) => Math.max(most, one.segment), 0);
  return partial.segment > last;
}

/** An unfinished segment as if it ended now. */
function soFar(partial: Unfinished): Segment {
  const { leg, segment, text, words, audio_to_ms } = partial;
  return { leg, segment, text, words, start_ms: words[0]?.start_ms ?? audio_to_ms, end_ms: audio_to_ms, confidence: 1 };
}

/** Finals and the (at most two) partials in the order of speaking: a partial stands where its final will. */
export function mergeRows(segments: Segment[], partials: LiveCall["partials"]): Row[] {
  const open = [partials.caller, partials.agent].filter((one): one is Unfinished => one !== null && partialIsNews(segments, one));
  const all = [...segments, ...open.map(soFar)];
  const heard = new Map(all.map((one) => [rowKey(one.leg, one.segment), one.words]));
  const unfinished = new Set(open.map((one) => rowKey(one.leg, one.segment)));
  return inOrder(all).map((piece) => {
    const whole = rowKey(piece.leg, piece.segment);
    return rowOf(piece, heard.get(whole) ?? piece.words, !unfinished.has(whole));
  });
}

function rowOf(piece: Piece, heard: Word[], final: boolean): Row {
  const { leg, segment, first, start_ms, end_ms } = piece;
  const words = final ? shownWords({ words: piece.words, written_words: piece.parts }) : [];
  return { key: rowKey(leg, segment, first), leg, segment, start_ms, end_ms, text: final ? piece.written : piece.text, words, heard, final };
}

/** Index of the word being spoken at an instant: the last word that has begun; -1 before the first. Words in order. */
export function wordAt(words: { start_ms: number }[], at_ms: number): number {
  let low = 0;
  let high = words.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((words[middle]?.start_ms ?? Infinity) <= at_ms) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
