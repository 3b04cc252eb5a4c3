// SPDX-License-Identifier: GPL-3.0-or-later
// The pieces in which a screen log travels: some seconds of moments, or the word that a stretch is missing.

export type MissedReason = "storage_full" | "too_large" | "refused" | "recorder_failed";

/** A part on its way. `person`: who was signed in; nobody else's session may send it. */
export interface Part {
  person: string;
  call_id: string;
  page: string;
  part: number;
  ahead_ms: number;
  from_ms: number;
  to_ms: number;
  last: boolean;
  gap: boolean;
  body: Uint8Array<ArrayBuffer>;
}

/** The server's MAX_BODY_BYTES less some room. */
export const MAX_PART_BYTES = 240_000;

const encoder = new TextEncoder();

/** The text of a part that holds these moments (each JSON already). */
export const momentsText = (events: readonly string[]): string => `{"events":[${events.join(",")}]}`;

/** The text of a part that says what is missing. */
export const gapText = (reason: MissedReason, from_ms: number, to_ms: number): string =>
  JSON.stringify({ gap: { reason, from_ms, to_ms } });

export const plain = (text: string): Uint8Array<ArrayBuffer> => encoder.encode(text);

export async function gzip(text: string): Promise<Uint8Array<ArrayBuffer>> {
  const stream = new Blob([text]).stream().pipeThrough(new CompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/** A new run of the recorder: 16 hexadecimal digits (randomUUID is not there on a page without TLS). */
export function newPage(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(8));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

export function partUrl(part: Part): string {
  const query = new URLSearchParams({ page: part.page, part: String(part.part), ahead_ms: String(part.ahead_ms) });
  if (part.last) query.set("last", "true");
  return `/api/screen/${encodeURIComponent(part.call_id)}?${query}`;
}
