// Orders that are carried out after a memory fault (LNK-3). From then on no record is written, and the acknowledgement of the
// fault restarts the controller. A programmer that had no answer repeats its order after the restart, and one act of a person
// must not be carried out twice. So the last such order of each pairing is marked in the non-volatile memory by itself:
//
//   kind u8 | outcome u8 | sequence u16 | CRC-16 of its text | CRC-16 of these
//
// The numbers come from the frame that was authenticated in the same tick. After a restart the marks are entered in usage.ts,
// which knows the last command of each pairing and so a repeat. A mark that a power cut left unfinished does not count.
//
// Invariant: a mark lies in the place of its pairing, between the records of the chart and of the program.

import { Hal } from "../hal/hal";
import { PAIRINGS } from "../hal/telemetry";
import { readU16, writeU16 } from "./bytes";
import { crc16 } from "./crc";
import { ORDERS_AT, ORDER_BYTES } from "./layout";
import { Session } from "./session";
import { Usage } from "./usage";

const OUTCOME_AT: i32 = 1;
const SEQUENCE_AT: i32 = 2;
const TEXT_CRC_AT: i32 = 4;
const CRC_AT: i32 = 6;

export class FaultOrders {
  hal: Hal;
  session: Session;
  usage: Usage;
  /** The mark being written or read. */
  mark: Uint8Array = new Uint8Array(ORDER_BYTES);

  constructor(hal: Hal, session: Session, usage: Usage) {
    this.hal = hal;
    this.session = session;
    this.usage = usage;
  }

  /** Marks the order that was carried out in this tick, if there was one. */
  write(): void {
    const session: Session = this.session;
    if (!session.hasCommand || !session.pairing.isIntact()) return;
    const pairing: i32 = session.pairing.get();
    const kind: i32 = session.kind();
    const sequence: i32 = session.sequence();
    if (!this.usage.isRepeat(pairing, kind, sequence, session.textCrc)) return;
    this.mark[0] = kind as u8;
    this.mark[OUTCOME_AT] = this.usage.lastOutcome.get(pairing) as u8;
    writeU16(this.mark, SEQUENCE_AT, sequence);
    writeU16(this.mark, TEXT_CRC_AT, session.textCrc);
    writeU16(this.mark, CRC_AT, crc16(this.mark, 0, CRC_AT));
    this.put(pairing);
  }

  /** Enters the marks in `usage`. True when there was one. */
  load(): bool {
    let found: bool = false;
    for (let pairing: i32 = 0; pairing < PAIRINGS; pairing = (pairing + 1) | 0) {
      for (let i: i32 = 0; i < ORDER_BYTES; i = (i + 1) | 0) {
        this.mark[i] = this.hal.nvm.read((addressOf(pairing) + i) | 0) as u8;
      }
      const kind: i32 = this.mark[0];
      if (kind == 0 || readU16(this.mark, CRC_AT) != crc16(this.mark, 0, CRC_AT)) continue;
      const outcome: i32 = this.mark[OUTCOME_AT];
      const textCrc: i32 = readU16(this.mark, TEXT_CRC_AT);
      this.usage.rememberCommand(pairing, kind, readU16(this.mark, SEQUENCE_AT), textCrc, outcome);
      found = true;
    }
    return found;
  }

  /** Erases the marks. Call it when the chart that holds them now has been written. */
  clear(): void {
    for (let i: i32 = 0; i < ORDER_BYTES; i = (i + 1) | 0) this.mark[i] = 0;
    for (let pairing: i32 = 0; pairing < PAIRINGS; pairing = (pairing + 1) | 0) {
      if (this.hal.nvm.read(addressOf(pairing)) != 0) this.put(pairing);
    }
  }

  private put(pairing: i32): void {
    for (let i: i32 = 0; i < ORDER_BYTES; i = (i + 1) | 0) {
      const byte: i32 = this.mark[i];
      this.hal.nvm.write((addressOf(pairing) + i) | 0, byte);
    }
  }
}

function addressOf(pairing: i32): i32 {
  return (ORDERS_AT + ((pairing * ORDER_BYTES) | 0)) | 0;
}
