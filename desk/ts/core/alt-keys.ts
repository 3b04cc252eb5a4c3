// SPDX-License-Identifier: GPL-3.0-or-later
// Alt and a key press the button or open the link that is marked with it: <button data-key="t">… <kbd>Alt+T</kbd>.

/** Let Alt+key act on the visible element with this data-key. */
export function altKeys(): void {
  document.addEventListener("keydown", (event) => {
    if (!event.altKey || event.ctrlKey || event.metaKey) return;
    const key = event.code.replace(/^(Key|Digit)/, "").toLowerCase();
    const marked = [...document.querySelectorAll<HTMLElement>(`[data-key="${CSS.escape(key)}"]`)];
    const node = marked.find((one) => one.offsetParent !== null && !(one as HTMLButtonElement).disabled);
    if (!node) return;
    event.preventDefault();
    node.click();
  });
}
