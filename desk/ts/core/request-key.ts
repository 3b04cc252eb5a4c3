// SPDX-License-Identifier: GPL-3.0-or-later
// Keys of requests: one for each change, the same again when that change has to be repeated, so that it works once.

/** A UUID; also where the page is not served by HTTPS (crypto.randomUUID is missing there). */
export function newKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}

export class RequestKeys {
  private content = "";
  private key = "";

  /** The key of a change: the last one as long as the same is asked for and it is not done. */
  of(content: unknown): string {
    const text = JSON.stringify(content);
    if (text !== this.content || this.key === "") {
      this.content = text;
      this.key = newKey();
    }
    return this.key;
  }

  /** The change was made (or refused for good): the next one gets a key of its own. */
  done(): void {
    this.key = "";
  }
}
