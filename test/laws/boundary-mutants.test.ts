// Controllers that are wrong by the least that a requirement forbids: a bucket, a pulse, a minute, a unit of concentration. Each is
// led to its boundary by hand, for days that are drawn at random seldom come there. The invariant of its own requirement must
// break, and under the reference controller none does. That a monitor itself is not relaxed, test/run/monitors.test.ts holds.

import { expect, test } from "vitest";
import type { ControllerFactory } from "../../emulator/machine/controller-host";
import { encodePayload } from "../../emulator/contract/commands";
import type { Program } from "../../emulator/telemetry/program";
import { PumpController } from "../../firmware/controller";
import { LEVEL_NL_PER_CODE } from "../../hal/reservoir";
import {
  COMMAND_CLINICIAN_BOLUS,
  COMMAND_PATIENT_BOLUS,
  COMMAND_START,
  COMMAND_STOP,
  OUTCOME_ACCEPTED,
  ROLE_PATIENT,
} from "../../hal/telemetry";
import { PULSE_NL, RATE_TICKS_PER_PULSE } from "../../hal/units";
import { say } from "../listen";
import { mutant, replace } from "../mutant";
import { DAY, HOUR, MINUTE, Pump, SECOND } from "../pump";

const PLAIN: Program = { mode: "continuous", rate: 4_800, bolus: null, limits: [], low_pulses: 0 };
const WINDOW_MIN = 15;

interface Boundary {
  wrong: string;
  change: (controller: PumpController) => void;
  /** Leads the pump to the boundary. */
  happens: (pump: Pump) => void;
  first: Program;
}

function bolus(pump: Pump, pulses: number, duration_s: number): boolean {
  const payload = encodePayload(COMMAND_CLINICIAN_BOLUS, { pulses, duration_s });
  return pump.programmer.outcome(COMMAND_CLINICIAN_BOLUS, payload) === OUTCOME_ACCEPTED;
}

const drug = (rate: number, concentration = 100_000, id = 1): Program => ({
  ...PLAIN,
  rate,
  drugs: [{ id, concentration }],
});
const patients = { pulses: 20, duration_s: 300, lockout_min: 30, per24h: 8 };

/** A patient asks so shortly before the daily self-test that the look-ahead ends in it. */
function askBeforeASelfTest(pump: Pump): void {
  pump.wait(DAY - 7 * MINUTE - 30 * SECOND);
  pump.programmer.open(ROLE_PATIENT);
  const before = pump.machine.snapshot();
  for (let ticks = 0; pump.field("selfTest.running") === 0 && ticks < MINUTE; ticks++) pump.machine.step();
  const begins = pump.machine.tick;
  pump.machine.restore(before);
  pump.machine.run(begins - 2 - pump.machine.tick);
  say(pump.machine, pump.programmer.sealed(COMMAND_PATIENT_BOLUS, 0x4000, new Uint8Array(0), ROLE_PATIENT));
  pump.machine.run(SECOND);
  expect(pump.heard("bolus_started")).toHaveLength(1);
}

const BOUNDARIES: Record<string, Boundary> = {
  "LIM-1": {
    wrong: "its windows lack a bucket of 7.5 s",
    first: { ...PLAIN, rate: 1_600_000, limits: [{ pulses: 700, window_min: WINDOW_MIN }] },
    change: ({ limiter: { ring } }) => {
      const setWindow = ring.setWindow.bind(ring);
      replace(ring, "setWindow", (i: number, minutes: number) => {
        setWindow(i, minutes);
        if (minutes > 0) ring.span.set(i, ring.span.get(i) - 1);
      });
    },
    // The look-ahead of a bolus keeps more than a bucket free, but basal is given up to the last pulse of a window. At 667 uL/h a
    // bucket has more than five pulses. When the rate rises, the window fills up while two of them are forgotten too early.
    happens: (pump) => {
      pump.machine.leap(20 * MINUTE);
      pump.program({ ...PLAIN, rate: 2_400_000, limits: [{ pulses: 700, window_min: WINDOW_MIN }] });
      pump.machine.leap(3 * MINUTE);
    },
  },
  "LIM-2": {
    wrong: "its look-ahead takes each limit for three pulses more, of which two are its own caution",
    first: { ...PLAIN, limits: [{ pulses: 30, window_min: WINDOW_MIN }] },
    change: ({ limiter: { lookAhead } }) => {
      const noteLimit = lookAhead.noteLimit.bind(lookAhead);
      replace(lookAhead, "noteLimit", (i: number, now: number, later: number) => noteLimit(i, now + 3, later + 3));
    },
    happens: (pump) => {
      pump.wait(20 * MINUTE);
      for (let pulses = 40; pulses > 20 && !bolus(pump, pulses, 60);) pulses--;
      pump.machine.run(MINUTE);
    },
  },
  "LIM-5": {
    wrong: "its own limit of a day is a pulse more than books and pulses made up explain",
    first: { ...PLAIN, rate: 96_000 },
    change: ({ program }) => {
      const adopt = program.adopt.bind(program);
      replace(program, "adopt", (bytes: Uint8Array) => {
        adopt(bytes);
        if (program.selfLimited.isSet()) program.limitPulses.set(1, 3_840 + 14);
      });
    },
    happens: (pump) => void pump.machine.run(MINUTE),
  },
  "LIM-8": {
    wrong: "it takes a dose a pulse beyond a soft limit for one within it",
    first: drug(100_000),
    change: ({ commands: { draft } }) => {
      const { program } = draft;
      const check = program.checkDoses.bind(program);
      replace(program, "checkDoses", () => {
        program.total.add(-1);
        const outcome = check();
        program.total.add(1);
        return outcome;
      });
    },
    // 15 mg of morphine 10 mg/mL a day are 6,000 pulses.
    happens: (pump) => void pump.program(drug(150_025)),
  },
  "PTB-3 in a self-test": {
    wrong: "it grants a bolus in the middle of a self-test",
    // The look-ahead over a week takes some ticks, in which the test may begin.
    first: { ...PLAIN, bolus: patients, limits: [{ pulses: 20_000, window_min: 10_080 }] },
    change: ({ therapy }) => {
      const continueRequest = therapy.continueRequest.bind(therapy);
      replace(therapy, "continueRequest", () => continueRequest(true));
    },
    happens: askBeforeASelfTest,
  },
  "PTB-3": {
    wrong: "its lockout lasts two minutes longer",
    first: { ...PLAIN, bolus: patients },
    change: ({ therapy: { patientBolus } }) => {
      replace(patientBolus, "isLockedOut", () => {
        const waited = patientBolus.clock.now.get() - patientBolus.lastStart.get();
        return patientBolus.hasStarted.isSet() && patientBolus.program.lockoutTicks.get() + 2 * MINUTE > waited;
      });
    },
    happens: (pump) => {
      pump.wait(DAY);
      pump.programmer.ask(COMMAND_PATIENT_BOLUS);
      pump.wait(31 * MINUTE + SECOND);
      pump.programmer.ask(COMMAND_PATIENT_BOLUS);
      pump.machine.run(SECOND);
    },
  },
  "THR-2": {
    wrong: "basal runs at 0.01 uL/day less than the program says",
    first: { ...PLAIN, rate: 9_600 },
    change: ({ therapy: { basal } }) => {
      const rateUnder = basal.rateUnder.bind(basal);
      replace(basal, "rateUnder", (supply: number) => Math.max(0, rateUnder(supply) - 1));
    },
    happens: (pump) => void pump.machine.leap(12 * HOUR),
  },
  "THR-2 of a schedule": {
    wrong: "its clock on the wall is three minutes late",
    first: {
      ...PLAIN,
      mode: "flex",
      rate: 0,
      flex: {
        weekdays: [0, 0, 0, 0, 0, 0, 0],
        patterns: [
          [
            { minute: 0, rate: 9_600 },
            { minute: 30, rate: 48_000 },
          ],
        ],
      },
    },
    change: ({ clock }) => {
      const readWall = clock.readWall.bind(clock);
      replace(clock, "readWall", () => {
        readWall();
        clock.wall.add(-3);
      });
    },
    happens: (pump) => void pump.machine.leap(DAY + 2 * HOUR),
  },
  "THR-2 of a dose": {
    wrong: "a dose begins three minutes late",
    first: { ...PLAIN, mode: "periodic", rate: 0, periodic: { pulses: 4, duration_s: 600, every_min: 120 } },
    change: ({ program }) => {
      const adopt = program.adopt.bind(program);
      replace(program, "adopt", (bytes: Uint8Array) => {
        adopt(bytes);
        program.doseEveryTicks.add(3 * MINUTE);
      });
    },
    happens: (pump) => void pump.machine.leap(8 * HOUR),
  },
  "THR-6": {
    wrong: "a bolus ends a pulse before it is whole",
    first: { ...PLAIN, limits: [{ pulses: 100, window_min: 60 }] },
    change: ({ therapy }) => {
      const { spread } = therapy.bolus;
      const start = spread.start.bind(spread);
      replace(spread, "start", (pulses: number, ticks: number) => start(pulses - 1, ticks));
    },
    happens: (pump) => {
      expect(bolus(pump, 12, 60)).toBe(true);
      pump.machine.run(2 * MINUTE);
    },
  },
  "THR-7": {
    wrong: "a concentration that differs by one unit is the same to it",
    first: drug(10_000, 100_000, 0),
    change: ({ therapy }) => {
      const canBridgeTo = therapy.canBridgeTo.bind(therapy);
      const { concentrations } = therapy.core.program;
      replace(therapy, "canBridgeTo", (next) => {
        const apart = Math.abs(next.concentrations.get(0) - concentrations.get(0));
        return apart <= 1 || canBridgeTo(next);
      });
      replace(therapy, "bridgeToProgram", () => undefined);
    },
    happens: (pump) => {
      pump.program(drug(10_000, 100_001, 0));
      pump.machine.run(SECOND);
    },
  },
  "THR-8": {
    wrong: "a bolus that a stop ended gives one pulse more after the start",
    first: { ...PLAIN, limits: [{ pulses: 100, window_min: 60 }] },
    change: ({ therapy }) => {
      const { bolus } = therapy;
      const cancel = bolus.cancel.bind(bolus);
      const countProved = bolus.countProved.bind(bolus);
      let isLast = false;
      replace(bolus, "cancel", () => {
        isLast = bolus.isActive();
      });
      replace(bolus, "countProved", () => {
        countProved();
        if (isLast) cancel();
      });
    },
    happens: (pump) => {
      expect(bolus(pump, 12, 60)).toBe(true);
      // A pulse begins every five seconds, so none is in flight.
      pump.machine.run(22 * SECOND);
      pump.programmer.ask(COMMAND_STOP);
      pump.programmer.ask(COMMAND_START);
      pump.machine.run(MINUTE);
    },
  },
  "THR-9": {
    wrong: "a change of the rate takes a third of a pulse",
    first: { ...PLAIN, rate: 9_600 },
    change: ({ therapy: { basal } }) => {
      const setRate = basal.setRate.bind(basal);
      replace(basal, "setRate", (rate: number) => {
        const { accumulator } = basal;
        if (rate !== basal.rate.get()) accumulator.set(Math.max(0, accumulator.get() - RATE_TICKS_PER_PULSE / 3));
        setRate(rate);
      });
    },
    // A pulse falls due every 225 s; after 40 min two thirds of one have gathered.
    happens: (pump) => {
      pump.wait(40 * MINUTE);
      pump.program({ ...PLAIN, rate: 19_200 });
      pump.machine.leap(HOUR);
    },
  },
  "RES-6": {
    wrong: "it takes three steps of the level sensor less for an empty reservoir",
    first: PLAIN,
    change: ({ reservoir }) => {
      replace(reservoir, "isEmpty", () => {
        const content = Math.min(reservoir.estimate.get(), reservoir.lowestAverage.get());
        return content <= (1_400_000 - 3 * LEVEL_NL_PER_CODE) / PULSE_NL;
      });
    },
    happens: (pump) => {
      pump.machine.tap(pump.machine.world.reservoir.volume_nl - 1_370_000);
      pump.machine.leap(HOUR);
    },
  },
};

/** Ids of the invariants that break. */
function brokenBy({ first, happens }: Boundary, controller?: ControllerFactory): string[] {
  const pump = new Pump(first, {}, true, controller);
  happens(pump);
  return pump.watch.rows().flatMap(({ id, brokenAt }) => (brokenAt === null ? [] : [id]));
}

test.each(Object.entries(BOUNDARIES).map(([id, each]) => [id, each.wrong, each] as const))(
  "PRP-2: %s breaks under a controller that is wrong in that %s, and nothing breaks under the reference",
  (id, wrong, boundary) => {
    expect(brokenBy(boundary)).toEqual([]);
    expect(brokenBy(boundary, mutant(wrong, boundary.change))).toContain(id.split(" ")[0]);
  },
);
