// The two ends at which an editor finds the adapter: the streams of a process that it started itself, and a port of this machine, to
// which one client at a time connects. At a port a session outlives its client: what it debugged is kept, and the next client attaches
// to it where it stopped.

import { createServer, type Server, type Socket } from "node:net";
import { Connection } from "./connection";
import { Session, type Kept } from "./session";

const HERE = "127.0.0.1";

/** Answers the client at these streams until it is gone. What a controller prints is given to `connection.say`. */
export function serveStreams(
  input: NodeJS.ReadableStream,
  output: NodeJS.WritableStream,
  onOpen: (connection: Connection) => void = () => undefined,
): Promise<void> {
  return new Promise((done) => {
    const connection = new Connection(() => {
      session.end();
      done();
    });
    const session = new Session(connection, { debuggee: null }, () => input.pause());
    onOpen(connection);
    connection.open((command, given) => session.answer(command, given), input, output);
  });
}

/** Answers clients at that port of this machine, one at a time; port 0 is any free one. Rejects when it cannot be had. */
export function servePort(port: number): Promise<Server> {
  const kept: Kept = { debuggee: null };
  let client: Socket | null = null;
  const server = createServer((socket) => {
    socket.on("error", () => socket.destroy());
    if (client !== null) return refuse(socket);
    client = socket;
    const free = () => {
      if (client === socket) client = null;
    };
    const connection = new Connection(() => {
      session.end();
      free();
    });
    const session = new Session(connection, kept, () => {
      free();
      socket.end();
    });
    connection.open((command, given) => session.answer(command, given), socket, socket);
  });
  return new Promise((done, fail) => {
    server.on("error", fail);
    server.listen(port, HERE, () => done(server));
  });
}

/** Tells a second client why it is not answered. Each of its requests fails with the same sentence. */
function refuse(socket: Socket): void {
  const connection = new Connection(() => socket.destroy());
  connection.open(
    () => {
      throw new Error("another client debugs here; it must disconnect first");
    },
    socket,
    socket,
  );
}
