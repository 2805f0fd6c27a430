// Bugs of other pumps, told as stories of this one. VEC numbers are those of the project's collection of field reports.

import { describe, expect, test } from "vitest";
import {
  decodeStatus,
  digestOf,
  encodeProgram,
  words,
  encodeCommit,
  stagePieces,
} from "../../emulator/telemetry/messages";
import { ALARM_MOTOR_STALL } from "../../hal/alarms";
import {
  COMMAND_ACKNOWLEDGE,
  COMMAND_CLINICIAN_BOLUS,
  COMMAND_COMMIT,
  COMMAND_INTERROGATE,
  COMMAND_PATIENT_BOLUS,
  COMMAND_SET_CLOCK,
  COMMAND_STAGE,
  COMMAND_START,
  COMMAND_STOP,
} from "../../hal/telemetry";
import { outcomeName } from "../../emulator/contract/codes";
import { ask, collectPumps, DAY, HOUR, MINUTE, PROGRAM, Pump, SECOND } from "../pump";
import { statesHarms } from "./stated-harms";

collectPumps();

const status = (pump: Pump) => decodeStatus(pump.programmer.ask(COMMAND_INTERROGATE)!.payload)!;
const wide = [{ pulses: 4_000, window_min: 60 }];

/** Nothing that the pump sends comes through; what it is sent does. */
function deafened(pump: Pump, act: () => unknown): void {
  const { link } = pump.machine.board;
  const depart = link.depart.bind(link);
  Object.defineProperty(link, "depart", { value: () => -1, enumerable: false, configurable: true });
  expect(act()).toBeNull();
  Object.defineProperty(link, "depart", { value: depart, enumerable: false, configurable: true });
}

describe("VEC-2: a rate one step past what its field holds", () => {
  test.each([65_535, 65_536, 65_537, 0xffffff, 0x1000000, 0x7fffffff])(
    "%i x 0.01 uL/day is delivered exactly or refused, never cut down",
    (rate) => {
      const pump = new Pump({ mode: "stopped", rate: 0, bolus: null, limits: wide });
      const outcome = outcomeName(pump.program({ ...PROGRAM, rate, bolus: null, limits: wide }) ?? -1);
      expect(outcome).toBe(rate <= 2_400_000 ? "accepted" : "out_of_range");
      pump.wait(HOUR);
      const [began] = pump.heard("basal_rate");
      const ticks = outcome === "accepted" ? pump.machine.tick - began.tick : 0;
      expect(pump.pulses).toBe(Math.floor((rate * ticks) / 216_000_000));
    },
  );
});

describe("VEC-4: a stall during a bolus whose command was never acknowledged", () => {
  test("LNK-3: cancels the bolus, which ran once and whose volume is reported once", () => {
    const pump = new Pump({ limits: wide }).wait(HOUR);
    pump.programmer.ask(COMMAND_INTERROGATE);
    deafened(pump, () => pump.programmer.ask(COMMAND_CLINICIAN_BOLUS, words(100, 1_000)));
    pump.wait(5 * MINUTE);
    pump.machine.inject("motor_stall");
    pump.wait(20 * MINUTE);
    const again = pump.programmer.repeat(COMMAND_CLINICIAN_BOLUS, words(100, 1_000))!;
    expect(outcomeName(again.payload[0])).toBe("accepted");
    expect(pump.heard("bolus_started")).toHaveLength(1);
    expect(pump.heard("stall_detected")).toHaveLength(1);
    const given_nl = pump.machine.world.byCause_nl[3];
    expect(given_nl).toBeGreaterThan(0);
    expect(pump.heard("bolus_cancelled").map(({ fields }) => fields["delivered_nl"])).toEqual([given_nl]);
    expect(status(pump)).toMatchObject({ bolusGiven: given_nl / 250, bolusTotal: 100 });
    expect(pump.machine.signal("reservoir.estimate_nl")).toBe(18_000_000 - pump.machine.world.delivered_nl);
  });

  test("PTB-4: ends the bolus for good, also when the motor turns again", () => {
    const pump = new Pump({ limits: wide }).wait(HOUR);
    ask(pump, COMMAND_CLINICIAN_BOLUS, words(100, 1_000));
    pump.wait(5 * MINUTE);
    pump.machine.inject("motor_stall");
    pump.wait(20 * MINUTE);
    const given_nl = pump.machine.world.byCause_nl[3];
    pump.machine.release("motor_stall");
    pump.wait(2 * HOUR);
    expect(pump.heard("stall_recovered")).toHaveLength(1);
    expect(pump.machine.world.byCause_nl[3]).toBe(given_nl);
    expect(ask(pump, COMMAND_ACKNOWLEDGE, Uint8Array.of(ALARM_MOTOR_STALL))).toBe("out_of_range");
  });
});

describe("VEC-5, PTB-4: a stop in the middle of a bolus", () => {
  test.each([0, 1, 7, 1_499, 1_500, 1_510, 1_519, 1_520, 1_521, 15_000, 29_990])(
    "after %i ticks is reported with the volume of the pulses that were given",
    (ticks) => {
      const pump = new Pump().wait(HOUR);
      expect(ask(pump, COMMAND_PATIENT_BOLUS)).toBe("accepted");
      const [{ tick }] = pump.heard("bolus_started");
      if (tick + ticks > pump.machine.tick) pump.wait(tick + ticks - pump.machine.tick);
      expect(ask(pump, COMMAND_STOP)).toBe("accepted");
      pump.wait(HOUR);
      const given_nl = pump.machine.world.byCause_nl[2];
      expect(given_nl).toBeLessThanOrEqual(5_000);
      const ends = [...pump.heard("bolus_cancelled"), ...pump.heard("bolus_finished")];
      expect(ends.map(({ fields }) => fields["delivered_nl"])).toEqual([given_nl]);
      expect(ask(pump, COMMAND_START)).toBe("accepted");
      pump.wait(HOUR);
      expect(pump.machine.world.byCause_nl[2]).toBe(given_nl);
    },
  );

  test("PTB-2: leaves the bolus counted against the cap", () => {
    const pump = new Pump({ bolus: { ...PROGRAM.bolus!, per24h: 1 } }).wait(HOUR);
    ask(pump, COMMAND_PATIENT_BOLUS);
    ask(pump, COMMAND_STOP);
    pump.wait(HOUR);
    ask(pump, COMMAND_START);
    pump.wait(HOUR);
    expect(ask(pump, COMMAND_PATIENT_BOLUS)).toBe("per_24h");
  });
});

describe("VEC-6: a change of the clock during a bolus", () => {
  const changes: [string, (pump: Pump) => void][] = [
    ["by a set clock, an hour back,", (pump) => void pump.programmer.ask(COMMAND_SET_CLOCK, words(13_000_000 - 60))],
    [
      "by a set clock, a day forward,",
      (pump) => void pump.programmer.ask(COMMAND_SET_CLOCK, words(13_000_000 + 1_440)),
    ],
    ["by a jump of the counter, an hour back,", (pump) => pump.machine.inject("rtc_jump", -HOUR)],
    ["by a jump of the counter, a day forward,", (pump) => pump.machine.inject("rtc_jump", DAY)],
    ["by a jump of the counter, half a minute forward,", (pump) => pump.machine.inject("rtc_jump", 30 * SECOND)],
  ];

  test.each(changes)("PTB-1: %s changes neither the bolus nor its lockout", (_, change) => {
    const pump = new Pump();
    pump.programmer.ask(COMMAND_SET_CLOCK, words(13_000_000));
    pump.wait(2 * HOUR);
    expect(ask(pump, COMMAND_PATIENT_BOLUS)).toBe("accepted");
    pump.wait(2 * MINUTE);
    change(pump);
    pump.wait(57 * MINUTE);
    expect(ask(pump, COMMAND_PATIENT_BOLUS)).toBe("lockout");
    const [start] = pump.heard("bolus_started");
    const [end] = pump.heard("bolus_finished", { delivered_nl: 5_000 });
    expect(end.tick - start.tick).toBe(300 * SECOND + 19);
    pump.wait(MINUTE);
    expect(ask(pump, COMMAND_PATIENT_BOLUS)).toBe("accepted");
    expect(pump.heard("bolus_started")).toHaveLength(2);
  });

  test("PTB-2: leaves the daily cap in force", () => {
    const pump = new Pump({ bolus: { ...PROGRAM.bolus!, per24h: 1 } }).wait(HOUR);
    ask(pump, COMMAND_PATIENT_BOLUS);
    for (const [, change] of changes) {
      pump.wait(2 * HOUR);
      change(pump);
      expect(ask(pump, COMMAND_PATIENT_BOLUS)).toBe("per_24h");
    }
  });
});

describe("VEC-7, LNK-3: a reset around a command", () => {
  const record = encodeProgram({ ...PROGRAM, rate: 20_000 });

  test("between stage and commit leaves nothing to commit, and the status names the program before", () => {
    const pump = new Pump().wait(HOUR);
    pump.programmer.ask(COMMAND_STAGE, stagePieces(record)[0]);
    pump.machine.inject("reset");
    pump.machine.run(SECOND);
    expect(ask(pump, COMMAND_COMMIT, encodeCommit(digestOf(record)))).toBe("digest");
    expect(status(pump)).toMatchObject({ digest: digestOf(encodeProgram(PROGRAM)), rate: PROGRAM.rate });
  });

  test("after the commit and before its reply lets the status say which program is in force", () => {
    const pump = new Pump().wait(HOUR);
    pump.programmer.ask(COMMAND_STAGE, stagePieces(record)[0]);
    deafened(pump, () => pump.programmer.ask(COMMAND_COMMIT, encodeCommit(digestOf(record))));
    expect(status(pump)).toMatchObject({ digest: digestOf(record), rate: 20_000, lastCommand: COMMAND_COMMIT });
  });

  test("does not change that a commit must name the program that was staged last", () => {
    const pump = new Pump().wait(HOUR);
    pump.programmer.ask(COMMAND_STAGE, stagePieces(record)[0]);
    pump.programmer.ask(COMMAND_STAGE, stagePieces(encodeProgram({ ...PROGRAM, rate: 30_000 }))[0]);
    expect(ask(pump, COMMAND_COMMIT, encodeCommit(digestOf(record)))).toBe("digest");
    expect(status(pump)).toMatchObject({ digest: digestOf(encodeProgram(PROGRAM)), rate: 10_000 });
  });
});

statesHarms({});
