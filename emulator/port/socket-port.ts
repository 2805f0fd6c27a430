// Bytes to and from the outside over TCP: for machines without pseudo-terminals, and for a serial port at another machine. One end
// listens and has one client at a time (`listenAt`). The other end connects (`openRemote`): to plain bytes (`tcp:HOST:PORT`), or to a
// serial port that is served by RFC 2217 (`rfc2217:HOST:PORT`), as ser2net and pyserial do. Neither has a password, so a port that
// listens does so on this machine alone unless another address is given. Rings, losses and the way back are those of port.ts.

import { connect, createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { UsageError } from "../usage-error";
import { PortError, REOPEN_MS, type BytePort } from "./port";
import { Sending } from "./sending";
import { escaped, TelnetLine } from "./telnet";

/** Addresses begin with these when they are not paths of serial ports. */
const REMOTE = /^(tcp|rfc2217):(?:\[([^\]]+)\]|([^:[\]]+)):(\d+)$/;
const LISTENING = /^(?:(?:\[([^\]]+)\]|([^:[\]]+)):)?(\d+)$/;
const HERE = "127.0.0.1";
const TCP_PORT_MAX = 65_535;
/** A host that says nothing for so long is not there. */
const CONNECT_MS = 5_000;
/** A connection on which nothing is said is tried after this, so that a client without power is noticed. */
const KEEP_ALIVE_MS = 10_000;

export interface Address {
  host: string;
  port: number;
}

/** A port at another program or machine, and how to speak there. */
export interface RemoteAddress extends Address {
  kind: "tcp" | "rfc2217";
}

/** The address in `[HOST:]PORT`, on this machine without HOST; port 0 is any free one. Throws UsageError, which begins with `option`. */
export function listeningAddress(option: string, text: string): Address {
  const found = LISTENING.exec(text);
  const port = Number(found?.[3]);
  if (found !== null && port <= TCP_PORT_MAX) return { host: found[1] ?? found[2] ?? HERE, port };
  throw new UsageError(`${option}: found ${text}, expected PORT or HOST:PORT, with a port from 0 to ${TCP_PORT_MAX}`);
}

/**
 * The address in `tcp:HOST:PORT` or `rfc2217:HOST:PORT`; null for the path of a serial port. Throws UsageError, which begins with
 * `option`.
 */
export function remoteAddress(option: string, text: string): RemoteAddress | null {
  if (!/^(?:tcp|rfc2217):/.test(text)) return null;
  const found = REMOTE.exec(text);
  const port = Number(found?.[4]);
  if (found !== null && port >= 1 && port <= TCP_PORT_MAX) {
    return { kind: found[1] as RemoteAddress["kind"], host: found[2] ?? found[3], port };
  }
  const form = `${/^\w+/.exec(text)![0]}:HOST:PORT`;
  throw new UsageError(`${option}: found ${text}, expected ${form}, with a port from 1 to ${TCP_PORT_MAX}`);
}

/** Listens there; `path` has the port. A second client is turned away while the first is there. Throws PortError. */
export async function listenAt(address: Address): Promise<BytePort> {
  const made = new ListeningPort();
  await made.listen(address);
  return made;
}

/**
 * Connects. Throws PortError when nobody is there, and when a port of RFC 2217 does not take the baud rate. With `reopen` a lost
 * connection is made again, tried every 200 ms until `close`.
 */
export async function openRemote(
  address: RemoteAddress,
  baud: number,
  options: { reopen?: boolean } = {},
): Promise<BytePort> {
  const made = new RemotePort(address, address.kind === "rfc2217" ? baud : null, options.reopen ?? false);
  await made.open();
  return made;
}

abstract class SocketPort implements BytePort {
  abstract readonly path: string;
  abstract readonly isOpen: boolean;
  onBytes: BytePort["onBytes"] = null;
  onOpen: BytePort["onOpen"] = null;
  onLost: BytePort["onLost"] = null;
  protected readonly sending = new Sending<Socket>();

  get queued(): number {
    return this.sending.ring.count;
  }

  get dropped(): number {
    return this.sending.ring.dropped;
  }

  write(bytes: Uint8Array): boolean {
    return this.sending.write(bytes);
  }

  abstract close(): Promise<void>;
}

class ListeningPort extends SocketPort {
  path = "";
  private server: Server | null = null;
  /** A client was here and has left. Before the first one the port is open, and waits. */
  private isLeft = false;

  get isOpen(): boolean {
    return this.server !== null && !this.isLeft;
  }

  async listen({ host, port }: Address): Promise<void> {
    const server = createServer((socket) => this.welcome(socket));
    await new Promise<void>((resolve, reject) => {
      server.once("error", (error: NodeJS.ErrnoException) => reject(new PortError(whyNotListening(host, port, error))));
      server.listen({ host, port, exclusive: true }, resolve);
    });
    server.on("error", () => undefined);
    this.server = server;
    this.path = nameOf("tcp", { host, port: (server.address() as AddressInfo).port });
  }

  async close(): Promise<void> {
    const { server } = this;
    const socket = this.sending.line;
    this.server = null;
    this.sending.use(null);
    socket?.destroySoon();
    if (server !== null) await new Promise((resolve) => server.close(resolve));
  }

  private welcome(socket: Socket): void {
    socket.on("error", () => undefined);
    if (this.server === null || this.sending.line !== null) return void socket.destroy();
    socket.setNoDelay(true);
    socket.setKeepAlive(true, KEEP_ALIVE_MS);
    this.sending.use(socket);
    socket.on("data", (bytes) => this.onBytes?.(bytes));
    socket.on("close", () => {
      if (this.sending.line !== socket) return;
      this.sending.use(null);
      this.isLeft = true;
      this.onLost?.("the client has left");
    });
    if (this.isLeft) {
      this.isLeft = false;
      this.onOpen?.();
    }
  }
}

class RemotePort extends SocketPort {
  readonly path: string;
  private readonly address: Address;
  /** The rate that a port of RFC 2217 is asked for; null for plain bytes. */
  private readonly baud: number | null;
  private readonly reopen: boolean;
  private closed = false;
  private timer: NodeJS.Timeout | null = null;
  /** The connection that is being made. */
  private making: Socket | null = null;

  constructor(address: RemoteAddress, baud: number | null, reopen: boolean) {
    super();
    this.path = nameOf(address.kind, address);
    this.address = address;
    this.baud = baud;
    this.reopen = reopen;
  }

  get isOpen(): boolean {
    return this.sending.line !== null;
  }

  /** Connects and, with RFC 2217, waits for the port's consent. Throws PortError. */
  async open(): Promise<void> {
    const socket = connect(this.address);
    this.making = socket;
    const line = this.baud === null ? null : new TelnetLine(this.baud, (bytes) => void socket.write(bytes));
    try {
      await this.agreed(socket, line);
    } catch (error) {
      socket.destroy();
      throw error;
    } finally {
      this.making = null;
    }
    if (this.closed) return void socket.destroy();
    this.sending.encode = line === null ? (bytes) => bytes : escaped;
    this.sending.isHeld = () => line?.suspended ?? false;
    this.sending.use(socket);
  }

  async close(): Promise<void> {
    this.closed = true;
    if (this.timer) clearTimeout(this.timer);
    this.making?.destroy();
    const socket = this.sending.line;
    this.sending.use(null);
    if (socket === null || socket.destroyed) return;
    const gone = new Promise((resolve) => socket.once("close", resolve));
    socket.destroySoon();
    await gone;
  }

  private async agreed(socket: Socket, line: TelnetLine | null): Promise<void> {
    let late: NodeJS.Timeout | undefined;
    const agreed = new Promise<void>((resolve, reject) => {
      const fail = (why: string) => reject(new PortError(`${this.path}: ${why}`));
      late = setTimeout(() => fail(`no answer within ${CONNECT_MS / 1000} s`), CONNECT_MS);
      const decide = () => {
        if (line === null || line.consent.state === "given") resolve();
        else if (line.consent.state === "refused") fail(line.consent.why);
      };
      socket.setNoDelay(true);
      socket.setKeepAlive(true, KEEP_ALIVE_MS);
      socket.on("connect", () => {
        line?.begin();
        decide();
      });
      socket.on("data", (bytes) => {
        const data = line === null ? bytes : line.take(bytes);
        if (line !== null) decide();
        if (data.length > 0) this.onBytes?.(data);
        this.sending.pump();
      });
      socket.on("error", (error: NodeJS.ErrnoException) => fail(whyNotConnected(this.address.host, error)));
      socket.on("close", () => {
        fail("the connection was closed");
        this.handleLoss(socket);
      });
    });
    await agreed.finally(() => clearTimeout(late));
  }

  private handleLoss(socket: Socket): void {
    if (this.sending.line !== socket) return;
    this.sending.use(null);
    this.onLost?.("the connection was closed");
    this.tryAgain();
  }

  private tryAgain(): void {
    if (!this.reopen || this.closed) return;
    this.timer = setTimeout(() => {
      this.open().then(
        () => (this.isOpen ? this.onOpen?.() : undefined),
        () => this.tryAgain(),
      );
    }, REOPEN_MS);
  }
}

function nameOf(kind: string, { host, port }: Address): string {
  return `${kind}:${host.includes(":") ? `[${host}]` : host}:${port}`;
}

function whyNotListening(host: string, port: number, error: NodeJS.ErrnoException): string {
  const name = nameOf("tcp", { host, port });
  if (error.code === "EADDRINUSE") return `${name} is in use by another program`;
  if (error.code === "EACCES") return `no permission to listen at ${name}`;
  if (["EADDRNOTAVAIL", "ENOTFOUND", "EAI_AGAIN"].includes(error.code ?? ""))
    return `this machine has no address ${host}`;
  return `${name} cannot be listened at: ${error.message}`;
}

function whyNotConnected(host: string, error: NodeJS.ErrnoException): string {
  if (error.code === "ECONNREFUSED") return "nobody listens there";
  if (error.code === "ENOTFOUND" || error.code === "EAI_AGAIN") return `there is no machine ${host}`;
  if (error.code === "ECONNRESET") return "the connection was closed";
  return error.message || String(error.code);
}
