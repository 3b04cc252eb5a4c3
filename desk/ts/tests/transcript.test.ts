// SPDX-License-Identifier: GPL-3.0-or-later
import assert from "node:assert/strict";
import { test } from "node:test";
import { addSegment, mergeRows, partialIsNews, proposeQuestion, sameQuestion, shownWords, wordAt } from "../core/transcript.js";
import type { Leg, Segment, Unfinished } from "../core/types.js";

const final = (leg: Leg, segment: number, start_ms: number, text: string): Segment => ({
  leg, segment, start_ms, end_ms: start_ms + 900, text, words: [], confidence: 0.9,
});
const partial = (leg: Leg, segment: number, text: string, start_ms = 9000): Unfinished => ({
  leg, segment, text, audio_to_ms: start_ms + 400, words: [{ text, start_ms, end_ms: start_ms + 300, confidence: 1 }],
});

test("finals of both legs come in the order they were spoken, however they arrive", () => {
  let segments: Segment[] = [];
  for (const one of [final("agent", 1, 500, "pagi"), final("caller", 2, 4000, "dua"), final("caller", 1, 2000, "satu")]) segments = addSegment(segments, one);
  assert.deepEqual(segments.map((one) => one.text), ["pagi", "satu", "dua"]);
});

test("a final that comes twice, as after a resume, stands once", () => {
  const segments = addSegment(addSegment([], final("caller", 1, 0, "halo")), final("caller", 1, 0, "halo"));
  assert.equal(segments.length, 1);
});

test("a partial keeps its key when it becomes final, so that its row is replaced in place", () => {
  const before = mergeRows([], { caller: partial("caller", 1, "saya lu"), agent: null });
  const after = mergeRows([final("caller", 1, 9000, "saya lupa")], { caller: null, agent: null });
  assert.equal(before[0]?.key, after[0]?.key);
  assert.equal(before[0]?.final, false);
  assert.equal(after[0]?.final, true);
});

test("a late partial never overwrites its final", () => {
  const segments = [final("caller", 3, 0, "sudah jadi")];
  assert.equal(partialIsNews(segments, partial("caller", 3, "sudah")), false);
  assert.equal(partialIsNews(segments, partial("agent", 1, "baik")), true);
  assert.deepEqual(mergeRows(segments, { caller: partial("caller", 2, "x"), agent: null }).map((row) => row.text), ["sudah jadi"]);
});

test("partials stay below the finals, whatever they say about their start", () => {
  const rows = mergeRows([final("caller", 1, 8000, "a")], { caller: null, agent: partial("agent", 1, "b", 100) });
  assert.deepEqual(rows.map((row) => row.text), ["a", "b"]);
});

test("the question is the caller's last run that asks something, without the greeting before it", () => {
  const segments = [
    final("caller", 1, 0, "selamat pagi bu"),
    final("caller", 2, 2000, "saya lupa efin"),
    final("agent", 1, 3000, "baik bapak"),
    final("caller", 3, 4000, "bagaimana cara memintanya"),
    final("agent", 2, 6000, "bapak bisa datang ke kantor pajak"),
    final("caller", 4, 9000, "oh begitu terima kasih"),
  ];
  const asked = proposeQuestion(segments);
  assert.equal(asked?.text, "saya lupa efin bagaimana cara memintanya");
  assert.deepEqual(asked?.rows, ["caller-2", "caller-3"]);
  assert.equal(proposeQuestion([final("caller", 1, 0, "selamat pagi")]), null);
});

test("a question that grows is the same one; a later question is another", () => {
  const first = proposeQuestion([final("caller", 1, 0, "saya lupa efin")]);
  const grown = proposeQuestion([final("caller", 1, 0, "saya lupa efin"), final("caller", 2, 2000, "bagaimana ya")]);
  const other = proposeQuestion([final("caller", 1, 0, "saya lupa efin"), final("agent", 1, 900, "bapak bisa lewat email saja"), final("caller", 2, 2000, "kapan batas lapor")]);
  assert.ok(first && grown && other);
  assert.deepEqual([sameQuestion(null, first), sameQuestion(first, grown), sameQuestion(first, other)], [true, true, false]);
});

test("agreeing is not asking", () => {
  const asked = proposeQuestion([final("caller", 1, 0, "bagaimana minta efin"), final("agent", 1, 900, "boleh saya cocokkan npwp bapak"), final("caller", 2, 2000, "boleh bu nama saya dewi")]);
  assert.equal(asked?.text, "bagaimana minta efin");
});

test("the word at an instant is the last that has begun", () => {
  const words = [{ start_ms: 100 }, { start_ms: 500 }, { start_ms: 900 }];
  assert.deepEqual([0, 100, 499, 500, 5000].map((at) => wordAt(words, at)), [-1, 0, 0, 1, 2]);
  assert.equal(wordAt([], 5), -1);
});

const heard = (text: string): Segment => {
  const words = text.split(" ").map((word, n) => ({ text: word, start_ms: n * 300, end_ms: n * 300 + 250, confidence: word === "lima" ? 0.4 : 0.9 }));
  return { ...final("caller", 1, 0, text), words };
};

test("a written number keeps the place and the doubt of its words, and says what was heard", () => {
  const segment = { ...heard("bayar lima ribu rupiah"), written: "Bayar Rp5.000.", written_words: [{ text: "Bayar", first: 0, count: 1 }, { text: "Rp5.000.", first: 1, count: 3 }] };
  assert.deepEqual(shownWords(segment), [
    { text: "Bayar", start_ms: 0, end_ms: 250, confidence: 0.9, heard: "" },
    { text: "Rp5.000.", start_ms: 300, end_ms: 1150, confidence: 0.4, heard: "lima ribu rupiah" },
  ]);
  assert.equal(mergeRows([segment], { caller: null, agent: null })[0]?.text, "Bayar Rp5.000.");
});

test("a transcript without a written form, or with one that does not fit, is shown as heard", () => {
  const plain = heard("bayar lima");
  for (const written_words of [undefined, [], [{ text: "Bayar", first: 0, count: 1 }], [{ text: "x", first: 1, count: 2 }]]) {
    const segment = written_words === undefined ? plain : { ...plain, written_words };
    assert.deepEqual(shownWords(segment).map((word) => word.text), ["bayar", "lima"]);
  }
});

test("the question is proposed as it is written", () => {
  const asked = { ...final("caller", 1, 0, "bagaimana minta efin"), written: "Bagaimana minta EFIN?" };
  assert.equal(proposeQuestion([asked])?.text, "Bagaimana minta EFIN?");
});
