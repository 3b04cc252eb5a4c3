// SPDX-License-Identifier: GPL-3.0-or-later
// The article editor: fields are saved while they are typed; beside them the server shows what they make.

import htmx from "htmx.org";

import { altKeys } from "../core/alt-keys.js";
import { ApiError, api, wordsOf } from "../core/api.js";
import { byId, h, setText, show } from "../core/dom.js";
import { clockTime } from "../core/format.js";
import { page, t } from "../core/page.js";
import { startWork } from "../core/work.js";
import { type Fields, addBasis, control, goTo, readFields, writeFields } from "../quality/fields.js";
import { slug } from "../quality/slug.js";
import { SheetSaver, type Stored } from "../quality/sheet-saver.js";

const sheetId = Number(page["sheet_id"]);
const fixedId = page["fixed_id"] === true;
const storageKey = `kring.sheet.${sheetId}`;
const beside = byId("beside");
const saved = byId("saved");
let view = "pratinjau";
let publishKey = "";
let seenWarnings = 0; // the sheet's version for which warnings were shown

const saver = new SheetSaver(
  {
    post: (version, fields) => api.post(`/api/sheets/${sheetId}/save`, { version, fields }),
    read: readFields,
    later: (run, delay_ms) => window.setTimeout(run, delay_ms),
    cancel: (handle) => window.clearTimeout(handle),
    keep: (text) => (text === null ? window.sessionStorage.removeItem(storageKey) : window.sessionStorage.setItem(storageKey, text)),
    saving: () => setText(saved, t("saving")),
    saved: (at) => {
      setText(saved, t("saved_at", { time: clockTime(at) }));
      saved.classList.remove("late");
      for (const field of document.querySelectorAll<HTMLInputElement>("#discard [name=version]")) field.value = String(saver.version);
      if (view === "pratinjau" || view === "perubahan") void load(view);
    },
    judge: (error) => {
      if (!(error instanceof ApiError)) return { again: true };
      if (error.code === "sheet_stale") return { stored: error.body["stored"] as Stored, again: false };
      return { again: error.status === 0 || error.status >= 500 };
    },
    failed: (error, again) => {
      setText(saved, again ? t("not_saved_retry") : t("not_saved", { why: wordsOf(error) }));
      saved.classList.add("late");
    },
    conflict: showConflict,
  },
  Number(page["version"]),
  JSON.stringify(page["fields"]),
);

function open(name: string): void {
  view = name;
  for (const tab of document.querySelectorAll<HTMLElement>("[role=tab]")) {
    tab.setAttribute("aria-selected", String(tab.dataset["view"] === name));
  }
  beside.setAttribute("aria-labelledby", `tab-${name}`);
}

async function load(name: string): Promise<void> {
  if (name === "kasus") {
    beside.replaceChildren(byId<HTMLTemplateElement>("case-view").content.cloneNode(true));
    return;
  }
  await htmx.ajax("get", `/pemutakhiran/lembar/${sheetId}/${name}`, { target: "#beside", swap: "innerHTML" });
}

async function turnTo(name: string): Promise<void> {
  open(name);
  if (name !== "kasus") await saver.save();
  await load(name);
  beside.scrollTop = 0;
}

async function check(): Promise<void> {
  await turnTo("periksa");
  const found = document.getElementById("checks");
  seenWarnings = found?.dataset["warnings"] ? saver.version : 0;
  const sure = found?.dataset["mistakes"] === "0" && seenWarnings > 0;
  byId("do-publish").firstChild!.textContent = `${t(sure ? "publish_anyway" : "publish")} `;
}

async function publish(): Promise<void> {
  const button = byId<HTMLButtonElement>("do-publish");
  if (button.disabled || !(await saver.save())) return;
  button.disabled = true;
  publishKey ||= crypto.randomUUID();
  const acknowledged = seenWarnings === saver.version;
  const note = byId<HTMLInputElement>("note").value;
  try {
    const body = { version: saver.version, note, acknowledged, request_key: publishKey };
    const done = await api.post<{ address: string }>(`/api/sheets/${sheetId}/publish`, body);
    window.location.assign(done.address);
  } catch (error) {
    button.disabled = false;
    await refused(error);
  }
}

async function refused(error: unknown): Promise<void> {
  say(wordsOf(error));
  const code = error instanceof ApiError ? error.code : "";
  if (code === "sheet_problems") await check();
  else if (code === "article_stale") {
    open("");
    await load("bentrok");
  } else if (code === "sheet_stale") await saver.save();
}

function say(words: string): void {
  const notice = byId("notice");
  notice.replaceChildren(words ? h("div", { class: "notice late", role: "alert" }, words) : "");
  show(notice, words !== "");
}

/** Both texts of the fields that differ; the person says which goes on. Nothing is overwritten until then. */
function showConflict(stored: Stored, mine: Fields): void {
  open("");
  setText(saved, t("conflict_status"));
  saved.classList.add("late");
  const plain = (value: unknown): string => (typeof value === "string" ? value : JSON.stringify(value, null, 1));
  const pairs = Object.keys(mine).filter((name) => plain(mine[name]) !== plain(stored.fields[name]));
  const choose = (fields: Fields) => (): void => {
    writeFields(fields);
    saver.resolve(stored);
    say("");
    void saver.save().then(() => turnTo("pratinjau"));
  };
  const textOf = (name: string): string => document.querySelector(`label[for="f-${name}"]`)?.firstChild?.textContent?.trim() ?? t("legal_basis");
  beside.replaceChildren(
    h("p", { class: "notice late", role: "alert" }, `▲ ${t("sheet_conflict")}`),
    ...pairs.map((name) =>
      h("div", { class: "conflict-pair" },
        h("div", {}, h("h4", {}, `${textOf(name)} · ${t("conflict_mine")}`), h("p", { class: "prewrap case-text" }, plain(mine[name]))),
        h("div", {}, h("h4", {}, `${textOf(name)} · ${t("conflict_stored")}`), h("p", { class: "prewrap case-text" }, plain(stored.fields[name])))),
    ),
    h("p", { class: "actions" },
      h("button", { type: "button", class: "primary", id: "keep-mine", onclick: choose(mine) }, t("keep_mine")),
      h("button", { type: "button", id: "keep-stored", onclick: choose(stored.fields) }, t("keep_stored"))),
  );
}

function onInput(event: Event): void {
  const target = event.target as HTMLElement;
  if (target.id === "f-title" && !fixedId) {
    const id = control("id");
    if (id.value === "" || id.value === slug(lastTitle)) id.value = slug(control("title").value);
    lastTitle = control("title").value;
  }
  countForms();
  saver.touched();
}

/** A new article's id comes from its title until somebody types another one. */
function proposeId(): void {
  if (fixedId || control("id").value !== "" || lastTitle === "") return;
  control("id").value = slug(lastTitle);
  saver.touched();
}

function countForms(): void {
  const forms = control("questions").value.split("\n").filter((line) => line.trim()).length;
  setText(byId("hint-questions"), t("hint_questions_count", { n: forms }));
}

function onKey(event: KeyboardEvent): void {
  if (!event.ctrlKey || event.altKey || event.metaKey) return;
  if (event.key.toLowerCase() === "s") void saver.save();
  else if (event.key === "Enter") void (event.shiftKey ? publish() : check());
  else return;
  event.preventDefault();
}

/** What an earlier life of this tab had typed and could not save. */
function takeUp(): void {
  const kept = window.sessionStorage.getItem(storageKey);
  if (!kept) return;
  const before = JSON.parse(kept) as Stored;
  const now = page["fields"] as Fields;
  if (JSON.stringify(before.fields) === JSON.stringify(now)) return;
  writeFields(before.fields);
  if (before.version === saver.version) saver.touched();
  else showConflict({ fields: now, version: saver.version }, before.fields);
}

let lastTitle = String((page["fields"] as Fields)["title"] ?? "");
startWork();
altKeys();
writeFields(page["fields"] as Fields);
if (fixedId) (control("id") as HTMLInputElement).readOnly = true;
countForms();
takeUp();
proposeId();
const form = byId("fields");
form.addEventListener("input", onInput);
form.addEventListener("submit", (event) => event.preventDefault());
form.addEventListener("click", (event) => {
  const remove = (event.target as Element).closest("[data-remove]");
  if (!remove) return;
  remove.closest(".basis")?.remove();
  saver.touched();
});
byId("add-basis").addEventListener("click", () => addBasis().focus());
byId("do-save").addEventListener("click", () => void saver.save());
byId("do-check").addEventListener("click", () => void check());
byId("do-publish").addEventListener("click", () => void publish());
for (const tab of document.querySelectorAll<HTMLElement>("[role=tab]")) {
  tab.addEventListener("click", () => void (tab.dataset["view"] === "periksa" ? check() : turnTo(tab.dataset["view"] ?? "")));
}
beside.addEventListener("click", (event) => {
  const mistake = (event.target as Element).closest<HTMLElement>("[data-field]");
  if (mistake) goTo(mistake.dataset["field"] ?? "", Number(mistake.dataset["line"]));
});
byId("discard").addEventListener("submit", (event) => {
  const button = (event.target as HTMLElement).querySelector("button");
  if (button?.dataset["sure"]) {
    window.sessionStorage.removeItem(storageKey);
    return;
  }
  event.preventDefault();
  if (!button) return;
  button.dataset["sure"] = "yes";
  setText(button, t("sheet_discard_sure"));
});
document.addEventListener("keydown", onKey);
window.addEventListener("pagehide", () => void saver.save());
