// The wider therapy at the pump's own link: schedules by weekday, periodic doses, prime and bridge, the drug library, and
// the steps of a pump's life.

import { describe, expect, test } from "vitest";
import {
  COMMAND_BRIDGE,
  COMMAND_EXPLANT,
  COMMAND_PATIENT_BOLUS,
  COMMAND_IMPLANT,
  COMMAND_PRIME,
  COMMAND_REFILL,
  COMMAND_SET_CLOCK,
  COMMAND_START,
  COMMAND_STOP,
  WALL_MINUTE_MAX,
} from "../../hal/telemetry";
import { encodeBridge, encodeImplant, encodePrime, encodeRefill, words } from "../../emulator/telemetry/messages";
import { CAUSE_BRIDGE } from "../../hal/trace";
import { outcomeName } from "../../emulator/contract/codes";
import { ask, DAY, HOUR, MINUTE, Pump } from "../pump";

const PLAIN = { bolus: null, limits: [], low_pulses: 0 };
const MORPHINE = 1;
const rate = (pump: Pump) => pump.machine.signal("motor.rate_ulPerDay") * 100;
/** 2026-03-06T22:00, a Friday. */
const FRIDAY_22 = 13_769_160;

describe("THR-3, THR-4: a flex schedule", () => {
  const flex = {
    patterns: [
      [
        { minute: 480, rate: 20_000 },
        { minute: 1_320, rate: 10_000 },
      ],
      [{ minute: 600, rate: 40_000 }],
    ],
    weekdays: [0, 0, 0, 0, 0, 1, 1],
  };

  test("starts a step in the first tick of its minute, over midnight and into the week's end", () => {
    const pump = new Pump({ ...PLAIN, mode: "flex", rate: 0, flex });
    pump.programmer.ask(COMMAND_SET_CLOCK, words(FRIDAY_22 - 1));
    pump.wait(2);
    expect(rate(pump)).toBe(20_000);
    pump.wait(MINUTE);
    expect(rate(pump)).toBe(10_000);
    // Saturday begins with the last step of Friday.
    pump.wait(11 * HOUR + 58 * MINUTE);
    expect(rate(pump)).toBe(10_000);
    pump.wait(2 * MINUTE);
    expect(rate(pump)).toBe(40_000);
    const steps = pump.heard("basal_rate").slice(-2);
    expect(steps.map((said) => said.tick % MINUTE)).toEqual([0, 0]);
  });

  test("takes the step of the new time at once when the clock is set forward or back", () => {
    const pump = new Pump({ ...PLAIN, mode: "flex", rate: 0, flex });
    pump.programmer.ask(COMMAND_SET_CLOCK, words(FRIDAY_22 - 60));
    expect(rate(pump)).toBe(20_000);
    pump.programmer.ask(COMMAND_SET_CLOCK, words(FRIDAY_22 + 5));
    expect(rate(pump)).toBe(10_000);
    pump.programmer.ask(COMMAND_SET_CLOCK, words(FRIDAY_22 - 120));
    expect(rate(pump)).toBe(20_000);
  });

  test("delivers the sum of its steps in a day, to a pulse", () => {
    const pump = new Pump({ ...PLAIN, mode: "flex", rate: 0, flex: { ...flex, weekdays: [0, 0, 0, 0, 0, 0, 0] } });
    pump.programmer.ask(COMMAND_SET_CLOCK, words(FRIDAY_22 - 120));
    pump.wait(MINUTE);
    const before = pump.pulses;
    pump.wait(DAY);
    // 14 h at 200 and 10 h at 100 uL/day, in pulses of 0.25 uL.
    expect(Math.abs(pump.pulses - before - (4 * (14 * 200 + 10 * 100)) / 24)).toBeLessThanOrEqual(2);
  });
});

test("THR-3: periodic doses are given whole, with nothing between them", () => {
  const periodic = { pulses: 40, duration_s: 600, every_min: 360 };
  const pump = new Pump({ ...PLAIN, mode: "periodic", rate: 0, periodic });
  pump.wait(HOUR);
  expect(pump.pulses).toBe(40);
  pump.wait(4 * HOUR);
  expect(pump.pulses).toBe(40);
  pump.wait(DAY - 4 * HOUR);
  expect(pump.pulses).toBe(40 * 5);
  expect(pump.alarms()).toEqual([]);
});

describe("THR-7: prime and bridge", () => {
  const drugs = (concentration: number) => [{ id: MORPHINE, concentration }];

  test("a prime gives its volume as fast as the pump goes, denies boluses, and returns to the program", () => {
    const pump = new Pump({ limits: [] }).wait(HOUR);
    const before = pump.pulses;
    expect(ask(pump, COMMAND_PRIME, encodePrime(560, false))).toBe("accepted");
    pump.wait(MINUTE);
    expect(ask(pump, COMMAND_PATIENT_BOLUS)).toBe("busy");
    pump.wait(10 * MINUTE);
    // One pulse of basal: two thirds of it had gathered before the prime (THR-9).
    expect(pump.pulses - before).toBe(560 + 1);
    expect(pump.heard("bolus_finished", { kind: "prime", delivered_nl: 140_000 })).toHaveLength(1);
    expect(rate(pump)).toBe(10_000);
    expect(pump.alarms()).toEqual([]);
  });

  test("a prime beyond the recorded path, as with a wrong tubing constant, needs a confirmation", () => {
    const pump = new Pump({ limits: [] }).wait(HOUR);
    expect(ask(pump, COMMAND_PRIME, encodePrime(1_583, false))).toBe("out_of_range");
    expect(ask(pump, COMMAND_PRIME, encodePrime(1_583, true))).toBe("accepted");
  });

  test("another concentration is refused without a bridge, which lets the old drug run at its own pace first", () => {
    const pump = new Pump({ limits: [], drugs: drugs(100_000), rate: 40_000 }).wait(HOUR);
    const next = { ...PLAIN, mode: "continuous" as const, rate: 20_000, drugs: drugs(200_000) };
    expect(outcomeName(pump.program(next)!)).toBe("bridge_needed");
    expect(ask(pump, COMMAND_BRIDGE, encodeBridge(100_000, 200))).toBe("accepted");
    expect(outcomeName(pump.program(next)!)).toBe("accepted");
    pump.wait(MINUTE);
    expect(rate(pump)).toBe(40_000);
    pump.wait(4 * HOUR);
    expect(pump.heard("bridge_finished", { delivered_nl: 50_000 })).toHaveLength(1);
    expect(rate(pump)).toBe(20_000);
    expect(pump.alarms()).toEqual([]);
  });
});

test("THR-1, THR-7: a bridge that would run a step of the week at a rate outside the pump's range is refused", () => {
  const drugs = [{ id: MORPHINE, concentration: 100_000 }];
  const weak = [{ id: MORPHINE, concentration: 50_000 }];
  const week = (rates: number[]) => ({
    ...PLAIN,
    mode: "flex" as const,
    rate: 0,
    flex: { patterns: rates.map((rate) => [{ minute: 0, rate }]), weekdays: [0, 0, 0, 0, 0, 1, 1] },
    drugs: weak,
  });
  // Half of 48 uL/day is none; and what is above the slowest on every day is bridged.
  for (const [rates, outcome] of [
    [[40_000, 4_800], "bridge_needed"],
    [[4_800, 40_000], "bridge_needed"],
    [[0, 40_000], "accepted"],
    [[40_000, 9_600], "accepted"],
  ] as const) {
    const pump = new Pump({ limits: [], drugs, rate: 20_000 }).wait(HOUR);
    expect(ask(pump, COMMAND_BRIDGE, encodeBridge(100_000, 50))).toBe("accepted");
    expect(outcomeName(pump.program(week([...rates]))!)).toBe(outcome);
    pump.wait(7 * DAY);
  }
});

describe("THR-7: a bridge under way", () => {
  const drugs = (concentration: number) => [{ id: MORPHINE, concentration }];

  function bridging(): Pump {
    const pump = new Pump({ limits: [], drugs: drugs(100_000), rate: 40_000 }).wait(HOUR);
    expect(ask(pump, COMMAND_BRIDGE, encodeBridge(100_000, 200))).toBe("accepted");
    pump.program({ ...PLAIN, mode: "continuous", rate: 20_000, drugs: drugs(200_000) });
    return pump.wait(HOUR);
  }

  test("is not replaced by another", () => {
    const pump = bridging();
    expect(ask(pump, COMMAND_BRIDGE, encodeBridge(100_000, 400))).toBe("busy");
    pump.wait(3 * HOUR);
    expect(pump.heard("bridge_finished", { delivered_nl: 50_000 })).toHaveLength(1);
  });

  test("counts a step that only a restart finds as one of its pulses (NVM-2)", () => {
    const pump = bridging();
    const before = pump.machine.board.motor.steps;
    while (pump.machine.board.motor.steps === before) {
      if (pump.field("motor.inFlight") === 1) pump.machine.inject("hang");
      pump.machine.run(30);
    }
    const left = () => 200 - pump.machine.world.byCause_nl[CAUSE_BRIDGE] / 250;
    pump.wait(MINUTE);
    expect(pump.heard("reset")).toEqual([]);
    expect(pump.field("therapy.bridge.left")).toBe(left());
  });
});

describe("LIM-8: the limits of the drug library", () => {
  const morphine = (rate: number) => ({
    ...PLAIN,
    mode: "continuous" as const,
    rate,
    drugs: [{ id: MORPHINE, concentration: 100_000 }],
  });

  test("demand a confirmation and a reason when soft, refuse when hard, and change nothing in the meantime", () => {
    const pump = new Pump(morphine(100_000));
    const digest = pump.field("program.digest");
    // 18 mg and 30 mg a day of 10 mg/mL.
    expect(outcomeName(pump.program(morphine(180_000))!)).toBe("soft_limit");
    expect(outcomeName(pump.program(morphine(300_000))!)).toBe("hard_limit");
    expect(pump.field("program.digest")).toBe(digest);
    expect(pump.heard("program_refused", { reason: "hard_limit" })).toHaveLength(1);
  });

  test("stop 60 ug an hour for 60 ug a day, because a total above twice the last needs a confirmation", () => {
    const pump = new Pump(morphine(5_000));
    expect(outcomeName(pump.program(morphine(120_000))!)).toBe("total_doubled");
  });

  test("compare with the total before a program that stopped the pump, also after a restart", () => {
    const pump = new Pump(morphine(5_000));
    expect(outcomeName(pump.program({ ...PLAIN, mode: "stopped", rate: 0, drugs: morphine(0).drugs })!)).toBe(
      "accepted",
    );
    pump.machine.inject("reset");
    pump.wait(HOUR);
    expect(outcomeName(pump.program(morphine(120_000))!)).toBe("total_doubled");
    expect(outcomeName(pump.program(morphine(10_000))!)).toBe("accepted");
  });
});

test("THR-4: a clock that was first set centuries ahead takes the true date, and the rate stays", () => {
  const pump = new Pump(PLAIN).wait(HOUR);
  const before = rate(pump);
  for (const wall of [WALL_MINUTE_MAX, FRIDAY_22, 0, FRIDAY_22]) {
    expect(ask(pump, COMMAND_SET_CLOCK, words(wall))).toBe("accepted");
    expect(pump.field("clock.wall")).toBe(wall);
    pump.wait(2 * MINUTE);
    expect(pump.field("clock.wall")).toBe(wall + 2);
  }
  expect([rate(pump), pump.alarms()]).toEqual([before, []]);
});

describe("RES-4: a refill", () => {
  test("that finds too little is not recorded until a clinician accepts it, and is logged either way", () => {
    const pump = new Pump({ rate: 1_000_000, limits: [], bolus: null }).wait(12 * HOUR);
    const estimate = pump.field("reservoir.estimate");
    // 5 mL were to be delivered; 1 mL less than expected comes out.
    const aspirated = estimate - 4_000;
    expect(ask(pump, COMMAND_REFILL, encodeRefill(true, aspirated, 72_000, false))).toBe("discrepancy");
    expect(pump.field("reservoir.estimate")).toBe(estimate);
    expect(ask(pump, COMMAND_REFILL, encodeRefill(true, aspirated, 72_000, true))).toBe("accepted");
    expect(pump.field("reservoir.estimate")).toBe(72_000);
    const [{ fields }] = pump.heard("refill_discrepancy");
    expect(fields).toMatchObject({ expected_nl: estimate * 250, aspirated_nl: aspirated * 250 });
    expect(Number(fields["error_pct"])).toBeGreaterThan(14.5);
  });

  test("of a pump that delivered next to nothing since the last one names a difference, and no error in per cent", () => {
    const pump = new Pump().wait(HOUR);
    const estimate = pump.field("reservoir.estimate");
    expect(ask(pump, COMMAND_REFILL, encodeRefill(true, estimate, 72_000, false))).toBe("accepted");
    expect(ask(pump, COMMAND_REFILL, encodeRefill(true, 66_000, 72_000, false))).toBe("discrepancy");
    const [{ fields }] = pump.heard("refill_discrepancy");
    expect(fields).toMatchObject({ expected_nl: 72_000 * 250, aspirated_nl: 66_000 * 250 });
    expect(fields).not.toHaveProperty("error_pct");
  });

  test("that finds what was expected is taken, and one beyond the capacity is not", () => {
    const pump = new Pump().wait(HOUR);
    const estimate = pump.field("reservoir.estimate");
    expect(ask(pump, COMMAND_REFILL, encodeRefill(true, estimate, 80_001, false))).toBe("out_of_range");
    expect(ask(pump, COMMAND_REFILL, encodeRefill(true, estimate, 80_000, false))).toBe("accepted");
    expect(pump.heard("refill_discrepancy")).toEqual([]);
  });
});

describe("LIF-1: the life of the pump", () => {
  test("counts an implant once the purge has moved the rotor, and none when the purge stalls", () => {
    for (const stalls of [false, true]) {
      const pump = new Pump(null, {}, false);
      pump.programmer.outcome(COMMAND_REFILL, encodeRefill(true, 0, 72_000, true));
      if (stalls) pump.machine.inject("motor_stall");
      expect(ask(pump, COMMAND_IMPLANT, encodeImplant(890, 195_800, false))).toBe("accepted");
      pump.machine.run(5 * MINUTE);
      expect(pump.heard("life_changed", { to: "implanted" })).toHaveLength(stalls ? 0 : 1);
      expect(pump.pulses).toBeGreaterThanOrEqual(8);
    }
  });

  test("ends with an explant, which needs a stopped pump and a log that was read, and after which no command is taken", () => {
    const pump = new Pump().wait(HOUR);
    expect(ask(pump, COMMAND_EXPLANT)).toBe("busy");
    expect(ask(pump, COMMAND_STOP)).toBe("accepted");
    expect(ask(pump, COMMAND_EXPLANT)).toBe("log_unread");
    for (const ring of [0, 1]) expect(pump.programmer.readLog(ring, 1)?.length).toBeGreaterThan(0);
    expect(ask(pump, COMMAND_EXPLANT)).toBe("accepted");
    expect(ask(pump, COMMAND_STOP)).toBe("life_cycle");
    pump.wait(DAY);
    expect(pump.alarms()).toEqual([]);
  });

  test("ends only after the log was read without leaving out an entry", () => {
    const pump = new Pump().wait(HOUR);
    expect(ask(pump, COMMAND_STOP)).toBe("accepted");
    const last = [0, 1].map((ring) => pump.field(`log.sequence[${ring}]`));
    for (const ring of [0, 1]) expect(pump.programmer.readLog(ring, last[ring])).toHaveLength(1);
    expect(ask(pump, COMMAND_EXPLANT)).toBe("log_unread");
  });

  test("TRI-1: ends the trial of a trial pump after seven days with a stop and an alarm", () => {
    const pump = new Pump();
    pump.machine.board.reservoir.strapExternal = true;
    pump.wait(7 * DAY - HOUR);
    expect(pump.alarms()).toEqual([]);
    pump.wait(2 * HOUR);
    expect(pump.alarms()).toEqual(["trial_expired"]);
    const before = pump.pulses;
    pump.wait(DAY);
    expect(pump.pulses).toBe(before);
  });

  test("LOG-1: is logged with faults apart and numbered entries, also after a reset", () => {
    const pump = new Pump().wait(HOUR);
    for (let i = 0; i < 550; i++) {
      pump.programmer.ask(COMMAND_STOP);
      pump.programmer.ask(COMMAND_START);
    }
    pump.machine.inject("reset");
    pump.wait(MINUTE);
    const [events, faults] = [0, 1].map((ring) => pump.programmer.readLog(ring, 1) ?? []);
    expect(events.length).toBeGreaterThanOrEqual(1_000);
    expect(faults.map((entry) => entry.sequence)).toEqual(faults.map((_, i) => i + 1));
    expect(events.map((entry) => entry.sequence)).toEqual(events.map((_, i) => events[0].sequence + i));
  });
});
