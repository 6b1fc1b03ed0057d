// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// A recording that `ttmem web FILE` serves, at any of its moments.
import type { BufferPage, Comparison, History, LedgerEvent, Maybe, Moment, Move, Picture, Recording, Snapshot, WhyThen } from "./model";
import type { Session } from "./session";
import type { BufferQuery, CompareQuery, HistoryQuery, Moments, Past, Source, Status } from "./source";

const MARKED_AS = new Map([["refusal", "failure"], ["begin", "start"], ["end", "exit"]]);

/** The second of two recordings. */
class OtherRecording implements Moments {
  constructor(
    private readonly session: Session,
    readonly recording: Recording,
  ) {}

  moment(at: string, move: Maybe<Move>, stop?: AbortSignal): Promise<Moment> {
    return this.session.get<Moment>("/api/v1/moment", move === null ? { at, file: 1 } : { at, move, file: 1 }, stop);
  }
}

export class RecordedSource implements Source, Past {
  readonly past = this;
  readonly title: string;
  readonly other: Moments;

  private constructor(
    private readonly session: Session,
    readonly recording: Recording,
    beside: Maybe<Recording>,
  ) {
    this.title = recording.name;
    this.other = beside ? new OtherRecording(session, beside) : this;
  }

  static async open(session: Session): Promise<RecordedSource> {
    const recording = await session.get<Recording>("/api/v1/recording", {});
    return new RecordedSource(session, recording, recording.beside ? await session.get<Recording>("/api/v1/recording", { file: 1 }) : null);
  }

  get can() {
    return { details: this.session.known, events: false };
  }

  extent() {
    const { first_ns, span_ns } = this.recording;
    return { fromMs: first_ns / 1e6, untilMs: (first_ns + span_ns) / 1e6 };
  }

  /** Nothing changes by itself: time.ts asks for the moments that the reader goes to. */
  follow(_onSnapshot: (snapshot: Snapshot) => void, onStatus: (status: Status) => void): () => void {
    onStatus({ state: "past", why: "" });
    return () => undefined;
  }

  moment(at: string, move: Maybe<Move>, stop?: AbortSignal): Promise<Moment> {
    return this.session.get<Moment>("/api/v1/moment", move === null ? { at } : { at, move }, stop);
  }

  compare(at: string, other: string, query: CompareQuery, stop?: AbortSignal): Promise<Comparison> {
    return this.session.get<Comparison>("/api/v1/compare", { ...query, at, with: other }, stop);
  }

  why(at: string, stop?: AbortSignal): Promise<WhyThen> {
    return this.session.get<WhyThen>("/api/v1/why", { at }, stop);
  }

  otherHistory(points: number): Promise<History> {
    return this.session.get<History>("/api/v1/history", { processes: "false", points, file: this.other === this ? 0 : 1 });
  }

  async eventsUpTo(at: string, stop?: AbortSignal): Promise<LedgerEvent[]> {
    return (await this.session.get<{ events: LedgerEvent[] }>("/api/v1/events", { at }, stop)).events;
  }

  async snapshot(at: Maybe<string>, stop?: AbortSignal): Promise<Snapshot> {
    const snapshot = await this.session.get<Snapshot>("/api/v1/snapshot", { at: at ?? "" }, stop);
    for (const device of snapshot.devices) device.lists_time_ns = snapshot.time_ns;
    return snapshot;
  }

  buffers(query: BufferQuery, at: Maybe<string>, stop?: AbortSignal): Promise<BufferPage> {
    return this.session.get<BufferPage>("/api/v1/buffers", { ...query, at: at ?? "" }, stop);
  }

  async picture(device: number, core: Maybe<[number, number]>, at: Maybe<string>, stop?: AbortSignal): Promise<Maybe<Picture>> {
    const of = core ? { device, core_x: core[0], core_y: core[1] } : { device };
    const said = await this.session.get<{ devices: Picture[] }>("/api/v1/l1", { ...of, at: at ?? "" }, stop);
    return said.devices.find((picture) => picture.index === device) ?? null;
  }

  /** The whole run, whatever part of it is asked for, with its moments of note as events. */
  async history(query: HistoryQuery, stop?: AbortSignal): Promise<History> {
    const wanted = query.deviceId === null ? { processes: "false" } : { device_id: query.deviceId };
    const history = await this.session.get<History>("/api/v1/history", { ...wanted, points: query.points }, stop);
    const { marks, processes, first_ns } = this.recording;
    history.events = marks
      .filter((mark) => mark.kind !== "step")
      .map((mark) => ({
        time_ns: first_ns + mark.since_first_ns,
        type: MARKED_AS.get(mark.kind) ?? mark.kind,
        pid: processes[mark.process]?.pid ?? null,
        device_index: null,
        kind: null,
        requested_bytes: null,
        text: mark.words,
        at: mark.at,
      }));
    return history;
  }

  events(): () => void {
    return () => undefined;
  }
}
