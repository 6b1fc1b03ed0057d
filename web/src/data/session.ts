// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Questions to the server that gave out this page. The key that the token of `ttmem web` was exchanged for stays in this
// object's memory and goes out as a header: no cookie (cookies know no port), no storage, no address that stays in the
// browser's history.
import type { Maybe } from "./model";

const PATIENCE_MS = 15_000;
const TOKEN_HEADER = "X-Ttmem-Token";
const SESSION_HEADER = "X-Ttmem-Session";

export class Refused extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

async function reasonOf(answer: Response): Promise<string> {
  try {
    const said: unknown = await answer.json();
    if (said && typeof said === "object" && "error" in said && typeof said.error === "string") return said.error;
  } catch {
    // No JSON: the status alone has to do.
  }
  return `the server answers ${answer.status}`;
}

export class Session {
  /** `key`: null for a guest. */
  constructor(private key: Maybe<string>) {}

  /** Exchanges the token, which works once. `of`: "recording" where the server shows a recording. */
  static async open(token: string): Promise<{ session: Session; user: Maybe<string>; of: string }> {
    const answer = await fetch("/api/v1/web/session", { headers: { [TOKEN_HEADER]: token }, cache: "no-store" });
    if (!answer.ok) throw new Refused(answer.status, await reasonOf(answer));
    const said: { session: string; user: Maybe<string>; of?: string } = await answer.json();
    return { session: new Session(said.session), user: said.user, of: said.of ?? "" };
  }

  /** False for a guest, and when the session has ended. */
  get known(): boolean {
    return this.key !== null;
  }

  async get<T>(path: string, parameters: Record<string, string | number | undefined>, stop?: AbortSignal): Promise<T> {
    const words = new URLSearchParams();
    for (const [name, value] of Object.entries(parameters)) if (value !== undefined) words.set(name, String(value));
    const query = words.toString();
    const patience = AbortSignal.timeout(PATIENCE_MS);
    const answer = await fetch(query ? `${path}?${query}` : path, {
      headers: this.key === null ? {} : { [SESSION_HEADER]: this.key },
      cache: "no-store",
      signal: stop ? AbortSignal.any([stop, patience]) : patience,
    });
    if (answer.status === 401) this.key = null;
    if (!answer.ok) throw new Refused(answer.status, await reasonOf(answer));
    return (await answer.json()) as T;
  }
}
