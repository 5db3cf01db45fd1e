/** A WebSocket that comes back by itself: longer and longer pauses with jitter, at once when the network returns. */

export type SocketStatus = "connecting" | "open" | "waiting" | "refused";

const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 15_000;

export interface SocketOptions {
  /** The address at the moment of connecting: it carries what was seen last. */
  address: () => string;
  onMessage: (text: string) => void;
  onStatus: (status: SocketStatus) => void;
  /** Close codes after which coming back is pointless: not allowed, deleted. */
  isFinal: (code: number) => boolean;
}

export class ReconnectingSocket {
  private socket: WebSocket | null = null;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private failures = 0;
  private isClosed = false;

  constructor(private readonly options: SocketOptions) {
    window.addEventListener("online", this.connectNow);
    document.addEventListener("visibilitychange", this.connectIfSeen);
    window.addEventListener("pagehide", this.pause);
    window.addEventListener("pageshow", this.connectNow);
    this.connect();
  }

  /** Closes the connection and opens a new one, with a new address. */
  restart(): void {
    this.drop();
    this.connect();
  }

  close(): void {
    this.isClosed = true;
    window.removeEventListener("online", this.connectNow);
    document.removeEventListener("visibilitychange", this.connectIfSeen);
    window.removeEventListener("pagehide", this.pause);
    window.removeEventListener("pageshow", this.connectNow);
    this.drop();
  }

  private readonly connectNow = (): void => {
    if (this.socket !== null || this.isClosed) return;
    this.failures = 0;
    this.connect();
  };

  private readonly connectIfSeen = (): void => {
    if (!document.hidden) this.connectNow();
  };

  /** Lets the browser keep the page for the way back, which an open socket forbids. */
  private readonly pause = (): void => this.drop();

  private drop(): void {
    clearTimeout(this.timer);
    const socket = this.socket;
    this.socket = null;
    socket?.close();
  }

  private connect(): void {
    clearTimeout(this.timer);
    if (this.isClosed) return;
    this.options.onStatus("connecting");
    const socket = new WebSocket(this.options.address());
    this.socket = socket;
    socket.addEventListener("open", () => {
      if (socket !== this.socket) return;
      this.failures = 0;
      this.options.onStatus("open");
    });
    socket.addEventListener("message", (event: MessageEvent<unknown>) => {
      if (socket === this.socket && typeof event.data === "string") this.options.onMessage(event.data);
    });
    socket.addEventListener("close", (event) => {
      if (socket !== this.socket) return; // dropped on purpose
      this.socket = null;
      if (this.options.isFinal(event.code)) {
        this.isClosed = true;
        this.options.onStatus("refused");
        return;
      }
      this.options.onStatus("waiting");
      this.timer = setTimeout(() => this.connect(), pauseAfter(this.failures, Math.random()));
      this.failures += 1;
    });
  }
}

/** Milliseconds to wait after that many failures; `chance` in [0, 1) spreads browsers that lost the server together. */
export function pauseAfter(failures: number, chance: number): number {
  const longest = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** failures);
  return longest / 2 + (longest / 2) * chance;
}

/** The address of a socket of this site: `/ws/…` with the page's own host. */
export function socketAddress(path: string): string {
  const address = new URL(path, location.href);
  address.protocol = address.protocol === "https:" ? "wss:" : "ws:";
  return address.href;
}
