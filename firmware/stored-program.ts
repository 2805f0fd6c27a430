// The stored program in force: the bytes as they were committed, and two things that the commit made and the bytes alone do not
// say. They are the limits in force (LIM-5) and the 24-hour total with which the next commit is compared (LIM-8). The store
// writes it when a program is committed, and loads it at boot.

import { OUTCOME_ACCEPTED } from "../hal/telemetry";
import { EVENT_STORE_REPAIRED } from "../hal/trace";
import { RECORD_PROGRAM } from "./layout";
import { Pump } from "./pump";
import { checkRecord } from "./record-check";
import { Records } from "./records";

export class StoredProgram {
  pump: Pump;
  records: Records;
  record: Uint8Array;

  /** `record`: where the bytes of the program in force lie. */
  constructor(pump: Pump, records: Records, record: Uint8Array) {
    this.pump = pump;
    this.records = records;
    this.record = record;
    records.begin();
    this.listRecord();
    this.listDerived();
    records.measure(RECORD_PROGRAM);
  }

  write(): void {
    this.records.begin();
    this.listRecord();
    this.listDerived();
    this.records.write(RECORD_PROGRAM, true);
  }

  /** Puts the stored program in force. False when neither slot is intact or this build cannot run it. */
  load(): bool {
    if (!this.repair()) return false;
    this.listRecord();
    if (checkRecord(this.record) != OUTCOME_ACCEPTED) return false;
    // First comes what follows from the bytes, and then what the commit made of it.
    this.pump.program.adopt(this.record);
    this.listDerived();
    // Derived limits that the commit widened for a day are derived anew when that day is over.
    if (this.pump.program.selfLimited.isSet() && !this.pump.limiter.widened.isSet()) this.pump.program.deriveLimits();
    return true;
  }

  /** Makes the record ready to read, and both slots alike. False when neither is intact. */
  repair(): bool {
    if (!this.records.load(RECORD_PROGRAM)) return false;
    if (this.records.repair(RECORD_PROGRAM)) this.pump.log.event(EVENT_STORE_REPAIRED, RECORD_PROGRAM, 0, 0);
    return true;
  }

  private listRecord(): void {
    this.records.bytes(this.record);
  }

  private listDerived(): void {
    this.records.u32s(this.pump.program.limitPulses);
    this.records.u32(this.pump.program.lastTotal);
  }
}
