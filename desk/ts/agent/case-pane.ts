// SPDX-License-Identifier: GPL-3.0-or-later
// The case pane: the procedure's rail, the form that saves itself, the question proposed from the caller's own words,
// the moves the procedure allows now. What the agent has typed is never overwritten.

import { wordsOf } from "../core/api.js";
import { FINISHED_STATES } from "../core/call-state.js";
import { byId, h, setAttr, setText, show } from "../core/dom.js";
import { fieldsOf, missing, type CaseFields, type FieldName } from "../core/draft.js";
import { clockTime } from "../core/format.js";
import { named, t } from "../core/page.js";
import { proposeQuestion, sameQuestion, type ProposedQuestion } from "../core/transcript.js";
import type { ArticleText, Case, LiveCall, NextStep } from "../core/types.js";
import { elementOf, fieldOf, fillForm, readForm, setEditable } from "./case-form.js";
import { railNodes } from "./rail.js";
import { Saver } from "./saver.js";

const MOST_REASONS = 3;
const MOST_PERCENT = 99; // words never make it certain

export interface CaseHands {
  say: (words: string) => void;
  reveal: (rowKey: string) => void;
  moved: (item: Case) => void;
}

export class CasePane {
  private item: Case | null = null;
  private call: LiveCall | null = null;
  private proposed: ProposedQuestion | null = null;
  private ownQuestion = false;
  private busy = false;
  private readonly saver: Saver;

  constructor(private readonly hands: CaseHands) {
    this.saver = new Saver({
      status: (words, tone) => this.status(words, tone),
      conflict: (names, mine, stored) => this.showConflict(names, mine, stored),
      stored: (item) => this.stored(item),
    });
    const form = byId("case-form");
    form.addEventListener("submit", (event) => event.preventDefault());
    form.addEventListener("input", (event) => this.typed(event.target));
    form.addEventListener("change", (event) => this.typed(event.target));
    document.addEventListener("keydown", (event) => this.onKey(event));
    window.addEventListener("pagehide", () => void this.saver.flush());
  }

  private onKey(event: KeyboardEvent): void {
    if (event.key !== "Enter" || !event.ctrlKey || event.repeat) return;
    const primary = byId("case-actions").querySelector<HTMLButtonElement>("button.primary");
    if (!primary || primary.disabled) return;
    event.preventDefault();
    primary.click();
  }

  render(call: LiveCall | null): void {
    this.call = call;
    const item = call?.case ?? null;
    show(byId("case-form"), item !== null);
    show(byId("case-footer"), item !== null);
    show(byId("case-idle"), item === null);
    if (!item) {
      if (this.item) void this.saver.flush();
      this.item = null;
      setText(byId("case-number"), "");
      setText(byId("case-state"), "");
      return;
    }
    if (item.case_id !== this.item?.case_id) void this.take(item);
    else if (item !== this.item && item.version >= this.item.version) this.update(item);
    this.propose();
    this.drawKind();
  }

  private async take(item: Case): Promise<void> {
    if (this.item) void this.saver.flush();
    this.item = item;
    this.proposed = null;
    show(byId("conflict"), false);
    this.status(t("saves_itself"), "good");
    setAttr(byId("identity-name"), "placeholder", this.call?.caller_name ?? null);
    const mine = this.saver.take(item);
    fillForm({ ...fieldsOf(item), ...mine }, () => false);
    this.ownQuestion = (mine.question ?? item.question).trim() !== "";
    this.draw();
  }

  private update(item: Case): void {
    this.saver.refresh(item);
    this.stored(item);
  }

  /** The server's case changed (saved, moved, or edited elsewhere): show it, keep what is being typed. */
  private stored(item: Case): void {
    this.item = item;
    fillForm(fieldsOf(item), (name) => this.saver.isMine(name));
    this.draw();
  }

  private isFocused(name: FieldName): boolean {
    return fieldOf(document.activeElement) === name && name !== "kind";
  }

  private fields(): CaseFields {
    const item = this.item as Case;
    const mine = this.saver.pending;
    const attached = { article_id: item.article_id, article_version: item.article_version, ...mine };
    return { ...readForm(), article_id: attached.article_id ?? null, article_version: attached.article_version ?? null };
  }

  private typed(target: EventTarget | null): void {
    const name = fieldOf(target);
    if (!name || !this.item) return;
    if (name === "question") this.ownQuestion = true;
    const form = readForm();
    this.saver.change({ [name]: form[name as keyof typeof form] } as Partial<CaseFields>);
    this.drawActions();
    this.drawSource();
    this.drawKind();
  }

  /** Put the caller's question into the empty field, until the agent has touched it. */
  private propose(): void {
    if (!this.item || !this.call || FINISHED_STATES.has(this.item.state)) return;
    const proposal = proposeQuestion(this.call.segments);
    if (!proposal || proposal.text === this.proposed?.text) return;
    const same = sameQuestion(this.proposed, proposal);
    this.proposed = proposal;
    if (same && !this.ownQuestion && !this.isFocused("question")) this.takeProposal();
    else this.ownQuestion ||= !same; // another question is offered, it does not replace the one that stands
    this.drawSource();
  }

  private takeProposal(): void {
    if (!this.proposed) return;
    fillForm({ ...this.fields(), question: this.proposed.text }, (name) => name !== "question");
    this.saver.change({ question: this.proposed.text });
    this.drawActions();
  }

  private draw(): void {
    const item = this.item;
    if (!item) return;
    setText(byId("case-number"), item.number);
    setText(byId("case-state"), t(`state_${item.state}`));
    byId("case-rail").replaceChildren(...railNodes(item));
    setEditable(!FINISHED_STATES.has(item.state));
    this.drawSource();
    this.drawKind();
    this.drawActions();
  }

  /** The class that the caller's words suggest (step 3), with its reasons; choosing it is the person's. */
  private drawKind(): void {
    const node = byId("kind-proposal");
    const proposed = this.call?.proposed_class ?? null;
    const item = this.item;
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
    if (!kind) return;
    fillForm({ ...this.fields(), kind }, (name) => name !== "kind");
    this.saver.change({ kind });
    this.draw();
  }

  private drawSource(): void {
    const node = byId("question-source");
    const proposal = this.proposed;
    show(node, proposal !== null);
    if (proposal && this.call) {
      const start = Date.parse(this.call.recording_started_at ?? this.call.offered_at);
      const from = h("button", { type: "button", class: "link", onclick: () => this.hands.reveal(proposal.rows[0] ?? "") }, t("question_from", { time: clockTime(start + proposal.start_ms) }));
      const differs = readForm().question.trim() !== proposal.text;
      const renew = differs ? h("button", { type: "button", class: "link", onclick: () => this.renew() }, t("question_renew")) : null;
      node.replaceChildren(from, ...(renew ? [" · ", renew] : []));
    }
    const fields = this.item ? this.fields() : null;
    const answer = byId("answer-source");
    show(answer, Boolean(fields?.article_id));
    if (fields?.article_id) setText(answer, t("answer_from", { id: fields.article_id, n: fields.article_version ?? "?" }));
  }

  private renew(): void {
    this.ownQuestion = false;
    this.takeProposal();
    this.drawSource();
  }

  private drawActions(): void {
    const item = this.item;
    if (!item) return;
    const fields = this.fields();
    const nodes = item.next.map((step, index) => this.actionButton(step, index === 0, missing(step.requires, fields)));
    const box = byId("case-actions");
    const signature = JSON.stringify([item.next, item.state, nodes.map((node) => node.textContent), this.busy]);
    if (box.dataset["signature"] === signature) return;
    box.dataset["signature"] = signature;
    const finished = FINISHED_STATES.has(item.state);
    box.replaceChildren(...(nodes.length > 0 || !finished ? nodes : [h("p", { class: "lamp good" }, `● ${t("case_finished")}`)]));
  }

  private actionButton(step: NextStep, first: boolean, lacking: string[]): HTMLButtonElement {
    const lack = lacking.map((name) => named("field", name)).join(", ");
    return h(
      "button",
      { type: "button", class: first ? "primary" : null, disabled: this.busy, onclick: () => void this.move(step) },
      step.label,
      first ? h("kbd", {}, "Ctrl ⏎") : null,
      lack ? h("span", { class: "lacking" }, t("lacking", { fields: lack })) : null,
    );
  }

  private async move(step: NextStep): Promise<void> {
    if (!this.item || this.busy) return;
    if (this.saver.undecided) {
      byId("conflict").scrollIntoView({ block: "nearest" });
      byId("conflict").querySelector("button")?.focus();
      return;
    }
    const lacking = missing(step.requires, this.fields());
    for (const name of ["question", "kind", "caller_identity", "answer"]) {
      setAttr(byId(name), "aria-invalid", lacking.includes(name) ? "true" : null);
    }
    if (lacking.length > 0) {
      elementOf(lacking[0] ?? "")?.focus();
      this.status(t("lacking_first", { fields: lacking.map((name) => named("field", name)).join(", ") }), "soon");
      return;
    }
    this.busy = true;
    this.drawActions();
    try {
      const item = await this.saver.transition(step.to);
      this.stored(item);
      this.hands.moved(item);
    } catch (error) {
      this.status(wordsOf(error), "late");
    } finally {
      this.busy = false;
      this.drawActions();
    }
  }

  /** Step 3d from the SIKP pane's no-answer notice. */
  consult(): void {
    const step = this.item?.next.find((one) => one.to === "consulting");
    if (step) void this.move(step);
  }

  /** Take an article's answer into the case; what the agent already wrote stays above it. */
  useArticle(article: ArticleText, answer: string): void {
    if (!this.item || FINISHED_STATES.has(this.item.state)) {
      this.hands.say(t("no_case_for_answer"));
      return;
    }
    const before = readForm().answer.trim();
    const text = before && !before.includes(answer) ? `${before}\n\n${answer}` : before || answer;
    fillForm({ ...this.fields(), answer: text }, (name) => name !== "answer");
    this.saver.change({ answer: text, article_id: article.article_id, article_version: article.version });
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
    const words = (value: unknown): string => (typeof value === "string" ? value : JSON.stringify(value)) || t("nothing");
    const side = (title: string, name: FieldName, value: unknown): HTMLElement =>
      h("div", {}, h("strong", {}, `${named("field", name)}: ${title}`), h("p", { class: "conflict-text" }, words(value)));
    const decide = (keepMine: boolean): void => {
      show(box, false);
      this.saver.decide(keepMine, names);
      if (this.item) fillForm({ ...fieldsOf(this.item), ...this.saver.pending }, () => false);
    };
    box.replaceChildren(
      h("p", {}, t("conflict_text")),
      ...names.flatMap((name) => [side(t("conflict_mine"), name, mine[name]), side(t("conflict_stored"), name, stored[name])]),
      h("p", { class: "actions" },
        h("button", { type: "button", class: "primary", onclick: () => decide(true) }, t("keep_mine")),
        h("button", { type: "button", onclick: () => decide(false) }, t("keep_stored"))),
    );
    show(box, true);
    box.scrollIntoView({ block: "nearest" });
  }
}
