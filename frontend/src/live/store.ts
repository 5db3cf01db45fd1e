/**
 * The state of one run in this browser: a snapshot over HTTP, then frames over the socket.
 *
 * Nothing is lost although a push may be: each frame says which numbers it carries. What was seen is skipped, a gap asks the
 * server for what is missing (a new connection with `since`), and "stale" fetches a new snapshot. Frames are applied once per
 * animation frame; a hidden tab, which gets no animation frames, applies them a few times a second.
 */
import type { AnyEvent, Frame, RunSnapshot, Stale } from "./events.generated";
import { OutdatedClient, reduce, type RunState } from "./reduce";
import { ReconnectingSocket, socketAddress, type SocketStatus } from "./socket";

export type Connection = "connecting" | "live" | "reconnecting" | "refused" | "outdated";

export interface Received {
  seq: number;
  at: string;
  event: AnyEvent;
}

type StateListener = (state: RunState) => void;
type EventListener = (events: readonly Received[]) => void;
type ConnectionListener = (connection: Connection) => void;

const NO_ANIMATION_FRAME_MS = 250; // a hidden tab gets none
const RETRY_SNAPSHOT_MS = 3000;
const FINAL_CODES: readonly number[] = [4403, 4404]; // access was removed; not allowed, unknown or deleted

export class RunStore {
  state: RunState | null = null;
  connection: Connection = "connecting";

  private socket: ReconnectingSocket | null = null;
  private waiting: Frame[] = [];
  private isFetching = false;
  private animationFrame = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private lastGapAt = -1;
  private wasOpen = false;
  private readonly stateListeners = new Set<StateListener>();
  private readonly eventListeners = new Set<EventListener>();
  private readonly connectionListeners = new Set<ConnectionListener>();

  constructor(
    private readonly snapshotUrl: string,
    private readonly socketPath: string,
  ) {}

  start(): void {
    void this.fetchSnapshot();
  }

  /** Calls `listener` with every new state, and at once when there is one. */
  onState(listener: StateListener): void {
    this.stateListeners.add(listener);
    if (this.state !== null) listener(this.state);
  }

  /** Calls `listener` with the events that led to a new state; not with what a snapshot already contained. */
  onEvents(listener: EventListener): void {
    this.eventListeners.add(listener);
  }

  onConnection(listener: ConnectionListener): void {
    this.connectionListeners.add(listener);
    listener(this.connection);
  }

  /** Takes one message of the socket. */
  receive(text: string): void {
    const message = JSON.parse(text) as Frame | Stale;
    if (message.type === "stale") {
      void this.fetchSnapshot();
      return;
    }
    this.waiting.push(message);
    this.schedule();
  }

  /** Applies the frames that wait. Public so that tests need no animation frame. */
  flush(): void {
    cancelAnimationFrame(this.animationFrame);
    clearTimeout(this.timer);
    this.timer = undefined;
    if (this.state === null || this.isFetching) return;
    const frames = this.waiting;
    this.waiting = [];
    const received: Received[] = [];
    let seq = this.state.seq;
    let hasGap = false;
    for (const frame of frames) {
      if (frame.to_seq <= seq) continue; // sent again after a reconnect
      if (frame.from_seq > seq + 1) {
        hasGap = true;
        break;
      }
      frame.events.slice(seq + 1 - frame.from_seq).forEach((event) => {
        seq += 1;
        received.push({ seq, at: frame.at, event });
      });
    }
    if (received.length > 0) this.advance(received, seq);
    if (hasGap) this.closeGap(seq);
  }

  /** Asks for the events after `seq` again; when even that leaves the same gap, takes a new snapshot. */
  private closeGap(seq: number): void {
    if (this.lastGapAt === seq) void this.fetchSnapshot();
    else this.socket?.restart();
    this.lastGapAt = seq;
  }

  private advance(received: readonly Received[], seq: number): void {
    if (this.state === null) return;
    try {
      this.state = reduce(
        this.state,
        received.map((each) => each.event),
        seq,
      );
    } catch (error) {
      if (!(error instanceof OutdatedClient)) throw error;
      this.setConnection("outdated");
      this.socket?.close();
      return;
    }
    for (const listener of this.eventListeners) listener(received);
    for (const listener of this.stateListeners) listener(this.state);
  }

  private schedule(): void {
    if (this.timer !== undefined) return;
    this.timer = setTimeout(() => this.flush(), NO_ANIMATION_FRAME_MS);
    this.animationFrame = requestAnimationFrame(() => this.flush());
  }

  private async fetchSnapshot(): Promise<void> {
    if (this.isFetching) return;
    this.isFetching = true;
    try {
      const response = await fetch(this.snapshotUrl, { headers: { Accept: "application/json" } });
      if (response.status === 404 || response.status === 403) {
        this.setConnection("refused");
        return;
      }
      if (!response.ok) throw new Error(`the snapshot answered ${response.status}`);
      this.state = (await response.json()) as RunSnapshot;
    } catch {
      this.setConnection("reconnecting");
      setTimeout(() => void this.fetchSnapshot(), RETRY_SNAPSHOT_MS);
      return;
    } finally {
      this.isFetching = false;
    }
    for (const listener of this.stateListeners) listener(this.state);
    this.flush(); // what came while the snapshot was on its way
    this.socket ??= new ReconnectingSocket({
      address: () => socketAddress(`${this.socketPath}?since=${this.state?.seq ?? 0}`),
      onMessage: (text) => this.receive(text),
      onStatus: (status) => this.follow(status),
      isFinal: (code) => FINAL_CODES.includes(code),
    });
  }

  private follow(status: SocketStatus): void {
    if (status === "open") {
      this.wasOpen = true;
      this.setConnection("live");
    } else if (status === "refused") this.setConnection("refused");
    else this.setConnection(this.wasOpen || status === "waiting" ? "reconnecting" : "connecting");
  }

  private setConnection(connection: Connection): void {
    this.connection = connection;
    for (const listener of this.connectionListeners) listener(connection);
  }
}
