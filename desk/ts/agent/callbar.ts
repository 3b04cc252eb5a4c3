// SPDX-License-Identifier: GPL-3.0-or-later
// The call strip: who calls, for how long, the case's clock, the lamps that prove recording and transcription, and the
// buttons with their keys. Buttons keep their places; what cannot be done now is greyed.

import { FINISHED_STATES, phaseStart } from "../core/call-state.js";
import { byId, setAttr, setText, show } from "../core/dom.js";
import { caseTone, countdown, decimal, levelSteps, mosTone, timer, type Tone } from "../core/format.js";
import { named, now, page, t } from "../core/page.js";
import type { AgentSnapshot, Case, LiveCall, WireEvent } from "../core/types.js";
import type { Phone } from "./phone.js";
import { guestName, PhonePanel } from "./phone-panel.js";

type Lamp = "good" | "soon" | "late" | "off" | "busy";
const SIGNS: Record<Lamp, string> = { good: "●", soon: "◆", late: "▲", off: "○", busy: "◐" };
const TONE_LAMP: Record<Tone, Lamp> = { calm: "good", soon: "soon", late: "late" };
const SILENT_AFTER_MS = 20_000;
const MISSING_SHOWN_MS = 6_000;

/** A lamp is a sign and a word; its colour only repeats them. */
export function setLamp(node: HTMLElement, lamp: Lamp, words: string): void {
  setAttr(node, "class", `lamp ${lamp}`);
  setText(node, `${SIGNS[lamp]} ${words}`);
}

interface Button {
  id: string;
  key: string;
  alt?: boolean;
  act: () => void;
}

export class CallBar {
  private call: LiveCall | null = null;
  private missing: { leg: string; silent_ms: number; seen: number } | null = null;
  private readonly buttons: Button[];
  private item: Case | null = null;
  private observed = true;
  private readonly panel: PhonePanel;

  constructor(
    private readonly extension: () => AgentSnapshot["extension"],
    private readonly phone: Phone,
    close: () => void,
  ) {
    this.panel = new PhonePanel(phone);
    this.buttons = [
      { id: "do-answer", key: "F2", act: () => void this.command("answer") },
      { id: "do-hold", key: "F3", act: () => void this.command(this.call?.state === "held" ? "resume" : "hold") },
      { id: "do-mute", key: "F4", act: () => void this.command(this.call?.muted ? "unmute" : "mute") },
      { id: "do-consult", key: "F6", act: () => this.panel.toggle("consult") },
      { id: "do-transfer", key: "F7", act: () => this.panel.toggle("transfer") },
      { id: "do-keypad", key: "n", alt: true, act: () => this.panel.toggle("keypad") },
      { id: "do-hangup", key: "F9", act: () => void this.command(this.call?.state === "ringing" ? "reject" : "hangup") },
      { id: "do-close", key: "F8", act: close },
    ];
    for (const button of this.buttons) byId(button.id).addEventListener("click", button.act);
    document.addEventListener("keydown", (event) => this.onKey(event));
  }

  private onKey(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    const button = this.buttons.find((one) => one.key === event.key && Boolean(one.alt) === event.altKey);
    if (!button) return;
    event.preventDefault();
    const node = byId<HTMLButtonElement>(button.id);
    if (!node.disabled && !event.repeat) button.act();
  }

  private command(command: string): Promise<boolean> {
    return this.phone.command(command);
  }

  /** Draw the call; `item`: the case whose clock is shown. */
  render(call: LiveCall | null, item: Case | null): void {
    if (call?.call_id !== this.call?.call_id) this.missing = null;
    this.call = call;
    this.item = item;
    this.phone.call = call;
    const state = call?.state ?? "idle";
    setAttr(byId("callbar"), "data-state", state);
    setText(byId("caller-name"), call ? call.caller_name || t("caller_unnamed") : t("no_call"));
    setText(byId("caller-number"), call ? call.caller_number : t("no_call_hint"));
    this.renderButtons(state);
    this.renderExtension();
    this.renderGuest();
    this.panel.render();
    show(byId("meters"), call !== null && state !== "ended" && state !== "ringing");
    this.tick();
  }

  private renderButtons(state: string): void {
    const byDesk = this.extension().answer === "desk";
    const live = state === "talking" || state === "held";
    const enabled: Record<string, boolean> = {
      "do-answer": state === "ringing" && byDesk,
      "do-hold": live,
      "do-mute": live,
      "do-consult": live,
      "do-transfer": live,
      "do-keypad": live,
      "do-hangup": state !== "idle" && state !== "ended",
      "do-close": state === "ended",
    };
    for (const [id, on] of Object.entries(enabled)) byId<HTMLButtonElement>(id).disabled = !on;
    setAttr(byId("do-answer"), "title", byDesk ? null : t("answer_on_device"));
    this.label("do-hold", state === "held" ? "resume" : "hold");
    this.label("do-mute", this.call?.muted ? "unmute" : "mute");
    this.label("do-hangup", state === "ringing" ? "reject" : "hang_up");
  }

  private label(id: string, key: string): void {
    setText(byId(id).querySelector(".label"), t(key));
  }

  /** Who else is in the call, how, and a transfer on its way. */
  private renderGuest(): void {
    const { guest = null, transfer_to = null } = this.call ?? {};
    show(byId("guest-bar"), guest !== null || Boolean(transfer_to));
    if (transfer_to) setText(byId("guest-words"), `◐ ${t("transferring", { to: transfer_to })}`);
    else if (guest) {
      const mode = guest.joined_at ? named("guest", guest.mode) : t("guest_ringing");
      setText(byId("guest-words"), `${guest.joined_at ? "●" : "◐"} ${t("guest_is", { name: guestName(guest), mode })}`);
    }
    setText(byId("guest-hint"), guest?.joined_at && !transfer_to ? t(guest.mode === "consult" ? "guest_consult_hint" : "guest_conference_hint") : "");
  }

  private renderExtension(): void {
    const { number, state } = this.extension();
    const lamps: Record<string, Lamp> = { ready: "good", ringing: "busy", talking: "busy", held: "soon", starting: "soon" };
    setText(byId("extension-number"), number);
    setLamp(byId("extension-state"), lamps[state] ?? "late", named("ext", state));
  }

  /** Ephemeral facts that need no state: levels and missing audio. */
  onEvent(event: WireEvent): void {
    if (!this.call || event.call_id !== this.call.call_id) return;
    if (event.event === "call.progressed") {
      setAttr(byId("meter-caller"), "data-level", String(levelSteps(event["caller_level_db"] as number | null)));
      setAttr(byId("meter-agent"), "data-level", String(levelSteps(event["agent_level_db"] as number | null)));
    }
    if (event.event === "audio.missing") {
      this.missing = { leg: String(event["leg"]), silent_ms: Number(event["silent_ms"]), seen: now() };
    }
  }

  /** Without a link nobody knows whether the lamps are still true: they say so. */
  link(up: boolean): void {
    this.observed = up;
    this.tick();
  }

  /** Everything that changes with time alone; called a few times a second. */
  tick(): void {
    const call = this.call;
    this.tickTimer(call);
    const guest = call?.guest;
    setText(byId("guest-time"), guest ? timer(now() - Date.parse(guest.joined_at ?? guest.invited_at)) : "");
    this.tickCase(call);
    this.tickLamps(call);
  }

  private tickTimer(call: LiveCall | null): void {
    const running = call && call.state !== "ended";
    show(byId("phase-box"), call !== null);
    setText(byId("call-timer"), running ? timer(now() - Date.parse(phaseStart(call))) : "");
    const words = call ? (call.state === "ended" ? named("reason", call.end_reason) || t("call_ended") : t(`call_${call.state}`)) : t("call_idle");
    const lamp: Lamp = !call || call.state === "ended" ? "off" : call.state === "talking" ? "good" : call.state === "held" ? "soon" : "busy";
    setLamp(byId("call-phase"), lamp, call?.muted ? `${words} · ${t("muted_word")}` : words);
  }

  private tickCase(call: LiveCall | null): void {
    const item = call ? this.item : null;
    const running = item !== null && !FINISHED_STATES.has(item.state);
    show(byId("case-clock-box"), running);
    if (!item || !running) return;
    const left = countdown(now(), item.deadline_at);
    const tone = caseTone(now(), item.warning_at, item.deadline_at);
    const sign = tone === "calm" ? "◔" : SIGNS[TONE_LAMP[tone]];
    const node = byId("case-clock");
    setAttr(node, "class", `clock-time ${TONE_LAMP[tone]}`);
    setText(node, `${sign} ${t(left.late ? "clock_late" : "clock_left", { time: left.text })}`);
  }

  private tickLamps(call: LiveCall | null): void {
    const live = call !== null && call.state !== "ended" && call.state !== "ringing";
    for (const id of ["lamp-recording", "lamp-transcribing"]) show(byId(id), live);
    const media = byId("lamp-media");
    show(media, live);
    if (!call || !live) return;
    if (!this.observed) {
      setLamp(byId("lamp-recording"), "off", t("lamp_unknown"));
      show(byId("lamp-transcribing"), false);
      show(media, false);
      return;
    }
    setLamp(byId("lamp-recording"), call.recording ? "good" : "late", t(call.recording ? "recording_on" : "recording_off"));
    this.transcribing(call);
    this.health(call, media);
  }

  private transcribing(call: LiveCall): void {
    const node = byId("lamp-transcribing");
    if (!call.last_word_at) {
      setLamp(node, "off", t("transcribing_waiting"));
      return;
    }
    const age = Math.max(0, now() - Date.parse(call.last_word_at));
    const text = age < 10_000 ? decimal(age / 1000, 1, page.language) : String(Math.round(age / 1000));
    setLamp(node, age < SILENT_AFTER_MS ? "good" : "soon", t("transcribing_age", { age: text }));
  }

  private health(call: LiveCall, node: HTMLElement): void {
    if (this.missing && now() - this.missing.seen < MISSING_SHOWN_MS) {
      const key = this.missing.leg === "caller" ? "audio_missing_caller" : "audio_missing_agent";
      setLamp(node, "late", t(key, { s: Math.round(this.missing.silent_ms / 1000) }));
      return;
    }
    const scores = [call.media.caller?.mos, call.media.agent?.mos].filter((one): one is number => typeof one === "number");
    if (scores.length === 0) {
      show(node, false);
      return;
    }
    const worst = Math.min(...scores);
    const tone = mosTone(worst);
    setLamp(node, TONE_LAMP[tone], t(`media_${tone}`, { mos: decimal(worst, 1, page.language) }));
  }
}
