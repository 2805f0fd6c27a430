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
import { Shown } from "./shown";
import { BoardTime } from "./time";

/** Bytes that a delay can hold: 4,096 is 0.35 s of a full line. */
const AIR_BYTES = 4096;

export class VirtualLink extends LinkPort {
  time: BoardTime;
  faults: FaultLedger;
  chance: RandomStream;
  shown: Shown = new Shown();
  /** The programming head lies over the pump. */
  programmingHead: bool = false;
  rx: Uint8Array = new Uint8Array(LINK_RX_BYTES);
  rxAt: i32 = 0;
  rxCount: i32 = 0;
  tx: Uint8Array = new Uint8Array(LINK_TX_BYTES);
  txAt: i32 = 0;
  txCount: i32 = 0;
  /** Bytes on the way to the pump, and the tick at which each arrives. */
  inbound: Uint8Array = new Uint8Array(AIR_BYTES);
  inboundDue: Float64Array = new Float64Array(AIR_BYTES);
  inboundAt: i32 = 0;
  inboundCount: i32 = 0;
  /**
   * The bytes that the pump put on the air in the last tick. A fault can double them, so there is room for twice the line's
   * width.
   */
  outbound: Uint8Array = new Uint8Array(2 * LINK_BYTES_PER_TICK);
  outboundAt: i32 = 0;
  outboundCount: i32 = 0;
  /** Counts of bytes: received by the pump, sent by it, and lost because a FIFO was full. */
  rxBytes: f64 = 0;
  txBytes: f64 = 0;
  overflows: f64 = 0;
  /** FNV-1a over every byte that the pump received or sent, for the fingerprint. */
  history: i32 = 0x811c9dc5 | 0;

  constructor(time: BoardTime, faults: FaultLedger, seed: i32) {
    super();
    this.time = time;
    this.faults = faults;
    this.chance = new RandomStream(seed, "link");
  }

  receive(): i32 {
    if (this.rxCount === 0) return -1;
    const byte = this.rx[this.rxAt];
    this.rxAt = (this.rxAt + 1) % LINK_RX_BYTES;
    this.rxCount--;
    return byte;
  }

  send(byte: i32): bool {
    if (this.txCount >= LINK_TX_BYTES) return false;
    this.tx[(this.txAt + this.txCount) % LINK_TX_BYTES] = byte as u8;
    this.txCount++;
    return true;
  }

  headPresent(): bool {
    return this.programmingHead;
  }

  /** Byte `index` of those that the controller has not taken yet, from the oldest; it stays where it is. -1: none. */
  peek(index: i32): i32 {
    return index < this.rxCount ? (this.rx[(this.rxAt + index) % LINK_RX_BYTES] as i32) : -1;
  }

  /** The number of bytes that `send` would take now. */
  room(): i32 {
    return LINK_TX_BYTES - this.txCount;
  }

  /** Puts a byte for the pump on the air. */
  arrive(byte: i32): void {
    const times = this.copies();
    for (let i = 0; i < times; i++) this.enqueue(this.flipped(byte));
  }

  /** Takes the next byte that the pump put on the air in the last tick; -1 when there is none. */
  depart(): i32 {
    if (this.outboundAt >= this.outboundCount) return -1;
    return this.outbound[this.outboundAt++];
  }

  /** Before the controller's tick: bytes that are due go into the receive FIFO. */
  step(): void {
    if (this.faults.isOn(FAULT_LINK_BABBLE) && this.chance.fraction() < this.faults.parameter[FAULT_LINK_BABBLE]) {
      this.faults.acted(FAULT_LINK_BABBLE);
      this.deliver(this.chance.word() & 255);
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
    const bytes = this.txCount < LINK_BYTES_PER_TICK ? this.txCount : LINK_BYTES_PER_TICK;
    for (let i = 0; i < bytes; i++) {
      const byte: i32 = this.tx[this.txAt];
      this.txAt = (this.txAt + 1) % LINK_TX_BYTES;
      this.txCount--;
      this.txBytes++;
      this.shown.any = true;
      this.history = Math.imul(this.history ^ byte ^ 256, 0x01000193) as i32;
      const times = this.copies();
      for (let copy = 0; copy < times; copy++) this.outbound[this.outboundCount++] = this.flipped(byte) as u8;
    }
  }

  quiet(): f64 {
    if (this.rxCount > 0 || this.txCount > 0 || this.outboundCount > 0) return 0;
    if (this.faults.isOn(FAULT_LINK_BABBLE)) return 0;
    return this.inboundCount > 0 ? this.inboundDue[this.inboundAt] - this.time.tick - 1 : Infinity;
  }

  private enqueue(byte: i32): void {
    if (this.inboundCount >= AIR_BYTES) {
      this.overflows++;
      return;
    }
    const delay: f64 = this.faults.isOn(FAULT_LINK_DELAY) ? this.faults.parameter[FAULT_LINK_DELAY] : 0;
    if (delay > 0) this.faults.acted(FAULT_LINK_DELAY);
    const slot = (this.inboundAt + this.inboundCount) % AIR_BYTES;
    const before = (slot + AIR_BYTES - 1) % AIR_BYTES;
    // Bytes keep their order when a delay ends: a byte never arrives before the one sent before it.
    const least: f64 = this.inboundCount > 0 ? this.inboundDue[before] : 0;
    this.inbound[slot] = byte as u8;
    this.inboundDue[slot] = Math.max(least, this.time.tick + delay);
    this.inboundCount++;
  }

  /** Puts a byte into the receive FIFO, or loses it when that is full. */
  protected deliver(byte: i32): void {
    if (this.rxCount >= LINK_RX_BYTES) {
      this.overflows++;
      return;
    }
    this.rx[(this.rxAt + this.rxCount) % LINK_RX_BYTES] = byte as u8;
    this.rxCount++;
    this.rxBytes++;
    this.shown.any = true;
    this.history = Math.imul(this.history ^ byte, 0x01000193) as i32;
  }

  /** The number of copies of a byte that arrive: 0, 1 or 2. */
  private copies(): i32 {
    if (this.hit(FAULT_LINK_DROP)) return 0;
    return this.hit(FAULT_LINK_DUPLICATE) ? 2 : 1;
  }

  private flipped(byte: i32): i32 {
    return this.hit(FAULT_LINK_FLIP) ? byte ^ (1 << (this.chance.word() & 7)) : byte;
  }

  private hit(fault: i32): bool {
    if (!this.faults.isOn(fault) || this.chance.fraction() >= this.faults.parameter[fault]) return false;
    this.faults.acted(fault);
    return true;
  }
}
