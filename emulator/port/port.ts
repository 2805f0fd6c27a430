// Bytes to and from the outside: a serial port through node-serialport, or a pseudo-terminal. The pseudo-terminal is made
// here without native code, on Linux only: /dev/ptmx, one run of perl for the two requests that Node cannot make, and stty
// for raw mode. Both write from a ring of 64 KiB and never block; a piece that finds no room is dropped whole and counted.
// A port that goes away is a state and not an error, and a serial port may be opened again and again until it is back. A
// pseudo-terminal never comes back: the system gives its number to the next one, which is a stranger's. So a path that still
// leads to that number is not opened again, and a symbolic link is, once it is made anew. The slave side of a pseudo-terminal is
// held open, so that clients come and go; bytes that nobody reads stay in the ring. The baud rate does not slow a
// pseudo-terminal down, and bytes that are still queued at `close` are dropped.

import { spawnSync } from "node:child_process";
import {
  closeSync,
  constants,
  lstatSync,
  openSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  statSync,
  symlinkSync,
  unlinkSync,
  writeSync,
} from "node:fs";
import { dirname, resolve } from "node:path";
import { ReadStream } from "node:tty";
import type { SerialPort } from "serialport";
import { ByteRing } from "./byte-ring";
import { Sending } from "./sending";

/** A port could not be opened, or it failed. The message is one clear line. */
export class PortError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "PortError";
  }
}

/** Bytes to and from a serial port or a pseudo-terminal. Never throws after opening: a lost port is a state. */
export interface BytePort {
  /** The path of a serial port, or the path that the other end of a pseudo-terminal opens. */
  readonly path: string;
  readonly isOpen: boolean;
  /** Queues bytes and never blocks. False when they do not fit or the port is lost; they are then dropped whole and counted. */
  write(bytes: Uint8Array): boolean;
  /** Bytes that wait to be written. */
  readonly queued: number;
  /** Bytes that were dropped. */
  readonly dropped: number;
  onBytes: ((bytes: Uint8Array) => void) | null;
  /** The port came back. */
  onOpen: (() => void) | null;
  /** The port went away, for instance because it was unplugged. */
  onLost: ((why: string) => void) | null;
  close(): Promise<void>;
}

export interface ListedPort {
  path: string;
  description: string;
}

/** The time between two tries to open a lost port again. */
export const REOPEN_MS = 200;
/** The time between two checks that an open serial port is still the device that was opened. */
const WATCH_MS = 200;
/** A full pseudo-terminal is tried again after 1 ms, then twice as long each time, up to this. */
const RETRY_MS_MAX = 64;
export const BAUD_DEFAULT = 115_200;
export const BAUD_MIN = 50;
/** The highest rate of the USB adapters on the market. */
export const BAUD_MAX = 12_000_000;

// ---- serial ports

/**
 * Opens a serial port, 8N1, and locks it against other programs. Throws PortError for a port that does not exist, is not
 * permitted, is in use, is no serial device or does not support the baud rate. With `reopen` a lost port is tried again every
 * 200 ms until `close`; a path that was never made anew and leads to another pseudo-terminal is left alone.
 */
export async function openSerial(path: string, baud: number, options: { reopen?: boolean } = {}): Promise<BytePort> {
  if (!Number.isInteger(baud) || baud < BAUD_MIN || baud > BAUD_MAX) {
    throw new PortError(`${path}: found baud ${baud}, expected an integer from ${BAUD_MIN} to ${BAUD_MAX}`);
  }
  checkDevice(path);
  const port = new OpenedSerial(path, baud, options.reopen ?? false);
  await port.open();
  return port;
}

class OpenedSerial implements BytePort {
  readonly path: string;
  onBytes: BytePort["onBytes"] = null;
  onOpen: BytePort["onOpen"] = null;
  onLost: BytePort["onLost"] = null;
  private readonly baud: number;
  private readonly reopen: boolean;
  private readonly sending = new Sending<SerialPort>();
  private closed = false;
  /** The place that was opened, or tried last. */
  private place: Place | null = null;
  /** Runs the next attempt to open a lost port, and the checks of an open one. */
  private timer: NodeJS.Timeout | null = null;

  constructor(path: string, baud: number, reopen: boolean) {
    this.path = path;
    this.baud = baud;
    this.reopen = reopen;
  }

  get isOpen(): boolean {
    return this.sending.line !== null;
  }

  get queued(): number {
    return this.sending.ring.count;
  }

  get dropped(): number {
    return this.sending.ring.dropped;
  }

  write(bytes: Uint8Array): boolean {
    return this.sending.write(bytes);
  }

  async open(place: Place | null = placeOf(this.path)): Promise<void> {
    this.place = place;
    const { SerialPort } = await import("serialport");
    const port = new SerialPort({ path: this.path, baudRate: this.baud, lock: true, autoOpen: false });
    await new Promise<void>((resolve, reject) => {
      port.open((error) => (error ? reject(new PortError(reasonOf(this.path, this.baud, error))) : resolve()));
    });
    if (this.closed) return void port.close(() => undefined);
    this.sending.use(port);
    this.watch(port, identityOf(this.path));
    port.on("data", (bytes: Buffer) => this.onBytes?.(bytes));
    port.on("error", (error) => this.handleLoss(port, error.message));
    port.on("close", (error: Error | null) => this.handleLoss(port, error ? "unplugged" : "closed"));
  }

  async close(): Promise<void> {
    this.closed = true;
    if (this.timer) clearTimeout(this.timer);
    const port = this.sending.line;
    this.sending.use(null);
    if (port?.isOpen) await new Promise<void>((resolve) => port.close(() => resolve()));
  }

  /**
   * Checks through the file system that the device is still there. When a hang-up comes during a read, node-serialport treats
   * it as a read without bytes and reads again for ever (seen with 13.0.0).
   */
  private watch(port: SerialPort, identity: string | null): void {
    this.timer = setInterval(() => {
      const found = identityOf(this.path);
      if (found === null || found !== identity) this.handleLoss(port, "unplugged");
    }, WATCH_MS).unref();
  }

  private handleLoss(port: SerialPort, why: string): void {
    if (this.sending.line !== port) return;
    if (this.timer) clearInterval(this.timer);
    this.sending.use(null);
    if (port.isOpen) port.close(() => undefined);
    this.onLost?.(why);
    this.tryAgain();
  }

  private tryAgain(): void {
    if (!this.reopen || this.closed) return;
    this.timer = setTimeout(() => {
      const place = placeOf(this.path);
      // A path that leads nowhere now could lead to a stranger by the time it is opened.
      if (place === null || isStranger(place, this.place)) return this.tryAgain();
      this.open(place).then(
        () => (this.isOpen ? this.onOpen?.() : undefined),
        () => this.tryAgain(),
      );
    }, REOPEN_MS);
  }
}

/** Checks that a path is a serial device before it is opened. On Windows ports are not in the file system. Throws PortError. */
function checkDevice(path: string): void {
  if (process.platform === "win32") return;
  try {
    const kind = statSync(path);
    if (kind.isCharacterDevice()) return;
    const found = kind.isDirectory() ? "a folder" : kind.isFile() ? "a regular file" : "no serial device";
    throw new PortError(`${path} is ${found}, expected a serial port`);
  } catch (error) {
    if (error instanceof PortError) throw error;
    throw new PortError(reasonOf(path, 0, error as Error));
  }
}

/** Identifies the device to which a path leads now. Null for a path that is gone; empty where ports are not in the file system. */
function identityOf(path: string): string | null {
  if (process.platform === "win32") return "";
  const found = statSync(path, { throwIfNoEntry: false });
  return found ? `${found.dev}:${found.ino}:${found.rdev}` : null;
}

/** How a path leads to its device. */
interface Place {
  /** Each symbolic link on the way, with the time when it was made. Empty for the path of the device itself. */
  links: string;
  /** The pseudo-terminal at the end, with the time when it was made. Empty for any other device. */
  terminal: string;
}

/** Linux keeps the other ends of pseudo-terminals in a file system of their own, which gives each the time when it was made. */
const TERMINAL = /^\/dev\/pts\/\d+$/;
/** As many links as Linux follows. */
const LINKS_MAX = 40;

/** Null for a path that leads nowhere. */
function placeOf(path: string): Place | null {
  let links = "";
  if (process.platform !== "linux") return { links, terminal: "" };
  try {
    for (let at = path, count = 0; count < LINKS_MAX; count++) {
      const found = lstatSync(at, { bigint: true });
      if (!found.isSymbolicLink()) return { links, terminal: TERMINAL.test(at) ? `${at}:${found.ctimeNs}` : "" };
      links += `${found.dev}:${found.ino}:${found.ctimeNs} `;
      at = resolve(dirname(at), readlinkSync(at));
    }
  } catch {
    // A link on the way, or its end, is gone.
  }
  return null;
}

/** True when a pseudo-terminal is where another one was, on the same way. */
function isStranger(now: Place, before: Place | null): boolean {
  return now.terminal !== "" && now.links === before?.links && now.terminal !== before.terminal;
}

const REASONS: readonly [RegExp, (path: string, baud: number) => string][] = [
  [/No such file|ENOENT|File not found/i, (path) => `there is no port ${path}`],
  [/Permission denied|EACCES|Access denied/i, (path) => `no permission to open ${path}`],
  [/Cannot lock|Resource (?:temporarily unavailable|busy)|EBUSY/i, (path) => `${path} is in use by another program`],
  [/Inappropriate ioctl|ENOTTY/i, (path) => `${path} is no serial device`],
  [/baud/i, (path, baud) => `${path} does not support baud ${baud}`],
];

function reasonOf(path: string, baud: number, error: Error): string {
  const known = REASONS.find(([pattern]) => pattern.test(error.message));
  return known ? known[1](path, baud) : `${path} cannot be opened: ${error.message.replace(/^Error:? */, "")}`;
}

// ---- pseudo-terminals

/**
 * The requests that unlock the slave (TIOCSPTLCK) and get its number (TIOCGPTN). Their direction bits differ on MIPS and
 * PowerPC.
 */
const REQUESTS = /^(?:mips|mipsel|ppc|ppc64)$/.test(process.arch)
  ? { unlock: "0x80045431", number: "0x40045430" }
  : { unlock: "0x40045431", number: "0x80045430" };
const PERL =
  `open(my $pty, "+<&=", 3) or die; my $n = pack("i", 0); ioctl($pty, ${REQUESTS.unlock}, $n) or die; ` +
  `ioctl($pty, ${REQUESTS.number}, $n) or die; print unpack("i", $n);`;

/**
 * Makes a pseudo-terminal. A client opens its path, at any baud rate. `link` is a symbolic link to it, which `close` removes;
 * it is refused when anything but a dangling link is there. Throws PortError, also on any system but Linux.
 */
export function makePty(link?: string): Promise<BytePort> {
  return new Promise((resolve) => resolve(new MadePty(link ?? null)));
}

class MadePty implements BytePort {
  readonly path: string;
  onBytes: BytePort["onBytes"] = null;
  onOpen: BytePort["onOpen"] = null;
  onLost: BytePort["onLost"] = null;
  private readonly ring = new ByteRing();
  private readonly master: number;
  private readonly slave: number;
  private readonly slavePath: string;
  private readonly reader: ReadStream;
  private readonly link: string | null;
  private alive = true;
  private timer: NodeJS.Timeout | null = null;
  private retry_ms = 1;

  constructor(link: string | null) {
    const { master, slave, slavePath } = openPair();
    this.master = master;
    this.slave = slave;
    this.slavePath = slavePath;
    this.link = link;
    this.path = link ?? slavePath;
    try {
      if (link !== null) placeLink(link, slavePath);
    } catch (error) {
      closeSync(slave);
      closeSync(master);
      throw error;
    }
    this.reader = new ReadStream(master);
    this.reader.on("data", (bytes) => this.onBytes?.(bytes));
    this.reader.on("error", (error) => this.handleLoss(error.message));
    this.reader.on("close", () => this.handleLoss("closed"));
  }

  get isOpen(): boolean {
    return this.alive;
  }

  get queued(): number {
    return this.ring.count;
  }

  get dropped(): number {
    return this.ring.dropped;
  }

  write(bytes: Uint8Array): boolean {
    if (!this.alive) {
      this.ring.dropped += bytes.length;
      return false;
    }
    const taken = this.ring.put(bytes);
    if (!this.timer) this.pump();
    return taken;
  }

  async close(): Promise<void> {
    if (!this.alive) return;
    this.alive = false;
    if (this.timer) clearTimeout(this.timer);
    this.ring.drop();
    if (this.link !== null) removeLink(this.link, this.slavePath);
    const closed = new Promise((resolve) => this.reader.once("close", resolve));
    this.reader.destroy();
    closeSync(this.slave);
    await closed;
  }

  /**
   * Writes as many bytes as the terminal takes, and tries again later when it is full. The stream's own write would wait for
   * ever for a client that does not read.
   */
  private pump(): void {
    this.timer = null;
    try {
      while (this.ring.count > 0) {
        this.ring.take(writeSync(this.master, this.ring.piece()));
        this.retry_ms = 1;
      }
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EAGAIN") return this.handleLoss((error as Error).message);
      this.timer = setTimeout(() => this.pump(), this.retry_ms);
      this.retry_ms = Math.min(this.retry_ms * 2, RETRY_MS_MAX);
    }
  }

  private handleLoss(why: string): void {
    if (!this.alive) return;
    void this.close();
    this.onLost?.(why);
  }
}

function openPair(): { master: number; slave: number; slavePath: string } {
  if (process.platform !== "linux") {
    throw new PortError(
      `a pseudo-terminal can be made on Linux only; on ${process.platform} name a serial port instead`,
    );
  }
  const { O_RDWR, O_NOCTTY, O_NONBLOCK } = constants;
  const flags = O_RDWR | O_NOCTTY | O_NONBLOCK;
  let master = -1;
  try {
    master = openSync("/dev/ptmx", flags);
    const slavePath = `/dev/pts/${outputOf("perl", ["-e", PERL], master)}`;
    outputOf("stty", ["-F", slavePath, "raw", "-echo"], master);
    return { master, slave: openSync(slavePath, flags), slavePath };
  } catch (error) {
    if (master >= 0) closeSync(master);
    throw new PortError(`a pseudo-terminal cannot be made: ${(error as Error).message}`);
  }
}

/** The output of a program that has the pseudo-terminal as descriptor 3. */
function outputOf(program: string, args: string[], master: number): string {
  const { error, status, stdout, stderr } = spawnSync(program, args, {
    stdio: ["ignore", "pipe", "pipe", master],
    encoding: "utf8",
    env: { ...process.env, LC_ALL: "C" },
  });
  if (error) throw new Error(`${program} does not start (${error.message})`);
  if (status !== 0) throw new Error(`${program} says ${stderr.trim() || `exit ${status}`}`);
  return stdout.trim();
}

function placeLink(link: string, target: string): void {
  try {
    if (isReplaceable(link, target)) unlinkSync(link);
    symlinkSync(target, link);
  } catch (error) {
    if (error instanceof PortError) throw error;
    throw new PortError(`the link ${link} cannot be made: ${(error as Error).message}`);
  }
}

/**
 * True when a link at the path can be replaced, since it leads nowhere or to `target`. False when nothing is there. Throws
 * PortError.
 */
function isReplaceable(link: string, target: string): boolean {
  const found = lstatSync(link, { throwIfNoEntry: false });
  if (!found) return false;
  if (!found.isSymbolicLink()) throw new PortError(`${link} exists and is no symbolic link; it is left as it is`);
  const end = readlinkSync(link);
  if (end !== target && statSync(link, { throwIfNoEntry: false })) {
    throw new PortError(`${link} exists and leads to ${end}; it is left as it is`);
  }
  return true;
}

function removeLink(link: string, target: string): void {
  try {
    if (readlinkSync(link) === target) unlinkSync(link);
  } catch {
    // The link is gone or leads elsewhere, so it is not this program's any more.
  }
}

// ---- the list of ports

/** The serial ports of this machine, by path. Empty when there are none. */
export async function listPorts(): Promise<ListedPort[]> {
  const { SerialPort } = await import("serialport");
  let ports: ListedPort[];
  try {
    ports = (await SerialPort.list()).map(({ path, manufacturer, serialNumber, pnpId }) => ({
      path,
      description: [manufacturer, serialNumber, pnpId].filter(Boolean).join(", "),
    }));
  } catch {
    // Without udev the system has no list, so the names in /dev are used.
    ports = portsIn("/dev");
  }
  const byPath = new Map(ports.filter(({ path }) => isThere(path)).map((port) => [port.path, port]));
  return [...byPath.values()].sort((a, b) => a.path.localeCompare(b.path, "en", { numeric: true }));
}

function portsIn(folder: string): ListedPort[] {
  const idsFolder = `${folder}/serial/by-id`;
  const ids = new Map(namesIn(idsFolder).map((id) => [readlinkSync(`${idsFolder}/${id}`).replace(/^.*\//, ""), id]));
  return namesIn(folder)
    .filter((name) => /^(?:tty(?:S|USB|ACM|AMA|XRUSB)|rfcomm|cu\.)/.test(name))
    .map((name) => ({ path: `${folder}/${name}`, description: ids.get(name) ?? "" }));
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

/** False for a name ttyS on Linux that has no hardware, which the kernel shows as type 0. */
function isThere(path: string): boolean {
  const legacy = /\/(ttyS\d+)$/.exec(path);
  if (!legacy) return true;
  try {
    return readFileSync(`/sys/class/tty/${legacy[1]}/type`, "utf8").trim() !== "0";
  } catch {
    return false;
  }
}
