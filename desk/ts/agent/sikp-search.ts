// SPDX-License-Identifier: GPL-3.0-or-later
// The search of SIKP by hand, on every page that has the field: searches while typing, Esc ends it, late answers to
// earlier words are dropped.

import { api, wordsOf } from "../core/api.js";
import { byId, setText } from "../core/dom.js";
import { t } from "../core/page.js";
import type { Article } from "../core/types.js";

const SEARCH_PAUSE_MS = 250;

export interface Found {
  articles: Article[];
  no_answer: boolean;
  no_answer_probability: number;
}

export class SikpSearch {
  /** What was found for `query`; null: nothing is searched for. */
  found: Found | null = null;
  query = "";
  readonly input = byId<HTMLInputElement>("search");
  private wait = 0;

  constructor(private readonly changed: () => void) {
    byId("search-form").addEventListener("submit", (event) => {
      event.preventDefault();
      void this.search();
    });
    this.input.addEventListener("input", () => {
      window.clearTimeout(this.wait);
      this.wait = window.setTimeout(() => void this.search(), SEARCH_PAUSE_MS);
    });
    this.input.addEventListener("keydown", (event) => {
      if (event.key !== "Escape") return;
      this.input.value = "";
      void this.search();
      this.input.blur();
    });
  }

  private async search(): Promise<void> {
    window.clearTimeout(this.wait);
    const query = this.input.value.trim();
    this.query = query;
    if (!query) {
      this.found = null;
      this.changed();
      return;
    }
    setText(byId("sikp-status"), t("searching"));
    try {
      const found = await api.get<Found>(`/api/search?q=${encodeURIComponent(query)}`);
      if (this.query !== query) return;
      this.found = found;
      this.changed();
    } catch (error) {
      setText(byId("sikp-status"), wordsOf(error));
    }
  }
}
