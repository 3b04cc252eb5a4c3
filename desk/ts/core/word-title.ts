// SPDX-License-Identifier: GPL-3.0-or-later
// What a word of the transcript tells when it is pointed at: that it is uncertain, and what was heard for it.

import { t } from "./page.js";
import { LOW_CONFIDENCE, type Shown } from "./transcript.js";

/** The tooltip of a word; null when there is nothing to say. */
export function wordTitle(word: Shown): string | null {
  const notes = [
    word.confidence < LOW_CONFIDENCE ? t("doubtful_word") : "",
    word.heard === "" ? "" : t("heard_as", { words: word.heard }),
  ].filter(Boolean);
  return notes.length > 0 ? notes.join(" · ") : null;
}
