// Ports with real devices under them: pseudo-terminals made here with node-serialport as the client, serial ports at a socat
// cable where socat is installed, and the message for every path that is no port. The devices are Linux only.

import { spawn, type ChildProcess } from "node:child_process";
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdtempSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SerialPort } from "serialport";
import { afterAll, afterEach, describe, expect, test } from "vitest";
import { QUEUE_BYTES } from "../../emulator/port/byte-ring";
import { listPorts, makePty, openSerial, PortError, type BytePort } from "../../emulator/port/port";
import { hasPty, hasSocat } from "../machine-here";
import { until } from "../until";
import { whenFree } from "../when-free";

const folder = mkdtempSync(join(tmpdir(), "cistern-port-"));
const inFolder = (name: string) => join(folder, name);
const open: { close(): Promise<void> }[] = [];
const children: ChildProcess[] = [];

afterEach(async () => {
  for (const each of open.splice(0)) await each.close();
  for (const child of children.splice(0)) child.kill();
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const kept = <T extends { close(): Promise<void> }>(port: T): T => {
  open.push(port);
  return port;
};

/** A client as somebody else would write it, and what it has received. */
async function client(path: string): Promise<{ port: SerialPort; got: number[]; close(): Promise<void> }> {
  const port = new SerialPort({ path, baudRate: 115_200, autoOpen: false });
  await whenFree(
    () => new Promise<void>((resolve, reject) => port.open((error) => (error ? reject(error) : resolve()))),
  );
  const got: number[] = [];
  port.on("data", (bytes: Buffer) => got.push(...bytes));
  const close = () => new Promise<void>((resolve) => (port.isOpen ? port.close(() => resolve()) : resolve()));
  return kept({ port, got, close });
}

/** A client that opens a port and reads nothing until it is told to; then it says how many bytes there were. */
async function sleeper(path: string): Promise<{ wake(): void; count: number }> {
  const child = spawn("sh", ["-c", `exec 3<${path}; echo; read go; exec cat <&3`]);
  children.push(child);
  const state = { wake: () => void child.stdin.write("go\n"), count: -1 };
  // The first byte says that the port is open.
  child.stdout.on("data", (bytes: Buffer) => (state.count += bytes.length));
  await until("the sleeper is in place", () => state.count === 0);
  return state;
}

function received(port: BytePort): number[] {
  const got: number[] = [];
  port.onBytes = (bytes) => got.push(...bytes);
  return got;
}

const ALL_BYTES = Uint8Array.from({ length: 256 }, (_, i) => i);

describe.runIf(hasPty)("a pseudo-terminal", () => {
  test("carries every byte value both ways unchanged", async () => {
    const pty = kept(await makePty());
    const got = received(pty);
    expect(pty.path).toMatch(/^\/dev\/pts\/\d+$/);
    const other = await client(pty.path);
    other.port.write(Buffer.from(ALL_BYTES));
    expect(pty.write(ALL_BYTES)).toBe(true);
    await until("both sides have all", () => got.length >= 256 && other.got.length >= 256);
    expect(got).toEqual([...ALL_BYTES]);
    expect(other.got).toEqual([...ALL_BYTES]);
    expect([pty.queued, pty.dropped, pty.isOpen]).toEqual([0, 0, true]);
  });

  test("serves one client after the other", async () => {
    const pty = kept(await makePty());
    const got = received(pty);
    for (let i = 0; i < 5; i++) {
      const other = await client(pty.path);
      other.port.write(Buffer.of(i));
      await until(`byte ${i}`, () => got.length === i + 1);
      pty.write(Uint8Array.of(100 + i));
      await until(`reply ${i}`, () => other.got.length === 1);
      expect(other.got).toEqual([100 + i]);
      await other.close();
    }
    expect(got).toEqual([0, 1, 2, 3, 4]);
    expect(pty.isOpen).toBe(true);
  });

  test("goes on when a client is killed in the middle", async () => {
    const pty = kept(await makePty());
    const got = received(pty);
    const victim = spawn("sh", ["-c", `exec 3<>${pty.path}; printf x >&3; exec sleep 60`]);
    children.push(victim);
    await until("the victim speaks", () => got.length === 1);
    victim.kill("SIGKILL");
    await new Promise((resolve) => victim.once("close", resolve));
    const other = await client(pty.path);
    other.port.write("y");
    await until("the next one speaks", () => got.length === 2);
    expect(pty.isOpen).toBe(true);
  });

  test("keeps a bounded queue when nobody reads, drops and counts pieces that find no room, and sends the rest", async () => {
    const pty = kept(await makePty());
    const other = await sleeper(pty.path);
    const chunk = new Uint8Array(1000).fill(7);
    let taken = 0;
    let refused = 0;
    for (let i = 0; i < 200; i++) {
      if (pty.write(chunk)) taken += chunk.length;
      else refused += chunk.length;
      expect(pty.queued).toBeLessThanOrEqual(QUEUE_BYTES);
    }
    expect(refused).toBeGreaterThan(0);
    expect(pty.dropped).toBe(refused);
    other.wake();
    await until("all that was taken is there", () => other.count === taken);
    expect(pty.queued).toBe(0);
    expect(pty.write(chunk)).toBe(true);
  });

  test("refuses bytes whole that are more than the queue holds", async () => {
    const pty = kept(await makePty());
    expect(pty.write(new Uint8Array(QUEUE_BYTES + 1))).toBe(false);
    expect([pty.queued, pty.dropped]).toEqual([0, QUEUE_BYTES + 1]);
  });

  test("counts bytes after it is closed, and throws nothing", async () => {
    const pty = await makePty();
    await pty.close();
    await pty.close();
    expect([pty.isOpen, pty.write(Uint8Array.of(1, 2)), pty.dropped]).toEqual([false, false, 2]);
  });

  test("is found under its link, which goes when it is closed", async () => {
    const link = inFolder("pump");
    const pty = kept(await makePty(link));
    expect(pty.path).toBe(link);
    expect(readlinkSync(link)).toMatch(/^\/dev\/pts\/\d+$/);
    const other = await client(link);
    other.port.write("a");
    const got = received(pty);
    await until("a byte through the link", () => got.length === 1);
    await other.close();
    await pty.close();
    expect(lstatSync(link, { throwIfNoEntry: false })).toBeUndefined();
  });

  test("takes over a dangling link, and leaves a file, a folder and a link in use alone", async () => {
    const link = inFolder("stale");
    symlinkSync("/dev/pts/none", link);
    const pty = kept(await makePty(link));
    await expect(makePty(link)).rejects.toThrow(`${link} exists and leads to /dev/pts/`);
    expect(existsSync(link)).toBe(true);
    const file = inFolder("file");
    writeFileSync(file, "mine");
    await expect(makePty(file)).rejects.toThrow(`${file} exists and is no symbolic link`);
    await expect(makePty(folder)).rejects.toThrow(PortError);
    await expect(makePty(inFolder("no/such/folder"))).rejects.toThrow(/cannot be made: ENOENT/);
    rmSync(link);
    symlinkSync(file, link);
    await pty.close();
    expect(readlinkSync(link)).toBe(file);
  });
});

describe.runIf(hasPty)("HIL-2: a serial port that was a pseudo-terminal", () => {
  /** Makes pseudo-terminals until one gets the number of one that is gone, as another program's would. */
  async function stranger(number: string): Promise<BytePort> {
    let found: BytePort | null = null;
    await until("the number is given again", async () => {
      const pty = await makePty();
      if (pty.path === number) found = kept(pty);
      else await pty.close();
      return found !== null;
    });
    return found!;
  }

  /** A port that was opened at a path to a pseudo-terminal, and that pseudo-terminal. */
  async function opened(name?: string): Promise<{ pty: BytePort; port: BytePort; link: string }> {
    const pty = kept(await makePty());
    const link = name ? inFolder(name) : pty.path;
    if (name) symlinkSync(pty.path, link);
    return { pty, link, port: kept(await whenFree(() => openSerial(link, 115_200, { reopen: true }))) };
  }

  async function lose({ pty, port }: { pty: BytePort; port: BytePort }): Promise<void> {
    await pty.close();
    await until("the loss is seen", () => !port.isOpen);
  }

  const lead = (link: string, to: BytePort) => {
    rmSync(link);
    symlinkSync(to.path, link);
  };

  /** Returns when every port that is lost now has been tried again: two that are lost later have come back. */
  async function attempts(): Promise<void> {
    for (const name of ["first", "second"]) {
      const witness = await opened(name);
      await lose(witness);
      lead(witness.link, kept(await makePty()));
      await until("the witness is back", () => witness.port.isOpen);
      rmSync(witness.link);
    }
  }

  test.each([
    ["under its number", undefined],
    ["under a link that nobody made anew", "forgotten"],
  ])("does not open a stranger %s", async (_, name) => {
    const lost = await opened(name);
    await lose(lost);
    const other = await stranger(lost.pty.path);
    await attempts();
    expect(lost.port.isOpen).toBe(false);
    expect(other.isOpen).toBe(true);
  });

  test("opens another one, also of the same number, under a link that was made anew", async () => {
    const lost = await opened("anew");
    await lose(lost);
    const other = await stranger(lost.pty.path);
    lead(lost.link, other);
    await until("it is back", () => lost.port.isOpen);
    const got = received(lost.port);
    other.write(Uint8Array.of(5));
    await until("it reads", () => got.length === 1);
  });
});

describe.runIf(hasPty)("a device that cannot be opened as a serial port is refused in one clear line", () => {
  const file = inFolder("regular");
  writeFileSync(file, "");
  test.each([
    ["/dev/ttyNoSuch0", 9600, "there is no port /dev/ttyNoSuch0"],
    [file, 9600, `${file} is a regular file, expected a serial port`],
    [folder, 9600, `${folder} is a folder, expected a serial port`],
    ["/dev/null", 9600, "/dev/null is no serial device"],
    ["/dev/ttyS0", 0, "/dev/ttyS0: found baud 0, expected an integer from 50 to 12000000"],
    ["/dev/ttyS0", 9600.5, "/dev/ttyS0: found baud 9600.5, expected an integer from 50 to 12000000"],
    ["/dev/ttyS0", NaN, "/dev/ttyS0: found baud NaN, expected an integer from 50 to 12000000"],
  ])("such as %s at %d baud", async (path, baud, message) => {
    const failed = await openSerial(path, baud).catch((error: unknown) => error);
    expect(failed).toBeInstanceOf(PortError);
    expect((failed as Error).message).toBe(message);
  });

  test("as a port in use, which stays with its owner", async () => {
    const pty = kept(await makePty());
    const first = kept(await whenFree(() => openSerial(pty.path, 115_200)));
    await expect(openSerial(pty.path, 115_200)).rejects.toThrow(`${pty.path} is in use by another program`);
    const got = received(first);
    pty.write(Uint8Array.of(5));
    await until("the first one still reads", () => got.length === 1);
  });

  test("as a port without permission to a user who is not root", async () => {
    const pty = kept(await makePty());
    const code = `import("./emulator/port/port.ts").then(({ openSerial }) => openSerial(process.argv[1], 9600))
      .then(() => console.log("opened"), (error) => console.log(error.name + ": " + error.message));`;
    chmodSync(pty.path, 0);
    // Root may open everything, so it tries as nobody.
    const nobody = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {};
    const asNobody = spawn(process.execPath, ["--import", "tsx", "-e", code, pty.path], {
      env: { ...process.env, TSX_DISABLE_CACHE: "1" },
      ...nobody,
    });
    let said = "";
    asNobody.stdout.on("data", (text: Buffer) => (said += text.toString()));
    asNobody.stderr.on("data", (text: Buffer) => (said += text.toString()));
    await new Promise((resolve) => asNobody.once("close", resolve));
    expect(said.trim()).toBe(`PortError: no permission to open ${pty.path}`);
  });
});

describe.runIf(hasSocat)("a serial port at a cable", () => {
  /** A cable with an end at each link; killing it is pulling it out. */
  async function cable(a: string, b: string): Promise<ChildProcess> {
    const socat = spawn("socat", [`pty,raw,echo=0,link=${a}`, `pty,raw,echo=0,link=${b}`], { stdio: "ignore" });
    children.push(socat);
    await until("the cable is in", () => existsSync(a) && existsSync(b));
    return socat;
  }

  async function pull(socat: ChildProcess): Promise<void> {
    const gone = new Promise((resolve) => socat.once("close", resolve));
    socat.kill();
    await gone;
  }

  test("carries bytes both ways", async () => {
    const [a, b] = [inFolder("a1"), inFolder("b1")];
    await cable(a, b);
    const [one, other] = [
      kept(await whenFree(() => openSerial(a, 115_200))),
      kept(await whenFree(() => openSerial(b, 9600))),
    ];
    const [gotOne, gotOther] = [received(one), received(other)];
    one.write(ALL_BYTES);
    other.write(ALL_BYTES);
    await until("both have all", () => gotOne.length === 256 && gotOther.length === 256);
    expect(gotOne).toEqual([...ALL_BYTES]);
    expect(gotOther).toEqual([...ALL_BYTES]);
  });

  test("HIL-2: says that it was unplugged and put back, and goes on", async () => {
    const [a, b] = [inFolder("a2"), inFolder("b2")];
    const first = await cable(a, b);
    const port = kept(await whenFree(() => openSerial(a, 115_200, { reopen: true })));
    const got = received(port);
    const story: string[] = [];
    port.onLost = (why) => story.push(`lost: ${why}`);
    port.onOpen = () => story.push("back");
    await pull(first);
    await until("the loss is seen", () => !port.isOpen);
    expect(port.write(Uint8Array.of(1, 2, 3))).toBe(false);
    expect([port.dropped, port.queued]).toEqual([3, 0]);
    await cable(a, b);
    await until("it is back", () => port.isOpen);
    expect(story).toEqual(["lost: unplugged", "back"]);
    const other = await client(b);
    other.port.write("x");
    expect(port.write(Uint8Array.of(9))).toBe(true);
    await until("both ways again", () => got.length === 1 && other.got.length === 1);
  });

  test("stays lost without the option `reopen`", async () => {
    const [a, b] = [inFolder("a3"), inFolder("b3")];
    const first = await cable(a, b);
    const port = kept(await whenFree(() => openSerial(a, 115_200)));
    let lost = 0;
    port.onLost = () => lost++;
    // At once: the first read is still under way, which node-serialport alone would never get over.
    await pull(first);
    await until("the loss is seen", () => lost === 1);
    await cable(a, b);
    await port.close();
    expect([port.isOpen, lost]).toEqual([false, 1]);
  });

  test("keeps a bounded, counted queue while the other end does not read, and is whole again when it does", async () => {
    const [a, b] = [inFolder("a4"), inFolder("b4")];
    await cable(a, b);
    const port = kept(await whenFree(() => openSerial(a, 115_200)));
    const other = await sleeper(b);
    const chunk = new Uint8Array(4096).fill(3);
    let taken = 0;
    let offered = 0;
    // The kernel and socat hold some as well, so it takes a while until there is no more room anywhere.
    await until("the queue is full", () => {
      offered += chunk.length;
      if (port.write(chunk)) taken += chunk.length;
      expect(port.queued).toBeLessThanOrEqual(QUEUE_BYTES);
      return port.dropped > 0;
    });
    expect(port.dropped).toBe(offered - taken);
    other.wake();
    await until("all that was taken is there", () => other.count === taken);
    expect(port.queued).toBe(0);
  });
});

test("the list of ports has paths that exist, and each once", async () => {
  const ports = await listPorts();
  expect(new Set(ports.map(({ path }) => path)).size).toBe(ports.length);
  if (process.platform !== "win32") expect(ports.filter(({ path }) => !existsSync(path))).toEqual([]);
});
