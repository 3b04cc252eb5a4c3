// SPDX-License-Identifier: GPL-3.0-or-later
// Work pages (team leader, escalation, quality staff, admin): the server draws, htmx fetches, live news says when.
// A fragment names what it waits for: hx-trigger="queue-tasks from:body". A refusal is shown in #notice and leaves
// what was typed as it is.

import htmx from "htmx.org";

import { byId, setText, show } from "./dom.js";
import { dateTime, timer } from "./format.js";
import { browserHands, linkBanner, startFrame } from "./frame.js";
import { AGENT_EVENTS, LiveFeed } from "./live.js";
import { csrfToken, learnServerClock, now, page, t } from "./page.js";
import type { WireEvent } from "./types.js";

export interface WorkOptions {
  /** Follow this call too (empty: none). */
  call?: string;
  /** News of the followed call. */
  onCall?: (event: WireEvent) => void;
  /** The stream could not go on where it was: what the page shows of the call must be fetched anew. */
  onReset?: () => Promise<void>;
}

const QUEUES = ["consultations", "escalations", "callbacks", "tasks", "agents", "articles"];

let begun = false;

/** Start htmx and the frame alone: pages that nobody else's news concerns. */
export function startForms(): void {
  begun = true;
  startFrame();
  startHtmx();
}

/** Start htmx, the frame and the live link; call once a page. Returns the feed, to stop it when the call changes. */
export function startWork(options: WorkOptions = {}): LiveFeed {
  if (!begun) {
    startForms();
    window.setInterval(runAges, 1000);
    if (typeof page["server_now"] === "string") learnServerClock(page["server_now"]);
  }
  return follow(options, String(page["cursor"] ?? ""));
}

/** Follow the queues, and a call if one is named. */
export function follow(options: WorkOptions, cursor: string): LiveFeed {
  const feed = new LiveFeed(
    {
      ...browserHands,
      url: options.call ? `/api/live?scope=work&call=${encodeURIComponent(options.call)}` : "/api/live?scope=work",
      names: ["queues", ...AGENT_EVENTS],
      onEvent: (event) => {
        const news = event as unknown as { event: string; queue?: string };
        if (news.event === "queues") tell(news.queue ?? "");
        else options.onCall?.(event);
      },
      onReset: async () => {
        for (const queue of QUEUES) tell(queue);
        await options.onReset?.();
        return "";
      },
      onLink: linkBanner(),
    },
    cursor,
  );
  feed.start();
  return feed;
}

function tell(queue: string): void {
  htmx.trigger(document.body, `queue-${queue}`, {});
}

function startHtmx(): void {
  htmx.config.allowEval = false;
  htmx.config.includeIndicatorStyles = false;
  htmx.config.selfRequestsOnly = true;
  htmx.config.historyEnabled = false;
  htmx.config.timeout = 15_000;
  htmx.config.defaultSettleDelay = 0; // else a fresh fragment's forms are the browser's own for 20 ms: a quick key reloads the page
  const body = document.body;
  document.addEventListener("submit", (event) => {
    const form = event.target as HTMLFormElement;
    if (form.method === "get" && (form.matches("[hx-post]") || form.querySelector("[hx-post]"))) event.preventDefault(); // what is typed never goes into an address
  });
  body.addEventListener("htmx:configRequest", (event) => {
    const { headers } = (event as CustomEvent<{ headers: Record<string, string> }>).detail;
    headers["X-CSRF-Token"] = csrfToken();
  });
  body.addEventListener("htmx:beforeSwap", (event) => {
    const detail = (event as CustomEvent<{ xhr: XMLHttpRequest; shouldSwap: boolean; isError: boolean; target: Element; swapOverride?: string }>).detail;
    if (detail.xhr.status === 401) window.location.assign("/masuk");
    if (detail.xhr.status < 400) return;
    detail.shouldSwap = true; // the refusal's own words, beside what was typed
    detail.isError = false;
    if (detail.xhr.getResponseHeader("HX-Retarget")) return; // the form itself, with what is wrong at its fields
    detail.target = byId("notice");
    detail.swapOverride = "innerHTML";
  });
  body.addEventListener("htmx:afterSwap", (event) => {
    const target = (event as CustomEvent<{ target: Element }>).detail.target;
    localTimes(target);
    if (target.id === "notice") target.scrollIntoView({ block: "nearest" });
  });
  body.addEventListener("htmx:afterRequest", (event) => {
    const detail = (event as CustomEvent<{ successful: boolean; xhr: XMLHttpRequest; requestConfig: { verb: string } }>).detail;
    // A refusal that is shown counts as successful for htmx.
    const done = detail.successful && detail.xhr.status < 400;
    if (done && detail.requestConfig.verb !== "get") byId("notice").replaceChildren();
  });
  for (const name of ["htmx:sendError", "htmx:timeout"]) {
    body.addEventListener(name, () => {
      const notice = byId("notice");
      setText(notice, t("offline_request"));
      show(notice, true);
    });
  }
}

/** Let every age run: <span class="age" data-since="ISO" data-soon-s="600" data-late-s="900">. */
export function runAges(): void {
  for (const node of document.querySelectorAll<HTMLElement>("[data-since]")) {
    const age_ms = now() - Date.parse(node.dataset["since"] ?? "");
    if (Number.isNaN(age_ms)) continue;
    setText(node, timer(age_ms));
    const past = (limit_s: string | undefined): boolean => limit_s !== undefined && age_ms >= Number(limit_s) * 1000;
    node.classList.toggle("late", past(node.dataset["lateS"]));
    node.classList.toggle("soon", past(node.dataset["soonS"]) && !past(node.dataset["lateS"]));
  }
}

/** Instants of a fresh fragment in the viewer's zone. */
export function localTimes(root: ParentNode): void {
  for (const node of root.querySelectorAll<HTMLTimeElement>("time[data-local]")) {
    if (node.dateTime) setText(node, dateTime(node.dateTime));
  }
}
