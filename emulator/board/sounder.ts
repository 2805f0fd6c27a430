// The piezo sounder: it holds a tone pattern and counts for how many ticks it sounded. The back door is `tone` and `healthy`.

import { SounderPort, TONE_OFF } from "../../hal/sounder";
import { BoardTime } from "./time";

export class VirtualSounder extends SounderPort {
  time: BoardTime;
  tone: number = TONE_OFF;
  since = 0;
  soundedTicks = 0;
  healthy = true;

  constructor(time: BoardTime) {
    super();
    this.time = time;
  }

  setTone(tone: number): void {
    if (this.tone !== TONE_OFF) this.soundedTicks += this.time.tick - this.since;
    this.tone = tone;
    this.since = this.time.tick;
  }

  responds(): boolean {
    return this.healthy;
  }

  /** Ticks that it has sounded so far. */
  toneTicks(): number {
    return this.soundedTicks + (this.tone === TONE_OFF ? 0 : this.time.tick - this.since);
  }
}
