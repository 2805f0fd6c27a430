// The record of what the pump head gave, and when: a plain list of the ticks in which the rotor turned forward, with the sum of
// its steps and of its volume up to each of them. The volume is that of the world, in nL, so a worn head shows in it. Fluid
// that a backward step draws in is subtracted from the last volume. A flow without steps makes one entry in ten seconds.
// Entries that are older than the longest window are dropped. The monitors of the dose windows read it.

import { TICKS_PER_DAY, TICKS_PER_SECOND } from "../../hal/units";
import { plainCopy } from "./plain-copy";

/** The longest dose window. */
const KEPT_TICKS = 7 * TICKS_PER_DAY;
/** The list is cut when it has this many entries that no window can hold, because each cut copies what stays. */
const CUT_ENTRIES = 4096;
const FLOW_TICKS = 10 * TICKS_PER_SECOND;
/** Four windows of a program, and the hour and the day. */
const GUESSES = 6;

/** The list as plain values, which are saved with a run. */
export interface SavedHeadLog {
  ticks: number[];
  steps: number[];
  volumes_nl: number[];
  /** The sums before the first entry. */
  stepsBefore: number;
  before_nl: number;
}

export class HeadLog {
  /** The last answers of `countUntil`, which save a search: at least one for each window that is asked about. */
  private readonly guesses = new Int32Array(GUESSES);
  private nextGuess = 0;
  private list: SavedHeadLog = { ticks: [], steps: [], volumes_nl: [], stepsBefore: 0, before_nl: 0 };

  /** All the volume so far, nL. */
  get total_nl(): number {
    const { volumes_nl, before_nl } = this.list;
    return volumes_nl.length > 0 ? volumes_nl[volumes_nl.length - 1] : before_nl;
  }

  /** In tick `tick`, later than all before, the rotor made `steps` (0 or more forward) and `volume_nl` passed, signed. */
  add(tick: number, steps: number, volume_nl: number): void {
    const { ticks, steps: sums, volumes_nl, stepsBefore, before_nl } = this.list;
    const last = ticks.length - 1;
    const flows = steps === 0 && last > 0 && sums[last] === sums[last - 1] && tick - ticks[last - 1] < FLOW_TICKS;
    if (flows) {
      ticks.pop();
      sums.pop();
      volume_nl += volumes_nl.pop()! - volumes_nl[last - 1];
    }
    const total_nl = Math.max(before_nl, this.total_nl + volume_nl);
    for (let i = volumes_nl.length - 1; i >= 0 && volumes_nl[i] > total_nl; i--) volumes_nl[i] = total_nl;
    ticks.push(tick);
    sums.push((sums.length > 0 ? sums[sums.length - 1] : stepsBefore) + steps);
    volumes_nl.push(total_nl);
    if (ticks.length > CUT_ENTRIES && ticks[CUT_ENTRIES] <= tick - KEPT_TICKS) this.cut(tick - KEPT_TICKS);
  }

  /** Forward steps later than tick `from`. */
  stepsSince(from: number): number {
    const { steps, stepsBefore } = this.list;
    const at = this.countUntil(from);
    const all = steps.length > 0 ? steps[steps.length - 1] : stepsBefore;
    return all - (at > 0 ? steps[at - 1] : stepsBefore);
  }

  /** Volume later than tick `from`, nL. */
  volumeSince_nl(from: number): number {
    const { volumes_nl, before_nl } = this.list;
    const at = this.countUntil(from);
    return this.total_nl - (at > 0 ? volumes_nl[at - 1] : before_nl);
  }

  /** Calls `visit` with the tick and the steps of each entry later than `from`, from the oldest on. */
  visit(from: number, visit: (tick: number, steps: number) => void): void {
    const { ticks, steps, stepsBefore } = this.list;
    for (let i = this.countUntil(from); i < ticks.length; i++) {
      visit(ticks[i], steps[i] - (i > 0 ? steps[i - 1] : stepsBefore));
    }
  }

  save(): SavedHeadLog {
    return plainCopy(this.list);
  }

  restore(saved: SavedHeadLog): void {
    this.list = plainCopy(saved);
  }

  /**
   * How many entries are not later than `from`. The windows that are asked about move on, so the answer is most often that of
   * the last question for about the same time, or a little more.
   */
  private countUntil(from: number): number {
    const { ticks } = this.list;
    if (ticks.length === 0 || ticks[0] > from) return 0;
    let low = 0;
    let high = ticks.length;
    for (let i = 0; i < GUESSES; i++) {
      const guess = this.guesses[i];
      if (guess > high || guess === 0 || ticks[guess - 1] > from) continue;
      if (guess === high || ticks[guess] > from) return guess;
      if (guess + 1 === high || ticks[guess + 1] > from) return (this.guesses[i] = guess + 1);
    }
    while (low < high) {
      const middle = (low + high) >> 1;
      if (ticks[middle] > from) high = middle;
      else low = middle + 1;
    }
    this.guesses[this.nextGuess] = low;
    this.nextGuess = (this.nextGuess + 1) % GUESSES;
    return low;
  }

  private cut(from: number): void {
    const count = this.countUntil(from);
    const { ticks, steps, volumes_nl } = this.list;
    this.list = {
      ticks: ticks.slice(count),
      steps: steps.slice(count),
      volumes_nl: volumes_nl.slice(count),
      stepsBefore: steps[count - 1],
      before_nl: volumes_nl[count - 1],
    };
  }
}
