// The record of what the pump head gave, and when: a list of the ticks in which the rotor turned forward, with the sum of
// its steps and of its volume up to each of them. The volume is that of the world, in nL, so a worn head shows in it. Fluid
// that a backward step draws in is subtracted from the last volume. A flow without steps makes one entry in ten seconds.
// Entries that are older than the longest window are dropped. The monitors of the dose windows read it.

import { TICKS_PER_DAY, TICKS_PER_SECOND } from "../../hal/units";

/** The longest dose window. */
const KEPT_TICKS = 7 * TICKS_PER_DAY;
/** The list is cut when it has this many entries that no window can hold, because each cut copies what stays. */
const CUT_ENTRIES = 4096;
const FLOW_TICKS = 10 * TICKS_PER_SECOND;
/** Four windows of a program, and the hour and the day. */
const GUESSES = 6;

/** The list as plain values, which are saved with a run. */
export interface SavedHeadLog {
  ticks: Float64Array;
  steps: Float64Array;
  volumes_nl: Float64Array;
  /** The sums before the first entry. */
  stepsBefore: number;
  before_nl: number;
}

/** Entries that a new list has room for; a list that is full gets twice as much. */
const ROOM = 1024;

export class HeadLog {
  /** The last answers of `countUntil`, which save a search: at least one for each window that is asked about. */
  private readonly guesses = new Int32Array(GUESSES);
  private nextGuess = 0;
  private ticks = new Float64Array(ROOM);
  private steps = new Float64Array(ROOM);
  private volumes_nl = new Float64Array(ROOM);
  private count = 0;
  private stepsBefore = 0;
  private before_nl = 0;

  /** All the volume so far, nL. */
  get total_nl(): number {
    return this.count > 0 ? this.volumes_nl[this.count - 1] : this.before_nl;
  }

  /** In tick `tick`, later than all before, the rotor made `steps` (0 or more forward) and `volume_nl` passed, signed. */
  add(tick: number, steps: number, volume_nl: number): void {
    if (this.count === this.ticks.length) this.grow();
    const { ticks, steps: sums, volumes_nl } = this;
    let last = this.count - 1;
    const flows = steps === 0 && last > 0 && sums[last] === sums[last - 1] && tick - ticks[last - 1] < FLOW_TICKS;
    if (flows) {
      volume_nl += volumes_nl[last] - volumes_nl[last - 1];
      last--;
    }
    const total_nl = Math.max(this.before_nl, (last >= 0 ? volumes_nl[last] : this.before_nl) + volume_nl);
    for (let i = last; i >= 0 && volumes_nl[i] > total_nl; i--) volumes_nl[i] = total_nl;
    ticks[last + 1] = tick;
    sums[last + 1] = (last >= 0 ? sums[last] : this.stepsBefore) + steps;
    volumes_nl[last + 1] = total_nl;
    this.count = last + 2;
    if (this.count > CUT_ENTRIES && ticks[CUT_ENTRIES] <= tick - KEPT_TICKS) this.cut(tick - KEPT_TICKS);
  }

  /** Forward steps later than tick `from`. */
  stepsSince(from: number): number {
    const { steps, stepsBefore, count } = this;
    const at = this.countUntil(from);
    const all = count > 0 ? steps[count - 1] : stepsBefore;
    return all - (at > 0 ? steps[at - 1] : stepsBefore);
  }

  /** Volume later than tick `from`, nL. */
  volumeSince_nl(from: number): number {
    const at = this.countUntil(from);
    return this.total_nl - (at > 0 ? this.volumes_nl[at - 1] : this.before_nl);
  }

  /** Calls `visit` with the tick and the steps of each entry later than `from`, from the oldest on. */
  visit(from: number, visit: (tick: number, steps: number) => void): void {
    const { ticks, steps, stepsBefore, count } = this;
    for (let i = this.countUntil(from); i < count; i++) {
      visit(ticks[i], steps[i] - (i > 0 ? steps[i - 1] : stepsBefore));
    }
  }

  save(): SavedHeadLog {
    const { count, stepsBefore, before_nl } = this;
    const [ticks, steps, volumes_nl] = [this.ticks, this.steps, this.volumes_nl].map((list) => list.slice(0, count));
    return { ticks, steps, volumes_nl, stepsBefore, before_nl };
  }

  restore({ ticks, steps, volumes_nl, stepsBefore, before_nl }: SavedHeadLog): void {
    this.count = 0;
    while (this.ticks.length < ticks.length) this.grow();
    this.count = ticks.length;
    this.ticks.set(ticks);
    this.steps.set(steps);
    this.volumes_nl.set(volumes_nl);
    this.stepsBefore = stepsBefore;
    this.before_nl = before_nl;
  }

  /**
   * How many entries are not later than `from`. The windows that are asked about move on, so the answer is most often that of
   * the last question for about the same time, or a little more.
   */
  private countUntil(from: number): number {
    const { ticks } = this;
    let high = this.count;
    if (high === 0 || ticks[0] > from) return 0;
    let low = 0;
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
    const cut = this.countUntil(from);
    this.stepsBefore = this.steps[cut - 1];
    this.before_nl = this.volumes_nl[cut - 1];
    for (const list of [this.ticks, this.steps, this.volumes_nl]) list.copyWithin(0, cut, this.count);
    this.count -= cut;
  }

  private grow(): void {
    const larger = (list: Float64Array): Float64Array<ArrayBuffer> => {
      const grown = new Float64Array(2 * list.length);
      grown.set(list);
      return grown;
    };
    this.ticks = larger(this.ticks);
    this.steps = larger(this.steps);
    this.volumes_nl = larger(this.volumes_nl);
  }
}
