// Connects clients to the control channel: several at once through a Unix socket, or one through a pseudo-terminal. While a
// client does not read its replies, its lines are not read either, and pushed lines for it are dropped, so no queue grows. A
// socket that a killed program left behind is replaced; anything else at that path stays as it is.

import { lstatSync, renameSync, rmSync, unlinkSync, type Stats } from "node:fs";
import { connect, createServer, type Server, type Socket } from "node:net";
import { StringDecoder } from "node:string_decoder";
import { reasonOf } from "../file";
import { makePty, PortError, type BytePort } from "../port/port";
import { LINE_BYTES_MAX, type ControlChannel, type ControlClient, type ControlSession } from "./control";

const CLIENTS_MAX = 16;
/** The longest text that waits at a pseudo-terminal for its turn. A socket with text that waits is not read. */
const INPUT_CHARACTERS_MAX = 131_072;
/** A client that has this many unread bytes gets no pushed lines until it has read them. */
const UNREAD_BYTES_MAX = 65_536;
/** The time in which a client must take its last replies when the channel closes. */
const CLOSE_MS = 500;

export interface ControlDoor {
  /** The path that a client opens. */
  readonly path: string;
  close(): Promise<void>;
}

/** Cuts the text of a client into lines, which are taken one at a time. */
class Lines {
  private readonly decoder = new StringDecoder("utf8");
  private text = "";
  /** The last line ended with a carriage return, so a line feed that follows belongs to that end. */
  private cut = false;

  /** Adds bytes. False when there is no room for all of them; none is then added. */
  put(bytes: Uint8Array): boolean {
    const text = this.decoder.write(Buffer.from(bytes));
    if (this.text.length + text.length > INPUT_CHARACTERS_MAX) return false;
    this.text += text;
    // A line that is too long is cut to a length at which it is still refused.
    if (!/[\r\n]/.test(this.text)) this.text = this.text.slice(0, LINE_BYTES_MAX + 1);
    return true;
  }

  /** The next whole line, or null. With `last` an unfinished line counts too. */
  take(last = false): string | null {
    if (this.cut && this.text !== "") {
      this.cut = false;
      if (this.text.startsWith("\n")) this.text = this.text.slice(1);
    }
    const end = this.text.search(/[\r\n]/);
    if (end < 0 && (!last || this.text === "")) return null;
    const line = end < 0 ? this.text : this.text.slice(0, end);
    this.cut = this.text[end] === "\r";
    this.text = end < 0 ? "" : this.text.slice(end + 1);
    return line;
  }
}

// ---- a Unix socket

/** Opens the channel at a Unix socket. Throws PortError when the path is taken or cannot be made. */
export async function openControlSocket(control: ControlChannel, path: string): Promise<ControlDoor> {
  await removeStale(path);
  const clients = new Set<SocketClient>();
  const server = createServer({ allowHalfOpen: true, pauseOnConnect: false }, (socket) => {
    const isAccepted = clients.size < CLIENTS_MAX;
    const client = new SocketClient(socket, control, isAccepted, () => clients.delete(client));
    clients.add(client);
  });
  await listen(server, path);
  return {
    path,
    close: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      rmSync(path, { force: true });
      await Promise.all([...clients].map((client) => client.close()));
      await closed;
    },
  };
}

class SocketClient implements ControlClient {
  private readonly socket: Socket;
  private readonly session: ControlSession;
  private readonly lines = new Lines();
  private ended = false;

  constructor(socket: Socket, control: ControlChannel, isAccepted: boolean, onClosed: () => void) {
    this.socket = socket;
    this.session = control.open(this);
    socket.on("error", () => socket.destroy());
    socket.on("close", () => {
      this.session.end();
      onClosed();
    });
    if (!isAccepted) {
      // Node reports the end of the connection only after everything that the client sent has been read.
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

  /** Closes the connection when everything has been sent, or after CLOSE_MS. */
  async close(): Promise<void> {
    if (this.socket.destroyed) return;
    const closed = new Promise((resolve) => this.socket.once("close", resolve));
    const patience = setTimeout(() => this.socket.destroy(), CLOSE_MS);
    this.socket.end(() => this.socket.destroy());
    await closed;
    clearTimeout(patience);
  }

  /** Takes lines as long as the client reads its replies and no `wait` is under way. Then it pauses the socket. */
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
  let found: Stats | undefined;
  try {
    found = lstatSync(path, { throwIfNoEntry: false });
  } catch (error) {
    throw new PortError(`the control socket ${path} cannot be made: ${reasonOf(error as NodeJS.ErrnoException)}`);
  }
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
  try {
    unlinkSync(path);
  } catch (error) {
    throw new PortError(`the control socket ${path} cannot be replaced: ${reasonOf(error as NodeJS.ErrnoException)}`);
  }
}

/**
 * Makes the socket for its owner alone from its first moment: a mode that is set later leaves it open until then. It gets its
 * name once it listens, so a client that sees it can connect.
 */
function listen(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const fail = (error: Error) => reject(new PortError(`the control socket ${path} cannot be made: ${error.message}`));
    server.once("error", fail);
    const before = process.umask(0o177);
    try {
      const unnamed = `${path}.${process.pid}`;
      server.listen(unnamed, () => {
        server.off("error", fail);
        try {
          renameSync(unnamed, path);
        } catch (error) {
          server.close();
          return fail(error as Error);
        }
        // A connection that cannot be accepted, for instance for want of file descriptors, is lost for its client alone.
        server.on("error", () => undefined);
        resolve();
      });
    } catch (error) {
      fail(error as Error);
    } finally {
      process.umask(before);
    }
  });
}

// ---- a pseudo-terminal

/** Opens the channel at a new pseudo-terminal, with the symbolic link `link` to it. Throws PortError. */
export async function openControlPty(control: ControlChannel, link?: string): Promise<ControlDoor> {
  const port = await makePty(link);
  const client = new PtyClient(port, control);
  return {
    path: port.path,
    close: async () => {
      client.end();
      await port.close();
    },
  };
}

class PtyClient implements ControlClient {
  private readonly port: BytePort;
  private readonly session: ControlSession;
  private readonly lines = new Lines();

  constructor(port: BytePort, control: ControlChannel) {
    this.port = port;
    this.session = control.open(this);
    port.onBytes = (bytes) => {
      if (!this.lines.put(bytes)) this.reply(JSON.stringify({ ok: false, error: "too many lines at once" }));
      this.ready();
    };
  }

  reply(line: string): void {
    this.port.write(Buffer.from(`${line}\n`));
  }

  push(line: string): boolean {
    // Half of the queue is kept free for replies.
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
