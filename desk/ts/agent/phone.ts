// SPDX-License-Identifier: GPL-3.0-or-later
// Commands to the agent's telephone, one at a time of a kind, and whom it may call: the office's extensions and the
// numbers this agent called last.

import { api, wordsOf } from "../core/api.js";
import type { LiveCall, PhonebookEntry } from "../core/types.js";

const RECENT_KEY = "kring.dialled";
const RECENT_MOST = 5;

export class Phone {
  private readonly pending = new Set<string>();
  call: LiveCall | null = null;

  constructor(private readonly say: (words: string) => void) {}

  /** Send a command; true when the telephone took it. */
  async command(command: string, args: Record<string, string> = {}): Promise<boolean> {
    if (!this.call || this.pending.has(command)) return false;
    this.pending.add(command);
    try {
      await api.post(`/api/calls/${encodeURIComponent(this.call.call_id)}/command`, { command, ...args });
      if (args["to"]) remember(args["to"]);
      return true;
    } catch (error) {
      this.say(wordsOf(error));
      return false;
    } finally {
      this.pending.delete(command);
    }
  }

  /** The office's telephones; none while the list cannot be had (numbers can still be typed). */
  async phonebook(): Promise<PhonebookEntry[]> {
    try {
      return (await api.get<{ entries: PhonebookEntry[] }>("/api/phonebook")).entries;
    } catch {
      return [];
    }
  }
}

/** Numbers called last, newest first. */
export function recentNumbers(): string[] {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(RECENT_KEY) ?? "[]");
    return Array.isArray(kept) ? kept.filter((one): one is string => typeof one === "string" && isNumber(one)).slice(0, RECENT_MOST) : [];
  } catch {
    return [];
  }
}

function remember(number: string): void {
  const list = [number, ...recentNumbers().filter((one) => one !== number)].slice(0, RECENT_MOST);
  localStorage.setItem(RECENT_KEY, JSON.stringify(list));
}

/** A number as it is dialled: without blanks, dots and hyphens. */
export const dialled = (typed: string): string => typed.replace(/[\s.()-]/g, "");

export const isNumber = (typed: string): boolean => /^\+?[0-9*#]{2,20}$/.test(dialled(typed));
