// SPDX-License-Identifier: GPL-3.0-or-later
// What the screen log must never hold, in one place. Everything typed is masked character by character unless it is
// named here; every text loses the digits of long numbers; panes that repeat the transcript are left out whole.
// The server masks once more by the same rule (desk/screen_part.py).

export const MASK = "•";

/** Left out whole: the transcript and what quotes it (archived anyway), hidden fields, both texts of a conflict. */
export const BLOCKED = [
  "#conversation", "#conflict", ".quote", "[data-screen=block]", ".rr-block", "input[type=hidden]", "meta[name=csrf-token]",
].join(",");

/** The only typed fields whose letters are kept: what was searched in SIKP. Their digits are masked, every one. */
export const ALLOWED_INPUTS = "#search";

/** Keep neither: the value of these is drawn, not read. */
const DRAWN = new Set(["_cssText", "d", "points", "viewBox", "transform"]);
const BLOCK = "p,li,td,th,dd,dt,label,legend,h1,h2,h3,h4,button,a,div,section,header,footer,form";
const LONGEST_BLOCK = 4000;

const LONG = /\p{Nd}(?:[\s.,\-–—/·_]{0,3}\p{Nd}){8,}/gu;
const DATE = /^(?:19|20)\d\d-[01]\d-[0-3]\d(?:[T ][0-2]\d[.:][0-5]\d(?:[.:][0-5]\d)?)?$/;
const CASE = /^\d{4}-\d{6}$/;
const DIGIT = /\p{Nd}/gu;

const withoutDigits = (text: string): string => text.replace(DIGIT, MASK);

/** Replace the digits of every run of nine or more, however it is grouped; dates and case numbers stay. */
export function maskNumbers(text: string): string {
  return text.replace(LONG, (run, at: number) => {
    if (DATE.test(run) || (CASE.test(run) && text.slice(0, at).endsWith("LI-"))) return run;
    return withoutDigits(run);
  });
}

interface Field {
  tagName: string;
  matches(selector: string): boolean;
}

/** The value of a field as the log keeps it. A choice from a list is the page's own words. */
export function maskInput(text: string, field: Field): string {
  if (field.tagName === "SELECT") return maskNumbers(text);
  if (field.matches(ALLOWED_INPUTS)) return withoutDigits(text);
  return text.replace(/[^\n]/gu, MASK);
}

interface Parent {
  closest(selector: string): { textContent: string | null } | null;
}

/** A text as the log keeps it. A number that is broken over neighbouring pieces is seen in their common block. */
export function maskText(text: string, parent: Parent | null): string {
  if (!/\p{Nd}/u.test(text)) return text;
  const masked = maskNumbers(text);
  if (masked !== text) return masked;
  const whole = parent?.closest(BLOCK)?.textContent ?? "";
  if (whole.length <= text.length || whole.length > LONGEST_BLOCK) return masked;
  const from = whole.indexOf(text);
  const shown = maskNumbers(whole).slice(from, from + text.length);
  return from >= 0 && shown === text ? text : withoutDigits(text);
}

const UNMASKED_TYPES = new Set(["radio", "checkbox", "submit", "button"]);

/**
 * Clean a whole moment, attributes included: rrweb masks values, not attributes, and keeps the value with which a field
 * came although it was emptied since. `secret` (the page's token) is kept nowhere.
 */
export function scrub(value: unknown, secret: string, key = ""): unknown {
  if (typeof value === "string") {
    if (DRAWN.has(key)) return value;
    return maskNumbers(secret && value.includes(secret) ? value.replaceAll(secret, MASK) : value);
  }
  if (Array.isArray(value)) return value.map((part) => scrub(part, secret, key));
  if (value === null || typeof value !== "object") return value;
  const cleaned = Object.fromEntries(Object.entries(value).map(([name, part]) => [name, scrub(part, secret, name)]));
  return fieldValue(cleaned);
}

function fieldValue(node: Record<string, unknown>): Record<string, unknown> {
  const attributes = node["attributes"] as Record<string, unknown> | undefined;
  const name = node["tagName"];
  if ((name !== "input" && name !== "textarea") || typeof attributes?.["value"] !== "string") return node;
  if (UNMASKED_TYPES.has(String(attributes["type"] ?? ""))) return node;
  const field = { tagName: name.toUpperCase(), matches: () => `#${String(attributes["id"])}` === ALLOWED_INPUTS };
  return { ...node, attributes: { ...attributes, value: maskInput(attributes["value"], field) } };
}
