// How clients reach the control channel: a Unix socket for several at once, or a pseudo-terminal for one, each speaking
// lines. A client that does not read is not read from either; pushed lines that it is behind with are dropped, so nothing
// grows with it. A socket left over from a program that is gone is replaced; anything else in its place is left alone.

import { chmodSync, lstatSync, unlinkSync } from "node:fs";
import { connect, createServer, type Server, type Socket } from "node:net";
import { StringDecoder } from "node:string_decoder";
import { makePty, PortError, type BytePort } from "../port/port";
import { LINE_BYTES_MAX, type Control, type ControlClient, type ControlSession } from "./control";

const CLIENTS_MAX = 16;
/** Of lines that wait for their turn, at a pseudo-terminal; a socket stops being read instead. */
const INPUT_CHARACTERS_MAX = 131_072;
/** A client that has not read so much gets no pushed lines until it has. */
const UNREAD_BYTES_MAX = 65_536;
/** What is still on its way to clients at the end gets so long. */
const FAREWELL_MS = 500;

export interface ControlDoor {
  /** What a client opens. */
  readonly path: string;
  close(): Promise<void>;
}

/** The lines in what a client sends, handed over one at a time while it may speak. */
class Lines {
  private readonly decoder = new StringDecoder("utf8");
  private text = "";

  /** False when there was no room for all of it. */
  put(bytes: Uint8Array): boolean {
    const text = this.decoder.write(Buffer.from(bytes));
    if (this.text.length + text.length > INPUT_CHARACTERS_MAX) return false;
    this.text += text;
    // A line that is too long is kept just long enough to be refused.
    if (!/[\r\n]/.test(this.text)) this.text = this.text.slice(0, LINE_BYTES_MAX + 1);
    return true;
  }

  /** The next whole line, or null. `last`: an unfinished one counts. */
  take(last = false): string | null {
    const end = this.text.search(/[\r\n]/);
    if (end < 0 && (!last || this.text === "")) return null;
    const line = end < 0 ? this.text : this.text.slice(0, end);
    this.text = end < 0 ? "" : this.text.slice(end + 1);
    return line;
  }
}

// ---- a Unix socket

/** Throws PortError when the path is taken or cannot be made. */
export async function openControlSocket(control: Control, path: string): Promise<ControlDoor> {
  await removeStale(path);
  const guests = new Set<Guest>();
  const server = createServer({ allowHalfOpen: true, pauseOnConnect: false }, (socket) => {
    const guest = new Guest(socket, control, guests.size < CLIENTS_MAX, () => guests.delete(guest));
    guests.add(guest);
  });
  await listen(server, path);
  chmodSync(path, 0o600);
  return {
    path,
    close: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      await Promise.all([...guests].map((guest) => guest.leave()));
      await closed;
    },
  };
}

class Guest implements ControlClient {
  private readonly socket: Socket;
  private readonly session: ControlSession;
  private readonly lines = new Lines();
  private ended = false;

  constructor(socket: Socket, control: Control, welcome: boolean, gone: () => void) {
    this.socket = socket;
    this.session = control.meet(this);
    socket.on("error", () => socket.destroy());
    socket.on("close", () => {
      this.session.end();
      gone();
    });
    if (!welcome) {
      // Unread, what it said would keep its end from being seen.
      socket.resume();
      socket.end(`${JSON.stringify({ ok: false, error: `${CLIENTS_MAX} clients are here already` })}\n`);
      return;
    }
    socket.on("data", (bytes) => {
      this.lines.put(bytes);
      this.work();
    });
    socket.on("drain", () => this.work());
    socket.on("end", () => {
      this.ended = true;
      this.work();
    });
  }

  reply(line: string): void {
    this.socket.write(`${line}\n`);
  }

  push(line: string): boolean {
    if (this.socket.writableLength > UNREAD_BYTES_MAX || this.socket.writableEnded) return false;
    this.socket.write(`${line}\n`);
    return true;
  }

  ready(): void {
    this.work();
  }

  /** Lets what is on its way arrive, for a while. */
  async leave(): Promise<void> {
    if (this.socket.destroyed) return;
    const gone = new Promise((resolve) => this.socket.once("close", resolve));
    const patience = setTimeout(() => this.socket.destroy(), FAREWELL_MS);
    this.socket.end(() => this.socket.destroy());
    await gone;
    clearTimeout(patience);
  }

  /** Lines are taken while the client reads its replies and waits for nothing; meanwhile it is not read from. */
  private work(): void {
    while (!this.session.waiting && !this.socket.writableNeedDrain) {
      const line = this.lines.take(this.ended);
      if (line === null) {
        if (this.ended) this.socket.end();
        else this.socket.resume();
        return;
      }
      this.session.line(line);
    }
    this.socket.pause();
  }
}

async function removeStale(path: string): Promise<void> {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (!found) return;
  if (!found.isSocket()) throw new PortError(`${path} exists and is no socket; it is left as it is`);
  const answered = await new Promise<boolean>((resolve) => {
    const probe = connect(path);
    probe.once("connect", () => {
      probe.destroy();
      resolve(true);
    });
    probe.once("error", (error: NodeJS.ErrnoException) => resolve(error.code !== "ECONNREFUSED"));
  });
  if (answered) throw new PortError(`${path} is in use by another program`);
  unlinkSync(path);
}

function listen(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", (error) =>
      reject(new PortError(`the control socket ${path} cannot be made: ${error.message}`)),
    );
    server.listen(path, resolve);
  });
}

// ---- a pseudo-terminal

/** Throws PortError. `link`: a symbolic link to it. */
export async function openControlPty(control: Control, link?: string): Promise<ControlDoor> {
  const port = await makePty(link);
  const talk = new Talk(port, control);
  return {
    path: port.path,
    close: async () => {
      talk.end();
      await port.close();
    },
  };
}

class Talk implements ControlClient {
  private readonly port: BytePort;
  private readonly session: ControlSession;
  private readonly lines = new Lines();

  constructor(port: BytePort, control: Control) {
    this.port = port;
    this.session = control.meet(this);
    port.onBytes = (bytes) => {
      if (!this.lines.put(bytes)) this.reply(JSON.stringify({ ok: false, error: "too many lines at once" }));
      this.ready();
    };
  }

  reply(line: string): void {
    this.port.write(Buffer.from(`${line}\n`));
  }

  push(line: string): boolean {
    // Room is left for replies.
    if (this.port.queued > UNREAD_BYTES_MAX / 2) return false;
    return this.port.write(Buffer.from(`${line}\n`));
  }

  ready(): void {
    while (!this.session.waiting) {
      const line = this.lines.take();
      if (line === null) return;
      this.session.line(line);
    }
  }

  end(): void {
    this.session.end();
  }
}
