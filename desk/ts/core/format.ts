// SPDX-License-Identifier: GPL-3.0-or-later
// Times, durations and numbers as Indonesians write them: 10.42.07, 3:12, 11:48, 0,4. Pure functions.

export type Tone = "calm" | "soon" | "late";

const two = (value: number): string => String(value).padStart(2, "0");

/** 192_000 -> "3:12"; 3_792_000 -> "1:03:12". Negative counts as zero. */
export function duration(ms: number): string {
  const total = Math.max(0, Math.floor(ms / 1000));
  const hours = Math.floor(total / 3600);
  const minutes = Math.floor((total % 3600) / 60);
  const rest = `${two(total % 60)}`;
  return hours > 0 ? `${hours}:${two(minutes)}:${rest}` : `${minutes}:${rest}`;
}

/** Like duration but with two-digit minutes, so that a live timer keeps its width: "03:12". */
export function timer(ms: number): string {
  const text = duration(ms);
  return text.length < 5 ? `0${text}` : text;
}

/** Wall time of an instant in the browser's zone: "10.42.07", or "10.42" without seconds. */
export function clockTime(at: number | string, seconds = true): string {
  const when = new Date(at);
  if (Number.isNaN(when.getTime())) return "–";
  const text = `${two(when.getHours())}.${two(when.getMinutes())}`;
  return seconds ? `${text}.${two(when.getSeconds())}` : text;
}

/** "2026-11-24 10.40" in the browser's zone. */
export function dateTime(at: number | string): string {
  const when = new Date(at);
  if (Number.isNaN(when.getTime())) return "–";
  return `${when.getFullYear()}-${two(when.getMonth() + 1)}-${two(when.getDate())} ${clockTime(at, false)}`;
}

/** "2025-12-31" -> "31 Desember 2025". */
export function day(iso: string, language: string): string {
  const when = new Date(`${iso}T00:00:00`);
  if (Number.isNaN(when.getTime())) return iso;
  return when.toLocaleDateString(language === "en" ? "en-GB" : "id-ID", { day: "numeric", month: "long", year: "numeric" });
}

/** 0.42 -> "0,4" in Indonesian, "0.4" in English. */
export function decimal(value: number, digits: number, language: string): string {
  const text = value.toFixed(digits);
  return language === "en" ? text : text.replace(".", ",");
}

/** A suggestion's score as the desk prints it: .93; scores of 1 and more (not probabilities) with one digit. */
export function score(value: number): string {
  if (value >= 1) return value >= 1.05 ? value.toFixed(1) : "1.0";
  return value.toFixed(2).replace(/^0/, "");
}

/** Where a case stands against its two instants. */
export function caseTone(now: number, warningAt: string, deadlineAt: string): Tone {
  if (now >= Date.parse(deadlineAt)) return "late";
  return now >= Date.parse(warningAt) ? "soon" : "calm";
}

/** Time left until an instant: {text: "11:48", late: false}; past it, how long ago. */
export function countdown(now: number, deadlineAt: string): { text: string; late: boolean } {
  const left = Date.parse(deadlineAt) - now;
  return left > 0 ? { text: timer(Math.ceil(left / 1000) * 1000), late: false } : { text: timer(-left), late: true };
}

/** 5 steps of a level meter from a level in dBFS (-60 and less: silence, -12 and more: full). */
export function levelSteps(db: number | null | undefined): number {
  if (db === null || db === undefined || db <= -60) return 0;
  return Math.min(5, Math.max(1, Math.ceil((db + 60) / 9.6)));
}

/** MOS of ITU-T G.107 in three words' worth of classes. */
export function mosTone(mos: number): Tone {
  if (mos >= 3.6) return "calm";
  return mos >= 3.1 ? "soon" : "late";
}
