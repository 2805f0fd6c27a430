// The copy that the controller's end keeps of a board at the other end of the hal wire. Registers have the values of the last
// SENSE. Memory and crypto buffer are copies that the board keeps current. remote-ports.ts makes the calls of hal/ from them.

import { CRYPTO_BUFFER_BYTES } from "../../hal/crypto";
import { LINK_RX_BYTES } from "../../hal/link";
import { NVM_BYTES } from "../../hal/nvm";
import type { RegisterName } from "../contract/calls";
import { REGISTER, REGISTERS, type Sense } from "./messages";
import type { Run } from "./ops";
import { isUpTo } from "./posts";

/** The old value of a byte of memory that was written in a frame which the board may not have taken. */
interface Undo {
  sequence: number;
  at: number;
  old: number;
}

export class RemoteBoard {
  private readonly registers = new Int32Array(REGISTERS);
  readonly nvm: Uint8Array = new Uint8Array(NVM_BYTES);
  readonly nvmView = new DataView(this.nvm.buffer);
  readonly buffer: Uint8Array = new Uint8Array(CRYPTO_BUFFER_BYTES);
  /** Received bytes that the controller has not taken yet, oldest first. */
  readonly received: number[] = [];
  private sinceKick = 0;
  /** Telemetry bytes queued in this tick. */
  private queued = 0;
  private streamEnd = 0;
  private undo: Undo[] = [];

  /** Takes over the content of a SENSE. */
  sense(sense: Sense): void {
    for (const [register, value] of sense.registers) this.registers[register] = value;
    if (sense.received) this.hear(sense.received.at, sense.received.bytes);
    this.keep(sense.nvm);
  }

  /** Takes over pieces of the board's memory that differ from the copy. */
  keep(runs: readonly Run[]): void {
    for (const { at, bytes } of runs) {
      this.nvm.set(bytes.subarray(0, Math.max(0, NVM_BYTES - at)), Math.min(at, NVM_BYTES));
      for (const each of this.undo) if (each.at >= at && each.at < at + bytes.length) each.old = bytes[each.at - at];
    }
  }

  read(register: RegisterName): number {
    return this.registers[REGISTER[register]];
  }

  /** Sets a register to the value that a call gives it, before the board confirms the value. */
  expect(register: RegisterName, value: number): void {
    this.registers[REGISTER[register]] = value;
  }

  /** True when that LINE_ bit is set. */
  line(bit: number): boolean {
    return (this.read("lines") & bit) !== 0;
  }

  /**
   * Begins a tick of the controller, which comes `leapt` ticks after its last one. A tick that was lost on the wire does not
   * count, because this end does not know of it.
   */
  beginTick(leapt: number): void {
    this.sinceKick += this.sinceKick > 0 ? leapt + 1 : 1;
    this.queued = 0;
  }

  kick(): void {
    this.sinceKick = 0;
  }

  /**
   * Takes room for one more telemetry byte in this tick. False when there is none. The register `free` itself keeps its value.
   */
  queue(): boolean {
    if (this.queued >= this.read("free")) return false;
    this.queued++;
    return true;
  }

  /** The controller's ticks since its last kick. */
  since(): number {
    return this.sinceKick;
  }

  /** The board has reset the controller. Writes that it has not taken are undone, because it will never take them. */
  reset(): void {
    for (let i = this.undo.length - 1; i >= 0; i--) this.nvm[this.undo[i].at] = this.undo[i].old;
    this.undo = [];
    this.received.length = 0;
    this.streamEnd = 0;
    this.sinceKick = 0;
  }

  /** Drops the copy, because the board may be another one. */
  clear(): void {
    this.undo = [];
    this.nvm.fill(0);
    this.registers.fill(0);
  }

  /**
   * Writes a byte into the copy. True when it had that value already. `sequence` is that of the frame that will carry the
   * write.
   */
  write(sequence: number, at: number, value: number): boolean {
    if (this.nvm[at] === value) return true;
    this.undo.push({ sequence, at, old: this.nvm[at] });
    this.nvm[at] = value;
    return false;
  }

  /** Makes the writes of all frames up to `heard` final, because the board has taken these frames. */
  heard(heard: number): void {
    let count = 0;
    while (count < this.undo.length && isUpTo(this.undo[count].sequence, heard)) count++;
    if (count > 0) this.undo.splice(0, count);
  }

  /** Takes bytes of the stream from place `at` on, and skips those that it has already. */
  private hear(at: number, bytes: Uint8Array): void {
    const known = (this.streamEnd - at) & 0xffff;
    if (known > bytes.length) return;
    for (let i = known; i < bytes.length && this.received.length < LINK_RX_BYTES; i++) this.received.push(bytes[i]);
    this.streamEnd = (at + bytes.length) & 0xffff;
  }
}
