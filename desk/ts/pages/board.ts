// SPDX-License-Identifier: GPL-3.0-or-later
// The wallboard: large figures with a word for good, soon and late; timers run between events.

import { applyToBoard, nowOf, sealingTrouble } from "../board/board-state.js";
import { Tiles, type Tile } from "../board/tiles.js";
import { api } from "../core/api.js";
import { byId, h, setAttr, setText } from "../core/dom.js";
import { caseTone, countdown, decimal, timer, type Tone } from "../core/format.js";
import { browserHands, linkBanner, startFrame } from "../core/frame.js";
import { BOARD_EVENTS, LiveFeed } from "../core/live.js";
import { learnServerClock, named, now, page, t } from "../core/page.js";
import type { BoardSnapshot, OpenCase, WireEvent } from "../core/types.js";

const RING_SOON_MS = 10_000;
const RING_LATE_MS = 20_000;
const REFRESH_MS = 15_000;
const STALE_PAUSE_MS = 800;
const LARGE_PEOPLE = 5;
const SIGNS: Record<string, string> = { ready: "●", ringing: "◐", talking: "◐", held: "◆", starting: "◆" };
const CASE_STATES = ["received", "recorded", "classified", "searching", "consulting", "answered"];

const limit = (value: number, soon: number, late: number): Tone => (value >= late ? "late" : value >= soon ? "soon" : "calm");

class Board {
  private readonly now = new Tiles(byId("tiles-now"));
  private readonly today = new Tiles(byId("tiles-today"));
  private readonly cases = new Tiles(byId("tiles-cases"));
  private readonly health = new Tiles(byId("tiles-health"));
  private readonly people = new Map<string, HTMLElement>();
  private refresh = 0;
  private readonly online = linkBanner();

  constructor(private state: BoardSnapshot) {}

  start(): void {
    learnServerClock(this.state.server_now);
    this.draw();
    window.setInterval(() => this.draw(), 1000);
    window.setInterval(() => void this.refetch().catch(() => undefined), REFRESH_MS);
    new LiveFeed(
      {
        ...browserHands,
        url: "/api/live?scope=board",
        names: BOARD_EVENTS,
        onEvent: (event) => this.onEvent(event),
        onReset: () => this.refetch(),
        onLink: (up) => this.online(up),
        onRefused: () => void this.refetch().catch(() => undefined),
      },
      this.state.cursor,
    ).start();
  }

  private onEvent(event: WireEvent): void {
    const { state, stale } = applyToBoard(this.state, event);
    this.state = state;
    if (stale) {
      window.clearTimeout(this.refresh);
      this.refresh = window.setTimeout(() => void this.refetch().catch(() => undefined), STALE_PAUSE_MS);
    }
    this.draw();
  }

  private async refetch(): Promise<string> {
    this.state = await api.get<BoardSnapshot>("/api/state?scope=board");
    learnServerClock(this.state.server_now);
    this.draw();
    return this.state.cursor;
  }

  private draw(): void {
    this.now.draw(this.nowTiles());
    this.today.draw(this.todayTiles());
    this.cases.draw(this.caseTiles());
    this.drawPeople();
    this.health.draw(this.healthTiles());
  }

  private nowTiles(): Tile[] {
    const { talking, ringing, longestTalk, longestRing } = nowOf(this.state.calls);
    const ring_ms = longestRing ? now() - Date.parse(longestRing) : 0;
    const tone = limit(ring_ms, RING_SOON_MS, RING_LATE_MS);
    const free = this.state.extensions.filter((one) => one.state === "ready").length;
    return [
      { key: "talking", value: String(talking), label: t("board_talking") },
      { key: "ringing", value: String(ringing), label: t("board_ringing"), ...(ringing > 0 ? { tone, word: t(`tone_${tone}`) } : {}) },
      { key: "longest", value: longestRing ? timer(ring_ms) : "–", label: t("board_longest_ring"), ...(longestRing ? { tone, word: t(`tone_${tone}`) } : {}) },
      { key: "longest-talk", value: longestTalk ? timer(now() - Date.parse(longestTalk)) : "–", label: t("board_longest_talk") },
      { key: "free", value: String(free), label: t("board_free"), ...(free === 0 ? { tone: "soon" as Tone, word: t("board_none_free") } : {}) },
    ];
  }

  private todayTiles(): Tile[] {
    const { answered, abandoned, longest_ringing_s, service_level } = this.state.today;
    const percent = service_level === null ? null : Math.round(service_level <= 1 ? service_level * 100 : service_level);
    const level: Tone = percent === null || percent >= 80 ? "calm" : percent >= 65 ? "soon" : "late";
    const lost = limit(answered + abandoned > 0 ? abandoned / (answered + abandoned) : 0, 0.05, 0.1);
    return [
      { key: "answered", value: String(answered), label: t("board_answered") },
      { key: "abandoned", value: String(abandoned), label: t("board_abandoned"), ...(abandoned > 0 ? { tone: lost, word: t(`tone_${lost}`) } : {}) },
      { key: "level", value: percent === null ? "–" : `${percent} %`, label: t("board_service_level"), ...(percent === null ? {} : { tone: level, word: t(`tone_${level}`) }) },
      { key: "longest", value: timer(longest_ringing_s * 1000), label: t("board_longest_ring_today") },
    ];
  }

  /** Open cases with their clocks: the snapshot's list, or what the live calls carry. */
  private openCases(): OpenCase[] {
    const listed = this.state.open_cases;
    if (listed) return listed;
    return this.state.calls.flatMap((call) => (call.case ? [{ ...call.case, call_id: call.call_id, agent_name: call.agent_name }] : []));
  }

  private caseTiles(): Tile[] {
    const open = this.openCases();
    return CASE_STATES.map((state) => {
      const here = open.filter((one) => one.state === state).sort((a, b) => a.deadline_at.localeCompare(b.deadline_at));
      const first = here[0];
      const count = this.state.open_cases ? here.length : (this.state.cases[state] ?? here.length);
      if (!first) return { key: state, value: String(count), label: t(`state_${state}`) };
      const left = countdown(now(), first.deadline_at);
      return {
        key: state,
        value: String(count),
        label: t(`state_${state}`),
        tone: caseTone(now(), first.warning_at, first.deadline_at),
        word: t(left.late ? "clock_late" : "clock_left", { time: left.text }),
      };
    });
  }

  private drawPeople(): void {
    const box = byId("people");
    if (this.state.extensions.length === 0) {
      box.replaceChildren(h("p", { class: "quiet" }, t("board_no_extensions")));
      return;
    }
    setAttr(box, "data-size", this.state.extensions.length <= LARGE_PEOPLE ? "large" : null);
    for (const one of this.state.extensions) {
      let node = this.people.get(one.number);
      if (!node) {
        node = h("div", { class: "person-tile" }, h("strong"), h("span", { class: "person-state" }), h("span", { class: "person-time" }));
        this.people.set(one.number, node);
        box.append(node);
      }
      const [name, state, time] = [...node.children];
      setText(name ?? null, one.agent_name ? `${one.agent_name} · ${one.number}` : one.number);
      setText(state ?? null, `${SIGNS[one.state] ?? "▲"} ${named("ext", one.state)}`);
      setText(time ?? null, one.since ? timer(now() - Date.parse(one.since)) : "");
      setAttr(node, "data-state", one.state);
    }
    for (const [number, node] of this.people) {
      if (this.state.extensions.some((one) => one.number === number)) continue;
      node.remove();
      this.people.delete(number);
    }
  }

  private healthTiles(): Tile[] {
    const { processes, asr_lag_s, archive_backlog } = this.state.health;
    const down = processes.filter((one) => !["running", "ready", "up", "started"].includes(one.state));
    const restarts = processes.reduce((sum, one) => sum + one.restarts, 0);
    const lag: Tone = limit(asr_lag_s ?? 0, 1.5, 5);
    const trouble = sealingTrouble(this.state.health);
    const backlog: Tone = trouble ? "late" : limit(archive_backlog, 5, 20);
    return [
      { key: "processes", value: `${processes.length - down.length}/${processes.length}`, label: t("board_processes"), tone: down.length > 0 ? "late" : "calm", word: down.length > 0 ? down.map((one) => one.name).join(", ") : t("tone_calm") },
      { key: "restarts", value: String(restarts), label: t("board_restarts"), ...(restarts > 0 ? { tone: "soon" as Tone, word: t("tone_soon") } : {}) },
      { key: "lag", value: asr_lag_s === null ? "–" : decimal(asr_lag_s, 1, page.language), label: t("board_asr_lag"), ...(asr_lag_s === null ? {} : { tone: lag, word: t(`tone_${lag}`) }) },
      { key: "backlog", value: String(archive_backlog), label: t("board_backlog"), tone: backlog, word: trouble ? t("board_sealing_failed", trouble) : t(`tone_${backlog}`) },
    ];
  }
}

startFrame();
new Board(page["snapshot"] as BoardSnapshot).start();
