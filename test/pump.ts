// A pump on the bench, for tests: a machine with its programmer, commissioned with a program, and everything it said, by
// published name. Times in ticks of 10 ms.

import { BENCH_PUMP } from "../emulator/campaign/fields";
import { PumpUnderTest } from "../emulator/campaign/pump-commands";
import { referenceController, type ControllerFactory } from "../emulator/machine/controller-host";
import { describeEvent, type EventFields } from "../emulator/machine/events";
import type { MachineSetup } from "../emulator/machine/machine";
import { HARM_ROWS } from "../emulator/contract/harms";
import { CATHETER } from "../emulator/programmer/direct";
import { type Confirmation, implant } from "../emulator/programmer/orders";
import type { Program } from "../emulator/telemetry/program";
import { ALARMS } from "../hal/alarms";
import { CONFIRM_TIGHT_LIMITS } from "../hal/telemetry";
import { COMMAND_ACKNOWLEDGE } from "../hal/telemetry";
import { alarmName } from "../emulator/contract/alarms";
import { outcomeName } from "../emulator/contract/codes";
import { say } from "./listen";

export {
  TICKS_PER_SECOND as SECOND,
  TICKS_PER_MINUTE as MINUTE,
  TICKS_PER_HOUR as HOUR,
  TICKS_PER_DAY as DAY,
} from "../hal/units";

/** An implant of 20 mL with 18 mL of morphine 10 mg/mL in it, its catheter primed. */
export const SETUP: MachineSetup = { ...BENCH_PUMP, pump: { ...BENCH_PUMP.pump, fill_nl: 18_000_000 } };

/** 100 uL/day, a bolus of 5 uL in 5 min, every hour, 8 a day; limits that leave room. */
export const PROGRAM: Program = {
  mode: "continuous",
  rate: 10_000,
  bolus: { pulses: 20, duration_s: 300, lockout_min: 60, per24h: 8 },
  limits: [{ pulses: 400, window_min: 60 }],
  low_pulses: 8_000,
};

/** The program with which the pump is commissioned before that of a test, so that the watch sees the second one start. */
const STOPPED: Program = { mode: "stopped", rate: 0, bolus: null, limits: [], low_pulses: 0 };

export interface Said {
  tick: number;
  name: string;
  fields: EventFields;
}

let collected: Pump[] | null = null;

/** From now on every pump that is built is added to a new list, until `endCollection`. */
export function collectPumps(): void {
  collected = [];
}

/** The list of the pumps that were built since `collectPumps`. */
export function collectedPumps(): readonly Pump[] {
  if (collected === null) throw new Error("call collectPumps() before the first pump is built");
  return collected;
}

export function endCollection(): void {
  collected = null;
}

export class Pump extends PumpUnderTest {
  readonly said: Said[] = [];

  /** `program` null: none yet; and with `implanted` false a pump on the shelf. */
  constructor(
    program: Partial<Program> | null = {},
    setup: Partial<MachineSetup["pump"]> = {},
    implanted: boolean = true,
    controller: ControllerFactory = referenceController,
  ) {
    super({ ...SETUP, pump: { ...SETUP.pump, ...setup } }, controller);
    collected?.push(this);
    const { listener } = this.machine;
    this.machine.listener = {
      event: (code, a, b, c) => {
        listener?.event(code, a, b, c);
        const known = describeEvent(code, a, b, c);
        if (known) this.said.push({ tick: this.machine.tick, ...known });
      },
      reset: (cause) => listener?.reset(cause),
      ticked: () => listener?.ticked(),
    };
    if (program) {
      this.programmer.commission(STOPPED);
      this.program({ ...PROGRAM, ...program });
    } else {
      this.machine.run(10);
      const { kind, payload } = implant(CATHETER, true);
      if (implanted) this.programmer.ask(kind, payload);
    }
  }

  /** Confirms by default what a test of a full window needs: a program that its limits leave no room for (LIM-9). */
  override program(program: Program, confirmation: Confirmation = { confirm: CONFIRM_TIGHT_LIMITS }): number | null {
    return super.program(program, confirmation);
  }

  /** Events of a name, with those fields. */
  heard(name: string, fields: EventFields = {}): Said[] {
    const fits = (said: Said) => Object.entries(fields).every(([key, value]) => said.fields[key] === value);
    return this.said.filter((said) => said.name === name && fits(said));
  }

  /** Lets time pass, and checks every invariant. */
  wait(ticks: number): this {
    this.machine.leap(ticks);
    this.assertInvariants();
    return this;
  }

  /** Puts a command of the session that is open on the air (`programmer.open` opens one); nobody waits for an answer. */
  say(kind: number, sequence: number, payload: Uint8Array = new Uint8Array(0)): void {
    say(this.machine, this.programmer.sealed(kind, sequence, payload));
  }

  /** The harms so far: each with its first tick and the alarm that named it in its time, if one did. */
  harmsSeen(): { name: string; first: number; by: string | null }[] {
    return this.harms.records().map(({ harm, first, by }) => ({
      name: HARM_ROWS[harm].name,
      first,
      by: by === null ? null : alarmName(by),
    }));
  }

  /** Names of the alarms that are active. */
  alarms(): string[] {
    const active = this.machine.signal("alarm.active");
    return Array.from({ length: ALARMS }, (_, i) => i)
      .filter((i) => active & (1 << i))
      .map(alarmName);
  }

  field(path: string): number {
    const value = this.machine.firmware.read(path);
    if (value === undefined) throw new RangeError(`no field ${path}`);
    return value;
  }

  get pulses(): number {
    return this.machine.signal("motor.pulses");
  }
}

/** The outcome of a command, by its published name. */
export function ask(pump: Pump, kind: number, payload?: Uint8Array): string {
  return outcomeName(pump.programmer.outcome(kind, payload) ?? -1);
}

export function acknowledge(pump: Pump, alarm: number): string {
  return ask(pump, COMMAND_ACKNOWLEDGE, Uint8Array.of(alarm));
}

/** Ticks of every step of the rotor from now on. */
export function stepsOf(pump: Pump): number[] {
  const steps: number[] = [];
  const inner = pump.machine.listener!;
  let last = pump.machine.signal("motor.motion");
  pump.machine.listener = {
    event: (code, a, b, c) => inner.event(code, a, b, c),
    reset: (cause) => inner.reset(cause),
    ticked: () => {
      inner.ticked();
      const now = pump.machine.signal("motor.motion");
      for (; last < now; last++) steps.push(pump.machine.tick);
    },
  };
  return steps;
}
