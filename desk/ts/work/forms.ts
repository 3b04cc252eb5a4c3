// SPDX-License-Identifier: GPL-3.0-or-later
// Forms of the work pages. What is typed into a form with data-keep stays in the browser until the server has taken
// it: over a reload, a restart of the service, a closed tab. A request carries a key of its own; pressed again with
// the same content it is the same request, so that it works once.

import { setText } from "../core/dom.js";
import { clockTime } from "../core/format.js";
import { t } from "../core/page.js";
import { newKey } from "../core/request-key.js";

const PREFIX = "kring.kept.";
const KEPT_FOR_MS = 2 * 24 * 3600 * 1000;
const OWN = new Set(["version", "request_key", "csrf_token"]);

type Kept = { at: number; values: Record<string, string> };
type Field = HTMLInputElement | HTMLTextAreaElement | HTMLSelectElement;

const fields = (form: HTMLFormElement): Field[] =>
  [...form.elements].filter((one): one is Field => "name" in one && "value" in one && (one as Field).name !== "" && !OWN.has((one as Field).name));

const isChoice = (field: Field): field is HTMLInputElement => field instanceof HTMLInputElement && ["radio", "checkbox"].includes(field.type);

function valuesOf(form: HTMLFormElement): Record<string, string> {
  const values: Record<string, string> = {};
  for (const field of fields(form)) {
    if (isChoice(field) && !field.checked) continue;
    values[field.name] = field.value;
  }
  return values;
}

function read(key: string): Kept | null {
  try {
    return JSON.parse(localStorage.getItem(PREFIX + key) ?? "null") as Kept | null;
  } catch {
    return null;
  }
}

/** Keep what is in the form now. */
export function keep(form: HTMLFormElement): void {
  const key = form.dataset["keep"];
  if (!key) return;
  const kept: Kept = { at: Date.now(), values: valuesOf(form) };
  localStorage.setItem(PREFIX + key, JSON.stringify(kept));
  setText(form.querySelector("[role=status]"), t("kept_at", { time: clockTime(kept.at) }));
}

/** Put back what was typed earlier; false when nothing was kept. */
export function restore(form: HTMLFormElement): boolean {
  const key = form.dataset["keep"];
  const kept = key ? read(key) : null;
  if (!kept) return false;
  for (const field of fields(form)) {
    const value = kept.values[field.name];
    if (isChoice(field)) field.checked = value === field.value;
    else if (value !== undefined) field.value = value;
  }
  setText(form.querySelector("[role=status]"), t("kept_at", { time: clockTime(kept.at) }));
  return true;
}

/** The server has what was sent: the browser's copy goes, unless more was typed meanwhile. */
export function forget(form: HTMLFormElement): void {
  const sent = form.dataset["sent"] === JSON.stringify(valuesOf(form));
  if (form.dataset["keep"] && sent) localStorage.removeItem(PREFIX + form.dataset["keep"]);
}

function sweep(): void {
  for (const name of Object.keys(localStorage).filter((one) => one.startsWith(PREFIX))) {
    const kept = read(name.slice(PREFIX.length));
    if (!kept || Date.now() - kept.at > KEPT_FOR_MS) localStorage.removeItem(name);
  }
}

function nameRequest(event: Event): void {
  const { elt, path, parameters } = (event as CustomEvent<{ elt: Element; path: string; parameters: Record<string, unknown> }>).detail;
  const form = elt.closest("form");
  if (form) form.dataset["sent"] = JSON.stringify(valuesOf(form));
  if (!form || !(form.elements.namedItem("request_key") instanceof HTMLInputElement)) return;
  const content = JSON.stringify([path, valuesOf(form), parameters["version"]]);
  if (form.dataset["asked"] !== content) {
    form.dataset["asked"] = content;
    form.dataset["key"] = newKey();
  }
  parameters["request_key"] = form.dataset["key"];
}

/** Restore all kept forms of the page and look after every form from now on. */
export function startForms(): void {
  sweep();
  restoreIn(document);
  document.addEventListener("input", (event) => {
    const form = (event.target as Element | null)?.closest<HTMLFormElement>("form[data-keep]");
    if (form) keep(form);
  });
  document.body.addEventListener("htmx:configRequest", nameRequest);
  document.body.addEventListener("htmx:afterSwap", (event) => restoreIn((event as CustomEvent<{ target: Element }>).detail.target));
  document.body.addEventListener("htmx:beforeSwap", (event) => {
    const { xhr, requestConfig } = (event as CustomEvent<{ xhr: XMLHttpRequest; requestConfig: { elt: Element; verb: string } }>).detail;
    const form = requestConfig.elt.closest("form");
    if (form && requestConfig.verb !== "get" && xhr.status < 400) forget(form);
  });
}

/** True when somebody typed before this script was there. */
export function typedEarly(form: HTMLFormElement): boolean {
  return fields(form).some((field) => !isChoice(field) && field.type !== "hidden" && !(field instanceof HTMLSelectElement) && field.value !== field.defaultValue);
}

function restoreIn(root: ParentNode): void {
  for (const form of root.querySelectorAll<HTMLFormElement>("form[data-keep]")) {
    if (form.dataset["restored"]) continue;
    form.dataset["restored"] = "yes";
    if (typedEarly(form)) keep(form);
    else restore(form);
  }
}

/** Keys printed on buttons: data-key="F6" presses the button; Ctrl+Enter sends the form that one is typing in. */
export function startKeys(): void {
  document.addEventListener("keydown", (event) => {
    if (event.repeat || event.altKey || event.metaKey) return;
    if (event.ctrlKey && event.key === "Enter") {
      const form = (event.target as Element | null)?.closest<HTMLFormElement>("form") ?? document.querySelector<HTMLFormElement>("form[data-main]");
      const submit = form?.querySelector<HTMLButtonElement>("button[type=submit]:not(:disabled)");
      if (!submit) return;
      event.preventDefault();
      submit.click(); // not requestSubmit(): the request may hang on the button
      return;
    }
    if (event.ctrlKey || event.shiftKey) return;
    const button = document.querySelector<HTMLElement>(`[data-key="${CSS.escape(event.key)}"]`);
    if (!button) return;
    event.preventDefault();
    if (button instanceof HTMLTextAreaElement || button instanceof HTMLInputElement) button.focus();
    else button.click();
  });
}
