// The motor part: a pulse is a step PULSE_FLIGHT_TICKS later or nothing, whatever holds the rotor or cuts the supply, and
// a leap over its quiet ticks is those ticks.

import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { PULSE_FLIGHT_TICKS } from "../../hal/motor";
import { PULSE_NL, TICKS_PER_DAY } from "../../hal/units";
import { VirtualMotor } from "../../emulator/board/motor";
import { BoardTime } from "../../emulator/board/time";
import {
  FAULT_MOTOR_REVERSE,
  FAULT_MOTOR_RUNAWAY,
  FAULT_MOTOR_SLIP,
  FAULT_MOTOR_STALL,
  FAULT_MRI_FIELD,
  FaultLedger,
} from "../../emulator/fault-ledger";
import { StateView } from "../../emulator/machine/state";

function bench() {
  const time = new BoardTime();
  const faults = new FaultLedger();
  const motor = new VirtualMotor(time, faults, 1);
  motor.setPower(true);
  const step = () => {
    time.tick++;
    faults.tick = time.tick;
    return motor.step();
  };
  /** Steps `ticks` times; the ticks in which the rotor turned, with the sign of the turn. */
  const run = (ticks: number) => {
    const turns: number[] = [];
    for (let i = 0; i < ticks; i++) {
      const turned = step();
      if (turned !== 0) turns.push(turned * time.tick);
    }
    return turns;
  };
  return { time, faults, motor, step, run };
}

describe("MOT-1: a pulse and its step", () => {
  test("the rotor turns once, exactly PULSE_FLIGHT_TICKS after the pulse, and the encoder shows it", () => {
    const { motor, run } = bench();
    motor.pulse();
    expect([run(PULSE_FLIGHT_TICKS - 1), motor.motion()]).toEqual([[], 0]);
    expect([run(1), motor.motion(), motor.pulses]).toEqual([[PULSE_FLIGHT_TICKS], 1, 1]);
    expect(run(100)).toEqual([]);
  });

  test("no second pulse is taken while one is in flight, and the next pulse after it is", () => {
    const { motor, run } = bench();
    motor.pulse();
    run(PULSE_FLIGHT_TICKS - 1);
    motor.pulse();
    expect([run(1), motor.pulses]).toEqual([[PULSE_FLIGHT_TICKS], 1]);
    motor.pulse();
    expect([run(100), motor.pulses]).toEqual([[2 * PULSE_FLIGHT_TICKS], 2]);
  });

  test.each([
    ["the firmware's switch is open", (motor: VirtualMotor) => motor.setPower(false)],
    ["the guard's switch is open", (motor: VirtualMotor) => void (motor.guardClosed = false)],
  ])("LIM-7: no pulse is taken, and none completes, while %s", (_, cut) => {
    const idle = bench();
    cut(idle.motor);
    idle.motor.pulse();
    expect([idle.run(100), idle.motor.pulses, idle.motor.loaded]).toEqual([[], 0, false]);
    const flying = bench();
    flying.motor.pulse();
    flying.run(10);
    cut(flying.motor);
    expect([flying.run(100), flying.motor.pulses]).toEqual([[], 1]);
    expect(flying.motor.inFlight).toBe(false);
  });

  test("a step completes when the power that was cut during its pulse is back before the end", () => {
    const { motor, run } = bench();
    motor.pulse();
    motor.setPower(false);
    run(PULSE_FLIGHT_TICKS - 1);
    motor.setPower(true);
    expect(run(1)).toEqual([PULSE_FLIGHT_TICKS]);
  });

  test("a pulse shows its load until the board has drawn the charge for it", () => {
    const { motor } = bench();
    motor.pulse();
    expect(motor.loaded).toBe(true);
  });
});

describe("EMU-4: faults of the motor", () => {
  test.each([
    ["a stall", FAULT_MOTOR_STALL, 0, []],
    ["an MRI field (MOT-6)", FAULT_MRI_FIELD, 0, []],
    ["a slip of every step", FAULT_MOTOR_SLIP, 1, []],
    ["a reverse (MOT-3)", FAULT_MOTOR_REVERSE, 0, [-PULSE_FLIGHT_TICKS]],
  ])("%s acts when the step is due, and not when the pulse begins", (_, fault, parameter, turns) => {
    const { motor, faults, run } = bench();
    faults.start(fault, parameter);
    motor.pulse();
    run(PULSE_FLIGHT_TICKS - 1);
    expect(faults.acts[fault]).toBe(0);
    expect(run(10)).toEqual(turns);
    expect([faults.acts[fault], faults.first[fault]]).toEqual([1, PULSE_FLIGHT_TICKS]);
    expect(motor.motion()).toBe(turns.length === 0 ? 0 : -1);
  });

  test("a slip of a third lets about two thirds of the pulses turn the rotor, and counts an act for each other one", () => {
    const { motor, faults, run } = bench();
    faults.start(FAULT_MOTOR_SLIP, 1 / 3);
    for (let i = 0; i < 3000; i++) {
      motor.pulse();
      run(PULSE_FLIGHT_TICKS);
    }
    expect(motor.motion() + faults.acts[FAULT_MOTOR_SLIP]).toBe(3000);
    expect(motor.motion()).toBeGreaterThan(1900);
    expect(motor.motion()).toBeLessThan(2100);
  });

  test("MOT-4: a runaway steps without a pulse at exactly its rate while there is power", () => {
    const { motor, faults, run } = bench();
    faults.start(FAULT_MOTOR_RUNAWAY, (PULSE_NL * TICKS_PER_DAY) / 90);
    expect(run(360)).toEqual([90, 180, 270, 360]);
    expect([motor.unasked, motor.pulses, faults.acts[FAULT_MOTOR_RUNAWAY]]).toEqual([1, 0, 4]);
    motor.guardClosed = false;
    expect(run(360)).toEqual([]);
    expect(faults.acts[FAULT_MOTOR_RUNAWAY]).toBe(4);
  });

  test("a runaway whose period is no whole number of ticks keeps its rate over time", () => {
    const { faults, run } = bench();
    faults.start(FAULT_MOTOR_RUNAWAY, (PULSE_NL * TICKS_PER_DAY) / 90.4);
    expect(run(363)).toEqual([91, 181, 272, 362]);
  });

  test("a runaway makes a step that counts as unasked in its own tick alone", () => {
    const { motor, faults, step } = bench();
    faults.start(FAULT_MOTOR_RUNAWAY, (PULSE_NL * TICKS_PER_DAY) / 2);
    expect([1, 2, 3].map(() => [step(), motor.unasked])).toEqual([
      [0, 0],
      [1, 1],
      [0, 0],
    ]);
  });

  test("a runaway in the tick of a pulse's step makes two steps, one of them unasked", () => {
    const { motor, faults, step } = bench();
    faults.start(FAULT_MOTOR_RUNAWAY, (PULSE_NL * TICKS_PER_DAY) / PULSE_FLIGHT_TICKS);
    motor.pulse();
    for (let i = 1; i < PULSE_FLIGHT_TICKS; i++) step();
    expect([step(), motor.unasked, motor.motion()]).toEqual([2, 1, 2]);
  });

  test.each([
    ["stalled", FAULT_MOTOR_STALL],
    ["held by a field", FAULT_MRI_FIELD],
  ])("a runaway does not turn a rotor that is %s", (_, held) => {
    const { faults, run } = bench();
    faults.start(FAULT_MOTOR_RUNAWAY, (PULSE_NL * TICKS_PER_DAY) / 90);
    faults.start(held, 0);
    expect(run(360)).toEqual([]);
    expect([faults.acts[FAULT_MOTOR_RUNAWAY], faults.acts[held]]).toEqual([0, 4]);
  });
});

test("EMU-1: a motor that was stepped through quiet ticks equals a motor that skipped them", () => {
  const cases = fc.record({
    before: fc.nat(30),
    pulse: fc.boolean(),
    runaway: fc.boolean(),
    power: fc.boolean(),
    part: fc.double({ min: 0, max: 1, noNaN: true }),
  });
  fc.assert(
    fc.property(cases, ({ before, pulse, runaway, power, part }) => {
      const make = () => {
        const made = bench();
        if (runaway) made.faults.start(FAULT_MOTOR_RUNAWAY, (PULSE_NL * TICKS_PER_DAY) / 6);
        if (pulse) made.motor.pulse();
        made.run(before);
        made.motor.setPower(power);
        return made;
      };
      const stepped = make();
      const skipped = make();
      const ticks = Math.floor(Math.min(skipped.motor.quiet(), 1000) * part);
      expect(stepped.run(ticks)).toEqual([]);
      if (ticks > 0) skipped.motor.skip();
      skipped.time.tick += ticks;
      skipped.faults.tick = skipped.time.tick;
      expect(new StateView(skipped).save()).toEqual(new StateView(stepped).save());
    }),
    // Cut in the tick of a step that nobody asked for.
    { examples: [[{ before: 30, pulse: false, runaway: true, power: false, part: 1 }]] },
  );
});
