// SPDX-License-Identifier: GPL-3.0-or-later
// The case pane: the call's cases as tabs, the procedure's rail, the form that saves itself, question and answer
// proposed from the conversation, the moves the procedure allows now. What the agent has typed is never overwritten.

import { wordsOf } from "../core/api.js";
import { casesOf, FINISHED_STATES } from "../core/call-state.js";
import { byId, h, setAttr, setText, show } from "../core/dom.js";
import { fieldsOf, missing, type CaseFields, type FieldName, type Sources } from "../core/draft.js";
import { named, t } from "../core/page.js";
import type { ArticleText, Case, Choice, LiveCall, NextStep, Source, Taxpayer } from "../core/types.js";
import { drawForm, elementOf, fieldOf, fillForm, readForm, setEditable } from "./case-form.js";
import { newsNodes, newsOf } from "./case-news.js";
import { CaseTabs } from "./case-tabs.js";
import { conflictNodes } from "./conflict.js";
import { drawSource, Prefill, questionFrom, type Prefilled } from "./prefill.js";
import { railNodes } from "./rail.js";
import { overlong, overlongWords, Saver } from "./saver.js";

const MOST_REASONS = 3;
const MOST_PERCENT = 99; // words never make it certain
const PREFILLED = ["question", "answer"] as const;

export interface CaseHands {
  say: (words: string) => void;
  reveal: (source: Source) => void;
  moved: (item: Case) => void;
  /** Step 3d was taken: a team leader is to be called. */
  consulting: () => void;
  taxpayerName: (id: number) => string;
  /** Why nothing may have been asked in a call. */
  emptyReasons: () => Choice[];
}

interface Kept {
  item: Case;
  saver: Saver;
  prefill: Prefill;
}

export class CasePane {
  private readonly kept = new Map<string, Kept>();
  private active: Kept | null = null;
  private cases: Case[] = [];
  private call: LiveCall | null = null;
  private busy = false;
  private readonly tabs: CaseTabs;

  constructor(private readonly hands: CaseHands) {
    this.tabs = new CaseTabs({ choose: (id) => this.choose(id), opened: (item) => this.opened(item), say: hands.say });
    const form = byId("case-form");
    form.addEventListener("submit", (event) => event.preventDefault());
    form.addEventListener("input", (event) => this.typed(event.target));
    form.addEventListener("change", (event) => this.typed(event.target));
    byId("taxpayer-unlink").addEventListener("click", () => this.linkTaxpayer(null));
    document.addEventListener("keydown", (event) => this.onKey(event));
    window.addEventListener("pagehide", () => this.flushAll());
  }

  /** The case on the screen, as the server has it. */
  get shown(): Case | null {
    return this.active?.item ?? null;
  }

  private flushAll(): void {
    for (const { saver } of this.kept.values()) void saver.flush();
  }

  private onKey(event: KeyboardEvent): void {
    if (event.key !== "Enter" || !event.ctrlKey || event.repeat) return;
    const primary = byId("case-actions").querySelector<HTMLButtonElement>("button.primary");
    if (!primary || primary.disabled) return;
    event.preventDefault();
    primary.click();
  }

  tick(): void {
    this.tabs.tick();
  }

  render(call: LiveCall | null): void {
    const another = call?.call_id !== this.call?.call_id;
    this.call = call;
    this.cases = call ? casesOf(call) : [];
    if (another) this.leave();
    for (const item of this.cases) this.know(item);
    const chosen = this.active ?? this.kept.get(this.cases.at(-1)?.case_id ?? "") ?? null;
    for (const id of ["case-form", "case-footer"]) show(byId(id), chosen !== null);
    show(byId("case-idle"), chosen === null);
    if (chosen && chosen !== this.active) this.take(chosen);
    this.tabs.render(call, this.cases, chosen?.item.case_id ?? "");
    if (!chosen) {
      setText(byId("case-number"), "");
      setText(byId("case-state"), "");
      return;
    }
    this.prefill();
    this.drawKind();
  }

  private leave(): void {
    this.flushAll();
    this.kept.clear();
    this.active = null;
  }

  /** Keep a case of the call, or take its newer version. */
  private know(item: Case): void {
    const known = this.kept.get(item.case_id);
    if (!known) {
      this.kept.set(item.case_id, this.begin(item));
      return;
    }
    if (item === known.item || item.version < known.item.version) return;
    known.saver.refresh(item);
    this.stored(known, item);
  }

  private begin(item: Case): Kept {
    const on = (): boolean => this.active?.item.case_id === item.case_id;
    const saver = new Saver(item, {
      status: (words, tone) => { if (on()) this.status(words, tone); },
      conflict: (names, mine, stored) => { if (on()) this.showConflict(names, mine, stored); },
      stored: (fresh) => {
        const kept = this.kept.get(item.case_id);
        if (kept) this.stored(kept, fresh);
      },
    });
    const fields = { ...fieldsOf(item), ...saver.pending };
    const prefill = new Prefill(
      { question: fields.question, answer: fields.answer },
      { question: saver.sourceOf("question"), answer: saver.sourceOf("answer") },
    );
    return { item, saver, prefill };
  }

  private choose(caseId: string): void {
    const kept = this.kept.get(caseId);
    if (!kept || kept === this.active) return;
    void this.active?.saver.flush();
    this.take(kept);
    this.hands.moved(kept.item);
  }

  private opened(item: Case): void {
    this.know(item);
    this.choose(item.case_id);
    this.tabs.focus(); // not the question: the caller's words go in there by themselves until it is typed in
  }

  private take(kept: Kept): void {
    this.active = kept;
    show(byId("conflict"), false);
    setAttr(byId("identity-name"), "placeholder", this.call?.caller_name ?? null);
    for (const name of ["question", "kind", "answer", "topic", "identity-name"]) setAttr(byId(name), "aria-invalid", null);
    fillForm({ ...fieldsOf(kept.item), ...kept.saver.pending }, () => false);
    this.draw();
    kept.saver.shown();
  }

  /** The server's case changed (saved, moved, or edited elsewhere): show it, keep what is being typed. */
  private stored(kept: Kept, item: Case): void {
    kept.item = item;
    if (kept !== this.active) return;
    fillForm(fieldsOf(item), (name) => kept.saver.isMine(name));
    this.draw();
  }

  private isFocused(name: FieldName): boolean {
    return fieldOf(document.activeElement) === name && name !== "kind";
  }

  private fields({ item, saver }: Kept): CaseFields {
    const { article_id, article_version, taxpayer_id, no_question_reason } = { ...fieldsOf(item), ...saver.pending };
    return { ...readForm(), article_id, article_version, taxpayer_id, no_question_reason };
  }

  private typed(target: EventTarget | null): void {
    const name = fieldOf(target);
    const kept = this.active;
    if (!name || !kept) return;
    const form = readForm();
    const sources: Sources = {};
    if (name === "question" || name === "answer") {
      kept.prefill.own[name] = true;
      const source = kept.prefill.sourceFor(name, form[name], kept.saver.sourceOf(name));
      if (source) sources[name] = source;
    }
    if (target instanceof HTMLElement) setAttr(target, "aria-invalid", null);
    kept.saver.change({ [name]: form[name as keyof typeof form] } as Partial<CaseFields>, sources);
    drawForm();
    this.drawActions();
    this.drawSources();
    this.drawKind();
  }

  /** Put the speakers' words into fields that the agent has not touched; only the newest question grows. */
  private prefill(): void {
    const kept = this.active;
    if (!kept || !this.call || FINISHED_STATES.has(kept.item.state)) return;
    if (kept.item.case_id !== this.cases.at(-1)?.case_id) return;
    const before = this.kept.get(this.cases.at(-2)?.case_id ?? "");
    const into = kept.prefill.look(this.call, questionFrom(this.call, kept.item, before?.saver.sourceOf("question")), (name) => this.isFocused(name));
    const fields = this.fields(kept);
    if (kept.item.state === "consulting" || fields.article_id) delete into.answer;
    for (const name of PREFILLED) if (into[name]) this.takeProposal(name);
    this.drawSources();
  }

  private takeProposal(name: Prefilled): void {
    const kept = this.active;
    const proposal = kept?.prefill.proposed[name];
    if (!kept || !proposal) return;
    kept.prefill.own[name] = false;
    fillForm({ ...this.fields(kept), [name]: proposal.text }, (other) => other !== name);
    kept.saver.change({ [name]: proposal.text }, { [name]: proposal.source });
    this.drawActions();
    this.drawSources();
  }

  private draw(): void {
    const kept = this.active;
    if (!kept) return;
    const { item } = kept;
    setText(byId("case-number"), item.number);
    setText(byId("case-state"), t(`state_${item.state}`));
    byId("case-rail").replaceChildren(...railNodes(item));
    setEditable(!FINISHED_STATES.has(item.state));
    this.drawNews(item);
    this.drawTaxpayer(kept);
    this.drawSources();
    this.drawKind();
    this.drawActions();
  }

  private drawNews(item: Case): void {
    const node = byId("case-news");
    const news = this.call ? newsOf(item, this.call, this.hands.emptyReasons()) : null;
    show(node, news !== null);
    const signature = JSON.stringify(news);
    if (!news || node.dataset["signature"] === signature) return;
    node.dataset["signature"] = signature;
    setAttr(node, "class", `case-news notice ${news.tone}`);
    node.replaceChildren(...newsNodes(news));
  }

  private drawTaxpayer(kept: Kept): void {
    const { taxpayer_id } = { ...fieldsOf(kept.item), ...kept.saver.pending };
    show(byId("case-taxpayer"), taxpayer_id !== null);
    show(byId("taxpayer-unlink"), !FINISHED_STATES.has(kept.item.state));
    if (taxpayer_id !== null) setText(byId("case-taxpayer-name"), `✓ ${t("taxpayer_of_case", { name: this.hands.taxpayerName(taxpayer_id) })}`);
  }

  /** Link a taxpayer to the case (null: nobody); the name goes into an empty name field. */
  linkTaxpayer(taxpayer: Taxpayer | null): void {
    const kept = this.active;
    if (!kept || FINISHED_STATES.has(kept.item.state)) return;
    const form = readForm();
    const named_ = taxpayer && !form.caller_identity.name?.trim() ? { caller_identity: { ...form.caller_identity, name: taxpayer.name } } : {};
    kept.saver.change({ taxpayer_id: taxpayer?.id ?? null, ...named_ });
    fillForm({ ...form, ...named_ }, (name) => name !== "caller_identity");
    this.drawTaxpayer(kept);
    void kept.saver.flush();
  }

  /** The class that the caller's words suggest (step 3), with its reasons; choosing it is the person's. */
  private drawKind(): void {
    const node = byId("kind-proposal");
    const proposed = this.call?.proposed_class ?? null;
    const item = this.shown;
    show(node, proposed !== null && item !== null && !FINISHED_STATES.has(item.state));
    if (!proposed || node.hidden) return;
    const chosen = readForm().kind === proposed.kind;
    const signature = JSON.stringify([proposed.kind, proposed.reasons, chosen]);
    if (node.dataset["signature"] === signature) return;
    node.dataset["signature"] = signature;
    const share = proposed.kind === "interpretation" ? proposed.probability : 1 - proposed.probability;
    const words = t("kind_proposed", { kind: t(`kind_${proposed.kind}`), percent: Math.min(MOST_PERCENT, Math.round(100 * share)) });
    const reasons = proposed.reasons.slice(0, MOST_REASONS).map((one) => `“${one}”`).join(", ");
    const take = chosen ? null : h("button", { type: "button", class: "link", onclick: () => this.takeKind() }, t("kind_take"));
    node.replaceChildren(h("strong", {}, words), ` ${t("because")} ${reasons}`, ...(take ? [" · ", take] : []));
  }

  private takeKind(): void {
    const kind = this.call?.proposed_class?.kind;
    const kept = this.active;
    if (!kind || !kept) return;
    fillForm({ ...this.fields(kept), kind }, (name) => name !== "kind");
    kept.saver.change({ kind });
    this.draw();
  }

  private drawSources(): void {
    const { call, active: kept } = this;
    if (!call || !kept) return;
    const form = readForm();
    const open = !FINISHED_STATES.has(kept.item.state);
    for (const name of PREFILLED) {
      drawSource(byId(`${name}-source`), {
        call, source: kept.saver.sourceOf(name), offered: open ? kept.prefill.proposed[name] : null, text: form[name],
        reveal: this.hands.reveal, take: () => this.takeProposal(name),
      });
    }
    const { article_id, article_version } = this.fields(kept);
    show(byId("answer-article"), Boolean(article_id));
    if (article_id) setText(byId("answer-article"), t("answer_from", { id: article_id, n: article_version ?? "?" }));
  }

  private drawActions(): void {
    const kept = this.active;
    if (!kept) return;
    const { item } = kept;
    const fields = this.fields(kept);
    const empty = item.next.find((step) => step.requires.includes("no_question_reason"));
    const steps = item.next.filter((step) => step !== empty);
    const nodes: HTMLElement[] = steps.map((step, index) => this.actionButton(step, index === 0, missing(step.requires, fields)));
    if (empty) nodes.push(this.emptyMenu(empty));
    const box = byId("case-actions");
    const signature = JSON.stringify([item.case_id, item.next, item.state, nodes.map((node) => node.textContent), this.busy]);
    if (box.dataset["signature"] === signature) return;
    box.dataset["signature"] = signature;
    const finished = FINISHED_STATES.has(item.state);
    box.replaceChildren(...(nodes.length > 0 || !finished ? nodes : [h("p", { class: "lamp good" }, `● ${t("case_finished")}`)]));
  }

  private actionButton(step: NextStep, first: boolean, lacking: string[]): HTMLButtonElement {
    const lack = lacking.map((name) => named("field", name)).join(", ");
    const label = step.to === "consulting" ? t("ask_team_leader") : step.label;
    return h(
      "button",
      { type: "button", class: first ? "primary" : null, "data-to": step.to, disabled: this.busy, onclick: () => void this.move(step) },
      label,
      first ? h("kbd", {}, "Ctrl ⏎") : null,
      lack ? h("span", { class: "lacking" }, t("lacking", { fields: lack })) : null,
    );
  }

  /** A call in which nothing was asked: its case is closed with the reason. */
  private emptyMenu(step: NextStep): HTMLElement {
    const choices = this.hands.emptyReasons().map(({ name, label }) =>
      h("button", { type: "button", disabled: this.busy, onclick: () => void this.move(step, { no_question_reason: name }) }, label));
    return h("details", { class: "empty-call" }, h("summary", {}, t("empty_call")), h("div", { class: "actions" }, ...choices));
  }

  private async move(step: NextStep, extra: Partial<CaseFields> = {}): Promise<void> {
    const kept = this.active;
    if (!kept || this.busy) return;
    if (kept.saver.undecided) {
      byId("conflict").scrollIntoView({ block: "nearest" });
      byId("conflict").querySelector("button")?.focus();
      return;
    }
    if (!this.complete(step, { ...this.fields(kept), ...extra })) return;
    this.busy = true;
    this.drawActions();
    try {
      const item = await kept.saver.transition(step.to, extra);
      this.stored(kept, item);
      this.hands.moved(item);
      if (step.to === "consulting") this.hands.consulting();
    } catch (error) {
      this.status(wordsOf(error), "late");
    } finally {
      this.busy = false;
      this.drawActions();
    }
  }

  /** Point at what is missing or too long; true when the step can be asked for. */
  private complete(step: NextStep, fields: CaseFields): boolean {
    const [long] = overlong(fields);
    if (long) {
      elementOf(long.field === "caller_name" ? "caller_identity" : long.field)?.focus();
      this.status(overlongWords(long), "late");
      return false;
    }
    const lacking = missing(step.requires, fields);
    for (const name of ["question", "kind", "caller_identity", "answer"]) {
      setAttr(byId(name), "aria-invalid", lacking.includes(name) ? "true" : null);
    }
    if (lacking.length === 0) return true;
    elementOf(lacking[0] ?? "")?.focus();
    this.status(t("lacking_first", { fields: lacking.map((name) => named("field", name)).join(", ") }), "soon");
    return false;
  }

  /** Step 3d from the SIKP pane's no-answer notice. */
  consult(): void {
    const step = this.shown?.next.find((one) => one.to === "consulting");
    if (step) void this.move(step);
  }

  /** Take an article's answer into the case; what the agent already wrote stays above it. */
  useArticle(article: ArticleText, answer: string): void {
    const kept = this.active;
    if (!kept || FINISHED_STATES.has(kept.item.state)) {
      this.hands.say(t("no_case_for_answer"));
      return;
    }
    const before = kept.prefill.own.answer ? readForm().answer.trim() : "";
    const text = before && !before.includes(answer) ? `${before}\n\n${answer}` : before || answer;
    kept.prefill.own.answer = true;
    fillForm({ ...this.fields(kept), answer: text }, (name) => name !== "answer");
    kept.saver.change({ answer: text, article_id: article.article_id, article_version: article.version });
    this.draw();
    const field = byId<HTMLTextAreaElement>("answer");
    field.focus();
    field.setSelectionRange(before.length, before.length);
    field.scrollTop = before ? field.scrollHeight : 0;
  }

  private status(words: string, tone: "good" | "soon" | "late"): void {
    const signs = { good: "✓", soon: "…", late: "▲" };
    const node = byId("saved");
    setAttr(node, "class", `saved small ${tone}`);
    setText(node, `${signs[tone]} ${words}`);
  }

  private showConflict(names: FieldName[], mine: Partial<CaseFields>, stored: CaseFields): void {
    const box = byId("conflict");
    const kept = this.active;
    const decide = (keepMine: boolean): void => {
      show(box, false);
      kept?.saver.decide(keepMine, names);
      if (kept && kept === this.active) fillForm({ ...fieldsOf(kept.item), ...kept.saver.pending }, () => false);
    };
    box.replaceChildren(...conflictNodes(names, mine, stored, decide));
    show(box, true);
    box.scrollIntoView({ block: "nearest" });
  }
}
