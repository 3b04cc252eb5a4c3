// SPDX-License-Identifier: GPL-3.0-or-later
// Where parts wait until the server has them: the browser's own database, so that they survive a reload, a crash and a
// broken network; plain memory where there is none (a private window).

import type { Part } from "./parts.js";

export interface Held {
  key: number;
  part: Part;
}

export interface Store {
  /** Length of all waiting parts. */
  size(): Promise<number>;
  add(part: Part): Promise<void>;
  /** The oldest part of a person. */
  first(person: string): Promise<Held | null>;
  remove(key: number): Promise<void>;
  replace(held: Held): Promise<void>;
  removeCall(call_id: string): Promise<void>;
  /** Drop what was recorded before an instant. */
  expire(before_ms: number): Promise<void>;
}

export class MemoryStore implements Store {
  private readonly held = new Map<number, Part>();
  private key = 0;

  async size(): Promise<number> {
    return [...this.held.values()].reduce((sum, part) => sum + part.body.length, 0);
  }

  async add(part: Part): Promise<void> {
    this.held.set(++this.key, part);
  }

  async first(person: string): Promise<Held | null> {
    for (const [key, part] of this.held) if (part.person === person) return { key, part };
    return null;
  }

  async remove(key: number): Promise<void> {
    this.held.delete(key);
  }

  async replace(held: Held): Promise<void> {
    this.held.set(held.key, held.part);
  }

  private drop(unwanted: (part: Part) => boolean): void {
    for (const [key, part] of this.held) if (unwanted(part)) this.held.delete(key);
  }

  async removeCall(call_id: string): Promise<void> {
    this.drop((part) => part.call_id === call_id);
  }

  async expire(before_ms: number): Promise<void> {
    this.drop((part) => part.to_ms < before_ms);
  }
}

const NAME = "kring-screen";
const PARTS = "parts";

function done<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error ?? new Error("indexedDB"));
  });
}

function committed(work: IDBTransaction): Promise<void> {
  return new Promise((resolve, reject) => {
    work.oncomplete = () => resolve();
    work.onerror = work.onabort = () => reject(work.error ?? new Error("indexedDB"));
  });
}

class BrowserStore implements Store {
  constructor(private readonly db: IDBDatabase) {}

  private write(change: (parts: IDBObjectStore) => void): Promise<void> {
    const work = this.db.transaction(PARTS, "readwrite");
    change(work.objectStore(PARTS));
    return committed(work);
  }

  private async walk(visit: (cursor: IDBCursorWithValue) => boolean, mode: IDBTransactionMode = "readonly"): Promise<void> {
    const work = this.db.transaction(PARTS, mode);
    const ended = committed(work);
    const request = work.objectStore(PARTS).openCursor();
    request.onsuccess = () => {
      const cursor = request.result;
      if (cursor && visit(cursor)) cursor.continue();
    };
    await ended;
  }

  async size(): Promise<number> {
    let sum = 0;
    await this.walk((cursor) => {
      sum += (cursor.value as Part).body.length;
      return true;
    });
    return sum;
  }

  add(part: Part): Promise<void> {
    return this.write((parts) => parts.add(part));
  }

  async first(person: string): Promise<Held | null> {
    let found: Held | null = null;
    await this.walk((cursor) => {
      const part = cursor.value as Part;
      if (part.person !== person) return true;
      found = { key: cursor.key as number, part };
      return false;
    });
    return found;
  }

  remove(key: number): Promise<void> {
    return this.write((parts) => parts.delete(key));
  }

  replace(held: Held): Promise<void> {
    return this.write((parts) => parts.put(held.part, held.key));
  }

  private drop(unwanted: (part: Part) => boolean): Promise<void> {
    return this.walk((cursor) => {
      if (unwanted(cursor.value as Part)) cursor.delete();
      return true;
    }, "readwrite");
  }

  removeCall(call_id: string): Promise<void> {
    return this.drop((part) => part.call_id === call_id);
  }

  expire(before_ms: number): Promise<void> {
    return this.drop((part) => part.to_ms < before_ms);
  }
}

/** The browser's store; one in memory when the browser gives none. */
export async function openStore(): Promise<Store> {
  try {
    const request = indexedDB.open(NAME, 1);
    request.onupgradeneeded = () => request.result.createObjectStore(PARTS, { autoIncrement: true });
    return new BrowserStore(await done(request));
  } catch {
    return new MemoryStore();
  }
}
