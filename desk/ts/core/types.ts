// SPDX-License-Identifier: GPL-3.0-or-later
// The wire shapes that the desk's API and live stream speak (pipeline/events.py and desk's views of calls and cases).
// Times are ISO 8601 in UTC; *_ms are milliseconds of audio since sample 0 of the recordings.

export type Leg = "caller" | "agent";

export interface Word {
  text: string;
  start_ms: number;
  end_ms: number;
  confidence: number;
}

/** A stretch of the written form; it stands for the heard words from `first` on. */
export interface WrittenWord {
  text: string;
  first: number;
  count: number;
}

export interface Segment {
  call_id?: string;
  leg: Leg;
  segment: number;
  start_ms: number;
  end_ms: number;
  text: string;
  words: Word[];
  confidence: number;
  written?: string;
  written_words?: WrittenWord[];
  at?: string;
}

export interface Unfinished {
  call_id?: string;
  leg: Leg;
  segment: number;
  text: string;
  words: Word[];
  audio_to_ms: number;
  at?: string;
}

/** Characters `start` to `end` of a segment's text; `words`: the places of the matched words. */
export interface QuotedWords {
  leg: Leg;
  segment: number;
  start: number;
  end: number;
  words: [number, number][];
}

export interface CitedRegulation {
  text: string;
  in_force_from: string | null;
  in_force_to: string | null;
}

export interface Validity {
  in_force: boolean;
  effective_from: string | null;
  effective_to: string | null;
}

export interface Article extends Validity {
  article_id: string;
  version: number;
  title: string;
  score: number;
  matched_words: string[];
  quote: string;
  quoted: QuotedWords | null;
  question: string;
  legal_basis: CitedRegulation[];
}

/** What the words suggest for step 3 of the procedure; `probability`: of an interpretation of regulations. */
export interface ProposedClass {
  kind: "interpretation" | "information";
  probability: number;
  reasons: string[];
  question: number;
}

export interface Suggestions {
  at?: string;
  offset_ms?: number | null;
  query: string;
  articles: Article[];
  no_answer: boolean;
  no_answer_probability: number;
  provisional: boolean;
  question: number;
}

/** `newest`, `status`: the article's newest version today, and whether it is published or retired. */
export interface ArticleText extends Validity {
  article_id: string;
  version: number;
  newest: number;
  status: "published" | "retired";
  title: string;
  topic: string;
  html: string;
  legal_basis: CitedRegulation[];
  verification: string;
}

export interface Media {
  leg: Leg;
  packets: number;
  lost: number;
  jitter_ms: number;
  mos: number | null;
}

export interface CallerIdentity {
  name?: string;
  npwp_checked?: boolean;
  name_checked?: boolean;
  efin_checked?: boolean;
  bill_checked?: boolean;
}

/** Where in the conversation a prefilled text comes from: words of one leg between two moments. */
export interface Source {
  leg: Leg;
  segment: number;
  start_ms: number;
  end_ms: number;
}

export interface TimelineEntry {
  at: string;
  step: string;
  from_state: string;
  to_state: string;
  person: string;
}

export interface NextStep {
  to: string;
  label: string;
  step: string;
  requires: string[];
}

export interface Case {
  case_id: string;
  call_id?: string;
  number: string;
  state: string;
  version: number;
  opened_at: string;
  deadline_at: string;
  warning_at: string;
  question: string;
  kind: "interpretation" | "information" | "";
  topic: string;
  caller_identity: CallerIdentity;
  answer: string;
  article_id: string | null;
  article_version: number | null;
  sikp_update?: string;
  taxpayer_id?: number | null;
  no_question_reason?: string;
  sources?: Record<string, Source>;
  timeline: TimelineEntry[];
  next: NextStep[];
}

export type GuestMode = "consult" | "conference" | "listen" | "whisper";

/** A third party in the call, or being called (`joined_at` null). */
export interface Guest {
  to: string;
  person: string;
  mode: GuestMode;
  invited_at: string;
  joined_at: string | null;
}

export type CallState = "ringing" | "announcing" | "talking" | "held" | "ended";

export interface LiveCall {
  call_id: string;
  extension: string;
  agent_name: string;
  caller_number: string;
  caller_name: string;
  state: CallState;
  offered_at: string;
  answered_at: string | null;
  recording_started_at: string | null;
  muted: boolean;
  end_reason: string | null;
  segments: Segment[];
  partials: { caller: Unfinished | null; agent: Unfinished | null };
  suggestions: Suggestions | null;
  proposed_class: ProposedClass | null;
  /** The newest case; `cases` holds all of the call's, oldest first. */
  case: Case | null;
  cases?: Case[];
  guest?: Guest | null;
  /** A blind transfer that the other side is trying: where to. */
  transfer_to?: string | null;
  /** The guest to whom the agent has left the caller. */
  handed_to?: string | null;
  direction?: "in" | "out";
  media: { caller: Media | null; agent: Media | null };
  last_word_at: string | null;
  recording: boolean;
  last_text?: string;
}

export interface RecentCall {
  call_id: string;
  caller_number: string;
  caller_name?: string;
  ended_at: string | null;
  reason: string | null;
  case_number: string | null;
  case_state: string | null;
}

/** A choice that the server names. */
export interface Choice {
  name: string;
  label: string;
}

export type AgentStateName = "ready" | "paused" | "busy" | "wrap_up" | "offline";

export interface AgentState {
  state: AgentStateName;
  reason: string;
  since: string;
  call_id: string;
}

export interface Taxpayer {
  id: number;
  name: string;
  npwp: string;
  nik: string;
  phone: string;
  version: number;
}

/** What the office knows of a caller's number. */
export interface CallerHistory {
  taxpayers: Taxpayer[];
  calls: { call_id: string; at: string; agent_name: string; reason: string; duration_s: number | null }[];
  cases: { case_id: string; number: string; opened_at: string; state: string; topic: string; question: string; answer: string; agent_name: string }[];
}

/** A telephone that an agent can call: whose it is and whether it is free. */
export interface PhonebookEntry {
  number: string;
  name: string;
  roles: string[];
  state: string;
}

export interface AgentSnapshot {
  cursor: string;
  server_now: string;
  person: { name: string; username: string; roles: string[] };
  extension: { number: string; state: string; device: string; answer: "device" | "desk" };
  agent?: AgentState;
  pause_reasons?: Choice[];
  no_question_reasons?: Choice[];
  call: LiveCall | null;
  recent: RecentCall[];
  day: { calls: number; handled_s: number; unfinished_cases: number };
}

export interface OpenCase {
  case_id: string;
  call_id: string;
  number: string;
  state: string;
  deadline_at: string;
  warning_at: string;
  agent_name: string;
}

export interface BoardSnapshot {
  cursor: string;
  server_now: string;
  calls: LiveCall[];
  extensions: { number: string; state: string; agent_name: string; since: string | null; call_id: string | null }[];
  today: { answered: number; abandoned: number; longest_ringing_s: number; service_level: number | null };
  cases: Record<string, number>;
  open_cases?: OpenCase[];
  health: {
    processes: { name: string; state: string; restarts: number; rss_mb: number | null; cpu_s: number | null }[];
    asr_lag_s: number | null;
    archive_backlog: number;
    sealing_failed?: { call_id: string; problem: string }[];
  };
}

/** Any event of the stream: its stable name under "event" plus that event's fields. */
export type WireEvent = { event: string; at?: string; call_id?: string; offset_ms?: number | null } & Record<string, unknown>;

export interface PlayerCall {
  call_id: string;
  started_at: string;
  recording_started_at: string | null;
  caller_number: string;
  caller_name: string;
  agent_name: string;
  extension: string;
  duration_ms: number;
  reason: string;
  integrity: "intact" | "problem" | "unchecked";
  problems: string[];
  events: WireEvent[];
  suggestions: WireEvent[];
  case_events: WireEvent[];
  case: Case | null;
  has_audio: boolean;
}

export interface Peaks {
  sample_rate_hz: number;
  samples_per_peak: number;
  caller: number[];
  agent: number[];
}
