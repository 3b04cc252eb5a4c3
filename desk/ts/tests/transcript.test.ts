// SPDX-License-Identifier: GPL-3.0-or-later
import assert from "node:assert/strict";
import { test } from "node:test";
import { proposeAnswer, proposeQuestion, sameProposal, stillFrom } from "../core/proposals.js";
import { addSegment, mergeRows, partialIsNews, shownWords, wordAt } from "../core/transcript.js";
import { inOrder } from "../core/turns.js";
import type { Leg, Segment, Unfinished } from "../core/types.js";
import vectors from "./turns.vectors.json" with { type: "json" };

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

test("a partial stands where its final will: in the order of speaking", () => {
  const rows = mergeRows([final("caller", 1, 8000, "a")], { caller: null, agent: partial("agent", 1, "b", 100) });
  assert.deepEqual(rows.map((row) => [row.text, row.final]), [["b", false], ["a", true]]);
});

test("the browser puts both people's words in the order that the archive will have", () => {
  assert.ok(vectors.length > 10);
  for (const { segments, pieces } of vectors) {
    const found = inOrder(segments as Segment[]).map(({ leg, segment, first, start_ms, end_ms, text, written }) => ({ leg, segment, first, start_ms, end_ms, text, written }));
    assert.deepEqual(found, pieces);
  }
});

test("a long segment is shown in pieces around the other person's answer, each with its written form", () => {
  const words = [["bayar", 0, 300], ["lima", 400, 700], ["ribu", 800, 1000], ["ya", 3000, 3200]].map(([text, start_ms, end_ms]) => ({ text: String(text), start_ms: Number(start_ms), end_ms: Number(end_ms), confidence: 0.9 }));
  const long: Segment = { ...final("caller", 1, 0, "bayar lima ribu ya"), end_ms: 3200, words, written: "Bayar 5.000. Ya.", written_words: [{ text: "Bayar", first: 0, count: 1 }, { text: "5.000.", first: 1, count: 2 }, { text: "Ya.", first: 3, count: 1 }] };
  const rows = mergeRows([long, { ...final("agent", 1, 1500, "betul"), end_ms: 1900 }], { caller: null, agent: null });
  assert.deepEqual(rows.map((row) => [row.key, row.text, row.words.map((word) => word.text)]), [["caller-1", "Bayar 5.000.", ["Bayar", "5.000."]], ["agent-1", "betul", []], ["caller-1.3", "Ya.", ["Ya."]]]);
});

test("the answer is what the agent told after the question, without checking, waiting and leave-taking", () => {
  const segments = [
    final("caller", 1, 0, "bagaimana minta efin"),
    final("agent", 1, 2000, "baik boleh saya cocokkan dulu nama dan npwp bapak"),
    final("caller", 2, 4000, "nama saya budi contoh dari bandung"),
    final("agent", 2, 6000, "efin dapat diminta lewat surel resmi kantor pajak dengan menyertakan foto ktp"),
    final("agent", 3, 9000, "ada lagi yang bisa saya bantu"),
  ];
  assert.equal(proposeAnswer(segments, 900)?.text, "efin dapat diminta lewat surel resmi kantor pajak dengan menyertakan foto ktp");
  assert.equal(proposeAnswer(segments.slice(0, 3), 900), null);
});

test("a text comes from the conversation as long as it holds its words", () => {
  assert.equal(stillFrom("Bagaimana cara minta EFIN lagi ya", "bagaimana minta efin"), true);
  assert.equal(stillFrom("kapan batas lapor", "bagaimana minta efin"), false);
});

test("a further question begins where the one before it ended", () => {
  const segments = [final("caller", 1, 0, "bagaimana minta efin"), final("caller", 2, 9000, "kapan batas lapor")];
  assert.equal(proposeQuestion(segments, 5000)?.text, "kapan batas lapor");
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
  assert.deepEqual(asked?.source, { leg: "caller", segment: 2, start_ms: 2000, end_ms: 4900 });
  assert.equal(proposeQuestion([final("caller", 1, 0, "selamat pagi")]), null);
});

test("a question that grows is the same one; a later question is another", () => {
  const first = proposeQuestion([final("caller", 1, 0, "saya lupa efin")]);
  const grown = proposeQuestion([final("caller", 1, 0, "saya lupa efin"), final("caller", 2, 2000, "bagaimana ya")]);
  const other = proposeQuestion([final("caller", 1, 0, "saya lupa efin"), final("agent", 1, 900, "bapak bisa lewat email saja"), final("caller", 2, 2000, "kapan batas lapor")]);
  assert.ok(first && grown && other);
  assert.deepEqual([sameProposal(null, first), sameProposal(first, grown), sameProposal(first, other)], [true, true, false]);
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
