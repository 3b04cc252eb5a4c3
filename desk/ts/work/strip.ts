// SPDX-License-Identifier: GPL-3.0-or-later
// The strip of one's own call on a page that is not the agent's: who, how long, recorded or not, hold, mute, hang up.

import { api, wordsOf } from "../core/api.js";
import { phaseStart } from "../core/call-state.js";
import { byId, setAttr, setText, show } from "../core/dom.js";
import { timer } from "../core/format.js";
import { named, now, t } from "../core/page.js";
import type { LiveCall } from "../core/types.js";

const TICK_MS = 500;

export class CallStrip {
  private call: LiveCall | null = null;
  private busy = false;

  constructor(private readonly own: string) {
    byId("strip-hold").addEventListener("click", () => void this.command(this.call?.state === "held" ? "resume" : "hold"));
    byId("strip-mute").addEventListener("click", () => void this.command(this.call?.muted ? "unmute" : "mute"));
    byId("strip-hangup").addEventListener("click", () => void this.command("hangup"));
    window.setInterval(() => this.tick(), TICK_MS);
  }

  render(call: LiveCall | null): void {
    this.call = call && call.call_id === this.own ? call : null;
    show(byId("call-strip"), this.call !== null);
    if (!this.call) return;
    const { state, muted, recording } = this.call;
    setAttr(byId("call-strip"), "data-state", state);
    setText(byId("strip-who"), this.call.caller_name || this.call.caller_number);
    setText(byId("strip-hold").querySelector("span"), t(state === "held" ? "resume" : "hold"));
    setText(byId("strip-mute").querySelector("span"), t(muted ? "unmute" : "mute"));
    const up = state === "talking" || state === "held";
    byId<HTMLButtonElement>("strip-hold").disabled = !up;
    byId<HTMLButtonElement>("strip-mute").disabled = !up;
    byId<HTMLButtonElement>("strip-hangup").disabled = state === "ended";
    const lamp = byId("strip-recording");
    show(lamp, state !== "ringing" && state !== "ended");
    setText(lamp, `${recording ? "●" : "▲"} ${t(recording ? "recording_on" : "recording_off")}`);
    setAttr(lamp, "class", `lamp ${recording ? "good" : "late"}`);
    this.tick();
  }

  private tick(): void {
    const call = this.call;
    if (!call) return;
    const words = call.state === "ended" ? named("reason", call.end_reason) || t("call_ended") : `${t(call.state === "ringing" ? "esc_dialling" : `call_${call.state}`)} ${timer(now() - Date.parse(phaseStart(call)))}`;
    setText(byId("strip-phase"), call.muted ? `${words} · ${t("muted_word")}` : words);
  }

  private async command(command: string): Promise<void> {
    if (!this.call || this.busy) return;
    this.busy = true;
    setText(byId("strip-why"), "");
    try {
      await api.post(`/api/calls/${encodeURIComponent(this.call.call_id)}/command`, { command });
    } catch (error) {
      setText(byId("strip-why"), wordsOf(error));
    } finally {
      this.busy = false;
    }
  }
}
