// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
import { LiveSource } from "./live";
import type { Maybe } from "./model";
import { RecordedSource } from "./recorded";
import { Session } from "./session";
import type { Source } from "./source";

/** What the server of this page shows, with the token of the address, if there is one. `complaint`: why it was not taken. */
export async function openSource(token: Maybe<string>): Promise<{ source: Source; user: Maybe<string>; complaint: string }> {
  let complaint = "";
  if (token !== null) {
    try {
      const { session, user, of } = await Session.open(token);
      return { source: of === "recording" ? await RecordedSource.open(session) : new LiveSource(session), user, complaint };
    } catch (error) {
      complaint = error instanceof Error ? error.message : String(error);
    }
  }
  return { source: new LiveSource(new Session(null)), user: null, complaint };
}
