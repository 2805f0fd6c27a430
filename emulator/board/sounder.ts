// The piezo sounder: it holds a tone pattern and counts for how many ticks it was driven. A dead sounder holds the pattern, but
// is silent, and its transducer does not answer. The back doors are `tone` and `healthy`.

import { SounderPort, TONE_OFF } from "../../hal/sounder";
import { FAULT_SOUNDER_DEAD, FaultLedger } from "../fault-ledger";
import { Shown } from "./shown";
import { BoardTime } from "./time";

export class VirtualSounder extends SounderPort {
  time: BoardTime;
  faults: FaultLedger;
  tone: i32 = TONE_OFF;
  since: f64 = 0;
  soundedTicks: f64 = 0;
  healthy: bool = true;
  shown: Shown = new Shown();

  constructor(time: BoardTime, faults: FaultLedger) {
    super();
    this.time = time;
    this.faults = faults;
  }

  setTone(tone: i32): void {
    if (this.tone !== TONE_OFF) this.soundedTicks += this.time.tick - this.since;
    if (this.tone !== tone) this.shown.any = true;
    this.tone = tone;
    this.since = this.time.tick;
    if (tone !== TONE_OFF && this.isDead()) this.faults.acted(FAULT_SOUNDER_DEAD);
  }

  responds(): bool {
    if (!this.isDead()) return this.healthy;
    this.faults.acted(FAULT_SOUNDER_DEAD);
    return false;
  }

  /** The TONE_ pattern that can be heard. */
  heard(): i32 {
    return this.isDead() ? TONE_OFF : this.tone;
  }

  /** Ticks for which it was driven so far; this costs charge, also when nothing is heard. */
  toneTicks(): f64 {
    return this.soundedTicks + (this.tone === TONE_OFF ? 0 : this.time.tick - this.since);
  }

  private isDead(): bool {
    return this.faults.isOn(FAULT_SOUNDER_DEAD);
  }
}
