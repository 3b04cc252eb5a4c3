// SPDX-License-Identifier: GPL-3.0-or-later
// What the server put into the page: its data, the catalogue's texts, the CSRF token; and the server's clock.

interface PageData {
  page: string;
  language: string;
  strings: Record<string, string>;
  csp_nonce?: string;
  [key: string]: unknown;
}

function readPageData(): PageData {
  const text = document.getElementById("page-data")?.textContent ?? "";
  const data = text ? (JSON.parse(text) as PageData) : { page: "", language: "id", strings: {} };
  return { ...data, strings: data.strings ?? {} };
}

export const page = readPageData();

/** The text of a key of the catalogue's section "desk", with {placeholders} filled; the key itself if unknown. */
export function t(key: string, params: Record<string, string | number> = {}): string {
  const template = page.strings[key] ?? page.strings[`desk.${key}`] ?? key;
  return template.replace(/\{(\w+)\}/g, (whole, name: string) => (name in params ? String(params[name]) : whole));
}

/** True when the catalogue has the key: for names that come from the server (states, reasons). */
export function has(key: string): boolean {
  return key in page.strings || `desk.${key}` in page.strings;
}

/** The text of `prefix_name`, or the name itself when the catalogue does not know it. */
export function named(prefix: string, name: string | null | undefined): string {
  if (!name) return "";
  const key = `${prefix}_${name.replaceAll(".", "_")}`;
  return has(key) ? t(key) : name;
}

export function csrfToken(): string {
  return document.querySelector<HTMLMetaElement>('meta[name="csrf-token"]')?.content ?? "";
}

let serverAhead_ms = 0;

/** Learn how far the server's clock is ahead of the browser's; every timer on the page runs on the server's. */
export function learnServerClock(serverNow: string): void {
  const server = Date.parse(serverNow);
  if (!Number.isNaN(server)) serverAhead_ms = server - Date.now();
}

/** Milliseconds since the epoch by the server's clock. */
export function now(): number {
  return Date.now() + serverAhead_ms;
}
