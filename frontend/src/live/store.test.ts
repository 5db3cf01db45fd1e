import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import type { AnyEvent, Frame } from "./events.generated";
import { RunStore } from "./store";
import { runState } from "./testing";

/** A WebSocket that the test holds the other end of: the border of our code. */
class FakeSocket extends EventTarget {
  static all: FakeSocket[] = [];
  isClosed = false;

  constructor(readonly url: string) {
    super();
    FakeSocket.all.push(this);
  }

  close(): void {
    this.isClosed = true;
  }

  open(): void {
    this.dispatchEvent(new Event("open"));
  }

  say(message: object): void {
    this.dispatchEvent(new MessageEvent("message", { data: JSON.stringify(message) }));
  }

  end(code: number): void {
    this.dispatchEvent(Object.assign(new Event("close"), { code }));
  }
}

const last = (): FakeSocket => {
  const socket = FakeSocket.all.at(-1);
  if (socket === undefined) throw new Error("no socket was opened");
  return socket;
};

const started = (number: number): AnyEvent => ({ type: "trial_started", replica: 0, number, worker: "cpu0" });
const added = (number: number): AnyEvent => ({ type: "trials_added", replica: 0, numbers: [number], operators: ["random"] });
const frame = (from: number, ...events: AnyEvent[]): Frame => ({
  type: "frame",
  from_seq: from,
  to_seq: from + events.length - 1,
  at: "2026-01-01T00:00:01+00:00",
  events,
});

let snapshots: object[];
let numFetched: number;

async function ready(): Promise<RunStore> {
  const store = new RunStore("/runs/1/snapshot.json", "/ws/runs/1/");
  store.start();
  await vi.waitFor(() => expect(FakeSocket.all).toHaveLength(1));
  last().open();
  return store;
}

beforeEach(() => {
  FakeSocket.all = [];
  numFetched = 0;
  snapshots = [runState({ numTrials: 0 })];
  vi.stubGlobal("WebSocket", FakeSocket);
  vi.stubGlobal("fetch", () => {
    const body = snapshots[Math.min(numFetched, snapshots.length - 1)];
    numFetched += 1;
    return Promise.resolve(new Response(JSON.stringify(body), { status: 200 }));
  });
});

afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

describe("RunStore", () => {
  it("asks for what follows its snapshot", async () => {
    const store = await ready();
    expect(last().url).toContain("/ws/runs/1/?since=7");
    expect(store.connection).toBe("live");
  });

  it("applies the frames of one animation frame together", async () => {
    const store = await ready();
    const seen: number[] = [];
    store.onState((state) => seen.push(state.seq));
    last().say(frame(8, added(0)));
    last().say(frame(9, started(0)));
    await vi.waitFor(() => expect(store.state?.seq).toBe(9));
    expect(store.state?.replicas[0]?.trials.state).toEqual(["running"]);
    expect(seen).toEqual([7, 9]);
  });

  it("skips what it has seen, also inside a frame, and tells listeners only the rest", async () => {
    const store = await ready();
    const heard: number[] = [];
    store.onEvents((events) => heard.push(...events.map(({ seq }) => seq)));
    store.receive(JSON.stringify(frame(8, added(0))));
    store.flush();
    store.receive(JSON.stringify(frame(7, started(5), added(0), added(1))));
    store.flush();
    expect(heard).toEqual([8, 9]);
    expect(store.state?.replicas[0]?.trials.number).toEqual([0, 1]);
  });

  it("asks for a replay when frames are missing, and for a snapshot when the replay leaves the gap", async () => {
    const store = await ready();
    store.receive(JSON.stringify(frame(10, added(3))));
    store.flush();
    expect(store.state?.seq).toBe(7);
    expect(FakeSocket.all).toHaveLength(2);
    expect(last().url).toContain("since=7");
    snapshots.push({ ...runState({ numTrials: 4 }), seq: 12 });
    store.receive(JSON.stringify(frame(10, added(3))));
    store.flush();
    await vi.waitFor(() => expect(store.state?.seq).toBe(12));
  });

  it("takes a new snapshot when it is told that it is stale, and then goes on with the frames", async () => {
    const store = await ready();
    snapshots.push({ ...runState({ numTrials: 2 }), seq: 5000 });
    last().say({ type: "stale", seq: 5000 });
    last().say(frame(5001, added(2)));
    await vi.waitFor(() => expect(store.state?.seq).toBe(5001));
    expect(store.state?.replicas[0]?.trials.number).toEqual([0, 1, 2]);
    expect(numFetched).toBe(2);
  });

  it("comes back with its last number after the connection broke", async () => {
    vi.useFakeTimers({ shouldAdvanceTime: true });
    const store = await ready();
    store.receive(JSON.stringify(frame(8, added(0))));
    store.flush();
    last().end(1012);
    expect(store.connection).toBe("reconnecting");
    await vi.advanceTimersByTimeAsync(1000);
    expect(last().url).toContain("since=8");
    last().open();
    expect(store.connection).toBe("live");
  });

  it.each([4403, 4404])("stays away when the server closes with %i", async (code) => {
    vi.useFakeTimers({ shouldAdvanceTime: true });
    const store = await ready();
    last().end(code);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(store.connection).toBe("refused");
    expect(FakeSocket.all).toHaveLength(1);
  });

  it("says that the page is outdated when an event is unknown", async () => {
    const store = await ready();
    store.receive(JSON.stringify(frame(8, { type: "from_the_future" } as unknown as AnyEvent)));
    store.flush();
    expect(store.connection).toBe("outdated");
    expect(last().isClosed).toBe(true);
  });
});
