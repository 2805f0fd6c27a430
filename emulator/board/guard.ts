// The dose guard: a separate part of the board with a rotor sensor, a clock and a switch in the motor supply of its own. It
// keeps the times of the last 4,000 steps. It opens its switch when more steps fall into one hour than its register allows, or
// when two steps come closer together than GUARD_SPACING_TICKS. The hour is exact to the tick. No public pump documents
// such a part, so its numbers are choices of this project (LIM-7). The back door is `see`, which tells it of a step.

import { GUARD_PULSES_PER_HOUR_MAX, GUARD_SPACING_TICKS, GuardPort } from "../../hal/guard";
import { TICKS_PER_HOUR } from "../../hal/units";
import { FAULT_GUARD_DEAD, FaultLedger } from "../fault-ledger";
import { VirtualLink } from "./link";
import { Shown } from "./shown";
import { BoardTime } from "./time";

/** One more than the register can hold, so that the step that is one too many finds the one an hour before it. */
const STEPS = GUARD_PULSES_PER_HOUR_MAX + 1;
const LONG_AGO: f64 = -1e9;

export class VirtualGuard extends GuardPort {
  time: BoardTime;
  link: VirtualLink;
  faults: FaultLedger;
  shown: Shown = new Shown();
  register: i32 = GUARD_PULSES_PER_HOUR_MAX;
  open: bool = false;
  /** Ticks of the last steps, a ring; `at` is the next to write. */
  steps: Float64Array = new Float64Array(STEPS).fill(LONG_AGO);
  at: i32 = 0;

  constructor(time: BoardTime, link: VirtualLink, faults: FaultLedger) {
    super();
    this.time = time;
    this.link = link;
    this.faults = faults;
  }

  setLimit(pulsesPerHour: i32): bool {
    const limit = pulsesPerHour | 0;
    if (!this.link.headPresent() || limit < 1 || limit > GUARD_PULSES_PER_HOUR_MAX) return false;
    this.register = limit;
    this.shown.any = true;
    return true;
  }

  limit(): i32 {
    return this.register;
  }

  tripped(): bool {
    return this.open;
  }

  rearm(): bool {
    if (!this.link.headPresent()) return false;
    this.open = false;
    this.shown.any = true;
    return true;
  }

  /** The rotor turned by one step, either way, in this tick. */
  see(): void {
    const now = this.time.tick;
    const last = this.steps[(this.at + STEPS - 1) % STEPS];
    // Of register + 1 steps, this one included, the first must lie an hour back.
    const first = this.steps[(this.at + STEPS - this.register) % STEPS];
    this.steps[this.at] = now;
    this.at = (this.at + 1) % STEPS;
    if (now - last >= GUARD_SPACING_TICKS && now - first >= TICKS_PER_HOUR) return;
    if (this.faults.isOn(FAULT_GUARD_DEAD)) this.faults.acted(FAULT_GUARD_DEAD);
    else this.open = true;
  }
}
