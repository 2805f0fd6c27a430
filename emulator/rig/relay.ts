// Carries a telemetry port and the clients of a control channel between the thread or process that has opened them, the near
// end, and the one in which the pump is, the far end. Bytes, lines and replies pass as messages, in order. What of a port's
// bytes is on the way counts as queued, so a host that does not read fills the port as it would without a relay.

import type { BytePort } from "../port/port";
import { QUEUE_BYTES } from "../port/byte-ring";
import type { ControlChannel, ControlClient, ControlSession } from "./control";

/** The time between two looks at a port that has bytes to send. */
const DRAIN_MS = 20;

/** Messages to the far end; `client` numbers the clients of the control channel. */
export type ToFar =
  | { bytes: Uint8Array }
  | { port: PortState }
  | { client: number; line: string }
  | { joined: number }
  | { left: number };

/** Messages to the near end. */
export type ToNear =
  | { write: Uint8Array }
  | { client: number; reply: string }
  | { client: number; push: string }
  /** The client's next line is accepted. */
  | { ready: number };

/** The port as the far end knows it. */
export interface PortState {
  path: string;
  isOpen: boolean;
  queued: number;
  dropped: number;
  /** The number of `write` messages that the port has been given. */
  written: number;
}

// ---- the near end

export class NearEnd {
  readonly control: ControlChannel = { open: (client) => this.join(client) };
  private readonly notify: (message: ToFar) => void;
  private readonly clients = new Map<number, FarSession>();
  private joined = 0;
  private port: BytePort | null = null;
  /** The pieces of the pump's bytes that the port has been given. */
  private written = 0;
  private draining: NodeJS.Timeout | undefined;

  constructor(notify: (message: ToFar) => void) {
    this.notify = notify;
  }

  /** Begins to carry the bytes of a port, and gives its state for the far end. */
  attach(port: BytePort): PortState {
    this.port = port;
    port.onBytes = (bytes) => this.notify({ bytes });
    port.onLost = () => this.reportPort();
    port.onOpen = () => this.reportPort();
    return this.stateOf(port);
  }

  hear(message: ToNear): void {
    if ("write" in message) this.write(message.write);
    else if ("reply" in message) this.clients.get(message.client)?.client.reply(message.reply);
    else if ("push" in message) this.clients.get(message.client)?.push(message.push);
    else this.clients.get(message.ready)?.proceed();
  }

  close(): void {
    clearTimeout(this.draining);
  }

  private write(bytes: Uint8Array): void {
    this.port?.write(bytes);
    this.written++;
    this.reportPort();
  }

  /** Reports to the far end how the port is, and again until all of its bytes are sent. */
  private reportPort(): void {
    const { port } = this;
    if (port === null) return;
    this.notify({ port: this.stateOf(port) });
    clearTimeout(this.draining);
    if (port.queued > 0) this.draining = setTimeout(() => this.reportPort(), DRAIN_MS);
  }

  private stateOf({ path, isOpen, queued, dropped }: BytePort): PortState {
    return { path, isOpen, queued, dropped, written: this.written };
  }

  private join(client: ControlClient): ControlSession {
    const id = this.joined++;
    const session = new FarSession(id, client, this.notify, () => this.clients.delete(id));
    this.clients.set(id, session);
    this.notify({ joined: id });
    return session;
  }
}

/** The conversation with one client, whose lines are carried out at the far end. */
class FarSession implements ControlSession {
  readonly client: ControlClient;
  waiting = false;
  private readonly id: number;
  private readonly notify: (message: ToFar) => void;
  private readonly onEnd: () => void;
  /** The number of pushed lines that the client did not take. */
  private missed = 0;

  constructor(id: number, client: ControlClient, notify: (message: ToFar) => void, onEnd: () => void) {
    this.id = id;
    this.client = client;
    this.notify = notify;
    this.onEnd = onEnd;
  }

  line(text: string): void {
    this.waiting = true;
    this.notify({ client: this.id, line: text });
  }

  /** Passes a pushed line on, with the number of those that the client did not take before it. */
  push(line: string): void {
    const whole = this.missed > 0 ? JSON.stringify({ ...(JSON.parse(line) as object), missed: this.missed }) : line;
    if (this.client.push(whole)) this.missed = 0;
    else this.missed++;
  }

  /** The far end accepts the next line. */
  proceed(): void {
    if (!this.waiting) return;
    this.waiting = false;
    this.client.ready();
  }

  end(): void {
    this.onEnd();
    this.notify({ left: this.id });
  }
}

// ---- the far end

export class FarEnd {
  readonly port: BytePort;
  private readonly known: FarPort;
  private readonly notify: (message: ToNear) => void;
  private readonly sessions = new Map<number, ControlSession>();

  constructor(state: PortState, notify: (message: ToNear) => void) {
    this.known = new FarPort(state, (bytes) => notify({ write: bytes }));
    this.port = this.known;
    this.notify = notify;
  }

  hear(message: ToFar, control: ControlChannel): void {
    if ("bytes" in message) this.port.onBytes?.(message.bytes);
    else if ("port" in message) this.known.know(message.port);
    else if ("joined" in message) this.join(message.joined, control);
    else if ("left" in message) this.leave(message.left);
    else this.line(message.client, message.line);
  }

  private join(client: number, control: ControlChannel): void {
    const session = control.open({
      reply: (reply) => this.notify({ client, reply }),
      push: (push) => {
        this.notify({ client, push });
        // The near end counts the lines that the client does not take.
        return true;
      },
      ready: () => this.notify({ ready: client }),
    });
    this.sessions.set(client, session);
  }

  private leave(client: number): void {
    this.sessions.get(client)?.end();
    this.sessions.delete(client);
  }

  private line(client: number, text: string): void {
    const session = this.sessions.get(client);
    if (!session) return;
    session.line(text);
    if (!session.waiting) this.notify({ ready: client });
  }
}

/** The near end's port, as it is seen here. */
class FarPort implements BytePort {
  onBytes: BytePort["onBytes"] = null;
  onOpen: BytePort["onOpen"] = null;
  onLost: BytePort["onLost"] = null;
  private readonly send: (bytes: Uint8Array) => void;
  private state: PortState;
  /** The lengths of the pieces that the port has not been given yet, as far as this end knows. */
  private underWay: number[] = [];
  private underWayBytes = 0;
  private droppedHere = 0;

  constructor(state: PortState, send: (bytes: Uint8Array) => void) {
    this.state = state;
    this.send = send;
  }

  get path(): string {
    return this.state.path;
  }

  get isOpen(): boolean {
    return this.state.isOpen;
  }

  get queued(): number {
    return this.state.queued + this.underWayBytes;
  }

  get dropped(): number {
    return this.state.dropped + this.droppedHere;
  }

  write(bytes: Uint8Array): boolean {
    if (!this.isOpen || this.queued + bytes.length > QUEUE_BYTES) {
      this.droppedHere += bytes.length;
      return false;
    }
    this.underWay.push(bytes.length);
    this.underWayBytes += bytes.length;
    this.send(bytes);
    return true;
  }

  know(state: PortState): void {
    const before = this.state;
    this.state = state;
    const given = this.underWay.splice(0, state.written - before.written);
    for (const length of given) this.underWayBytes -= length;
    if (before.isOpen && !state.isOpen) this.onLost?.("the port was lost");
    if (!before.isOpen && state.isOpen) this.onOpen?.();
  }

  async close(): Promise<void> {
    // The near end closes it.
  }
}
