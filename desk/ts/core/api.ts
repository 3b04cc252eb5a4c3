// SPDX-License-Identifier: GPL-3.0-or-later
// Calls to the desk's JSON API. A refusal becomes an ApiError with the server's own words; no network is "offline".

import { csrfToken, t } from "./page.js";

const TIMEOUT_MS = 10_000; // longer than the server lets a softphone take for a command

export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly remedy: string = "",
    readonly body: Record<string, unknown> = {},
  ) {
    super(message);
  }

  /** What to show: the message and, if there is one, what to do. */
  get words(): string {
    return this.remedy ? `${this.message} ${this.remedy}` : this.message;
  }
}

async function request<T>(method: "GET" | "POST", url: string, body?: unknown): Promise<T> {
  let response: Response;
  let text: string;
  try {
    response = await fetch(url, {
      signal: AbortSignal.timeout(TIMEOUT_MS), // a connection that died silently would hold every later save back
      method,
      credentials: "same-origin",
      headers: { Accept: "application/json", "X-CSRF-Token": csrfToken(), ...(body === undefined ? {} : { "Content-Type": "application/json" }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    text = await response.text();
  } catch {
    throw new ApiError(0, "offline", t("offline_request"));
  }
  let data: Record<string, unknown> = {};
  try {
    data = text ? (JSON.parse(text) as Record<string, unknown>) : {};
  } catch {
    throw new ApiError(response.status, "not_json", t("error_unexpected", { status: response.status }));
  }
  if (response.ok) return data as T;
  if (response.status === 401) window.location.assign("/masuk");
  const error = (data["error"] ?? {}) as { code?: string; message?: string; remedy?: string };
  const fallback = t("error_unexpected", { status: response.status });
  throw new ApiError(response.status, error.code ?? "error", error.message ?? fallback, error.remedy ?? "", data);
}

export const api = {
  get: <T>(url: string): Promise<T> => request<T>("GET", url),
  post: <T>(url: string, body: unknown): Promise<T> => request<T>("POST", url, body),
};

/** The words of any thrown thing, for the person. */
export function wordsOf(error: unknown): string {
  return error instanceof ApiError ? error.words : t("error_unexpected", { status: 0 });
}
