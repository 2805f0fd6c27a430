// A controller that does what a list says and nothing else: pulses, traced events and channels, each in its tick. It can leap.
// With it a test puts a monitor exactly at its boundary, which no real controller can be made to do. `Watched` is a machine
// under such a controller with the watches of invariants and harms on it.

import { BENCH_PUMP } from "../../emulator/campaign/fields";
import { scriptController } from "../../emulator/machine/controller-host";
import { Machine, type MachineSetup } from "../../emulator/machine/machine";
import { HarmWatch, listenerOf } from "../../emulator/run/harms";
import { InvariantWatch } from "../../emulator/run/invariants";
import type { Orders } from "../../emulator/run/monitors/monitor";
import { digestOf, encodeProgram } from "../../emulator/telemetry/messages";
import type { Program } from "../../emulator/telemetry/program";
import { alarmName } from "../../emulator/contract/alarms";
import { HARM_ROWS } from "../../emulator/contract/harms";
import type { Hal } from "../../hal/hal";
import { PULSE_FLIGHT_TICKS } from "../../hal/motor";
import { CAUSE_BASAL, CHANNEL_CAUSE, EVENT_PROGRAM_ACCEPTED } from "../../hal/trace";
import { PULSE_SPACING_TICKS } from "../../hal/units";

/** A pulse for that cause, an event with its arguments, or a channel and its value. */
export type Act = { at: number } & (
  | { pulse: number }
  | { event: readonly [code: number, a?: number, b?: number, c?: number] }
  | { publish: readonly [channel: number, value: number] }
);

class Scripted {
  private readonly hal: Hal;
  private readonly acts: readonly Act[];
  now = 0;
  next = 0;

  constructor(hal: Hal, acts: readonly Act[]) {
    this.hal = hal;
    this.acts = Object.freeze([...acts].sort((a, b) => a.at - b.at));
  }

  boot(): void {
    this.hal.motor.setPower(true);
  }

  tick(): void {
    for (; this.next < this.acts.length && this.acts[this.next].at <= this.now; this.next++) {
      const act = this.acts[this.next];
      if ("pulse" in act) {
        this.hal.trace.publish(CHANNEL_CAUSE, act.pulse);
        this.hal.motor.pulse();
      } else if ("event" in act) {
        const [code, a = 0, b = 0, c = 0] = act.event;
        this.hal.trace.event(code, a, b, c);
      } else this.hal.trace.publish(...act.publish);
    }
    this.now++;
    this.hal.watchdog.kick();
  }

  idle(): number {
    return this.next < this.acts.length ? Math.max(0, this.acts[this.next].at - this.now) : 360_000;
  }

  skip(ticks: number): void {
    this.now += ticks;
  }
}

/** `count` pulses of basal that turn the rotor from tick `from` on, one every `every` ticks. */
export function steps(from: number, count: number, every = PULSE_SPACING_TICKS, cause = CAUSE_BASAL): Act[] {
  return Array.from({ length: count }, (_, i) => ({ at: from + i * every - PULSE_FLIGHT_TICKS, pulse: cause }));
}

/** The pump accepts that program in tick `at`. */
export function accepts(program: Program, at = 0): Act {
  return { at, event: [EVENT_PROGRAM_ACCEPTED, program.rate, digestOf(encodeProgram(program)) | 0, 0] };
}

export class Watched {
  readonly machine: Machine;
  readonly watch: InvariantWatch;
  readonly harms: HarmWatch;

  constructor(
    acts: readonly Act[],
    programs: readonly Program[],
    setup: Partial<MachineSetup["pump"]> = {},
    orders: Orders | null = null,
  ) {
    const pump = { ...BENCH_PUMP, pump: { ...BENCH_PUMP.pump, ...setup } };
    this.machine = new Machine(
      pump,
      scriptController("scripted", (hal) => new Scripted(hal, acts)),
      null,
    );
    this.watch = new InvariantWatch(this.machine, { startSecond: 0, isTrial: false }, orders);
    this.harms = new HarmWatch(this.machine, this.watch, { startSecond: 0, isTrial: false });
    for (const program of programs) this.watch.addProgram(digestOf(encodeProgram(program)), program);
    // These people are no part of the machine and may change their mind between any two ticks.
    this.machine.listener = { ...listenerOf(this.watch, this.harms), gathers: orders === null };
  }

  /** Ids of the invariants that broke, each with the tick. */
  broken(): Record<string, number> {
    const rows = this.watch.rows().filter(({ brokenAt }) => brokenAt !== null);
    return Object.fromEntries(rows.map(({ id, brokenAt }) => [id, brokenAt!]));
  }

  /** The harms so far, in words: name, first tick, and the alarm that named it. */
  seen(): { name: string; first: number; by: string | null }[] {
    return this.harms
      .records()
      .map(({ harm, first, by }) => ({ name: HARM_ROWS[harm].name, first, by: by === null ? null : alarmName(by) }));
  }
}
