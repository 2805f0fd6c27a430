// The telemetry transceiver: a receive FIFO, a transmit FIFO, the air between them and the other end, and the head line.
// The back door is the other end: `arrive(byte)` puts a byte on the air to the pump, `depart()` takes one that the pump
// sent. What the pump sends is on the air for one tick and lost if nobody takes it. The link's faults act on the air.

import { LINK_BYTES_PER_TICK, LINK_RX_BYTES, LINK_TX_BYTES, LinkPort } from "../../hal/link";
import {
  FAULT_LINK_BABBLE,
  FAULT_LINK_DELAY,
  FAULT_LINK_DROP,
  FAULT_LINK_DUPLICATE,
  FAULT_LINK_FLIP,
  type FaultLedger,
} from "../faults";
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
  /** On the way to the pump: byte and the tick at which it arrives. */
  inbound: Uint8Array = new Uint8Array(AIR_BYTES);
  inboundDue: Float64Array = new Float64Array(AIR_BYTES);
  inboundAt = 0;
  inboundCount = 0;
  /** What the pump put on the air in the last tick; a doubled byte makes it at most twice the line's width. */
  outbound: Uint8Array = new Uint8Array(2 * LINK_BYTES_PER_TICK);
  outboundAt = 0;
  outboundCount = 0;
  /** Bytes that reached the pump, that it sent, and that found no room. */
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

  /** A byte for the pump, from whoever is at the other end. */
  arrive(byte: number): void {
    const times = this.spoilt();
    for (let i = 0; i < times; i++) this.fly(this.bent(byte));
  }

  /** The next byte that the pump put on the air in the last tick, or -1. */
  depart(): number {
    if (this.outboundAt >= this.outboundCount) return -1;
    return this.outbound[this.outboundAt++];
  }

  /** Before the controller's tick: what is due reaches the FIFO. */
  step(): void {
    if (this.faults.on[FAULT_LINK_BABBLE] && this.chance.fraction() < this.faults.parameter[FAULT_LINK_BABBLE]) {
      this.faults.acted(FAULT_LINK_BABBLE);
      this.reach(this.chance.bits() & 255);
    }
    while (this.inboundCount > 0 && this.inboundDue[this.inboundAt] <= this.time.tick) {
      this.reach(this.inbound[this.inboundAt]);
      this.inboundAt = (this.inboundAt + 1) % AIR_BYTES;
      this.inboundCount--;
    }
  }

  /** After the controller's tick: what it sent goes on the air, as much as the line carries. */
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
      const times = this.spoilt();
      for (let copy = 0; copy < times; copy++) this.outbound[this.outboundCount++] = this.bent(byte);
    }
  }

  quiet(): number {
    if (this.rxCount > 0 || this.txCount > 0 || this.outboundCount > 0) return 0;
    if (this.faults.on[FAULT_LINK_BABBLE]) return 0;
    return this.inboundCount > 0 ? this.inboundDue[this.inboundAt] - this.time.tick - 1 : Infinity;
  }

  private fly(byte: number): void {
    if (this.inboundCount >= AIR_BYTES) {
      this.overflows++;
      return;
    }
    const delay = this.faults.on[FAULT_LINK_DELAY] ? this.faults.parameter[FAULT_LINK_DELAY] : 0;
    if (delay > 0) this.faults.acted(FAULT_LINK_DELAY);
    const slot = (this.inboundAt + this.inboundCount) % AIR_BYTES;
    const before = (slot + AIR_BYTES - 1) % AIR_BYTES;
    // Bytes keep their order when a delay ends: none overtakes the one before it.
    const least = this.inboundCount > 0 ? this.inboundDue[before] : 0;
    this.inbound[slot] = byte;
    this.inboundDue[slot] = Math.max(least, this.time.tick + delay);
    this.inboundCount++;
  }

  private reach(byte: number): void {
    if (this.rxCount >= LINK_RX_BYTES) {
      this.overflows++;
      return;
    }
    this.rx[(this.rxAt + this.rxCount) % LINK_RX_BYTES] = byte;
    this.rxCount++;
    this.rxBytes++;
    this.history = Math.imul(this.history ^ byte, 0x01000193);
  }

  /** How many copies of a byte come through. */
  private spoilt(): number {
    if (this.hit(FAULT_LINK_DROP)) return 0;
    return this.hit(FAULT_LINK_DUPLICATE) ? 2 : 1;
  }

  private bent(byte: number): number {
    return this.hit(FAULT_LINK_FLIP) ? byte ^ (1 << (this.chance.bits() & 7)) : byte;
  }

  private hit(fault: number): boolean {
    if (!this.faults.on[fault] || this.chance.fraction() >= this.faults.parameter[fault]) return false;
    this.faults.acted(fault);
    return true;
  }
}
