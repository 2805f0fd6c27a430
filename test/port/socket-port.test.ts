// Ports over TCP (HIL-8): one that listens, one that connects, and serial ports that others serve by RFC 2217: Debian's ser2net and
// pyserial. The far ends are real.

import { execFile, spawn, type ChildProcess } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect, createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as fc from "fast-check";
import { afterAll, afterEach, describe, expect, test } from "vitest";
import { makePty, type BytePort } from "../../emulator/port/port";
import { listenAt, openRemote, type RemoteAddress } from "../../emulator/port/socket-port";
import { escaped, TelnetLine } from "../../emulator/port/telnet";
import { hasPty, hasSer2net } from "../machine-here";
import { until } from "../until";

const HERE = "127.0.0.1";
const ALL_BYTES = Uint8Array.from({ length: 512 }, (_, i) => i & 255);
const folder = mkdtempSync(join(tmpdir(), "cistern-socket-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const open: { close(): unknown }[] = [];
const children: ChildProcess[] = [];
afterEach(async () => {
  for (const each of open.splice(0)) await each.close();
  for (const child of children.splice(0)) child.kill("SIGKILL");
});

function kept<T extends { close(): unknown }>(port: T): T {
  open.push(port);
  return port;
}

/** The bytes that a port hears, from now on. */
function heard(port: BytePort): number[] {
  const bytes: number[] = [];
  port.onBytes = (piece) => void bytes.push(...piece);
  return bytes;
}

const portOf = (port: BytePort) => Number(/(\d+)$/.exec(port.path)![1]);
const at = (port: number, kind: RemoteAddress["kind"] = "tcp"): RemoteAddress => ({ kind, host: HERE, port });
const tcpPort = (server: Server) => (server.address() as AddressInfo).port;

/** A listener that does `welcome` with each client. */
async function listener(welcome: (socket: Socket) => void): Promise<number> {
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    sockets.push(socket);
    socket.on("error", () => undefined);
    welcome(socket);
  });
  open.push({ close: () => (sockets.forEach((socket) => socket.destroy()), server.close()) });
  await new Promise<void>((resolve) => server.listen(0, HERE, resolve));
  return tcpPort(server);
}

describe("a port that listens", () => {
  test("carries every byte in both ways, and more than its ring has room for is dropped whole and counted", async () => {
    const server = kept(await listenAt({ host: HERE, port: 0 }));
    expect([server.path, server.isOpen]).toEqual([`tcp:${HERE}:${portOf(server)}`, true]);
    const client = kept(await openRemote(at(portOf(server)), 115_200));
    const [there, here] = [heard(server), heard(client)];
    client.write(ALL_BYTES);
    await until("the bytes at the server", () => there.length === ALL_BYTES.length);
    server.write(ALL_BYTES);
    await until("the bytes at the client", () => here.length === ALL_BYTES.length);
    expect([there, here]).toEqual([[...ALL_BYTES], [...ALL_BYTES]]);
    expect(server.write(new Uint8Array(70_000))).toBe(false);
    expect(server.dropped).toBe(70_000);
  });

  test("has one client at a time: a second one is turned away, and the first goes on", async () => {
    const server = kept(await listenAt({ host: HERE, port: 0 }));
    const first = kept(await openRemote(at(portOf(server)), 115_200));
    const there = heard(server);
    first.write(Uint8Array.of(1));
    await until("the first client", () => there.length === 1);
    const second = connect({ host: HERE, port: portOf(server) });
    await new Promise((resolve) => second.on("error", () => undefined).on("close", resolve));
    first.write(Uint8Array.of(2));
    await until("the first client again", () => there.length === 2);
  });

  test("tells that its client has left and that there is one again, and drops and counts bytes for nobody", async () => {
    const server = kept(await listenAt({ host: HERE, port: 0 }));
    const news: string[] = [];
    server.onLost = (why) => news.push(why);
    server.onOpen = () => news.push("open");
    const there = heard(server);
    const first = await openRemote(at(portOf(server)), 115_200);
    first.write(Uint8Array.of(7));
    await until("the client", () => there.length === 1);
    await first.close();
    await until("its leaving", () => !server.isOpen);
    expect(server.write(Uint8Array.of(1, 2, 3))).toBe(false);
    expect(server.dropped).toBe(3);
    kept(await openRemote(at(portOf(server)), 115_200));
    await until("the next client", () => server.isOpen);
    expect(news).toEqual(["the client has left", "open"]);
  });

  test("is refused in one clear line where another program listens, and at an address of another machine", async () => {
    const port = await listener(() => undefined);
    await expect(listenAt({ host: HERE, port })).rejects.toThrow(`tcp:${HERE}:${port} is in use by another program`);
    await expect(listenAt({ host: "192.0.2.1", port: 0 })).rejects.toThrow("this machine has no address 192.0.2.1");
  });
});

describe("a port that connects", () => {
  test("is opened again when the far end is back, and tells both", async () => {
    const server = await listenAt({ host: HERE, port: 0 });
    const port = portOf(server);
    const client = kept(await openRemote(at(port), 115_200, { reopen: true }));
    const news: string[] = [];
    client.onLost = (why) => news.push(why);
    client.onOpen = () => news.push("open");
    const there = heard(server);
    client.write(Uint8Array.of(1));
    await until("the client", () => there.length === 1);
    await server.close();
    await until("the loss", () => !client.isOpen);
    const again = kept(await listenAt({ host: HERE, port }));
    await until("the way back", () => client.isOpen);
    const back = heard(again);
    client.write(Uint8Array.of(9));
    await until("a byte", () => back.length === 1);
    expect(news).toEqual(["the connection was closed", "open"]);
  });

  test("is refused in one clear line where nobody listens", async () => {
    const server = await listenAt({ host: HERE, port: 0 });
    await server.close();
    await expect(openRemote(at(portOf(server)), 9600)).rejects.toThrow(`${server.path}: nobody listens there`);
    await expect(openRemote({ kind: "tcp", host: "no-such-machine.invalid", port: 1 }, 9600)).rejects.toThrow(
      "tcp:no-such-machine.invalid:1: there is no machine no-such-machine.invalid",
    );
  });
});

describe("RFC 2217", () => {
  test("LNK-1: what one end escapes, the other end reads as it was, in pieces of any size", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.integer({ min: 1, max: 40 }), (bytes, size) => {
        const line = new TelnetLine(9600, () => undefined);
        const sent = escaped(bytes);
        const read: number[] = [];
        for (let i = 0; i < sent.length; i += size) read.push(...line.take(sent.slice(i, i + size)));
        expect(read).toEqual([...bytes]);
      }),
    );
  });

  test("EMU-3: any bytes of the far end are survived, and an answer is never longer than what asks for it by more than one verb", () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom(255, 254, 253, 252, 251, 250, 240, 44, 101, 3, 0, 7), { maxLength: 400 }),
        (bytes) => {
          let answered = 0;
          const line = new TelnetLine(9600, ({ length }) => (answered += length));
          line.take(Uint8Array.from(bytes));
          // The settings are asked for once.
          expect(answered).toBeLessThanOrEqual(bytes.length + 60);
        },
      ),
    );
  });

  test("asks the port for its baud rate, 8 bits, no parity, one stop bit and no flow control, once", () => {
    const sent: number[] = [];
    const line = new TelnetLine(115_200, (bytes) => void sent.push(...bytes));
    line.begin();
    sent.length = 0;
    for (let i = 0; i < 3; i++) line.take(Uint8Array.of(255, 253, 44));
    const ask = (command: number, ...value: number[]) => [255, 250, 44, command, ...value, 255, 240];
    expect(sent).toEqual([...ask(1, 0, 1, 194, 0), ...ask(2, 8), ...ask(3, 1), ...ask(4, 1), ...ask(5, 1)]);
    line.take(Uint8Array.from(ask(101, 0, 1, 194, 0)));
    expect(line.consent).toEqual({ state: "given" });
    line.take(Uint8Array.from(ask(8)));
    expect(line.suspended).toBe(true);
    line.take(Uint8Array.from(ask(9)));
    expect(line.suspended).toBe(false);
  });

  const refusals: [string, number[], string][] = [
    ["declines the option", [255, 254, 44, 255, 252, 44], "it is no port of RFC 2217"],
    [
      "has another baud rate",
      [255, 253, 44, 255, 250, 44, 101, 0, 0, 37, 128, 255, 240],
      "its port is at baud 9600 and does not take 115200",
    ],
  ];
  test.each(refusals)("a far end that %s is refused in one clear line", async (_, bytes, why) => {
    const port = await listener((socket) => void socket.once("data", () => socket.write(Uint8Array.from(bytes))));
    await expect(openRemote(at(port, "rfc2217"), 115_200)).rejects.toThrow(`rfc2217:${HERE}:${port}: ${why}`);
  });

  test("a far end that hangs up and one that says nothing are refused in one clear line", async () => {
    const closing = await listener((socket) => socket.end());
    await expect(openRemote(at(closing, "rfc2217"), 9600)).rejects.toThrow("the connection was closed");
    const silent = await listener(() => undefined);
    await expect(openRemote(at(silent, "rfc2217"), 9600)).rejects.toThrow("no answer within 5 s");
  });

  /** Every byte in both ways between a remote port and the pseudo-terminal that is served there. */
  async function carriesAll(remote: BytePort, device: BytePort): Promise<void> {
    const [there, here] = [heard(device), heard(remote)];
    remote.write(ALL_BYTES);
    await until("the bytes at the device", () => there.length >= ALL_BYTES.length);
    device.write(ALL_BYTES);
    await until("the bytes at this end", () => here.length >= ALL_BYTES.length);
    expect([there, here]).toEqual([[...ALL_BYTES], [...ALL_BYTES]]);
  }

  test.runIf(hasSer2net)("HIL-8: a serial port that ser2net serves carries every byte in both ways", async () => {
    const device = kept(await makePty());
    const server = await listenAt({ host: HERE, port: 0 });
    const port = portOf(server);
    await server.close();
    const config = join(folder, "ser2net.yaml");
    writeFileSync(
      config,
      `connection: &pump\n  accepter: telnet(rfc2217),tcp,${HERE},${port}\n  connector: serialdev,${device.path},115200n81,local\n`,
    );
    children.push(spawn("/usr/sbin/ser2net", ["-n", "-c", config], { stdio: "ignore" }));
    let remote: BytePort | null = null;
    await until("ser2net", async () => {
      remote = await openRemote(at(port, "rfc2217"), 115_200).catch(() => null);
      return remote !== null;
    });
    await carriesAll(kept(remote!), device);
  });

  test.runIf(hasPty)("HIL-8: a serial port that pyserial serves carries every byte in both ways", async () => {
    const device = kept(await makePty());
    const server = execFile("/usr/bin/python3", [join(import.meta.dirname, "rfc2217_server.py"), device.path]);
    children.push(server);
    const port = await new Promise<number>((resolve) => server.stdout!.on("data", (text) => resolve(Number(text))));
    await carriesAll(kept(await openRemote(at(port, "rfc2217"), 115_200)), device);
  });
});
