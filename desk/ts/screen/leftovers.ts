// SPDX-License-Identifier: GPL-3.0-or-later
// The last moments of a page that goes away: nothing asynchronous is finished any more then, so they are put as text
// into the browser's local storage, and the next page of this browser puts them into the outbox.

import { plain, type Part } from "./parts.js";

const PREFIX = "kring.screen.left.";

/** A part whose body is still text. */
export type TextPart = Omit<Part, "body"> & { text: string };

/** Keep parts. False: the storage takes no more. */
export function leave(storage: Storage, parts: readonly TextPart[]): boolean {
  const [first] = parts;
  if (!first) return true;
  try {
    storage.setItem(`${PREFIX}${first.page}.${first.part}`, JSON.stringify(parts));
    return true;
  } catch {
    return false;
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
