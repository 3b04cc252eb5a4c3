// SPDX-License-Identifier: GPL-3.0-or-later
// The archive list: instants in the viewer's zone, "/" to search, whole rows clickable. The list works without this.

import { slashToSearch, startFrame } from "../core/frame.js";

function openRow(event: MouseEvent): void {
  const target = event.target as HTMLElement;
  if (target.closest("a, button") || window.getSelection()?.toString()) return;
  target.closest("tr")?.querySelector<HTMLAnchorElement>("a")?.click();
}

startFrame();
slashToSearch();
document.querySelector("tbody")?.addEventListener("click", openRow);
