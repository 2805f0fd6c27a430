// The record of what people and alarms change: the pump's life and its dates, the alarms, the commands carried out last, the
// patient's requests, what was read of the log, the lockout, an armed bridge, the last restarts and the sessions. The store writes it at the end
// of a tick that changed one of them. It writes the chart after all other records, because the chart says that a command was
// accepted.

import { LIFE_EXPLANTED, LIFE_SHELF, PAIRINGS } from "../hal/telemetry";
import { RECORD_CHART } from "./layout";
import { Life } from "./life";
import { Pump } from "./pump";
import { Records } from "./records";
import { Therapy } from "./therapy";
import { Usage } from "./usage";

export class Chart {
  pump: Pump;
  records: Records;

  constructor(pump: Pump, records: Records) {
    this.pump = pump;
    this.records = records;
    records.begin();
    this.list();
    records.measure(RECORD_CHART);
  }

  write(): void {
    this.records.begin();
    this.list();
    this.records.write(RECORD_CHART, true);
  }

  /** False when neither slot is intact. */
  load(): bool {
    if (!this.records.load(RECORD_CHART)) return false;
    this.records.repair(RECORD_CHART);
    this.list();
    const life: Life = this.pump.life;
    if (life.state.get() > LIFE_EXPLANTED) life.state.set(LIFE_SHELF);
    this.pump.alarms.restore(this.pump.alarms.active.get());
    return true;
  }

  private list(): void {
    const pump: Pump = this.pump;
    const records: Records = this.records;
    const life: Life = pump.life;
    const usage: Usage = pump.usage;
    const therapy: Therapy = pump.therapy;
    records.u8(life.state);
    records.u16(life.catheter_mm);
    records.u32(life.catheter_nl);
    records.u32(life.implantMinute);
    records.flag(life.hasRun);
    records.u32(life.firstRunMinute);
    records.u32(life.refillMinute);
    records.flags(life.eriFound, life.eosFound);
    records.u32(life.eriMinute);
    records.u32(pump.alarms.active);
    for (let i: i32 = 0; i < PAIRINGS; i = (i + 1) | 0) {
      records.u8At(usage.lastKind, i);
      records.u16At(usage.lastSequence, i);
      records.u16At(usage.lastCrc, i);
      records.u8At(usage.lastOutcome, i);
    }
    records.u16(usage.requests);
    records.u16(usage.granted);
    records.u16s(usage.denied);
    records.u32s(pump.log.read);
    records.flag(therapy.patientBolus.hasStarted);
    records.u32(therapy.patientBolus.lastStart);
    records.u8(therapy.patientBolus.startsCount);
    records.u8(therapy.patientBolus.oldestStart);
    records.u32s(therapy.patientBolus.starts);
    records.u32(therapy.bridge.armedPulses);
    records.u32(therapy.bridge.armedConcentration);
    records.u32(therapy.bridge.armedUntil);
    records.u32s(pump.restarts.minutes);
    records.u8(pump.restarts.count);
    records.u8(pump.restarts.next);
    records.flag(pump.restarts.marked);
    records.u8(pump.restarts.inPulse);
    records.u32(pump.restarts.restFrom);
    records.u32(pump.session.issued);
    records.u8(pump.session.nextPairings);
  }
}
