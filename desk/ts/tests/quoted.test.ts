// SPDX-License-Identifier: GPL-3.0-or-later
import assert from "node:assert/strict";
import { test } from "node:test";
import { day } from "../core/format.js";
import { markedWords, quotePieces } from "../core/quoted.js";
import type { Article, Word } from "../core/types.js";

const article = (fields: Partial<Article>): Article => ({
  article_id: "a", version: 1, title: "A", score: 0.9, matched_words: [], quote: "", quoted: null, question: "", legal_basis: [],
  in_force: true, effective_from: null, effective_to: null, ...fields,
});
const words = (text: string): Word[] => text.split(" ").map((one, index) => ({ text: one, start_ms: index * 100, end_ms: index * 100 + 90, confidence: 1 }));
const SAID = "saya lupa e fin pak";
const QUOTED = article({ quote: "lupa e fin", quoted: { leg: "caller", segment: 2, start: 5, end: 15, words: [[5, 9], [10, 15]] } });

test("a quote comes in pieces, the matched words marked", () => {
  assert.deepEqual(quotePieces(QUOTED), [{ text: "lupa", marked: true }, { text: " ", marked: false }, { text: "e fin", marked: true }]);
  assert.equal(quotePieces(QUOTED).map((piece) => piece.text).join(""), QUOTED.quote);
  assert.deepEqual(quotePieces(article({ quote: "lama" })), [{ text: "lama", marked: false }]);
  assert.deepEqual(quotePieces(article({})), []);
});

test("the matched words are found in the transcript, also where they are written otherwise", () => {
  const heard = words(SAID);
  assert.deepEqual([...markedWords(QUOTED, heard, heard)], [1, 2, 3]);
  const written = [heard[0], heard[1], { text: "EFIN", start_ms: 200, end_ms: 390, confidence: 1 }, heard[4]].filter((one): one is Word => one !== undefined);
  assert.deepEqual([...markedWords(QUOTED, written, heard)], [1, 2]);
});

test("nothing is marked once the words have changed", () => {
  const heard = words("saya lupa kata sandi pak");
  assert.equal(markedWords(QUOTED, heard, heard).size, 0);
  assert.equal(markedWords(article({ quote: "lupa" }), heard, heard).size, 0);
});

test("a day is written out", () => {
  assert.equal(day("2025-12-31", "id"), "31 Desember 2025");
  assert.equal(day("2025-12-31", "en"), "31 December 2025");
  assert.equal(day("soon", "id"), "soon");
});
