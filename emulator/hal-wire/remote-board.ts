// A board at the other end of the hal wire, as the ports of hal/: what a controller here runs on. Registers are what the
// board last sensed; memory and the cipher's buffer are copies that the board keeps true; calls go out through `Posts`, and
// their results are foretold from the contract where it settles them. Only conversions, draws of chance and ciphers wait for
// the other end.

import { BatteryPort } from "../../hal/battery";
import { ClockPort } from "../../hal/clock";
import { CRYPTO_BUFFER_BYTES, CRYPTO_KEY_BYTES, CryptoPort, fitsCryptoBuffer, isKeySlot } from "../../hal/crypto";
import { GUARD_PULSES_PER_HOUR_MAX, GuardPort } from "../../hal/guard";
import { Hal } from "../../hal/hal";
import { LINK_RX_BYTES, LinkPort } from "../../hal/link";
import { MotorPort } from "../../hal/motor";
import { NVM_BYTES, NvmPort } from "../../hal/nvm";
import { ReservoirPort } from "../../hal/reservoir";
import { ResetPort } from "../../hal/reset";
import { SounderPort } from "../../hal/sounder";
import { ThermometerPort } from "../../hal/thermometer";
import { TracePort } from "../../hal/trace";
import { WatchdogPort } from "../../hal/watchdog";
import { CHANNELS } from "../../hal/trace";
import { ByteReader } from "./bytes";
import {
  decodeBufferResult,
  LINE_HEAD,
  LINE_RESPONDS,
  LINE_TRIPPED,
  REGISTERS,
  REGISTER_CAUSE,
  REGISTER_CELL,
  REGISTER_FREE,
  REGISTER_LIMIT,
  REGISTER_LINES,
  REGISTER_MINUTE,
  REGISTER_MOTION,
  REGISTER_OFFSET,
  REGISTER_TEMPERATURE,
  type Sense,
} from "./messages";
import * as op from "./ops";
import { isUpTo, type Posts } from "./posts";

/** What a port needs of the wire. */
export interface Caller {
  readonly posts: Posts;
  /** Sends what was gathered with this call at its end, and waits for its result. */
  call(code: number, values: readonly number[]): Uint8Array;
  /** Sends what was gathered when there is no room for more. */
  makeRoom(): void;
  /** Gathers a call, behind what there was no more room beside. */
  post(code: number, ...values: number[]): void;
}

interface Straps {
  capacity_mL: number;
  external: boolean;
}

/** A byte of memory that was written in a frame that the board has perhaps not taken. */
interface Undo {
  sequence: number;
  at: number;
  old: number;
}

export class RemoteBoard {
  readonly hal: Hal;
  readonly registers = new Int32Array(REGISTERS);
  readonly nvm: Uint8Array = new Uint8Array(NVM_BYTES);
  readonly buffer: Uint8Array = new Uint8Array(CRYPTO_BUFFER_BYTES);
  /** Received and not yet taken by the controller, oldest first. */
  readonly received: number[] = [];
  private sinceKick = 0;
  /** Telemetry bytes queued in this tick. */
  private queued = 0;
  private streamEnd = 0;
  private undo: Undo[] = [];

  constructor(caller: Caller, straps: Straps) {
    this.hal = new Hal(
      new RemoteMotor(this, caller),
      new RemoteReservoir(caller, straps),
      new RemoteLink(this, caller),
      new RemoteClock(this, caller),
      new RemoteNvm(this, caller),
      new RemoteBattery(this),
      new RemoteThermometer(this),
      new RemoteSounder(this, caller),
      new RemoteWatchdog(this, caller),
      new RemoteReset(this),
      new RemoteGuard(this, caller),
      new RemoteCrypto(this, caller),
      new RemoteTrace(caller),
    );
  }

  /** Takes over what the board sensed. */
  sense(sense: Sense): void {
    for (const [register, value] of sense.registers) this.registers[register] = value;
    if (sense.received) this.hear(sense.received.at, sense.received.bytes);
    this.keep(sense.nvm);
  }

  /** Pieces of the board's memory that are not as this end believes. */
  keep(runs: readonly op.Run[]): void {
    for (const { at, bytes } of runs) {
      this.nvm.set(bytes.subarray(0, Math.max(0, NVM_BYTES - at)), Math.min(at, NVM_BYTES));
      for (const each of this.undo) if (each.at >= at && each.at < at + bytes.length) each.old = bytes[each.at - at];
    }
  }

  /** One of the LINE_ bits is up. */
  line(bit: number): boolean {
    return (this.registers[REGISTER_LINES] & bit) !== 0;
  }

  /** The controller ticks, `leapt` ticks after its last. A tick that the wire cost it does not count: the watchdog is not at this end. */
  beginTick(leapt: number): void {
    this.sinceKick += this.sinceKick > 0 ? leapt + 1 : 1;
    this.queued = 0;
  }

  kick(): void {
    this.sinceKick = 0;
  }

  /** Room for one more telemetry byte in this tick, and it is taken: the board says anew only what has changed at its end. */
  queue(): boolean {
    if (this.queued >= this.registers[REGISTER_FREE]) return false;
    this.queued++;
    return true;
  }

  /** Own ticks since the last kick. */
  since(): number {
    return this.sinceKick;
  }

  /** The board reset the controller: what it has not taken of the writes, it never will. */
  reset(): void {
    for (let i = this.undo.length - 1; i >= 0; i--) this.nvm[this.undo[i].at] = this.undo[i].old;
    this.undo = [];
    this.received.length = 0;
    this.streamEnd = 0;
    this.sinceKick = 0;
  }

  /** Another board, perhaps: nothing of what was known holds. */
  forget(): void {
    this.undo = [];
    this.nvm.fill(0);
    this.registers.fill(0);
  }

  /** True when it was so already. */
  write(sequence: number, at: number, value: number): boolean {
    if (this.nvm[at] === value) return true;
    this.undo.push({ sequence, at, old: this.nvm[at] });
    this.nvm[at] = value;
    return false;
  }

  /** The board has taken every frame up to `heard`: what they wrote is in its memory. */
  heard(heard: number): void {
    let count = 0;
    while (count < this.undo.length && isUpTo(this.undo[count].sequence, heard)) count++;
    if (count > 0) this.undo.splice(0, count);
  }

  /** Bytes from place `at` of the stream; what is known already is passed over. */
  private hear(at: number, bytes: Uint8Array): void {
    const known = (this.streamEnd - at) & 0xffff;
    if (known > bytes.length) return;
    for (let i = known; i < bytes.length && this.received.length < LINK_RX_BYTES; i++) this.received.push(bytes[i]);
    this.streamEnd = (at + bytes.length) & 0xffff;
  }
}

class RemoteMotor extends MotorPort {
  private readonly board: RemoteBoard;
  private readonly caller: Caller;

  constructor(board: RemoteBoard, caller: Caller) {
    super();
    this.board = board;
    this.caller = caller;
  }

  pulse(): void {
    this.caller.post(op.OP_PULSE);
  }

  motion(): number {
    return this.board.registers[REGISTER_MOTION];
  }

  setPower(on: boolean): void {
    this.caller.post(op.OP_POWER, on ? 1 : 0);
  }
}

class RemoteReservoir extends ReservoirPort {
  private readonly caller: Caller;
  private readonly straps: Straps;

  constructor(caller: Caller, straps: Straps) {
    super();
    this.caller = caller;
    this.straps = straps;
  }

  level(): number {
    return new ByteReader(this.caller.call(op.OP_LEVEL, [])).u16();
  }

  pressure(): number {
    return new ByteReader(this.caller.call(op.OP_PRESSURE, [])).u16();
  }

  capacity_mL(): number {
    return this.straps.capacity_mL;
  }

  external(): boolean {
    return this.straps.external;
  }
}

class RemoteLink extends LinkPort {
  private readonly board: RemoteBoard;
  private readonly caller: Caller;

  constructor(board: RemoteBoard, caller: Caller) {
    super();
    this.board = board;
    this.caller = caller;
  }

  receive(): number {
    const byte = this.board.received.shift();
    if (byte === undefined) return -1;
    this.caller.posts.take(1);
    return byte;
  }

  send(byte: number): boolean {
    if (!this.board.queue()) return false;
    this.caller.makeRoom();
    this.caller.posts.postByte(op.OP_SEND, null, byte & 255);
    return true;
  }

  headPresent(): boolean {
    return this.board.line(LINE_HEAD);
  }
}

class RemoteClock extends ClockPort {
  private readonly board: RemoteBoard;
  private readonly caller: Caller;

  constructor(board: RemoteBoard, caller: Caller) {
    super();
    this.board = board;
    this.caller = caller;
  }

  minute(): number {
    return this.board.registers[REGISTER_MINUTE];
  }

  offset(): number {
    return this.board.registers[REGISTER_OFFSET];
  }

  setOffset(minutes: number): void {
    this.caller.post(op.OP_OFFSET, minutes | 0);
    this.board.registers[REGISTER_OFFSET] = minutes | 0;
  }
}

class RemoteNvm extends NvmPort {
  private readonly board: RemoteBoard;
  private readonly caller: Caller;

  constructor(board: RemoteBoard, caller: Caller) {
    super();
    this.board = board;
    this.caller = caller;
  }

  read(address: number): number {
    return this.board.nvm[address] ?? 0;
  }

  write(address: number, value: number): void {
    if (!(address >= 0 && address < NVM_BYTES)) return;
    this.caller.makeRoom();
    // The frame that gathers now will have the next sequence.
    const same = this.board.write((this.caller.posts.sequence + 1) & 255, address, value & 255);
    this.caller.posts.postWrite(address, value & 255, same);
  }
}

class RemoteBattery extends BatteryPort {
  private readonly board: RemoteBoard;

  constructor(board: RemoteBoard) {
    super();
    this.board = board;
  }

  cell_mv(): number {
    return this.board.registers[REGISTER_CELL];
  }
}

class RemoteThermometer extends ThermometerPort {
  private readonly board: RemoteBoard;

  constructor(board: RemoteBoard) {
    super();
    this.board = board;
  }

  temperature_mC(): number {
    return this.board.registers[REGISTER_TEMPERATURE];
  }
}

class RemoteSounder extends SounderPort {
  private readonly board: RemoteBoard;
  private readonly caller: Caller;

  constructor(board: RemoteBoard, caller: Caller) {
    super();
    this.board = board;
    this.caller = caller;
  }

  setTone(tone: number): void {
    this.caller.post(op.OP_TONE, tone);
  }

  responds(): boolean {
    return this.board.line(LINE_RESPONDS);
  }
}

class RemoteWatchdog extends WatchdogPort {
  private readonly board: RemoteBoard;
  private readonly caller: Caller;

  constructor(board: RemoteBoard, caller: Caller) {
    super();
    this.board = board;
    this.caller = caller;
  }

  kick(): void {
    this.caller.post(op.OP_KICK);
    this.board.kick();
  }

  since(): number {
    return this.board.since();
  }
}

class RemoteReset extends ResetPort {
  private readonly board: RemoteBoard;

  constructor(board: RemoteBoard) {
    super();
    this.board = board;
  }

  cause(): number {
    return this.board.registers[REGISTER_CAUSE];
  }
}

class RemoteGuard extends GuardPort {
  private readonly board: RemoteBoard;
  private readonly caller: Caller;

  constructor(board: RemoteBoard, caller: Caller) {
    super();
    this.board = board;
    this.caller = caller;
  }

  setLimit(pulsesPerHour: number): boolean {
    const limit = pulsesPerHour | 0;
    if (!this.board.line(LINE_HEAD) || limit < 1 || limit > GUARD_PULSES_PER_HOUR_MAX) return false;
    this.caller.post(op.OP_LIMIT, limit);
    this.board.registers[REGISTER_LIMIT] = limit;
    return true;
  }

  limit(): number {
    return this.board.registers[REGISTER_LIMIT];
  }

  tripped(): boolean {
    return this.board.line(LINE_TRIPPED);
  }

  rearm(): boolean {
    if (!this.board.line(LINE_HEAD)) return false;
    this.caller.post(op.OP_REARM);
    this.board.registers[REGISTER_LINES] &= ~LINE_TRIPPED;
    return true;
  }
}

class RemoteCrypto extends CryptoPort {
  private readonly board: RemoteBoard;
  private readonly caller: Caller;

  constructor(board: RemoteBoard, caller: Caller) {
    super();
    this.board = board;
    this.caller = caller;
  }

  put(index: number, value: number): void {
    if (!(index >= 0 && index < CRYPTO_BUFFER_BYTES)) return;
    this.caller.makeRoom();
    this.board.buffer[index] = value;
    this.caller.posts.postByte(op.OP_PUT, index, value & 255);
  }

  get(index: number): number {
    return this.board.buffer[index] ?? 0;
  }

  storeKey(slot: number): void {
    if (!isKeySlot(slot)) return;
    this.caller.post(op.OP_STORE_KEY, slot);
    this.board.buffer.fill(0, 0, CRYPTO_KEY_BYTES);
  }

  seal(slot: number, associated: number, text: number): boolean {
    return mayOperate(slot, associated, text) && this.operate(op.OP_SEAL, [slot, associated, text]);
  }

  open(slot: number, associated: number, text: number): boolean {
    return mayOperate(slot, associated, text) && this.operate(op.OP_OPEN, [slot, associated, text]);
  }

  agree(slot: number): boolean {
    return isByte(slot) && this.operate(op.OP_AGREE, [slot]);
  }

  derive(from: number, to: number, salt: number): boolean {
    return isByte(from) && isByte(to) && isByte(salt) && this.operate(op.OP_DERIVE, [from, to, salt]);
  }

  random(count: number): void {
    if (isByte(count)) this.operate(op.OP_RANDOM, [count]);
  }

  /** The board does it to its buffer and says what changed. */
  private operate(code: number, values: readonly number[]): boolean {
    const result = decodeBufferResult(this.caller.call(code, values));
    if (!result) return false;
    for (const { at, bytes } of result.runs) this.board.buffer.set(bytes.subarray(0, CRYPTO_BUFFER_BYTES - at), at);
    return result.ok;
  }
}

class RemoteTrace extends TracePort {
  private readonly caller: Caller;

  constructor(caller: Caller) {
    super();
    this.caller = caller;
  }

  event(code: number, a: number, b: number, c: number): void {
    this.caller.post(op.OP_EVENT, code, a, b, c);
  }

  publish(channel: number, value: number): void {
    if (!(channel >= 0 && channel < CHANNELS)) return;
    this.caller.post(op.OP_PUBLISH, channel, value);
  }
}

function isByte(value: number): boolean {
  return value >= 0 && value <= 255;
}

/** What the part itself refuses by its arguments alone, and what no frame could say. */
function mayOperate(slot: number, associated: number, text: number): boolean {
  return isKeySlot(slot) && fitsCryptoBuffer(associated, text);
}
