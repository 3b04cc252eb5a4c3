// SPDX-License-Identifier: GPL-3.0-or-later
// How long a text may be (crm/fields.py; a test compares): counted while typing and refused before it is sent.

const MOST_CHARS = { question: 8000, topic: 200, caller_name: 200, answer: 16000 };

export type LimitedText = keyof typeof MOST_CHARS;

export interface TooLong {
  field: LimitedText;
  length: number;
  most: number;
}

/** Characters as the server counts them: code points, without blanks around. */
export function charCount(text: string): number {
  return [...text.trim()].length;
}

export const mostChars = (field: LimitedText): number => MOST_CHARS[field];

/** What is wrong with the length of a text; null when it fits. */
export function tooLong(field: LimitedText, text: string): TooLong | null {
  const length = charCount(text);
  return length > MOST_CHARS[field] ? { field, length, most: MOST_CHARS[field] } : null;
}
