// SPDX-License-Identifier: GPL-3.0-or-later
// The conversation pane. Rows are kept by leg and segment, so that a partial is replaced in place by its final;
// whoever has scrolled up stays where they are and gets a chip that leads back to the latest words.

import { byId, h, setAttr, setText, show } from "../core/dom.js";
import { clockTime } from "../core/format.js";
import { t } from "../core/page.js";
import { markedWords } from "../core/quoted.js";
import { LOW_CONFIDENCE, mergeRows, type Row } from "../core/transcript.js";
import { wordTitle } from "../core/word-title.js";
import type { Article, LiveCall, Source } from "../core/types.js";

const NEAR_END_PX = 40;
const REVEALED_MS = 4000;

interface Kept {
  node: HTMLLIElement;
  time: HTMLElement;
  text: HTMLElement;
  signature: string;
}

/** The words of a row as nodes; doubtful words of a final are marked and say so, rewritten ones say what was heard. */
export function wordNodes(row: Row, marked: Set<number>, revealed: Set<number> = new Set()): (Node | string)[] {
  const plain = row.words.map((word) => word.text).join(" ");
  if (!row.final || plain !== row.text) return [row.text];
  return row.words.flatMap((word, index) => {
    const space = index > 0 ? [" "] : [];
    const doubtful = word.confidence < LOW_CONFIDENCE;
    const plain = !doubtful && word.heard === "" && !marked.has(index) && !revealed.has(index);
    if (plain) return [...space, word.text];
    const classes = [doubtful ? "doubtful" : "", marked.has(index) ? "because" : "", revealed.has(index) ? "revealed" : ""].filter(Boolean).join(" ");
    return [...space, h("span", { class: classes || null, title: wordTitle(word) }, word.text)];
  });
}

export class ConversationPane {
  private readonly box = byId("conversation");
  private readonly list = byId<HTMLOListElement>("turns");
  private readonly chip = byId<HTMLButtonElement>("to-latest");
  private readonly rows = new Map<string, Kept>();
  private callId = "";
  private segments: unknown = null;
  private partials: unknown = null;
  private first: Article | null = null;
  private rowsShown: Row[] = [];
  private began = 0;
  private revealed: Source | null = null;
  private unreveal = 0;

  constructor() {
    this.chip.addEventListener("click", () => this.toLatest());
    this.box.addEventListener("scroll", () => {
      if (this.atEnd()) show(this.chip, false);
    });
  }

  render(call: LiveCall | null): void {
    show(this.list, call !== null);
    show(byId("conversation-idle"), call === null || (call.segments.length === 0 && !call.partials.caller && !call.partials.agent));
    if (!call) {
      this.clear("");
      return;
    }
    if (call.call_id !== this.callId) this.clear(call.call_id);
    const first = call.suggestions?.articles[0] ?? null;
    const same = call.segments === this.segments && call.partials === this.partials;
    if (same && first === this.first) return;
    this.first = first;
    this.segments = call.segments;
    this.partials = call.partials;
    const follow = this.atEnd();
    const start = Date.parse(call.recording_started_at ?? call.offered_at);
    this.draw(mergeRows(call.segments, call.partials), start);
    if (follow) this.box.scrollTop = this.box.scrollHeight;
    else if (!same) show(this.chip, true);
  }

  /** Scroll to words and mark them for a while: where a text of the case comes from. */
  reveal(source: Source): void {
    this.revealed = source;
    this.redraw();
    const first = this.rowsShown.find((row) => row.leg === source.leg && row.end_ms > source.start_ms && row.start_ms < source.end_ms);
    this.rows.get(first?.key ?? "")?.node.scrollIntoView({ block: "center" });
    window.clearTimeout(this.unreveal);
    this.unreveal = window.setTimeout(() => {
      this.revealed = null;
      this.redraw();
    }, REVEALED_MS);
  }

  private redraw(): void {
    for (const row of this.rowsShown) {
      const kept = this.rows.get(row.key);
      if (kept) this.fill(kept, row, this.began);
    }
  }

  private draw(rows: Row[], start: number): void {
    this.rowsShown = rows;
    this.began = start;
    const seen = new Set<string>();
    let before: Element | null = this.list.firstElementChild;
    for (const row of rows) {
      seen.add(row.key);
      const kept = this.rows.get(row.key) ?? this.make(row);
      this.fill(kept, row, start);
      if (kept.node === before) before = before.nextElementSibling;
      else this.list.insertBefore(kept.node, before);
    }
    for (const [key, kept] of this.rows) {
      if (seen.has(key)) continue;
      kept.node.remove();
      this.rows.delete(key);
    }
  }

  private make(row: Row): Kept {
    const time = h("time", { class: "mono quiet" });
    const text = h("p", { dir: "auto" });
    const who = row.leg === "caller" ? "caller" : "agent";
    const node = h(
      "li",
      { class: `turn ${who}` },
      time,
      h("abbr", { class: "who", title: t(who === "caller" ? "taxpayer" : "officer") }, t(`leg_${who}`)),
      text,
    );
    const kept = { node, time, text, signature: "" };
    this.rows.set(row.key, kept);
    return kept;
  }

  private fill(kept: Kept, row: Row, start: number): void {
    const marked = this.marked(row);
    const revealed = this.revealedIn(row);
    const signature = `${row.final}|${row.text}|${[...marked].join(",")}|${[...revealed].join(",")}`;
    setText(kept.time, clockTime(start + row.start_ms));
    if (signature === kept.signature) return;
    kept.signature = signature;
    kept.text.replaceChildren(...wordNodes(row, marked, revealed));
    kept.node.classList.toggle("partial", !row.final);
    kept.node.classList.toggle("shown", revealed.size > 0);
    setAttr(kept.node, "data-final", String(row.final));
  }

  /** The words of a row that brought the first suggestion up. */
  private marked(row: Row): Set<number> {
    const quoted = this.first?.quoted;
    const here = quoted && quoted.segment > 0 && quoted.leg === row.leg && quoted.segment === row.segment;
    return this.first && here && row.final ? markedWords(this.first, row.words, row.heard) : new Set();
  }

  private revealedIn(row: Row): Set<number> {
    const source = this.revealed;
    if (!source || source.leg !== row.leg) return new Set();
    const within = row.words.map((word, index) => (word.start_ms < source.end_ms && word.end_ms > source.start_ms ? index : -1));
    return new Set(within.filter((index) => index >= 0));
  }

  private atEnd(): boolean {
    return this.box.scrollHeight - this.box.scrollTop - this.box.clientHeight < NEAR_END_PX;
  }

  private toLatest(): void {
    this.box.scrollTop = this.box.scrollHeight;
    show(this.chip, false);
    this.box.focus();
  }

  private clear(callId: string): void {
    if (this.callId === callId && callId !== "") return;
    this.callId = callId;
    this.segments = null;
    this.partials = null;
    this.first = null;
    this.rowsShown = [];
    this.rows.clear();
    this.list.replaceChildren();
    show(this.chip, false);
  }
}
