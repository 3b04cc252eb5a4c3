// SPDX-License-Identifier: GPL-3.0-or-later
// The archive player: one position moves waveform, transcript, suggestions and case together.

import { api, wordsOf } from "../core/api.js";
import { byId, h, isTyping, setAttr, setText, show } from "../core/dom.js";
import { duration } from "../core/format.js";
import { startFrame } from "../core/frame.js";
import { page, t } from "../core/page.js";
import type { Peaks, PlayerCall, Segment } from "../core/types.js";
import { caseNodes, ShownView } from "../player/beside.js";
import { marksOf } from "../player/marks.js";
import { silences, skipTarget, type Span } from "../player/silence.js";
import { TranscriptView } from "../player/transcript-view.js";
import { drawWave } from "../player/wave.js";

const STEP_MS = 5000;
const SPEEDS = ["0.75", "1", "1.25", "1.5", "2"];

class Player {
  private readonly audio = document.getElementById("audio") as HTMLAudioElement | null;
  private readonly url: string;
  private transcript: TranscriptView | null = null;
  private readonly shown: ShownView;
  private quiet: Span[] = [];
  private frame = 0;

  constructor(private readonly call: PlayerCall) {
    this.url = `/arsip/${encodeURIComponent(call.call_id)}`;
    this.shown = new ShownView(call, byId("shown"), byId("shown-at"), (at) => this.seek(at));
  }

  start(): void {
    byId("case").replaceChildren(...caseNodes(this.call, (at) => this.seek(at)));
    this.shown.at(0);
    void this.loadTranscript();
    if (!this.audio) return;
    setText(byId("length"), duration(this.call.duration_ms));
    this.drawMarks();
    this.bindAudio(this.audio);
    this.bindControls(this.audio);
    void this.loadWave(this.audio);
  }

  private async loadTranscript(): Promise<void> {
    const box = byId("transcript");
    try {
      const segments = await api.get<Segment[]>(`${this.url}/transcript.json${location.search}`);
      this.transcript = new TranscriptView(box, segments, (at) => this.seek(at));
    } catch (error) {
      box.replaceChildren(h("p", { class: "notice late" }, wordsOf(error)));
    }
  }

  private async loadWave(audio: HTMLAudioElement): Promise<void> {
    try {
      const peaks = await api.get<Peaks>(`${this.url}/peaks.json`);
      this.quiet = silences(peaks);
      show(byId("wave-note"), false);
      drawWave(byId("wave"), audio, peaks, this.call.duration_ms);
    } catch (error) {
      setText(byId("wave-note"), wordsOf(error));
    }
  }

  private drawMarks(): void {
    const marks = marksOf(this.call.events, this.call.recording_started_at, this.call.duration_ms);
    const box = byId("marks");
    for (const mark of marks) {
      const label = t(`mark_${mark.kind}`);
      const node = h("button", { type: "button", class: `mark ${mark.kind}`, title: `${label} ${duration(mark.start_ms)}–${duration(mark.end_ms)}`, onclick: () => this.seek(mark.start_ms) }, label);
      node.style.setProperty("left", `${(100 * mark.start_ms) / this.call.duration_ms}%`);
      node.style.setProperty("width", `${(100 * (mark.end_ms - mark.start_ms)) / this.call.duration_ms}%`);
      box.append(node);
    }
  }

  private bindAudio(audio: HTMLAudioElement): void {
    audio.addEventListener("play", () => this.playing(true));
    audio.addEventListener("pause", () => this.playing(false));
    audio.addEventListener("seeked", () => this.moved());
    audio.addEventListener("timeupdate", () => this.moved());
    audio.addEventListener("error", () => setText(byId("position"), t("audio_error")));
  }

  private playing(on: boolean): void {
    setText(byId("play-label"), t(on ? "pause" : "play"));
    setAttr(byId("play-icon"), "href", `/static/icons/sprite.svg#${on ? "pause" : "play"}`);
    cancelAnimationFrame(this.frame);
    const loop = (): void => {
      this.moved();
      this.frame = requestAnimationFrame(loop);
    };
    if (on) loop();
  }

  private position_ms(): number {
    return (this.audio?.currentTime ?? 0) * 1000;
  }

  private moved(): void {
    const at = this.position_ms();
    setText(byId("position"), duration(at));
    this.transcript?.at(at);
    this.shown.at(at);
    if (!this.audio || this.audio.paused || !byId<HTMLInputElement>("skip-silence").checked) return;
    const target = skipTarget(this.quiet, at);
    if (target !== null) this.seek(target);
  }

  private seek(at_ms: number): void {
    if (!this.audio) return;
    this.audio.currentTime = Math.min(Math.max(0, at_ms), this.call.duration_ms) / 1000;
  }

  private toggle(): void {
    if (this.audio?.paused) void this.audio.play().catch(() => setText(byId("position"), t("audio_error")));
    else this.audio?.pause();
  }

  private speed(step: -1 | 1): void {
    const select = byId<HTMLSelectElement>("speed");
    const index = SPEEDS.indexOf(select.value) + step;
    const value = SPEEDS[Math.min(SPEEDS.length - 1, Math.max(0, index))];
    if (value) select.value = value;
    select.dispatchEvent(new Event("change"));
  }

  private bindControls(audio: HTMLAudioElement): void {
    byId("play").addEventListener("click", () => this.toggle());
    byId("back").addEventListener("click", () => this.seek(this.position_ms() - STEP_MS));
    byId("forward").addEventListener("click", () => this.seek(this.position_ms() + STEP_MS));
    byId<HTMLSelectElement>("speed").addEventListener("change", (event) => {
      audio.playbackRate = Number((event.target as HTMLSelectElement).value);
    });
    byId<HTMLInputElement>("follow").addEventListener("change", (event) => {
      if (this.transcript) this.transcript.follow = (event.target as HTMLInputElement).checked;
    });
    document.addEventListener("keydown", (event) => this.onKey(event));
    document.addEventListener("click", (event) => letGo(event));
  }

  private onKey(event: KeyboardEvent): void {
    if (event.ctrlKey || event.altKey || event.metaKey || isTyping(event.target)) return;
    const onControl = event.target instanceof HTMLButtonElement || event.target instanceof HTMLInputElement;
    const actions: Record<string, () => void> = {
      " ": () => this.toggle(),
      ArrowLeft: () => this.jump(event.shiftKey, -1),
      ArrowRight: () => this.jump(event.shiftKey, 1),
      "[": () => this.speed(-1),
      "]": () => this.speed(1),
      s: () => byId("skip-silence").click(),
      f: () => byId("follow").click(),
    };
    const act = actions[event.key];
    if (!act || (event.key === " " && onControl)) return;
    event.preventDefault();
    act();
  }

  private jump(byTurn: boolean, step: -1 | 1): void {
    const turn = byTurn ? this.transcript?.neighbour(this.position_ms(), step) : undefined;
    if (byTurn && (turn === null || turn === undefined)) return;
    this.seek(turn ?? this.position_ms() + step * STEP_MS);
  }
}

/** A control clicked with the mouse lets the keyboard go, so that Space goes on meaning play and pause. */
function letGo(event: MouseEvent): void {
  if (event.detail > 0) (event.target as HTMLElement).closest<HTMLElement>("button, input")?.blur();
}

startFrame();
new Player(page["call"] as PlayerCall).start();
