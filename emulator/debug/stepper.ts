// The stepper. It moves a run by ticks or time, forward to a condition, and back. To go back it restores the nearest snapshot
// at or before the moment and leaps from there, which is exact because both gears give the same machine. It keeps a snapshot of
// every moment at which a command changed the run. So a change by hand survives when the run goes back to a later moment, and
// is undone when it goes back to an earlier one. The table of commands.ts has the commands.

import { TICKS_PER_HOUR } from "../../hal/units";
import type { SavedRun, ScenarioRun } from "../run/run";
import { formatTicks } from "../time";
import { textFor } from "./commands";
import type { Condition, StepperDoor } from "./door";

/**
 * Snapshots that are kept. Beyond it every second one of the older half is dropped, unless the run was changed by hand there.
 */
const SNAPSHOTS_MAX = 200;
/** The longest time between two snapshots while the run moves, one hour, so that a way back is short. */
const SNAPSHOT_TICKS = TICKS_PER_HOUR;

interface Kept {
  run: SavedRun;
  /** The run was changed by hand at that moment, so going back to a later moment needs this very snapshot. */
  byHand: boolean;
}

export class Stepper {
  /** True after `quit`. */
  done = false;
  private readonly run: ScenarioRun;
  private readonly door: StepperDoor;
  private snapshots: Kept[] = [];

  constructor(run: ScenarioRun) {
    this.run = run;
    this.door = {
      where: "stepper",
      run,
      firstTick: run.machine.tick,
      touched: () => this.keep(true),
      quit: () => {
        this.done = true;
      },
      moveTo: (tick) => void this.move(tick, null),
      moveUntil: (condition) => this.move(run.end_ticks, condition),
      backTo: (tick) => this.backTo(tick),
    };
    this.keep(false);
  }

  /** The prompt, which shows the present time of the run. */
  get prompt(): string {
    return `${formatTicks(this.run.machine.tick)} > `;
  }

  /** Carries out one line and returns the text to print. Throws CommandError and FileError; the run is then unchanged. */
  execute(line: string): string {
    const text = line.replace(/#.*$/, "").trim();
    return text === "" ? "" : textFor(this.door, text);
  }

  /** Moves forward to `tick` in pieces of an hour, with a snapshot before each. True when the condition stopped it. */
  private move(tick: number, condition: Condition | null): boolean {
    const end = Math.min(tick, this.run.end_ticks);
    while (this.run.machine.tick < end && !this.run.over) {
      this.keep(false);
      const next = Math.min(end, this.run.machine.tick + SNAPSHOT_TICKS);
      const stop = condition ? () => condition.holds() : null;
      if (this.run.advanceUntil(next, stop, condition?.grain !== "tick")) return true;
    }
    return false;
  }

  private backTo(tick: number): void {
    while (this.snapshots.length > 1 && this.last.run.machine.tick > tick) this.snapshots.pop();
    this.run.restore(this.last.run);
    this.run.advance(tick);
  }

  private get last(): Kept {
    return this.snapshots[this.snapshots.length - 1];
  }

  /** Keeps a snapshot of this moment, which replaces one of the same tick. */
  private keep(byHand: boolean): void {
    const again = this.snapshots.length > 0 && this.last.run.machine.tick === this.run.machine.tick;
    const before = again ? this.snapshots.pop() : undefined;
    this.snapshots.push({ run: this.run.save(), byHand: byHand || (before?.byHand ?? false) });
    if (this.snapshots.length <= SNAPSHOTS_MAX) return;
    const older = SNAPSHOTS_MAX / 2;
    this.snapshots = this.snapshots.filter((kept, i) => i === 0 || i > older || i % 2 === 0 || kept.byHand);
  }
}
