// SPDX-License-Identifier: GPL-3.0-or-later
// The last moments of a page that goes away: nothing asynchronous is finished any more then, so they are put as text
// into the browser's local storage, and the next page of this browser puts them into the outbox.

import { gapText, plain, type Part } from "./parts.js";

const PREFIX = "kring.screen.left.";

/** A part whose body is still text. */
export type TextPart = Omit<Part, "body"> & { text: string };

/** Keep parts; where the storage takes no more, at least the word that they are missing. */
export function leave(storage: Storage, parts: readonly TextPart[]): void {
  const [first] = parts;
  if (!first) return;
  const name = `${PREFIX}${first.page}.${first.part}`;
  const gaps = parts.map((part) => ({ ...part, gap: true, text: gapText("storage_full", part.from_ms, part.to_ms) }));
  for (const kept of [parts, gaps]) {
    try {
      storage.setItem(name, JSON.stringify(kept));
      return;
    } catch {
      // full; the shorter text may still fit
    }
  }
}

/** What earlier pages left, with the name under which it lies. */
export function left(storage: Storage): { name: string; parts: Part[] }[] {
  const names = Array.from({ length: storage.length }, (_, n) => storage.key(n) ?? "").filter((name) => name.startsWith(PREFIX));
  return names.map((name) => {
    try {
      const parts = JSON.parse(storage.getItem(name) ?? "[]") as TextPart[];
      return { name, parts: parts.map(({ text, ...part }) => ({ ...part, body: plain(text) })) };
    } catch {
      return { name, parts: [] };
    }
  });
}
