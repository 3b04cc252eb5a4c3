// SPDX-License-Identifier: GPL-3.0-or-later
// A call that a work page follows: the conversation of both sides as it is spoken, and in one line what the call does.

import { ConversationPane } from "../agent/conversation.js";
import { applyEvent, phaseStart } from "../core/call-state.js";
import { setText } from "../core/dom.js";
import { timer } from "../core/format.js";
import { named, now, t } from "../core/page.js";
import type { LiveCall, WireEvent } from "../core/types.js";

const TICK_MS = 500;

export class CallView {
  private readonly pane = new ConversationPane();

  constructor(
    public call: LiveCall | null,
    private readonly changed: (call: LiveCall | null) => void = () => undefined,
  ) {
    this.draw();
    window.setInterval(() => this.tick(), TICK_MS);
  }

  take(event: WireEvent): void {
    if (!this.call) return;
    const after = applyEvent(this.call, event);
    if (after === this.call) return;
    this.call = after;
    this.draw();
  }

  replace(call: LiveCall | null): void {
    this.call = call;
    this.draw();
  }

  private draw(): void {
    this.pane.render(this.call);
    this.changed(this.call);
    this.tick();
  }

  private tick(): void {
    const line = document.getElementById("call-line");
    const call = this.call;
    if (!line) return;
    if (!call) setText(line, "");
    else if (call.state === "ended") setText(line, `○ ${named("reason", call.end_reason) || t("call_ended")}`);
    else {
      const sign = call.state === "talking" ? "●" : "◐";
      setText(line, `${sign} ${t(`call_${call.state}`)} ${timer(now() - Date.parse(phaseStart(call)))}`);
    }
  }
}
