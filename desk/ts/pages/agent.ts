// SPDX-License-Identifier: GPL-3.0-or-later
// The agent's page: one state, fed by the snapshot and then by events; each pane draws its part of it.

import { AgentChip } from "../agent/agent-chip.js";
import { CallBar } from "../agent/callbar.js";
import { CallerPane } from "../agent/caller-pane.js";
import { CasePane } from "../agent/case-pane.js";
import { ConversationPane } from "../agent/conversation.js";
import { renderIdle } from "../agent/idle.js";
import { Phone } from "../agent/phone.js";
import { freeLeader } from "../agent/phone-panel.js";
import { SikpPane } from "../agent/sikp.js";
import { api, wordsOf } from "../core/api.js";
import { applyEvent, hasUnfinished, offeredCall } from "../core/call-state.js";
import { byId, setText } from "../core/dom.js";
import { browserHands, linkBanner, slashToSearch, startFrame } from "../core/frame.js";
import { AGENT_EVENTS, LiveFeed } from "../core/live.js";
import { learnServerClock, named, page, t } from "../core/page.js";
import type { AgentSnapshot, AgentState, Case, Choice, LiveCall, WireEvent } from "../core/types.js";
import { screenLamp } from "../screen/lamp.js";
import { ScreenLog } from "../screen/screen-log.js";

const TICK_MS = 200;
const SAID_FOR_MS = 8000;

class AgentPage {
  private state: AgentSnapshot;
  private said = 0;
  private readonly conversation = new ConversationPane();
  private readonly casePane: CasePane;
  private readonly caller: CallerPane;
  private readonly chip: AgentChip;
  private readonly phone: Phone;
  private readonly sikp: SikpPane;
  private readonly bar: CallBar;
  private readonly online = linkBanner();
  private readonly screen: ScreenLog;

  constructor(snapshot: AgentSnapshot) {
    this.state = snapshot;
    this.screen = new ScreenLog(snapshot.person.username, screenLamp);
    const say = (words: string): void => this.say(words);
    this.phone = new Phone(say);
    this.caller = new CallerPane({ link: (taxpayer) => this.casePane.linkTaxpayer(taxpayer) });
    this.casePane = new CasePane({
      say,
      reveal: (source) => {
        this.caller.hide();
        this.conversation.reveal(source);
      },
      moved: (item) => {
        this.onEvent({ event: "case", case: item });
        this.render();
      },
      consulting: () => void this.callLeader(),
      taxpayerName: (id) => this.caller.nameOf(id),
      emptyReasons: () => this.state.no_question_reasons ?? [],
    });
    this.chip = new AgentChip((agent) => this.agentChanged(agent, true), say);
    this.sikp = new SikpPane({
      useArticle: (article, answer) => this.casePane.useArticle(article, answer),
      consult: () => this.casePane.consult(),
      say,
    });
    this.bar = new CallBar(() => this.state.extension, this.phone, () => void this.close());
  }

  start(): void {
    learnServerClock(this.state.server_now);
    this.render();
    void this.screen.start();
    window.setInterval(() => {
      this.bar.tick();
      this.chip.tick();
      this.casePane.tick();
    }, TICK_MS);
    const feed = new LiveFeed(
      {
        ...browserHands,
        url: "/api/live?scope=agent",
        names: AGENT_EVENTS,
        onEvent: (event) => this.onEvent(event),
        onReset: () => this.refetch(),
        onLink: (up) => {
          this.online(up);
          this.bar.link(up);
        },
        onRefused: () => void this.refetch().catch(() => undefined),
      },
      this.state.cursor,
    );
    feed.start();
  }

  private async refetch(): Promise<string> {
    const fresh = await api.get<AgentSnapshot>("/api/state?scope=agent");
    learnServerClock(fresh.server_now);
    const viewed = this.state.call;
    const keep = fresh.call === null && viewed?.state === "ended" && hasUnfinished(viewed);
    this.state = { ...fresh, call: keep ? viewed : fresh.call };
    this.render();
    return fresh.cursor;
  }

  private onEvent(event: WireEvent): void {
    if (event.event === "extension.state_changed") this.extensionChanged(event);
    else if (event.event === "call.offered") this.offered(event);
    else if (event.event === "office") this.officeChanged(event["pause_reasons"] as Choice[]);
    else if (event.event === "agent.state") this.agentChanged(event as unknown as AgentState, false);
    else this.changed(event);
    this.bar.onEvent(event);
  }

  private extensionChanged(event: WireEvent): void {
    if (event["extension"] !== this.state.extension.number) return;
    this.state = { ...this.state, extension: { ...this.state.extension, state: String(event["state"]) } };
    this.render();
  }

  private offered(event: WireEvent): void {
    if (this.state.call?.call_id === event.call_id) return;
    this.state = { ...this.state, call: offeredCall(event, this.state.person.name) };
    this.render();
  }

  private changed(event: WireEvent): void {
    const before = this.state.call;
    const after = before ? applyEvent(before, event) : before;
    if (event.event === "case") this.noteCase(event["case"] as Case);
    if (after === before && event.event !== "case") return;
    this.state = { ...this.state, call: after };
    this.render();
    this.tell(event);
    if (event.event === "call.ended") void this.refreshDay();
  }

  /** Say what ended otherwise than the agent asked for. */
  private tell(event: WireEvent): void {
    const to = String(event["to"] ?? "");
    if (event.event === "transfer.failed") this.say(t("transfer_failed", { to }));
    if (event.event === "guest.left" && event["reason"] !== "call_ended") this.say(t("guest_left", { to, reason: named("guest_left", String(event["reason"])) }));
  }

  private officeChanged(pause_reasons: Choice[]): void {
    this.state = { ...this.state, pause_reasons };
    this.render();
  }

  private agentChanged(agent: AgentState, asked: boolean): void {
    const { state, reason, since, call_id } = agent;
    this.state = { ...this.state, agent: { state, reason, since, call_id } };
    if (asked && state === "ready" && this.state.call?.state === "ended") void this.close();
    else this.render();
  }

  /** Step 3d in one go: the question waits in the team leaders' list, and one who is free is called. */
  private async callLeader(): Promise<void> {
    const { call } = this.state;
    if (!call || (call.state !== "talking" && call.state !== "held") || call.guest) return;
    const leader = freeLeader(await this.phone.phonebook());
    if (!leader) this.say(t("no_leader_free"));
    else await this.phone.command("guest", { to: leader.number, mode: "consult" });
  }

  /** Keep the list of last calls true when a case moves. */
  private noteCase(item: Case): void {
    const recent = this.state.recent.map((one) => (one.case_number === item.number ? { ...one, case_state: item.state } : one));
    this.state = { ...this.state, recent };
  }

  private async refreshDay(): Promise<void> {
    try {
      const fresh = await api.get<AgentSnapshot>("/api/state?scope=agent");
      this.state = { ...this.state, recent: fresh.recent, day: fresh.day };
      this.render();
    } catch {
      // The figures of the day are renewed with the next call; the work on screen goes on.
    }
  }

  private async open(callId: string): Promise<void> {
    try {
      const { call } = await api.get<{ call: LiveCall }>(`/api/calls/${encodeURIComponent(callId)}`);
      this.state = { ...this.state, call };
      this.render();
      byId("question").focus();
    } catch (error) {
      this.say(wordsOf(error));
    }
  }

  private async close(): Promise<void> {
    if (this.state.call?.state !== "ended") return;
    this.state = { ...this.state, call: null };
    this.render();
    await this.refreshDay();
  }

  private say(words: string): void {
    const note = byId("conversation-note");
    setText(note, words);
    note.classList.add("late");
    window.clearTimeout(this.said);
    this.said = window.setTimeout(() => {
      setText(note, "");
      note.classList.remove("late");
    }, SAID_FOR_MS);
  }

  private render(): void {
    const { call } = this.state;
    this.screen.follow(call);
    this.casePane.render(call);
    const item = this.casePane.shown;
    this.bar.render(call, item);
    this.chip.render(this.state);
    renderIdle(this.state, call, (id) => void this.open(id));
    this.conversation.render(call);
    this.caller.render(call, item);
    this.sikp.render(call, item);
  }
}

startFrame();
slashToSearch();
new AgentPage(page["snapshot"] as AgentSnapshot).start();
