// SPDX-License-Identifier: GPL-3.0-or-later
// The archived transcript: every word is a place on the ruler. It follows the sound and a click on a word goes there.

import { h, setAttr } from "../core/dom.js";
import { duration } from "../core/format.js";
import { t } from "../core/page.js";
import { LOW_CONFIDENCE, shownText, shownWords, wordAt } from "../core/transcript.js";
import { wordTitle } from "../core/word-title.js";
import type { Segment } from "../core/types.js";

interface Spot {
  start_ms: number;
  end_ms: number;
  node: HTMLElement;
}

export class TranscriptView {
  private readonly words: Spot[] = [];
  private readonly turns: Spot[] = [];
  private word = -1;
  private turn = -1;
  follow = true;

  constructor(
    private readonly box: HTMLElement,
    segments: Segment[],
    private readonly seek: (at_ms: number) => void,
  ) {
    if (segments.length === 0) {
      box.replaceChildren(h("p", { class: "empty" }, t("transcript_empty")));
      return;
    }
    const list = h("ol", { class: "turns" }, ...segments.map((segment) => this.turnNode(segment)));
    this.words.sort((a, b) => a.start_ms - b.start_ms);
    list.addEventListener("click", (event) => this.clicked(event));
    box.replaceChildren(list);
  }

  private turnNode(segment: Segment): HTMLLIElement {
    const words = segment.words.length > 0 ? shownWords(segment) : [{ heard: "", text: shownText(segment), start_ms: segment.start_ms, end_ms: segment.end_ms, confidence: segment.confidence }];
    const text = h("p", { dir: "auto" });
    words.forEach((word, index) => {
      const doubtful = word.confidence < LOW_CONFIDENCE;
      const node = h("span", { class: doubtful ? "word doubtful" : "word", "data-ms": word.start_ms, title: wordTitle(word) }, word.text);
      this.words.push({ start_ms: word.start_ms, end_ms: word.end_ms, node });
      text.append(...(index > 0 ? [" ", node] : [node]));
    });
    const time = h("button", { type: "button", class: "link mono", "data-ms": segment.start_ms, "aria-label": t("go_to", { time: duration(segment.start_ms) }) }, duration(segment.start_ms));
    const who = h("abbr", { class: "who", title: t(segment.leg === "caller" ? "taxpayer" : "officer") }, t(`leg_${segment.leg}`));
    const item = h("li", { class: `turn ${segment.leg}` }, time, who, text);
    this.turns.push({ start_ms: segment.start_ms, end_ms: segment.end_ms, node: item });
    return item;
  }

  private clicked(event: Event): void {
    const at = (event.target as HTMLElement).closest<HTMLElement>("[data-ms]")?.dataset["ms"];
    if (at !== undefined && !window.getSelection()?.toString()) this.seek(Number(at));
  }

  /** Mark the word and the turn at an instant; scroll only when the turn changes and following is on. */
  at(at_ms: number): void {
    const word = wordAt(this.words, at_ms);
    if (word !== this.word) {
      this.words[this.word]?.node.classList.remove("spoken");
      const spot = this.words[word];
      if (spot && at_ms < spot.end_ms + 400) spot.node.classList.add("spoken");
      this.word = word;
    }
    const turn = wordAt(this.turns, at_ms);
    if (turn === this.turn) return;
    const before = this.turns[this.turn];
    if (before) setAttr(before.node, "aria-current", null);
    const spot = this.turns[turn];
    this.turn = turn;
    if (!spot) return;
    setAttr(spot.node, "aria-current", "true");
    if (this.follow) this.bringIntoView(spot.node);
  }

  private bringIntoView(node: HTMLElement): void {
    const top = node.offsetTop - this.box.offsetTop;
    if (top < this.box.scrollTop || top + node.offsetHeight > this.box.scrollTop + this.box.clientHeight - 40) {
      this.box.scrollTop = top - this.box.clientHeight / 3;
    }
  }

  /** Start of the turn before (-1) or after (+1) an instant; null at the ends. */
  neighbour(at_ms: number, step: -1 | 1): number | null {
    const here = wordAt(this.turns, step < 0 ? at_ms - 1000 : at_ms + 1);
    const target = this.turns[step < 0 ? Math.max(0, here) : here + 1];
    return target ? target.start_ms : null;
  }
}
