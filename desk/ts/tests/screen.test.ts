// SPDX-License-Identifier: GPL-3.0-or-later
// The screen log without a browser: what is masked, how parts wait, are sent again, and what becomes of full storage.
// All numbers are invented.

import assert from "node:assert/strict";
import test from "node:test";
import { leave, left } from "../screen/leftovers.js";
import { Outbox, type Fate, type OutboxHands } from "../screen/outbox.js";
import { gapText, gzip, plain, type Part } from "../screen/parts.js";
import { maskInput, maskNumbers, maskText, scrub } from "../screen/privacy.js";
import type { Moment } from "../screen/recorder.js";
import { Run } from "../screen/run.js";
import { MemoryStore } from "../screen/store.js";

const NPWP = "09.254.294.3-407.000";
const field = (selector: string, tagName = "INPUT") => ({ tagName, matches: (wanted: string) => wanted === selector });

test("long numbers lose their digits, dates and case numbers keep them", () => {
  assert.equal(maskNumbers(`npwp ${NPWP}.`), "npwp ••.•••.•••.•-•••.•••.");
  assert.equal(maskNumbers("3171 2345 6789 0001"), "•••• •••• •••• ••••");
  for (const plainText of ["LI-2026-000123", "2026-11-24 10.42", "10.42.07", "PER-11/PJ/2025", "Rp125.000"]) {
    assert.equal(maskNumbers(plainText), plainText);
  }
  assert.match(maskNumbers(`LI-${NPWP}`), /^LI-[^0-9]+$/);
});

test("what is typed is masked; a search keeps its letters, a choice its word", () => {
  assert.equal(maskInput("Budi 09\n25", field("#question")), "•••••••\n••");
  assert.equal(maskInput("efin 09", field("#search")), "efin ••");
  assert.equal(maskInput("makan siang", field("#reason", "SELECT")), "makan siang");
});

test("a number broken over neighbouring pieces is seen in their block", () => {
  const block = (textContent: string) => ({ closest: () => ({ textContent }) });
  assert.equal(maskText("09.254.", block("nomor 09.254.294.3-407.000")), "••.•••.");
  assert.equal(maskText("pasal 25", block("pasal 25 ayat 2")), "pasal 25");
  assert.equal(maskText("tanpa angka", null), "tanpa angka");
});

test("attributes are cleaned, the page's token is kept nowhere, drawings stay", () => {
  const node = { tagName: "input", attributes: { id: "topic", value: "sisa 12", title: `npwp ${NPWP}`, "data-t": "x-tok-x" } };
  const cleaned = JSON.stringify(scrub({ data: { node, css: { _cssText: "a{margin:0 0 0 0 0 0 0 0 0 1}" } } }, "tok"));
  assert.ok(!cleaned.includes("sisa") && !cleaned.includes("254") && !cleaned.includes("tok-"));
  assert.ok(cleaned.includes("0 0 0 0 0 0 0 0 0 1"));
  const search = scrub({ tagName: "input", attributes: { id: "search", value: "efin 12" } }, "") as typeof node;
  assert.equal(search.attributes.value, "efin ••");
});

function part(n: number, more: Partial<Part> = {}): Part {
  return { person: "sari", call_id: "c1", page: "p1", part: n, ahead_ms: 0, from_ms: 1000 * n, to_ms: 1000 * n + 900, last: false, gap: false, body: plain("x".repeat(100)), ...more };
}

class Bench {
  store = new MemoryStore();
  got: Part[] = [];
  closed: string[] = [];
  fates: Fate[] = [];
  waits: { run: () => void; delay_ms: number }[] = [];
  at = 10_000;

  hands(more: Partial<OutboxHands> = {}): OutboxHands {
    return {
      store: this.store,
      person: "sari",
      send: async (one) => {
        const fate = this.fates.shift() ?? "done";
        if (fate !== "retry") this.got.push(one);
        return fate;
      },
      now: () => this.at,
      later: (run, delay_ms) => this.waits.push({ run, delay_ms }),
      cancel: () => undefined,
      onClosed: (call_id) => this.closed.push(call_id),
      ...more,
    };
  }
}

test("parts go out once, in order, however often the server does not answer", async () => {
  const bench = new Bench();
  bench.fates = ["retry", "retry", "done", "retry"];
  const outbox = await Outbox.open(bench.hands());
  for (const n of [1, 2, 3]) assert.ok(await outbox.put(part(n)));
  await outbox.drain();
  bench.at += 25_000;
  assert.equal(outbox.stuck_ms(), 25_000);
  while (bench.waits.length > 0) {
    bench.waits.shift()?.run();
    await outbox.drain();
  }
  assert.deepEqual(bench.got.map((one) => one.part), [1, 2, 3]);
  assert.ok(outbox.empty);
  assert.equal(outbox.stuck_ms(), 0);
});

test("waiting between tries grows and has a longest", async () => {
  const bench = new Bench();
  bench.fates = Array.from({ length: 8 }, (): Fate => "retry");
  const outbox = await Outbox.open(bench.hands());
  await outbox.put(part(1));
  await outbox.drain();
  const delays: number[] = [];
  for (let n = 0; n < 7; n += 1) {
    const wait = bench.waits.shift();
    delays.push(wait?.delay_ms ?? -1);
    wait?.run();
    await outbox.drain();
  }
  assert.deepEqual(delays, [1000, 2000, 4000, 8000, 15_000, 15_000, 15_000]);
});

test("what an earlier page left in the store is sent first, another person's and a week-old part never", async () => {
  const bench = new Bench();
  bench.at = 8 * 24 * 3600 * 1000;
  const fresh = { from_ms: bench.at, to_ms: bench.at };
  await bench.store.add(part(7, { ...fresh, page: "before" }));
  await bench.store.add(part(1, { ...fresh, person: "bayu" }));
  await bench.store.add(part(1, { from_ms: 1, to_ms: 1, page: "old" }));
  const outbox = await Outbox.open(bench.hands());
  await outbox.put(part(1, fresh));
  await outbox.drain();
  assert.deepEqual(bench.got.map((one) => [one.page, one.part]), [["before", 7], ["p1", 1]]);
  assert.equal((await bench.store.first("bayu"))?.part.part, 1);
  assert.equal(await bench.store.first("sari"), null);
});

test("a refused part becomes the word that it is missing; a sealed call is forgotten whole", async () => {
  const bench = new Bench();
  bench.fates = ["refused", "done", "sealed"];
  const outbox = await Outbox.open(bench.hands());
  await outbox.put(part(1));
  await outbox.drain();
  assert.deepEqual(bench.got.map((one) => one.gap), [false, true]);
  assert.equal(new TextDecoder().decode(bench.got[1]?.body), gapText("refused", 1000, 1900));
  await bench.store.add(part(3));
  await outbox.put(part(2));
  await outbox.drain();
  assert.equal(await bench.store.size(), 0);
  assert.deepEqual(bench.closed, ["c1"]);
});

const moment = (timestamp: number, type = 3): Moment => ({ type, timestamp });

class Recording {
  emit: (one: Moment) => void = () => undefined;
  fault: () => void = () => undefined;
  timers: (() => void)[] = [];
  starts = 0;
  puts: Part[] = [];
  room = true;
  stuck = false;
  run = new Run("c1", "sari", "p1", {
    outbox: {
      put: async (one) => {
        if (this.stuck) await new Promise(() => undefined);
        if (!this.room && !one.gap) return false;
        this.puts.push(one);
        return true;
      },
    },
    record: (emit, fault) => {
      this.starts += 1;
      this.emit = emit;
      this.fault = fault;
      return () => {
        this.emit = () => undefined;
      };
    },
    now: () => 99_000,
    later: (run) => this.timers.push(run),
    cancel: () => undefined,
    ahead_ms: () => 0,
  });
}

const opened = async (one: Part | undefined): Promise<{ events?: Moment[]; gap?: { reason: string; from_ms: number } }> => {
  assert.ok(one);
  const packed = one.body[0] === 0x1f;
  const stream = new Blob([one.body]).stream();
  const text = await new Response(packed ? stream.pipeThrough(new DecompressionStream("gzip")) : stream).text();
  return JSON.parse(text) as { events?: Moment[] };
};

test("a full picture goes at once, the rest after some seconds, the end says so", async () => {
  const it = new Recording();
  it.run.start();
  it.emit(moment(1, 4));
  it.emit(moment(2, 2));
  it.emit(moment(3));
  it.emit(moment(4));
  it.timers.at(-1)?.();
  await it.run.end();
  assert.deepEqual(it.puts.map((one) => [one.part, one.from_ms, one.to_ms, one.last]), [[1, 1, 2, false], [2, 3, 4, false], [3, 99_000, 99_000, true]]);
  assert.deepEqual((await opened(it.puts[1])).events?.map((one) => one.timestamp), [3, 4]);
});

test("without room the run pauses, marks the hole under the lost part's number and begins anew", async () => {
  const it = new Recording();
  it.run.start();
  it.emit(moment(1, 2));
  await it.run.flush();
  it.room = false;
  it.emit(moment(2));
  await it.run.flush();
  it.emit(moment(3));
  assert.ok(it.run.paused);
  it.room = true;
  await it.run.resume();
  assert.equal(it.starts, 2);
  it.emit(moment(4, 2));
  await it.run.flush();
  assert.deepEqual(it.puts.map((one) => [one.part, one.gap]), [[1, false], [2, true], [3, false]]);
  assert.deepEqual((await opened(it.puts[1])).gap, { reason: "storage_full", from_ms: 2, to_ms: 99_000 });
});

test("a recorder that stumbles is a marked gap, and recording begins anew", async () => {
  const it = new Recording();
  it.run.start();
  it.emit(moment(1, 2));
  it.fault();
  await it.run.flush();
  assert.ok(it.run.paused);
  await it.run.resume();
  const marks = await Promise.all(it.puts.filter((one) => one.gap).map(opened));
  assert.deepEqual(marks.map((one) => one.gap?.reason), ["recorder_failed"]);
  const numbers = it.puts.map((one) => one.part);
  assert.deepEqual(numbers, numbers.map((_, n) => n + 1));
});

test("a browser that puts nothing away does not fill the memory", async () => {
  const it = new Recording();
  it.stuck = true;
  it.run.start();
  for (let n = 1; n <= 100 && !it.run.paused; n += 1) it.emit(moment(n, 2));
  assert.ok(it.run.paused);
  assert.equal(it.run.abandon().length, 65); // what was on its way, and the mark
});

class Shelf implements Storage {
  [name: string]: unknown;
  #rows = new Map<string, string>();
  most = Infinity;
  get length(): number { return this.#rows.size; }
  key(n: number): string | null { return [...this.#rows.keys()][n] ?? null; }
  getItem(name: string): string | null { return this.#rows.get(name) ?? null; }
  setItem(name: string, value: string): void {
    if (value.length > this.most) throw new Error("quota");
    this.#rows.set(name, value);
  }
  removeItem(name: string): void { this.#rows.delete(name); }
  clear(): void { this.#rows.clear(); }
}

test("what a page leaves behind is there for the next one", async () => {
  const it = new Recording();
  it.run.start();
  it.emit(moment(1, 2));
  it.emit(moment(2));
  const shelf = new Shelf();
  leave(shelf, it.run.abandon());
  shelf.setItem("kring.draft.1", "{}");
  shelf.setItem("kring.screen.left.broken", "{");
  const found = left(shelf).flatMap((one) => one.parts);
  assert.deepEqual(found.map((one) => [one.part, one.from_ms]), [[1, 1], [2, 2]]);
  assert.deepEqual((await opened(found[1])).events, [moment(2)]);
  const narrow = new Shelf();
  narrow.most = 400;
  const { body: _, ...rest } = part(1);
  leave(narrow, [{ ...rest, text: "x".repeat(1000) }]);
  assert.deepEqual((await opened(left(narrow)[0]?.parts[0])).gap, { reason: "storage_full", from_ms: 1000, to_ms: 1900 });
});

test("parts are compressed", async () => {
  assert.ok((await gzip("teks ".repeat(2000))).length < 200);
});
