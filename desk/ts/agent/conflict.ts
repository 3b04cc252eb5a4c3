// SPDX-License-Identifier: GPL-3.0-or-later
// Two texts for one field, the agent's and the stored one: both are shown and the agent chooses.

import { h } from "../core/dom.js";
import type { CaseFields, FieldName } from "../core/draft.js";
import { named, t } from "../core/page.js";

const words = (value: unknown): string => (typeof value === "string" ? value : JSON.stringify(value)) || t("nothing");

export function conflictNodes(names: FieldName[], mine: Partial<CaseFields>, stored: CaseFields, decide: (keepMine: boolean) => void): HTMLElement[] {
  const side = (title: string, name: FieldName, value: unknown): HTMLElement =>
    h("div", {}, h("strong", {}, `${named("field", name)}: ${title}`), h("p", { class: "conflict-text" }, words(value)));
  return [
    h("p", {}, t("conflict_text")),
    ...names.flatMap((name) => [side(t("conflict_mine"), name, mine[name]), side(t("conflict_stored"), name, stored[name])]),
    h("p", { class: "actions" },
      h("button", { type: "button", class: "primary", onclick: () => decide(true) }, t("keep_mine")),
      h("button", { type: "button", onclick: () => decide(false) }, t("keep_stored"))),
  ];
}
