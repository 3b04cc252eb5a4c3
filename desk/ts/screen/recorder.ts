// SPDX-License-Identifier: GPL-3.0-or-later
// rrweb with our settings; loaded only when a call comes. No canvas, no images, no fonts: text, layout and what was done.

import { record } from "@rrweb/record";
import { BLOCKED, maskInput, maskText, scrub } from "./privacy.js";

const FULL_EVERY_MS = 120_000;
const MOUSE_MS = 200;
const MOUSE_TOLD_MS = 1000;
const SCROLL_MS = 250;

export interface Moment {
  type: number;
  timestamp: number;
}

/** Record until the returned function is called. `fault`: the recorder stumbled and may have missed something. */
export function recordPage(secret: string, emit: (moment: Moment) => void, fault: () => void): () => void {
  const stop = record({
    emit: (event) => emit(scrub(event, secret) as Moment),
    errorHandler: () => {
      fault();
      return true; // never let the recorder's trouble become the page's
    },
    blockSelector: BLOCKED,
    // "input" covers hidden fields and types of the future: rrweb's own "all" is a list of types
    maskInputOptions: { input: true, textarea: true, select: true, password: true } as Record<string, boolean>,
    maskInputFn: (text, element) => maskInput(text, element),
    maskTextSelector: "*",
    maskTextFn: (text, element) => maskText(text, element),
    slimDOMOptions: "all",
    inlineStylesheet: true, // the archive outlives the stylesheet
    inlineImages: false,
    recordCanvas: false,
    collectFonts: false,
    checkoutEveryNms: FULL_EVERY_MS,
    sampling: {
      mousemove: MOUSE_MS,
      mousemoveCallback: MOUSE_TOLD_MS,
      mouseInteraction: { MouseUp: false, MouseDown: false, Click: true, DblClick: true, Focus: true, Blur: false, ContextMenu: false },
      scroll: SCROLL_MS,
      media: 1000,
    },
  });
  return stop ?? (() => undefined);
}
