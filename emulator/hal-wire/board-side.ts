// The board's end of the hal wire. To the machine it is the host of a controller, and that controller runs at the other
// end. In lockstep a tick is one question and its answer, and the question is repeated until the answer comes. In real time
// the answer has until the end of the tick. Without it the controller's tick did not happen, and an answer that comes later
// is carried out when it comes, in order, unless a reset lies between. The controller's memory is not on the wire, so it
// cannot be saved or compared, and none of its bits can be flipped.

import type { Hal } from "../../hal/hal";
import type { LinkPort } from "../../hal/link";
import type { NvmPort } from "../../hal/nvm";
import { CALLS, functionOf, PORTS, type PortFunction } from "../contract/calls";
import { ControllerFault, type ControllerHost } from "../machine/controller-host";
import type { SavedState } from "../machine/state";
import { ByteReader } from "./bytes";
import * as frame from "./frame";
import * as message from "./messages";
import { OP_LIMIT, OP_OFFSET, OP_REARM, readOps, runsBetween, type Op, type Run } from "./ops";
import { WireInterruptError, WireLostError, type Wire, type Retry } from "./wire";
import { OpsRunner } from "./ops-runner";
import { MS_PER_SECOND } from "../time";

/** Counts of a run at the board's end, for the report. */
export interface BoardCounts {
  /** Ticks in which the controller was asked. */
  asked: number;
  /** Ticks in which its answer did not come in time. */
  missed: number;
  /** Answers that came in a later tick and were carried out then. */
  late: number;
  /** Answers that belong to the time before a reset, and were not carried out. */
  stale: number;
  /** The most misses in consecutive ticks. */
  missed_most: number;
  /** Frames that were sent again. */
  resent: number;
  /** Calls that were answered with a result. */
  calls: number;
  /** How often a controller greeted. */
  links: number;
}

export interface BoardSideSetup {
  wire: Wire;
  retry: Retry;
  /** Index of the tick under way, from the start of the board. */
  tick: () => number;
  /** Null in lockstep, else the milliseconds that are left of the tick under way. */
  left_ms: (() => number) | null;
  /** How late the tick under way began, in milliseconds. */
  age_ms: () => number;
  leap: boolean;
  /** The name of the scenario that is played; "" for none. */
  scenario: string;
  /** The ports that this board offers, a bit for each. */
  ports: number;
  name: string;
}

/**
 * The parts of a board that this end must read in another way than by the calls of hal/. These calls would change the board (a
 * received byte is taken) or take too long (the memory has 131,072 bytes). The virtual board's parts offer these ways, and
 * another board's parts can too.
 */
interface OpenParts {
  link: LinkPort & {
    /** Byte `index` of the bytes that wait for the controller, from the oldest; -1 when there are no more. */
    peek(index: number): number;
    /** The number of bytes that `send` would take now. */
    room(): number;
  };
  /** The whole memory, which this view shows at any moment. */
  nvm: NvmPort & { readonly bytes: Uint8Array };
}

/** The content of one SENSE, which the controller knows for certain once its ACT confirms that SENSE. */
interface Unconfirmed {
  tick: number;
  streamEnd: number;
  nvm: readonly Run[];
}

/** The largest content of an IMAGE, which is less than a frame's body. */
const IMAGE_BUDGET_BYTES = 960;
/** The most bytes of telemetry, and of memory, in a SENSE in real time. The line carries 115 bytes in a tick. */
const TIMED_BYTES_MAX = 64;
/** In lockstep a patch larger than this goes in frames of its own, before the tick. */
const PATCH_BYTES_MAX = 256;
/** The END is repeated this often. A controller that has gone does not keep the report waiting. */
const END_TRIES = 4;
/** The most SENSEs that wait for their ACT. Sequences count modulo 256, so an ACT cannot belong to an older SENSE. */
const UNCONFIRMED_MAX = 256;
/** Calls whose effect on a register the controller computes itself. In real time it may have started from an old value. */
const COMPUTED = new Map([
  [OP_OFFSET, message.REGISTER.offset],
  [OP_LIMIT, message.REGISTER.limit],
  [OP_REARM, message.REGISTER.lines],
]);
const NEVER = -1;
const WATCHDOG_PORT = 1 << PORTS.indexOf("watchdog");
/** The longest wait for a frame of a controller that has not greeted, between two looks at what else has come. */
const GREETING_WAIT_MS = 50;

/** A register, or one bit of it, with the call of hal/ that reads it. */
interface Reading {
  register: number;
  bit: number | undefined;
  read: PortFunction;
}

function readingsOf(hal: Hal): Reading[] {
  return CALLS.flatMap((call) => {
    if (call.way.by !== "register") return [];
    return [{ register: message.REGISTER[call.way.register], bit: call.way.bit, read: functionOf(hal, call) }];
  });
}

export class BoardSide implements ControllerHost {
  readonly counts: BoardCounts = {
    asked: 0,
    missed: 0,
    late: 0,
    stale: 0,
    missed_most: 0,
    resent: 0,
    calls: 0,
    links: 0,
  };
  /** Why the wire ended in a tick. To the machine that is a failure of its controller; the job looks here for the reason. */
  lost: WireLostError | WireInterruptError | null = null;
  /** True when the controller has said that it leaves. */
  hasLeft = false;
  private readonly setup: BoardSideSetup;
  private readonly wire: Wire;
  private readonly hal: Hal;
  private readonly link: OpenParts["link"];
  private readonly nvm: OpenParts["nvm"];
  private readonly runner: OpsRunner;
  private readonly readings: readonly Reading[];
  private hello: message.Hello | null = null;
  /** Sequence of the last frame of this side, sequence of the last frame taken from the controller, resets modulo 256. */
  private sequence = 0;
  private heard = 0;
  private epoch = 0;
  /** True between boot and the next reset or greeting. */
  private running = false;
  /** The memory as the controller knows it. It is complete once all of the image is acknowledged. */
  private readonly known: Uint8Array;
  private imaged = false;
  private anew = true;
  private image: { sequence: number; bytes: Uint8Array; runs: readonly Run[]; sent_ms: number } | null = null;
  private readonly registers = new Int32Array(message.REGISTERS);
  /** The controller knows a register once it has confirmed this tick or a later one. */
  private readonly changedAt = new Float64Array(message.REGISTERS);
  private confirmed = NEVER;
  private unconfirmed: Unconfirmed[] = [];
  private streamKnown = 0;
  private skipped = 0;
  private idleTicks = 0;
  /** True once the controller has answered. */
  private begun = false;
  private answered = false;
  private missedInARow = 0;
  private lastSense: Uint8Array | null = null;
  private lastResult: { sequence: number; bytes: Uint8Array } | null = null;

  /** Throws TypeError when the board's link or memory does not offer the ways of OpenParts. */
  constructor(hal: Hal, setup: BoardSideSetup) {
    const { link, nvm } = openParts(hal);
    this.hal = hal;
    this.link = link;
    this.nvm = nvm;
    this.setup = setup;
    this.wire = setup.wire;
    this.known = new Uint8Array(nvm.bytes.length);
    this.runner = new OpsRunner(hal);
    this.readings = readingsOf(hal);
  }

  /** The ticks in a row, up to now, that the controller did not answer in their time. Always 0 in lockstep. */
  get unanswered(): number {
    return this.missedInARow;
  }

  get canLeap(): boolean {
    return this.setup.leap && this.setup.left_ms === null && ((this.hello?.flags ?? 0) & message.FLAG_LEAP) !== 0;
  }

  /** The controller's name, from its greeting; null before the first one. */
  get peer(): string | null {
    return this.hello?.name ?? null;
  }

  /** The controller reads the memory by a call, and is not told what the memory holds. */
  private get hasNoCopy(): boolean {
    return ((this.hello?.flags ?? 0) & message.FLAG_READS) !== 0;
  }

  private get tickNow(): number {
    return this.setup.tick();
  }

  // ---- the host of a machine

  boot(): void {
    this.epoch = (this.epoch + 1) & 255;
    this.running = this.imaged;
    this.idleTicks = 0;
    this.skipped = 0;
    this.unconfirmed = [];
    this.streamKnown = 0;
    this.runner.taken = 0;
    this.confirmed = NEVER;
    this.changedAt.fill(this.tickNow);
  }

  tick(): void {
    this.answered = false;
    this.runner.beginTick();
    // Nobody kicks the watchdog of a bench that does not offer it.
    if (!(this.setup.ports & WATCHDOG_PORT)) this.hal.watchdog.kick();
    try {
      if (this.setup.left_ms) this.tickTimed(this.setup.left_ms);
      else this.tickLockstep();
    } catch (error) {
      if (error instanceof WireLostError || error instanceof WireInterruptError) this.lost = error;
      throw error;
    }
  }

  idle(): number {
    return this.idleTicks;
  }

  skip(ticks: number): void {
    this.skipped += ticks;
    this.idleTicks -= ticks;
  }

  clear(): void {
    this.running = false;
    this.idleTicks = 0;
    this.skipped = 0;
  }

  save(): SavedState {
    throw new ControllerFault("a remote controller cannot be saved: its memory is not on the wire");
  }

  misfit(): string {
    return "a remote controller has no memory here";
  }

  restore(): void {
    throw new ControllerFault("a remote controller cannot be restored: its memory is not on the wire");
  }

  fingerprint(): string {
    throw new ControllerFault("a remote controller has no fingerprint here: its memory is not on the wire");
  }

  names(): string[] {
    return [];
  }

  paths(): string[] {
    return [];
  }

  read(): undefined {
    return undefined;
  }

  reader(): null {
    return null;
  }

  differences(): [] {
    return [];
  }

  isSwitch(): boolean {
    return false;
  }

  write(): boolean {
    return false;
  }

  flip(): boolean {
    return false;
  }

  // ---- before the first tick, and after the last

  /** Waits for a frame, for a moment. True once a controller has greeted and knows the memory. */
  awaitController(): boolean {
    const got = this.wire.receive(Math.min(this.setup.retry.resend_ms, GREETING_WAIT_MS), true);
    if (got) this.hear(got);
    this.sendImage();
    return this.imaged;
  }

  /** Asks the last question again. The controller answers as before, and knows that the board is still there. */
  remind(): void {
    if (this.running && this.lastSense) this.wire.transmit(this.lastSense);
  }

  /** Tells the controller how the run ended, and repeats it. True once the controller has acknowledged it. */
  finish(end: message.End): boolean {
    if (!this.hello) return false;
    this.sequence = (this.sequence + 1) & 255;
    const bytes = this.wire.send(frame.FRAME_END, this.sequence, message.encodeEnd(end));
    for (let attempt = 0; attempt < END_TRIES; attempt++) {
      const until = performance.now() + this.setup.retry.resend_ms;
      for (let got = this.next(until); got; got = this.next(until)) {
        if (got.type === frame.FRAME_ACK && got.sequence === this.sequence) return true;
      }
      this.resend(bytes);
    }
    return false;
  }

  private next(until_ms: number): frame.WireFrame | null {
    return this.wire.receive(Math.max(0, until_ms - performance.now()), true);
  }

  private resend(bytes: Uint8Array): void {
    this.counts.resent++;
    this.wire.transmit(bytes);
  }

  // ---- a tick

  private tickLockstep(): void {
    // A controller that started anew has lost its memory. The ticks pass without it until the watchdog resets it.
    if (!this.running) return;
    while (this.patch(PATCH_BYTES_MAX) === null) this.imageAll();
    const bytes = this.ask();
    const { resend_ms, tries } = this.setup.retry;
    for (let attempt = 0; attempt < tries; attempt++) {
      const until = performance.now() + resend_ms;
      for (let got = this.next(until); got; got = this.next(until)) {
        const calls = this.counts.calls;
        this.hear(got);
        if (this.answered) return;
        if (!this.running) return this.imageAll();
        if (this.counts.calls > calls) attempt = 0;
      }
      this.resend(bytes);
    }
    throw new WireLostError(`the controller has been silent for ${(resend_ms * tries) / MS_PER_SECOND} s`);
  }

  private tickTimed(left_ms: () => number): void {
    this.sendImage();
    if (this.running) this.ask();
    this.counts.asked++;
    while (!this.answered) {
      const wait_ms = Math.max(0, left_ms());
      const got = this.wire.receive(wait_ms, true);
      if (got) this.hear(got);
      if (wait_ms === 0) break;
    }
    if (this.answered) {
      this.missedInARow = 0;
      return;
    }
    this.counts.missed++;
    this.missedInARow++;
    this.counts.missed_most = Math.max(this.counts.missed_most, this.missedInARow);
  }

  /** Sends the SENSE of this tick and returns its bytes. */
  private ask(): Uint8Array {
    this.sequence = (this.sequence + 1) & 255;
    if (this.setup.left_ms === null) this.counts.asked++;
    const sense = this.sense();
    const streamEnd = sense.received ? sense.received.at + sense.received.bytes.length : this.streamKnown;
    this.unconfirmed.push({ tick: sense.tick, streamEnd, nvm: sense.nvm });
    if (this.unconfirmed.length > UNCONFIRMED_MAX) this.unconfirmed.shift();
    this.lastSense = this.wire.send(frame.FRAME_SENSE, this.sequence, message.encodeSense(sense));
    return this.lastSense;
  }

  private sense(): message.Sense {
    const timed = this.setup.left_ms !== null;
    const tick = this.tickNow;
    const leapt = this.skipped;
    this.skipped = 0;
    return {
      tick,
      epoch: this.epoch,
      heard: this.heard,
      leapt,
      age_ms: timed ? this.setup.age_ms() : 0,
      registers: this.changed(tick),
      received: this.receivedPiece(timed ? TIMED_BYTES_MAX : Infinity),
      nvm: (timed ? this.patchPiece(TIMED_BYTES_MAX) : this.patch(PATCH_BYTES_MAX)) ?? [],
    };
  }

  /** Registers of which the controller may not know the value, with the value. */
  private changed(tick: number): [number, number][] {
    const now = this.registersNow();
    const list: [number, number][] = [];
    now.forEach((value, register) => {
      if (value !== this.registers[register]) {
        this.registers[register] = value;
        this.changedAt[register] = tick;
      }
      if (this.confirmed < this.changedAt[register]) list.push([register, value]);
    });
    return list;
  }

  private registersNow(): number[] {
    const now = new Array<number>(message.REGISTERS).fill(0);
    for (const { register, bit, read } of this.readings) {
      if (bit === undefined) now[register] = Number(read());
      else if (read()) now[register] |= bit;
    }
    now[message.REGISTER.free] = this.link.room();
    return now;
  }

  /** Telemetry that waits for the controller and that it may not have received; `at` is not yet modulo 65,536. */
  private receivedPiece(most: number): { at: number; bytes: Uint8Array } | null {
    const first = this.runner.taken;
    const at = Math.max(this.streamKnown, first);
    const bytes: number[] = [];
    for (let i = at - first; bytes.length < most; i++) {
      const byte = this.link.peek(i);
      if (byte < 0) break;
      bytes.push(byte);
    }
    return bytes.length > 0 ? { at, bytes: Uint8Array.from(bytes) } : null;
  }

  /** The runs of memory that the controller does not know, or null when they take more than `most` bytes. */
  private patch(most: number): Run[] | null {
    if (this.hasNoCopy || Buffer.compare(this.known, this.nvm.bytes) === 0) return [];
    const runs = runsBetween(this.known, this.nvm.bytes, message.NVM_RUN_HEADER_BYTES, Infinity);
    const bytes = runs.reduce((sum, run) => sum + message.NVM_RUN_HEADER_BYTES + run.bytes.length, 0);
    return bytes > most ? null : runs;
  }

  private patchPiece(most: number): Run[] {
    if (this.hasNoCopy || Buffer.compare(this.known, this.nvm.bytes) === 0) return [];
    return runsBetween(this.known, this.nvm.bytes, message.NVM_RUN_HEADER_BYTES, most);
  }

  // ---- the memory's image

  /** Sends the next piece of memory that the controller does not know, or the last one again when its ACK is overdue. */
  private sendImage(): void {
    if (!this.hello || this.imaged) return;
    if (this.image) {
      if (performance.now() - this.image.sent_ms < this.setup.retry.resend_ms) return;
      this.image.sent_ms = performance.now();
      return this.resend(this.image.bytes);
    }
    this.startImage();
  }

  private startImage(): void {
    const runs = this.patchPiece(IMAGE_BUDGET_BYTES);
    if (runs.length === 0 && !this.anew) {
      this.imaged = true;
      return;
    }
    this.sequence = (this.sequence + 1) & 255;
    const body = message.encodeImage({ anew: this.anew, runs });
    this.anew = false;
    const bytes = this.wire.send(frame.FRAME_IMAGE, this.sequence, body);
    this.image = { sequence: this.sequence, bytes, runs, sent_ms: performance.now() };
  }

  private imageAck(sequence: number): void {
    if (!this.image || this.image.sequence !== sequence) return;
    this.noteKnown(this.image.runs);
    this.image = null;
    this.startImage();
  }

  /** Sends a patch that is too large for a SENSE ahead of it, in lockstep. */
  private imageAll(): void {
    this.imaged = false;
    const { resend_ms, tries } = this.setup.retry;
    const deadline = performance.now() + resend_ms * tries;
    while (!this.imaged) {
      this.sendImage();
      const got = this.wire.receive(resend_ms, true);
      if (got) this.hear(got);
      if (performance.now() > deadline) throw new WireLostError("the controller does not take its memory's image");
    }
  }

  private noteKnown(runs: readonly Run[]): void {
    for (const { at, bytes } of runs) this.known.set(bytes, at);
  }

  // ---- frames of the controller

  private hear(got: frame.WireFrame): void {
    switch (got.type) {
      case frame.FRAME_HELLO:
        return this.greeted(got);
      case frame.FRAME_ACK:
        return this.imageAck(got.sequence);
      case frame.FRAME_ACT:
      case frame.FRAME_CALL:
        return this.take(got);
      case frame.FRAME_FAULT:
        throw new Error(message.decodeFault(got.body) ?? "it does not say why");
      case frame.FRAME_REFUSE:
        return this.controllerLeft(message.decodeRefusal(got.body)?.text ?? "it does not say why");
    }
  }

  /** In lockstep no other controller can continue the run; in real time another one may greet. */
  private controllerLeft(why: string): void {
    this.running = false;
    this.hasLeft = true;
    if (this.setup.left_ms === null) throw new WireLostError(`the controller left: ${why}`);
  }

  private greeted(got: frame.WireFrame): void {
    if (got.version !== frame.WIRE_VERSION) {
      const [ours, theirs] = [frame.WIRE_VERSION, got.version].map(frame.versionNumber);
      const text = `this board speaks version ${ours} of the hal wire, not ${theirs}`;
      return this.refuse({ code: message.REFUSED_VERSION, text });
    }
    const hello = message.decodeHello(got.body);
    if (!hello || hello.role !== message.ROLE_CONTROLLER) return;
    if (hello.contract !== message.HAL_CONTRACT) {
      const text = `this board has hal contract ${message.HAL_CONTRACT}, the controller ${hello.contract}`;
      return this.refuse({ code: message.REFUSED_CONTRACT, text });
    }
    const lacking = hello.ports & ~message.ALL_PORTS;
    if (lacking !== 0) {
      return this.refuse({ code: message.REFUSED_PORTS, text: "the controller wants ports that no board has" });
    }
    // In lockstep a greeting may still be on the line when the controller that sent it has begun.
    if (this.setup.left_ms === null && this.begun && hello.session === this.hello?.session) return;
    this.welcome(hello);
  }

  /** Begins anew with a controller that knows nothing of the board: it gets the image, and boots after the next reset. */
  private welcome(hello: message.Hello): void {
    this.hello = hello;
    this.counts.links++;
    this.running = false;
    this.idleTicks = 0;
    this.heard = 0;
    this.lastResult = null;
    this.known.fill(0);
    this.imaged = false;
    this.image = null;
    this.anew = true;
    const timed = this.setup.left_ms !== null;
    const flags =
      (timed ? 0 : message.FLAG_LOCKSTEP) |
      (this.setup.leap && !timed ? message.FLAG_LEAP : 0) |
      (this.setup.scenario === "" ? 0 : message.FLAG_SCENARIO) |
      message.FLAG_READS;
    const answer = message.encodeHello({
      session: hello.session,
      contract: message.HAL_CONTRACT,
      role: message.ROLE_BOARD,
      ports: this.setup.ports,
      flags,
      capacity_mL: this.hal.reservoir.capacity_mL(),
      external: this.hal.reservoir.external() ? 1 : 0,
      name: this.setup.name,
      scenario: this.setup.scenario,
    });
    this.wire.send(frame.FRAME_HELLO, 0, answer);
    this.startImage();
  }

  private refuse(refusal: message.Refusal): void {
    this.wire.send(frame.FRAME_REFUSE, 0, message.encodeRefusal(refusal));
  }

  /** Ends the run, for the controller has sent a frame that no correct one sends. */
  private end(text: string, why: string): never {
    this.refuse({ code: message.REFUSED_MALFORMED, text });
    throw new WireLostError(why);
  }

  /** Carries out an ACT or a CALL, once and in order, unless a reset lies between. */
  private take(got: frame.WireFrame): void {
    const from = new ByteReader(got.body);
    const [tick, epoch] = [from.u32(), from.u8()];
    if (!from.ok) return;
    if (epoch !== this.epoch || !this.running) {
      this.counts.stale++;
      return;
    }
    const step = (got.sequence - this.heard) & 255;
    if (step !== 1) {
      const asked = step === 0 && this.lastResult?.sequence === got.sequence;
      if (asked && this.lastResult) this.resend(this.lastResult.bytes);
      return;
    }
    const ops = readOps(from);
    if (!ops)
      return this.end("a call that is not in the table", "the controller sends what is no call of the hal wire");
    this.heard = got.sequence;
    this.begun = true;
    const isAct = got.type === frame.FRAME_ACT;
    if (isAct && tick !== this.tickNow) this.counts.late++;
    if (isAct) this.idleTicks = 0;
    this.confirm(tick);
    const result = this.runner.run(tick, ops, this.known);
    if (!result)
      return this.end("calls whose results fit no frame", "the controller asks for more than a frame can answer");
    this.sendComputed(ops);
    if (!isAct) return this.reply(got.sequence, result);
    this.idleTicks = this.canLeap ? this.runner.idleTicks : 0;
    if (tick === this.tickNow) this.answered = true;
  }

  /** The next SENSE has the registers that these calls changed, because the controller only computed what they would be. */
  private sendComputed(ops: readonly Op[]): void {
    for (const { code } of ops) {
      const register = COMPUTED.get(code);
      if (register !== undefined) this.changedAt[register] = this.tickNow + 1;
    }
  }

  private reply(sequence: number, result: Uint8Array): void {
    this.counts.calls++;
    this.lastResult = { sequence, bytes: this.wire.send(frame.FRAME_RESULT, sequence, result) };
  }

  /** The controller has answered `tick`, so it knows everything that the SENSE of that tick told. */
  private confirm(tick: number): void {
    this.confirmed = Math.max(this.confirmed, tick);
    const confirmed = this.unconfirmed.find((each) => each.tick === tick);
    if (!confirmed) return;
    this.noteKnown(confirmed.nvm);
    this.streamKnown = confirmed.streamEnd;
    this.unconfirmed = this.unconfirmed.filter((each) => each.tick > tick);
  }
}

/** The board's link and memory as OpenParts. Throws TypeError when they are not. */
function openParts({ link, nvm }: Hal): OpenParts {
  const parts = { link, nvm } as OpenParts;
  const isOpen =
    typeof parts.link.peek === "function" &&
    typeof parts.link.room === "function" &&
    parts.nvm.bytes instanceof Uint8Array;
  if (!isOpen) throw new TypeError("this board does not show its link (peek, room) and its memory (bytes) to the wire");
  return parts;
}
