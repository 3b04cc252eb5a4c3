// SPDX-License-Identifier: GPL-3.0-or-later
// The lamp of the screen log: silent while all is well, beside "direkam" when the screen is not being kept.

import { setLamp } from "../agent/callbar.js";
import { byId, setAttr, show } from "../core/dom.js";
import { t } from "../core/page.js";
import type { LogState } from "./screen-log.js";

export function screenLamp(state: LogState): void {
  const node = byId("lamp-screen");
  const trouble = state === "waiting" || state === "missing";
  show(node, trouble);
  if (!trouble) return;
  setLamp(node, state === "waiting" ? "soon" : "late", t(`screen_${state}`));
  setAttr(node, "title", t(`screen_${state}_title`));
}
