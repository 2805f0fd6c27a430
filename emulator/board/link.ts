// The telemetry transceiver: a receive FIFO, a transmit FIFO, the air between the pump and the other end, and the line that
// says whether a programming head lies over the pump. It is like an inductive near-field transceiver behind a UART with FIFOs;
// the rate is a choice of this project. The back door is the other end: `arrive(byte)` puts a byte on the air to the pump,
// `depart()` takes one that the pump sent. A byte that the pump sends is on the air for one tick and is lost if nobody takes
// it. The link's faults act on the air.

import { LINK_BYTES_PER_TICK, LINK_RX_BYTES, LINK_TX_BYTES, LinkPort } from "../../hal/link";
import {
  FAULT_LINK_BABBLE,
  FAULT_LINK_DELAY,
  FAULT_LINK_DROP,
  FAULT_LINK_DUPLICATE,
  FAULT_LINK_FLIP,
  FaultLedger,
} from "../fault-ledger";
import { RandomStream } from "../random";
import { BoardTime } from "./time";

/** Bytes that a delay can hold: 4,096 is 0.35 s of a full line. */
const AIR_BYTES = 4096;

export class VirtualLink extends LinkPort {
  time: BoardTime;
  faults: FaultLedger;
  chance: RandomStream;
  /** The programming head lies over the pump. */
  programmingHead = false;
  rx: Uint8Array = new Uint8Array(LINK_RX_BYTES);
  rxAt = 0;
  rxCount = 0;
  tx: Uint8Array = new Uint8Array(LINK_TX_BYTES);
  txAt = 0;
  txCount = 0;
  /** Bytes on the way to the pump, and the tick at which each arrives. */
  inbound: Uint8Array = new Uint8Array(AIR_BYTES);
  inboundDue: Float64Array = new Float64Array(AIR_BYTES);
  inboundAt = 0;
  inboundCount = 0;
  /**
   * The bytes that the pump put on the air in the last tick. A fault can double them, so there is room for twice the line's
   * width.
   */
  outbound: Uint8Array = new Uint8Array(2 * LINK_BYTES_PER_TICK);
  outboundAt = 0;
  outboundCount = 0;
  /** Counts of bytes: received by the pump, sent by it, and lost because a FIFO was full. */
  rxBytes = 0;
  txBytes = 0;
  overflows = 0;
  /** FNV-1a over every byte that the pump received or sent, for the fingerprint. */
  history = 0x811c9dc5 | 0;

  constructor(time: BoardTime, faults: FaultLedger, seed: number) {
    super();
    this.time = time;
    this.faults = faults;
    this.chance = new RandomStream(seed, "link");
  }

  receive(): number {
    if (this.rxCount === 0) return -1;
    const byte = this.rx[this.rxAt];
    this.rxAt = (this.rxAt + 1) % LINK_RX_BYTES;
    this.rxCount--;
    return byte;
  }

  send(byte: number): boolean {
    if (this.txCount >= LINK_TX_BYTES) return false;
    this.tx[(this.txAt + this.txCount) % LINK_TX_BYTES] = byte;
    this.txCount++;
    return true;
  }

  headPresent(): boolean {
    return this.programmingHead;
  }

  /** Byte `index` of those that the controller has not taken yet, from the oldest; it stays where it is. -1: none. */
  peek(index: number): number {
    return index < this.rxCount ? this.rx[(this.rxAt + index) % LINK_RX_BYTES] : -1;
  }

  /** The number of bytes that `send` would take now. */
  room(): number {
    return LINK_TX_BYTES - this.txCount;
  }

  /** Puts a byte for the pump on the air. */
  arrive(byte: number): void {
    const times = this.copies();
    for (let i = 0; i < times; i++) this.enqueue(this.flipped(byte));
  }

  /** Takes the next byte that the pump put on the air in the last tick; -1 when there is none. */
  depart(): number {
    if (this.outboundAt >= this.outboundCount) return -1;
    return this.outbound[this.outboundAt++];
  }

  /** Before the controller's tick: bytes that are due go into the receive FIFO. */
  step(): void {
    if (this.faults.on[FAULT_LINK_BABBLE] && this.chance.fraction() < this.faults.parameter[FAULT_LINK_BABBLE]) {
      this.faults.acted(FAULT_LINK_BABBLE);
      this.deliver(this.chance.bits() & 255);
    }
    while (this.inboundCount > 0 && this.inboundDue[this.inboundAt] <= this.time.tick) {
      this.deliver(this.inbound[this.inboundAt]);
      this.inboundAt = (this.inboundAt + 1) % AIR_BYTES;
      this.inboundCount--;
    }
  }

  /** After the controller's tick: puts on the air what it sent, up to the line's rate. */
  transmit(): void {
    this.outboundAt = 0;
    this.outboundCount = 0;
    const bytes = Math.min(this.txCount, LINK_BYTES_PER_TICK);
    for (let i = 0; i < bytes; i++) {
      const byte = this.tx[this.txAt];
      this.txAt = (this.txAt + 1) % LINK_TX_BYTES;
      this.txCount--;
      this.txBytes++;
      this.history = Math.imul(this.history ^ byte ^ 256, 0x01000193);
      const times = this.copies();
      for (let copy = 0; copy < times; copy++) this.outbound[this.outboundCount++] = this.flipped(byte);
    }
  }

  quiet(): number {
    if (this.rxCount > 0 || this.txCount > 0 || this.outboundCount > 0) return 0;
    if (this.faults.on[FAULT_LINK_BABBLE]) return 0;
    return this.inboundCount > 0 ? this.inboundDue[this.inboundAt] - this.time.tick - 1 : Infinity;
  }

  private enqueue(byte: number): void {
    if (this.inboundCount >= AIR_BYTES) {
      this.overflows++;
      return;
    }
    const delay = this.faults.on[FAULT_LINK_DELAY] ? this.faults.parameter[FAULT_LINK_DELAY] : 0;
    if (delay > 0) this.faults.acted(FAULT_LINK_DELAY);
    const slot = (this.inboundAt + this.inboundCount) % AIR_BYTES;
    const before = (slot + AIR_BYTES - 1) % AIR_BYTES;
    // Bytes keep their order when a delay ends: a byte never arrives before the one sent before it.
    const least = this.inboundCount > 0 ? this.inboundDue[before] : 0;
    this.inbound[slot] = byte;
    this.inboundDue[slot] = Math.max(least, this.time.tick + delay);
    this.inboundCount++;
  }

  private deliver(byte: number): void {
    if (this.rxCount >= LINK_RX_BYTES) {
      this.overflows++;
      return;
    }
    this.rx[(this.rxAt + this.rxCount) % LINK_RX_BYTES] = byte;
    this.rxCount++;
    this.rxBytes++;
    this.history = Math.imul(this.history ^ byte, 0x01000193);
  }

  /** The number of copies of a byte that arrive: 0, 1 or 2. */
  private copies(): number {
    if (this.hit(FAULT_LINK_DROP)) return 0;
    return this.hit(FAULT_LINK_DUPLICATE) ? 2 : 1;
  }

  private flipped(byte: number): number {
    return this.hit(FAULT_LINK_FLIP) ? byte ^ (1 << (this.chance.bits() & 7)) : byte;
  }

  private hit(fault: number): boolean {
    if (!this.faults.on[fault] || this.chance.fraction() >= this.faults.parameter[fault]) return false;
    this.faults.acted(fault);
    return true;
  }
}
