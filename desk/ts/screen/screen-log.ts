// SPDX-License-Identifier: GPL-3.0-or-later
// The screen log of the agent's page: follows the call on the screen, records from its ring until it is over and its
// case is documented (or handed on), and says so when nothing is kept.

import { FINISHED_STATES } from "../core/call-state.js";
import { csrfToken, now } from "../core/page.js";
import type { LiveCall } from "../core/types.js";
import { leave, left, type TextPart } from "./leftovers.js";
import { Outbox, type Fate } from "./outbox.js";
import { newPage, partUrl, plain, type Part } from "./parts.js";
import { Run } from "./run.js";
import { openStore } from "./store.js";

const LINGER_MS = 1500; // so that the last step is seen to have worked
const TICK_MS = 2000;
const RESUME_MS = 15_000; // a recorder that stumbles again and again must not flood the log with full pictures
const STUCK_TOLD_MS = 20_000;
const SEND_MS = 15_000;
const KEEPALIVE_BYTES = 60_000; // browsers carry 64 KiB after a page is gone

/** off: nothing to record; waiting: the server has taken nothing for long; missing: something is not recorded. */
export type LogState = "off" | "kept" | "waiting" | "missing";

/** Whether a call belongs on the log: until it is over and its agent has nothing left to document. */
export function isRecorded(call: LiveCall | null): boolean {
  if (call === null) return false;
  const cases = call.cases ?? (call.case ? [call.case] : []);
  return call.state !== "ended" || cases.some((item) => !FINISHED_STATES.has(item.state));
}

const later = (run: () => void, delay_ms: number): number => window.setTimeout(run, delay_ms);
const cancel = (handle: number): void => window.clearTimeout(handle);

function headers(): Record<string, string> {
  return { Accept: "application/json", "X-CSRF-Token": csrfToken(), "Content-Type": "application/octet-stream" };
}

async function send(part: Part): Promise<Fate> {
  const response = await fetch(partUrl(part), {
    method: "POST", credentials: "same-origin", headers: headers(), body: part.body, signal: AbortSignal.timeout(SEND_MS),
  });
  const answer = (await response.json().catch(() => ({}))) as { state?: string; error?: { code?: string } };
  if (response.ok) return answer.state === "sealed" || answer.state === "full" ? answer.state : "done";
  if (response.status === 413 || response.status === 422) return "refused";
  const gone = response.status === 404 || (response.status === 403 && answer.error?.code === "forbidden");
  return gone ? "forget" : "retry";
}

export class ScreenLog {
  private outbox: Outbox | null = null;
  private run: Run | null = null;
  private wanted = "";
  private ending: number | null = null;
  private resumed_ms = 0;
  private broken = false; // the recorder could not be loaded
  private dropped = ""; // a call whose log was cut short by the server
  private readonly closed = new Set<string>();

  constructor(
    private readonly person: string,
    private readonly show: (state: LogState) => void,
  ) {}

  async start(): Promise<void> {
    const store = await openStore();
    this.outbox = await Outbox.open({
      store, person: this.person, send, now: Date.now, later, cancel,
      onClosed: (call_id, fate) => this.close(call_id, fate),
    });
    await this.recover();
    window.addEventListener("online", () => this.outbox?.wake());
    window.addEventListener("pagehide", () => this.leave());
    window.addEventListener("pageshow", (event) => void (event.persisted ? this.comeBack() : undefined));
    document.addEventListener("visibilitychange", () => void (document.hidden ? this.run?.flush() : undefined));
    window.setInterval(() => void this.tick(), TICK_MS);
    await this.tick();
  }

  /** The call on the screen, as often as it changes. */
  follow(call: LiveCall | null): void {
    const wanted = call && isRecorded(call) && !this.closed.has(call.call_id) ? call.call_id : "";
    if (wanted === this.wanted) return;
    this.wanted = wanted;
    if (wanted !== "") void this.tick();
    else this.ending = later(() => void this.tick(true), LINGER_MS);
  }

  /** Bring what is recorded into line with what is wanted. */
  private async tick(over = false): Promise<void> {
    if (this.ending !== null && (over || this.wanted !== "")) {
      cancel(this.ending);
      this.ending = null;
    }
    const lingers = this.wanted === "" && this.ending !== null;
    if (this.run && this.run.call_id !== this.wanted && !lingers) {
      const { run } = this;
      this.run = null;
      await run.end();
    }
    if (this.outbox && !this.run && this.wanted !== "") await this.begin(this.outbox, this.wanted);
    if (this.run?.paused && this.outbox?.roomy && Date.now() - this.resumed_ms > RESUME_MS) {
      this.resumed_ms = Date.now();
      await this.run.resume();
    }
    this.tell();
  }

  private async begin(outbox: Outbox, call_id: string): Promise<void> {
    let record: typeof import("./recorder.js").recordPage;
    try {
      ({ recordPage: record } = await import("./recorder.js"));
      this.broken = false;
    } catch {
      this.broken = true; // tried again with the next tick
      return;
    }
    if (this.run || call_id !== this.wanted) return;
    const ahead_ms = (): number => Math.round(now() - Date.now());
    const secret = csrfToken();
    this.run = new Run(call_id, this.person, newPage(), {
      outbox, now: Date.now, later, cancel, ahead_ms, record: (emit, fault) => record(secret, emit, fault),
    });
    this.run.start();
  }

  private tell(): void {
    if (this.broken || this.run?.paused || (this.dropped !== "" && this.dropped === this.wanted)) this.show("missing");
    else if ((this.outbox?.stuck_ms() ?? 0) > STUCK_TOLD_MS) this.show("waiting");
    else this.show(this.run ? "kept" : "off");
  }

  private close(call_id: string, fate: Fate): void {
    this.closed.add(call_id);
    if (fate !== "sealed") this.dropped = call_id;
    if (this.run?.call_id === call_id) {
      this.run.abandon();
      this.run = null;
    }
    if (this.wanted === call_id && fate === "sealed") this.wanted = "";
    this.tell();
  }

  private async recover(): Promise<void> {
    for (const { name, parts } of left(localStorage)) {
      for (const part of parts) if (!(await this.outbox?.put(part))) return;
      localStorage.removeItem(name);
    }
  }

  private leave(): void {
    const parts = this.run?.abandon() ?? [];
    this.run = null;
    leave(localStorage, parts);
    if (this.outbox?.empty) this.sendLast(parts);
  }

  /** If nothing older waits, let the browser carry the last parts to the server after the page is gone. */
  private sendLast(parts: TextPart[]): void {
    const [only] = parts;
    if (parts.length !== 1 || !only || only.text.length > KEEPALIVE_BYTES) return;
    const { text, ...part } = only;
    const body = plain(text);
    if (body.length > KEEPALIVE_BYTES) return;
    const url = partUrl({ ...part, body });
    void fetch(url, { method: "POST", credentials: "same-origin", headers: headers(), body, keepalive: true }).catch(() => undefined);
  }

  private async comeBack(): Promise<void> {
    await this.recover();
    await this.tick();
  }
}
