// SPDX-License-Identifier: GPL-3.0-or-later
import assert from "node:assert/strict";
import { test } from "node:test";

import type { Fields } from "../quality/fields.js";
import { SheetSaver, type Stored } from "../quality/sheet-saver.js";
import { slug } from "../quality/slug.js";

/** A saver over a page that holds one field, a server that answers as told, and a clock that runs when asked. */
function bench(answers: (() => Promise<{ version: number; saved_at: string }>)[]) {
  const seen = { typed: { title: "a" } as Fields, sent: [] as [number, unknown][], kept: null as string | null, said: [] as string[] };
  const waiting: (() => void)[] = [];
  const saver = new SheetSaver(
    {
      post: (version, fields) => {
        seen.sent.push([version, fields["title"]]);
        return (answers.shift() ?? (() => Promise.reject(new Error("no answer"))))();
      },
      read: () => ({ ...seen.typed }),
      later: (run) => waiting.push(run),
      cancel: () => undefined,
      keep: (text) => (seen.kept = text),
      saving: () => seen.said.push("saving"),
      saved: () => seen.said.push("saved"),
      judge: (error) => error as { stored?: Stored; again: boolean },
      failed: (_, again) => seen.said.push(again ? "again" : "refused"),
      conflict: (stored) => seen.said.push(`conflict ${String(stored.fields["title"])}`),
    },
    1,
    JSON.stringify({ title: "a" }),
  );
  return { saver, seen, waiting };
}

const ok = (version: number) => () => Promise.resolve({ version, saved_at: "2026-11-24T03:00:00Z" });

test("what is typed is kept until the server has it, and nothing is sent when nothing changed", async () => {
  const { saver, seen } = bench([ok(2)]);
  assert.equal(await saver.save(), true);
  assert.deepEqual(seen.sent, []);
  seen.typed = { title: "b" };
  saver.touched();
  assert.match(seen.kept ?? "", /"b"/);
  assert.equal(await saver.save(), true);
  assert.deepEqual(seen.sent, [[1, "b"]]);
  assert.equal(seen.kept, null);
});

test("a dead network is tried again with the same words", async () => {
  const { saver, seen, waiting } = bench([() => Promise.reject({ again: true }), ok(2)]);
  seen.typed = { title: "b" };
  saver.touched();
  assert.equal(await saver.save(), false);
  assert.match(seen.kept ?? "", /"b"/);
  waiting.at(-1)?.();
  await saver.save();
  assert.deepEqual(seen.sent, [[1, "b"], [1, "b"]]);
  assert.equal(seen.kept, null);
});

test("a refusal that repeating cannot help is not repeated", async () => {
  const { saver, seen } = bench([() => Promise.reject({ again: false })]);
  seen.typed = { title: "b" };
  assert.equal(await saver.save(), false);
  assert.deepEqual(seen.said, ["saving", "refused"]);
});

test("another text on the server stops saving until somebody has chosen", async () => {
  const stored: Stored = { version: 7, fields: { title: "theirs" } };
  const { saver, seen } = bench([() => Promise.reject({ stored, again: false }), ok(8)]);
  seen.typed = { title: "mine" };
  assert.equal(await saver.save(), false);
  assert.equal(await saver.save(), false);
  assert.equal(seen.sent.length, 1);
  assert.equal(seen.said.at(-1), "conflict theirs");
  saver.resolve(stored);
  assert.equal(await saver.save(), true);
  assert.deepEqual(seen.sent.at(-1), [7, "mine"]);
});

test("an id is made of a title", () => {
  assert.equal(slug("Lupa EFIN, cara minta?"), "lupa-efin-cara-minta");
  assert.equal(slug("  ---  "), "");
  assert.equal(slug("Café & Résumé"), "cafe-resume");
});
