// SPDX-License-Identifier: GPL-3.0-or-later
import assert from "node:assert/strict";
import { test } from "node:test";
import { backoff_ms, LiveFeed, type Source } from "../core/live.js";
import type { WireEvent } from "../core/types.js";

class FakeSource implements Source {
  onopen: (() => void) | null = null;
  onerror: (() => void) | null = null;
  closed = false;
  private readonly listeners = new Map<string, (event: { data: string; lastEventId: string }) => void>();
  constructor(readonly url: string) {}
  addEventListener(name: string, listener: (event: { data: string; lastEventId: string }) => void): void {
    this.listeners.set(name, listener);
  }
  close(): void {
    this.closed = true;
  }
  emit(name: string, fields: unknown, lastEventId = ""): void {
    this.listeners.get(name)?.({ data: JSON.stringify(fields), lastEventId });
  }
}

/** A browser in which time passes when told. */
function world(onReset = async (): Promise<string> => "b-1") {
  const sources: FakeSource[] = [];
  const events: WireEvent[] = [];
  const links: boolean[] = [];
  let timers: { id: number; at: number; run: () => void }[] = [];
  let clock = 0;
  let ids = 0;
  const feed = new LiveFeed(
    {
      url: "/api/live?scope=agent",
      names: ["call.held", "case"],
      open: (url) => (sources.push(new FakeSource(url)), sources.at(-1) as FakeSource),
      later: (run, delay_ms) => (timers.push({ id: (ids += 1), at: clock + delay_ms, run }), ids),
      cancel: (id) => (timers = timers.filter((one) => one.id !== id)),
      onEvent: (event) => events.push(event),
      onReset,
      onLink: (up) => links.push(up),
    },
    "a-7",
  );
  const pass = (ms: number): void => {
    clock += ms;
    const due = timers.filter((one) => one.at <= clock).sort((a, b) => a.at - b.at);
    timers = timers.filter((one) => one.at > clock);
    for (const one of due) one.run();
  };
  const last = (): FakeSource => sources.at(-1) as FakeSource;
  return { feed, sources, events, links, pass, last };
}

test("it begins at the snapshot's cursor and, after a break, goes on behind the last id", () => {
  const { feed, events, pass, last } = world();
  feed.start();
  assert.match(last().url, /cursor=a-7$/);
  last().onopen?.();
  last().emit("call.held", { call_id: "x" }, "a-8");
  last().onerror?.();
  pass(backoff_ms(1));
  assert.match(last().url, /cursor=a-8$/);
  assert.deepEqual(events.map((one) => one.event), ["call.held"]);
});

test("a short break is not worth a banner, a long one is", () => {
  const { feed, links, pass, last } = world();
  feed.start();
  last().onopen?.();
  last().onerror?.();
  pass(backoff_ms(1));
  last().onopen?.();
  pass(5000);
  assert.deepEqual(links, [true, true]);
  last().onerror?.();
  pass(backoff_ms(1));
  last().onerror?.();
  pass(2000);
  assert.equal(links.at(-1), false);
});

test("the wait between attempts doubles up to a limit", () => {
  assert.deepEqual([1, 2, 3, 4, 20].map(backoff_ms), [300, 600, 1200, 2400, 8000]);
});

test("reset fetches the state anew and goes on from its cursor", async () => {
  const { feed, sources, last } = world(async () => "b-40");
  feed.start();
  last().emit("reset", {});
  await new Promise((done) => setImmediate(done));
  assert.equal(sources.length, 2);
  assert.equal(sources[0]?.closed, true);
  assert.match(last().url, /cursor=b-40$/);
});

test("a case event carries its case inside, and a stopped feed stays stopped", () => {
  const { feed, sources, events, pass, last } = world();
  feed.start();
  last().emit("case", { case_id: "1", version: 3 }, "a-9");
  assert.deepEqual(events[0], { event: "case", case: { case_id: "1", version: 3 } });
  feed.stop();
  last().onerror?.();
  pass(60_000);
  assert.equal(sources.length, 1);
});
