// SPDX-License-Identifier: GPL-3.0-or-later
// A row of large tiles, kept by key so that only what changed is touched.

import { h, setAttr, setText } from "../core/dom.js";
import type { Tone } from "../core/format.js";

export interface Tile {
  key: string;
  value: string;
  label: string;
  tone?: Tone;
  word?: string;
}

const SIGNS: Record<Tone, string> = { calm: "●", soon: "◆", late: "▲" };

export class Tiles {
  private readonly nodes = new Map<string, HTMLElement>();

  constructor(private readonly box: HTMLElement) {}

  draw(tiles: Tile[]): void {
    for (const tile of tiles) {
      const [label, value, word] = [...this.node(tile.key).children];
      setText(label ?? null, tile.label);
      setText(value ?? null, tile.value);
      setText(word ?? null, tile.tone && tile.word ? `${SIGNS[tile.tone]} ${tile.word}` : (tile.word ?? ""));
      setAttr(this.node(tile.key), "data-tone", tile.tone ?? null);
      setAttr(word as HTMLElement, "title", tile.word ?? null);
    }
  }

  private node(key: string): HTMLElement {
    let node = this.nodes.get(key);
    if (!node) {
      node = h("div", { class: "tile" }, h("span", { class: "tile-label" }), h("strong", { class: "tile-value" }), h("span", { class: "tile-word" }));
      this.nodes.set(key, node);
      this.box.append(node);
    }
    return node;
  }
}
