// The two records that change with time and the rotor. `ledger` is written with each step of the rotor, and with each order
// that therapy carries out. It holds the counts of pulses, the estimate of the reservoir, the state of therapy and the position
// of the windows' ring. `time` is written each minute and holds only the first fields of the ledger. After a restart, the later
// of the two says how much time the controller has watched, and how much of the next pulse has gathered. So a reset loses at
// most one minute of that (THR-9).

import { RECORD_LEDGER, RECORD_TIME } from "./layout";
import { Pump } from "./pump";
import { Records } from "./records";
import { Therapy } from "./therapy";
import { Twin } from "./twin";
import { WindowRing } from "./window-ring";

const FLAG_RUNNING: i32 = 1;
const FLAG_HAS_RUN: i32 = 2;
const FLAG_LIMITED: i32 = 4;
const FLAG_GUARD_DUE: i32 = 8;
const FLAG_WIDENED: i32 = 16;

export class Ledger {
  pump: Pump;
  records: Records;
  /**
   * The fields of the program, copied here for a write: FLAG_ bits of therapy, and what basal has gathered and owes. 0
   * between two writes.
   */
  flags: Twin;
  accumulator: Twin;
  owed: Twin;
  doseBegan: Twin;
  doseAccumulator: Twin;

  constructor(pump: Pump, records: Records) {
    this.pump = pump;
    this.records = records;
    this.flags = new Twin(pump.memory, 0);
    this.accumulator = new Twin(pump.memory, 0);
    this.owed = new Twin(pump.memory, 0);
    this.doseBegan = new Twin(pump.memory, 0);
    this.doseAccumulator = new Twin(pump.memory, 0);
    records.begin();
    this.listTime();
    records.measure(RECORD_TIME);
    records.begin();
    this.list();
    records.measure(RECORD_LEDGER);
  }

  /** Copies the present state of therapy and basal for the next write of the ledger. */
  noteTherapy(): void {
    const therapy: Therapy = this.pump.therapy;
    this.flags.set(
      (therapy.running.isSet() ? FLAG_RUNNING : 0) |
        (therapy.hasRun.isSet() ? FLAG_HAS_RUN : 0) |
        (therapy.limited.isSet() ? FLAG_LIMITED : 0) |
        (this.pump.limiter.guardDue.isSet() ? FLAG_GUARD_DUE : 0) |
        (this.pump.limiter.widened.isSet() ? FLAG_WIDENED : 0),
    );
    this.accumulator.set(therapy.basal.accumulator.get());
    this.owed.set(therapy.basal.owed.get());
    this.doseBegan.set(therapy.basal.doses.began.get());
    this.doseAccumulator.set(therapy.basal.doses.accumulator.get());
  }

  /** Writes the ledger, with the state of therapy and basal that was noted last. */
  write(both: bool): void {
    this.records.begin();
    this.list();
    this.records.write(RECORD_LEDGER, both);
    this.clearNotes();
  }

  /** Writes the record of time, with the present state of therapy. */
  writeTime(): void {
    this.noteTherapy();
    this.records.begin();
    this.listTime();
    this.records.write(RECORD_TIME, false);
    this.clearNotes();
  }

  /** Restores all that both records hold. False, and nothing is changed, when neither slot of the ledger is intact. */
  load(): bool {
    const pump: Pump = this.pump;
    if (!this.records.load(RECORD_LEDGER)) return false;
    // Both slots are made good before either is written again, so that a second power cut cannot damage the only good one.
    this.records.repair(RECORD_LEDGER);
    this.list();
    const ring: WindowRing = pump.limiter.ring;
    const head: i32 = ring.current.get();
    this.loadTime();
    // The bucket that the ledger counted is complete when the time record fills another one.
    const count: i32 = ring.current.get() == head ? ring.currentCount.get() : 0;
    ring.bootAt(ring.current.get(), ring.bucketTicks.get(), count, ring.known.get());
    const flags: i32 = this.flags.get();
    pump.therapy.running.setFlag((flags & FLAG_RUNNING) != 0);
    pump.therapy.hasRun.setFlag((flags & FLAG_HAS_RUN) != 0);
    pump.therapy.limited.setFlag((flags & FLAG_LIMITED) != 0);
    pump.limiter.guardDue.setFlag((flags & FLAG_GUARD_DUE) != 0);
    pump.limiter.widened.setFlag((flags & FLAG_WIDENED) != 0);
    return true;
  }

  /** Restores the loaded fields of basal. Call it when the program is in force. */
  restoreBasal(): void {
    this.pump.therapy.basal.restore(
      this.accumulator.get(),
      this.owed.get(),
      this.doseBegan.get(),
      this.doseAccumulator.get(),
    );
    this.clearNotes();
  }

  private clearNotes(): void {
    this.flags.set(0);
    this.accumulator.set(0);
    this.owed.set(0);
    this.doseBegan.set(0);
    this.doseAccumulator.set(0);
  }

  /** Restores the fields of the time record when it is later than the ledger that was just read. */
  private loadTime(): void {
    const minute: i32 = this.pump.clock.minute.get();
    const now: i32 = this.pump.clock.now.get();
    if (!this.records.load(RECORD_TIME)) return;
    this.listTime();
    // Minutes are compared first, because ticks wrap and a pump may have stood still since the ledger was written.
    const minutes: i32 = (this.pump.clock.minute.get() - minute) | 0;
    if (minutes > 0 || (minutes == 0 && ((this.pump.clock.now.get() - now) | 0) > 0)) return;
    if (this.records.load(RECORD_LEDGER)) this.list();
  }

  /** The fields of four bytes come first, and the others fill whole words: `list` goes on at the beginning of one. */
  private listTime(): void {
    const pump: Pump = this.pump;
    const records: Records = this.records;
    records.u32(pump.clock.now);
    records.u32(pump.clock.minute);
    records.u32(pump.limiter.ring.current);
    records.u32(this.accumulator);
    records.u32(this.doseBegan);
    records.u32(this.doseAccumulator);
    records.u16(pump.clock.tickOfMinute);
    records.u16(pump.limiter.ring.bucketTicks);
    records.u16(pump.therapy.stillMinutes);
    records.u8(pump.therapy.stoppedEdges);
    records.u8(this.owed);
  }

  private list(): void {
    const pump: Pump = this.pump;
    const therapy: Therapy = pump.therapy;
    const records: Records = this.records;
    this.listTime();
    records.u32(pump.limiter.ring.known);
    records.u32(pump.motor.motion);
    records.u32(pump.motor.pulsesTotal);
    records.u32(pump.motor.missedTotal);
    records.u32(pump.reservoir.estimate);
    records.u32(pump.reservoir.filled);
    records.u32(pump.reservoir.lowestAverage);
    records.u32(therapy.bolus.given);
    records.u32(therapy.bridge.left);
    records.u32(therapy.bridge.pulses);
    records.u32(therapy.bridge.oldConcentration);
    records.u32(therapy.bridge.oldRate);
    records.u32(pump.limiter.allowance);
    records.u32(pump.limiter.clockRoom);
    records.u32(pump.limiter.allowanceUntil);
    records.u32(pump.limiter.singleBolusPulses);
    records.u32(pump.limiter.lateUntil);
    records.u32s(pump.log.sequence);
    records.u8(pump.limiter.ring.currentCount);
    records.flag(pump.motor.inFlight);
    records.u8(this.flags);
    records.u8(therapy.bolus.cause);
    records.u8(therapy.cause);
    records.u8(pump.limiter.lateRoom);
  }
}
