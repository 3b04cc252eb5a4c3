// SPDX-License-Identifier: GPL-3.0-or-later
// Quality staff's lists: arrow keys walk through the tasks, the chosen one stays marked when the list is drawn anew.

import htmx from "htmx.org";

import { altKeys } from "../core/alt-keys.js";
import { slashToSearch } from "../core/frame.js";
import { startWork } from "../core/work.js";

const queue = document.querySelector<HTMLElement>("[data-queue]");
const task = document.getElementById("task");

const rows = (): HTMLAnchorElement[] => [...(queue?.querySelectorAll<HTMLAnchorElement>("a[data-task]") ?? [])];
const shown = (): string => task?.querySelector<HTMLElement>("[data-task]")?.dataset["task"] ?? "";

function mark(): void {
  for (const row of rows()) {
    if (row.dataset["task"] === shown()) row.setAttribute("aria-current", "true");
    else row.removeAttribute("aria-current");
  }
}

function walk(event: KeyboardEvent): void {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  const at = rows().indexOf(document.activeElement as HTMLAnchorElement);
  if (!step || at < 0) return;
  event.preventDefault();
  rows()[at + step]?.focus();
}

/** Somebody has changed a task: show the one beside the list as it is now, unless a reason is being typed for it. */
function renew(): void {
  const typed = document.getElementById("reason") as HTMLInputElement | null;
  if (shown() === "" || typed?.value || (typed !== null && document.activeElement === typed)) return;
  void htmx.ajax("get", `/pemutakhiran/tugas/${shown()}`, { target: "#task", swap: "innerHTML" });
}

startWork();
document.body.addEventListener("queue-tasks", renew);
altKeys();
slashToSearch();
queue?.addEventListener("keydown", walk);
document.body.addEventListener("htmx:afterSettle", mark);
// A link's own fragment is fetched in place; the address follows, so that a reload shows the same task.
queue?.addEventListener("click", (event) => {
  const link = (event.target as Element).closest<HTMLAnchorElement>("a[data-task]");
  if (link) window.history.replaceState(null, "", link.getAttribute("href") ?? "");
});
