// SPDX-License-Identifier: GPL-3.0-or-later
// The transcript as rows: finals and partials of both legs merged in time, and the question proposed from it. Pure.

import type { Leg, LiveCall, Unfinished, Segment, Word } from "./types.js";

export const LOW_CONFIDENCE = 0.6;

export interface Row {
  key: string;
  leg: Leg;
  start_ms: number;
  end_ms: number;
  text: string;
  words: Shown[];
  /** The words as they were recognised. */
  heard: Word[];
  final: boolean;
}

/** A word as it is shown: as it is written, with the time and the certainty of what was heard. */
export interface Shown extends Word {
  /** What was heard, where the written form says it differently. */
  heard: string;
}

/** A segment's words as they are written; as they were heard where no written form fits them. */
export function shownWords(segment: Segment): Shown[] {
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

export const rowKey = (leg: Leg, segment: number): string => `${leg}-${segment}`;

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

function partialRow(partial: Unfinished): Row {
  const first = partial.words[0];
  const start_ms = first ? first.start_ms : partial.audio_to_ms;
  const { leg, text } = partial;
  return { key: rowKey(leg, partial.segment), leg, start_ms, end_ms: partial.audio_to_ms, text, words: [], heard: partial.words, final: false };
}

/** Finals and the (at most two) partials, oldest first; partials always after the finals, so that rows never jump. */
export function mergeRows(segments: Segment[], partials: LiveCall["partials"]): Row[] {
  const finals = segments.map((one): Row => {
    const { leg, segment, start_ms, end_ms } = one;
    return { key: rowKey(leg, segment), leg, start_ms, end_ms, text: shownText(one), words: shownWords(one), heard: one.words, final: true };
  });
  const open = [partials.caller, partials.agent]
    .filter((one): one is Unfinished => one !== null && one.text.trim() !== "" && partialIsNews(segments, one))
    .map(partialRow)
    .sort((a, b) => a.start_ms - b.start_ms);
  return [...finals, ...open];
}

const QUESTION_WORDS =
  /\b(apa|apakah|bagaimana|gimana|kapan|berapa|dimana|kenapa|mengapa|siapa|bisakah|bolehkah|haruskah|cara|caranya|lupa|mau|ingin|minta|tanya)\b/i;
const FILLER_WORDS = 3;
const LONGEST_QUESTION = 400;

export interface ProposedQuestion {
  text: string;
  rows: string[];
  start_ms: number;
}

/** True when a proposal is an earlier one grown longer (the caller went on speaking), not another question. */
export function sameQuestion(before: ProposedQuestion | null, proposal: ProposedQuestion): boolean {
  return before === null || before.rows[0] === proposal.rows[0];
}

/** A run from its first segment that is more than a greeting ("selamat pagi bu"). */
function withoutGreeting(run: Segment[]): Segment[] {
  const isMore = (one: Segment): boolean => QUESTION_WORDS.test(one.text) || one.text.split(/\s+/).length > FILLER_WORDS;
  return run.slice(Math.max(0, run.findIndex(isMore)));
}

/**
 * The caller's question as far as it can be read off the transcript: the last run of caller segments that holds a
 * question word (agent interjections of up to three words do not end a run); null while there is none.
 */
export function proposeQuestion(segments: Segment[]): ProposedQuestion | null {
  const runs: Segment[][] = [];
  let run: Segment[] = [];
  for (const segment of segments) {
    const words = segment.text.split(/\s+/).filter(Boolean).length;
    if (segment.leg === "caller") run.push(segment);
    else if (words > FILLER_WORDS && run.length > 0) {
      runs.push(run);
      run = [];
    }
  }
  if (run.length > 0) runs.push(run);
  const asked = runs.filter((one) => one.some((segment) => QUESTION_WORDS.test(segment.text)));
  const chosen = withoutGreeting(asked.at(-1) ?? []);
  const first = chosen?.[0];
  if (!first) return null;
  const text = chosen.map((segment) => shownText(segment).trim()).join(" ").slice(-LONGEST_QUESTION);
  return { text, rows: chosen.map((segment) => rowKey(segment.leg, segment.segment)), start_ms: first.start_ms };
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
