// Four layers stand between a fault and a patient: the limiter, the dose guard, the proof of motion, the store. Each is broken
// in turn, and what would otherwise be an overdose meets the ones that are left (LIM-1, LIM-7, MOT-4, NVM-2).

import { describe, expect, test } from "vitest";
import { LOOK_FITS } from "../../firmware/look-ahead";
import { COMMAND_CLINICIAN_BOLUS, COMMAND_INTERROGATE, COMMAND_PATIENT_BOLUS } from "../../hal/telemetry";
import { RandomStream } from "../../emulator/random";
import { words } from "../../emulator/telemetry/messages";
import { mutant, replace } from "../mutant";
import { DAY, HOUR, MINUTE, Pump, SECOND } from "../pump";

const LIMIT = 60;
const program = { rate: 10_000, limits: [{ pulses: LIMIT, window_min: 60 }] };
const steps = (pump: Pump) => pump.machine.board.motor.steps;
const register = (pump: Pump) => pump.machine.board.guard.limit();

/** The most steps in any hour, from one reading a second. */
function worstHour(pump: Pump, ticks: number, each: () => void = () => undefined): number {
  const seen = [steps(pump)];
  for (let i = 0; i * SECOND < ticks; i++) {
    each();
    pump.machine.leap(SECOND);
    seen.push(steps(pump));
  }
  return Math.max(...seen.map((count, i) => count - seen[Math.max(0, i - 3_600)]));
}

/** Somebody asks for a clinician's bolus of 10 pulses a minute, for ever. */
function greed(pump: Pump): () => void {
  pump.programmer.ask(COMMAND_INTERROGATE);
  pump.machine.board.link.programmingHead = true;
  let second = 0;
  return () => {
    if (second++ % 60 === 0) pump.say(COMMAND_CLINICIAN_BOLUS, 1_000 + second, words(10, 40));
  };
}

const noLimiter = mutant("the limiter never says no", ({ limiter }) => {
  replace(limiter, "allows", () => true);
  replace(limiter, "continueLook", () => LOOK_FITS);
});
const noProof = mutant(
  "a pulse counts as given when it was commanded, and what else turns is not seen",
  ({ motor, hal }) => {
    const sense = motor.sense.bind(motor);
    replace(motor, "sense", (now: number) => {
      const commanded = motor.inFlight.isSet() ? 1 : 0;
      motor.motion.set(hal.motor.motion() - commanded);
      sense(now);
    });
  },
);

describe("LIM-1, LIM-7: with the limiter broken", () => {
  test("the pump as it is holds a greedy user to the limit", () => {
    const pump = new Pump(program).wait(HOUR);
    pump.machine.board.link.programmingHead = true;
    expect(worstHour(pump, 3 * HOUR, greed(pump))).toBeLessThanOrEqual(LIMIT + 1);
    expect(pump.alarms()).not.toContain("dose_guard");
  });

  test("the guard cuts the motor's power at its own count, and an alarm is raised", () => {
    const pump = new Pump(program, {}, true, noLimiter);
    pump.machine.leap(HOUR);
    pump.machine.board.link.programmingHead = true;
    const most = register(pump);
    expect(worstHour(pump, 3 * HOUR, greed(pump))).toBeLessThanOrEqual(most + 1);
    expect(most).toBeLessThan(2 * LIMIT);
    expect(pump.alarms()).toContain("dose_guard");
    const before = steps(pump);
    pump.machine.leap(DAY);
    expect(steps(pump)).toBe(before);
  });
});

describe("LIM-1, MOT-4: with the guard dead", () => {
  test("the limiter holds a greedy user to the limit", () => {
    const pump = new Pump(program).wait(HOUR);
    pump.machine.inject("guard_dead");
    pump.machine.board.link.programmingHead = true;
    expect(worstHour(pump, 3 * HOUR, greed(pump))).toBeLessThanOrEqual(LIMIT + 1);
  });

  test("the proof of motion stops a motor that runs away", () => {
    const pump = new Pump(program).wait(HOUR);
    const before = steps(pump);
    pump.machine.inject("guard_dead");
    pump.machine.inject("motor_runaway", 90_000_000);
    pump.machine.leap(HOUR);
    expect(steps(pump) - before).toBeLessThanOrEqual(3);
    expect(pump.alarms()).toContain("motor_runaway");
  });
});

describe("LIM-7, RES-2: with the proof of motion broken", () => {
  const blind = () => new Pump({ ...program, rate: 1_000_000, limits: [] }, {}, true, noProof);

  test("the guard counts a motor that runs away by itself, and cuts its power", () => {
    const pump = new Pump(program, {}, true, noProof);
    pump.machine.leap(HOUR);
    const most = register(pump);
    pump.machine.inject("motor_runaway", 90_000_000);
    expect(worstHour(pump, 3 * HOUR)).toBeLessThanOrEqual(most + 1);
    expect(pump.alarms()).toContain("dose_guard");
  });

  test("the level sensor finds a pump that gives nothing", () => {
    const pump = blind();
    pump.machine.leap(HOUR);
    pump.machine.inject("motor_stall");
    const before = steps(pump);
    // 1 mL at 10 mL/day is 2.4 h; the disagreement must last for one more.
    pump.machine.leap(5 * HOUR);
    expect(steps(pump)).toBe(before);
    expect(pump.alarms()).toContain("volume_mismatch");
    expect(pump.alarms()).not.toContain("motor_stall");
  });
});

describe("NVM-1, NVM-2: with the store broken", () => {
  test("so that it takes no write any more, nothing changes until a restart, which leaves the pump stopped", () => {
    const pump = new Pump({ ...program, rate: 100_000, limits: [] }).wait(HOUR);
    replace(pump.machine.board.nvm, "write", () => undefined);
    pump.wait(HOUR);
    const before = steps(pump);
    pump.machine.inject("reset");
    pump.machine.leap(DAY);
    expect(steps(pump) - before).toBeLessThanOrEqual(1);
    expect(pump.alarms().length).toBeGreaterThan(0);
  });

  test("so that it is full of noise after a restart, the pump gives no pulse and raises an alarm", () => {
    for (let seed = 1; seed <= 20; seed++) {
      const pump = new Pump(program).wait(HOUR);
      const noise = new RandomStream(seed, "noise");
      const { bytes } = pump.machine.board.nvm;
      for (let i = 0; i < bytes.length; i++) bytes[i] = noise.bits() & 255;
      pump.machine.inject("reset");
      const before = steps(pump);
      pump.machine.leap(MINUTE);
      pump.programmer.ask(COMMAND_PATIENT_BOLUS);
      pump.machine.leap(DAY);
      expect(steps(pump) - before, `seed ${seed}`).toBeLessThanOrEqual(1);
      expect(pump.alarms().length, `seed ${seed}`).toBeGreaterThan(0);
    }
  });
});
