// SPDX-License-Identifier: GPL-3.0-or-later
// Why an article is suggested: the speaker's own words, marked in the quote and in the transcript. Pure functions.

import type { Article, Word } from "./types.js";

export interface Piece {
  text: string;
  marked: boolean;
}

/** The quote in pieces, the matched words marked. */
export function quotePieces(article: Article): Piece[] {
  const { quote, quoted } = article;
  if (!quoted) return quote ? [{ text: quote, marked: false }] : [];
  const pieces: Piece[] = [];
  let at = 0;
  for (const [from, to] of quoted.words) {
    const start = from - quoted.start;
    const end = to - quoted.start;
    if (start < at || end > quote.length) continue;
    if (start > at) pieces.push({ text: quote.slice(at, start), marked: false });
    pieces.push({ text: quote.slice(start, end), marked: true });
    at = end;
  }
  if (at < quote.length) pieces.push({ text: quote.slice(at), marked: false });
  return pieces;
}

/**
 * Which of the shown words of a segment brought the article up. `heard`: the segment's words as they were recognised;
 * nothing is marked when the quote is not in them character by character (the words have changed since).
 */
export function markedWords(article: Article, shown: readonly Word[], heard: readonly Word[]): Set<number> {
  const { quote, quoted } = article;
  const marked = new Set<number>();
  const text = heard.map((word) => word.text).join(" ");
  if (!quoted || text.slice(quoted.start, quoted.end) !== quote) return marked;
  let at = 0;
  for (const word of heard) {
    const from = at;
    const to = at + word.text.length;
    at = to + 1;
    if (!quoted.words.some(([start, end]) => start < to && end > from)) continue;
    const place = shown.findIndex((one) => one.start_ms <= word.start_ms && word.start_ms < Math.max(one.end_ms, one.start_ms + 1));
    if (place >= 0) marked.add(place);
  }
  return marked;
}
