// What the controller's end knows of a board at the other end of the hal wire. Registers are what the board last sensed;
// memory and the cipher's buffer are copies that the board keeps true. remote-ports.ts has the calls of hal/ on top of it.

import { CRYPTO_BUFFER_BYTES } from "../../hal/crypto";
import { LINK_RX_BYTES } from "../../hal/link";
import { NVM_BYTES } from "../../hal/nvm";
import type { RegisterName } from "../contract/calls";
import { REGISTER, REGISTERS, type Sense } from "./messages";
import type { Run } from "./ops";
import { isUpTo } from "./posts";

/** A byte of memory that was written in a frame that the board has perhaps not taken. */
interface Undo {
  sequence: number;
  at: number;
  old: number;
}

export class RemoteBoard {
  private readonly registers = new Int32Array(REGISTERS);
  readonly nvm: Uint8Array = new Uint8Array(NVM_BYTES);
  readonly buffer: Uint8Array = new Uint8Array(CRYPTO_BUFFER_BYTES);
  /** Received and not yet taken by the controller, oldest first. */
  readonly received: number[] = [];
  private sinceKick = 0;
  /** Telemetry bytes queued in this tick. */
  private queued = 0;
  private streamEnd = 0;
  private undo: Undo[] = [];

  /** Takes over what the board sensed. */
  sense(sense: Sense): void {
    for (const [register, value] of sense.registers) this.registers[register] = value;
    if (sense.received) this.hear(sense.received.at, sense.received.bytes);
    this.keep(sense.nvm);
  }

  /** Pieces of the board's memory that are not as this end believes. */
  keep(runs: readonly Run[]): void {
    for (const { at, bytes } of runs) {
      this.nvm.set(bytes.subarray(0, Math.max(0, NVM_BYTES - at)), Math.min(at, NVM_BYTES));
      for (const each of this.undo) if (each.at >= at && each.at < at + bytes.length) each.old = bytes[each.at - at];
    }
  }

  read(register: RegisterName): number {
    return this.registers[REGISTER[register]];
  }

  /** What a call does to a register, before the board says it. */
  expect(register: RegisterName, value: number): void {
    this.registers[REGISTER[register]] = value;
  }

  /** One of the LINE_ bits is up. */
  line(bit: number): boolean {
    return (this.read("lines") & bit) !== 0;
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
    if (this.queued >= this.read("free")) return false;
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
  clear(): void {
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
