// SPDX-License-Identifier: GPL-3.0-or-later
// Draws the rail of steps on the case pane.

import { h } from "../core/dom.js";
import { clockTime } from "../core/format.js";
import { t } from "../core/page.js";
import type { Case } from "../core/types.js";
import { railOf } from "./rail-plan.js";

export function railNodes(item: Case): HTMLLIElement[] {
  const signs = { done: "✓", now: "●", ahead: "" };
  return railOf(item).map((stop) =>
    h(
      "li",
      { class: `stop ${stop.status}`, "aria-current": stop.status === "now" ? "step" : null, title: stop.at ? clockTime(stop.at) : null },
      h("span", { class: "stop-step" }, stop.status === "done" ? "✓" : stop.step),
      h("span", { class: "stop-name" }, t(`rail_${stop.state}`)),
      h("span", { class: "visually-hidden" }, signs[stop.status] ? t(`stop_${stop.status}`) : ""),
    ),
  );
}
