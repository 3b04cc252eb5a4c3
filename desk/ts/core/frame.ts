// SPDX-License-Identifier: GPL-3.0-or-later
// What every page does: the wall clock, instants in the viewer's zone, the "no connection" banner, "/" to search.

import { byId, isTyping, setText, show } from "./dom.js";
import { clockTime, dateTime } from "./format.js";
import { now, t } from "./page.js";

/** Rewrite <time data-local> from UTC into the viewer's zone and let the clock run. */
export function startFrame(): void {
  for (const node of document.querySelectorAll<HTMLTimeElement>("time[data-local]")) {
    if (node.dateTime) setText(node, dateTime(node.dateTime));
  }
  const clock = document.getElementById("wall-clock");
  const tick = (): void => setText(clock, clockTime(now()));
  tick();
  window.setInterval(tick, 1000);
}

/** "/" puts the cursor into the search field from anywhere but a text field. */
export function slashToSearch(): void {
  document.addEventListener("keydown", (event) => {
    if (event.key !== "/" || event.ctrlKey || event.altKey || event.metaKey || isTyping(event.target)) return;
    const field = document.getElementById("search");
    if (!(field instanceof HTMLInputElement)) return;
    event.preventDefault();
    field.focus();
    field.select();
  });
}

/** Say that the live link is down, and that it is back. */
export function linkBanner(): (up: boolean) => void {
  const banner = byId("link-banner");
  return (up) => {
    if (!up) setText(banner, t("offline_banner"));
    show(banner, !up);
  };
}

/** A live feed's hands in a browser. */
export const browserHands = {
  open: (url: string) => new EventSource(url) as unknown as import("./live.js").Source,
  later: (run: () => void, delay_ms: number): number => window.setTimeout(run, delay_ms),
  cancel: (handle: number): void => window.clearTimeout(handle),
};
