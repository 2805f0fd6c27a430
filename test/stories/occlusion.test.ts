// A catheter that is shut and comes free. Tip, wall and reservoir are read from the world: the pump can feel none of it. How
// much too little, then how much too much leaves the tip; and when the reservoir, which does not empty, gives it away.

import { describe, expect, test } from "vitest";
import { encodeRefill } from "../../emulator/telemetry/messages";
import { COMMAND_REFILL } from "../../hal/telemetry";
import { outcomeName } from "../../emulator/contract/codes";
import { collectPumps, DAY, HOUR, MINUTE, Pump, SECOND } from "../pump";
import { statesHarms } from "./stated-harms";

collectPumps();

const PULSE_NL = 250;
const CONCENTRATION_UG_PER_UL = 10;
/** Computed for a soft catheter at the pressure at which the head gives up. */
const RELIEF_NL_MAX = 5_000;
const MISMATCH_NL = 1_000_000;
/** Sixteen readings and an hour. */
const LASTING = 76 * MINUTE;

/** The volumes that left the tip in each of `count` stretches of `ticks`, in nL. */
function series(pump: Pump, count: number, ticks: number): number[] {
  return Array.from({ length: count }, () => {
    const before = pump.machine.world.catheter.tip_nl;
    pump.wait(ticks);
    return pump.machine.world.catheter.tip_nl - before;
  });
}

const sum = (volumes_nl: number[]) => volumes_nl.reduce((all, nl) => all + nl, 0);
const near = (nl: number, wanted_nl: number) => Math.abs(nl - wanted_nl) <= PULSE_NL + 0.001;

describe.each([
  ["100 uL/day, shut for 6 h", 10_000, 6],
  ["0.5 mL/day, shut for 40 h", 50_000, 40],
  ["5 mL/day, shut for 3 h", 500_000, 3],
])("T11: a catheter that is shut for a while at %s", (_, rate, hours) => {
  const hour_nl = (rate * 10) / 24;
  const pump = new Pump({ rate, bolus: null, limits: [{ pulses: 4_000, window_min: 60 }] }).wait(HOUR);
  const { catheter } = pump.machine.world;
  const before = series(pump, 3, HOUR);
  pump.machine.inject("catheter_occlusion");
  const shut = series(pump, hours, HOUR);
  const [kept_nl, pressure_mmHg] = [catheter.stored_nl, catheter.pressure_mmHg()];
  const free = pump.machine.tick;
  pump.machine.release("catheter_occlusion");
  const relief = series(pump, 20, SECOND);
  const rest = series(pump, 1, HOUR - 20 * SECOND);
  const after = series(pump, 3, HOUR);

  test("gives nothing at the tip, then at once what its wall has kept, and then the programmed rate again", () => {
    expect(before.every((nl) => near(nl, hour_nl))).toBe(true);
    expect(new Set(shut)).toEqual(new Set([0]));
    const released_nl = sum(relief);
    expect(kept_nl).toBeGreaterThan(4_000);
    expect(kept_nl).toBeLessThanOrEqual(RELIEF_NL_MAX);
    expect(released_nl).toBeGreaterThanOrEqual(kept_nl - 0.001);
    expect(released_nl - kept_nl).toBeLessThanOrEqual(Math.ceil(hour_nl / 180 / PULSE_NL) * PULSE_NL + PULSE_NL);
    expect(near(relief[0] + relief[1], 2_000)).toBe(true);
    expect(near(rest[0], hour_nl - hour_nl / 180)).toBe(true);
    expect(after.every((nl) => near(nl, hour_nl))).toBe(true);
  });

  test("gives too little and then too much, and a part of the dose never comes", () => {
    const hours_nl = [...before, ...shut, sum(relief) + sum(rest), ...after];
    const programmed_ug = (hour_nl / 1_000) * CONCENTRATION_UG_PER_UL;
    const ratio = hours_nl.map((nl) => ((nl / 1_000) * CONCENTRATION_UG_PER_UL) / programmed_ug);
    const peak = before.length + hours;
    expect(ratio.slice(before.length, peak)).toEqual(shut.map(() => 0));
    expect(Math.max(...ratio)).toBe(ratio[peak]);
    expect(ratio[peak]).toBeGreaterThan(1 + (kept_nl - 2 * PULSE_NL) / hour_nl);
    expect(ratio[peak]).toBeLessThanOrEqual(1 + (RELIEF_NL_MAX + 2 * PULSE_NL) / hour_nl);
    expect(near(sum(hours_nl), (hours_nl.length - hours) * hour_nl + kept_nl)).toBe(true);
  });

  test("MOT-2, RES-2: raises no alarm, because its pressure stays below that of the pump head", () => {
    expect(pressure_mmHg).toBeGreaterThan(400);
    expect(pressure_mmHg).toBeLessThanOrEqual(500);
    expect(pump.heard("alarm_raised")).toEqual([]);
    expect(pump.field("motor.missedTotal")).toBe(0);
    expect(pump.machine.tick).toBeGreaterThan(free);
  });
});

describe("T11: a catheter that stays shut", () => {
  test("RES-2: raises an alarm when the reservoir holds a millilitre too much, and not before", () => {
    const pump = new Pump({ rate: 50_000, bolus: null }).wait(HOUR);
    pump.machine.inject("catheter_occlusion");
    const gap_nl = () => pump.machine.world.reservoir.volume_nl - pump.machine.signal("reservoir.estimate_nl");
    while (gap_nl() < MISMATCH_NL) {
      expect(pump.alarms()).toEqual([]);
      pump.wait(10 * MINUTE);
    }
    const crossed = pump.machine.tick;
    pump.wait(2 * HOUR);
    const [alarm] = pump.heard("alarm_raised");
    expect(alarm.fields).toEqual({ alarm: "volume_mismatch" });
    // A code of the sensor is worth 12.5 uL, 36 min of delivery: the alarm may be that much early or late.
    expect(alarm.tick - crossed).toBeGreaterThan(LASTING - 46 * MINUTE);
    expect(alarm.tick - crossed).toBeLessThanOrEqual(LASTING + 46 * MINUTE);
    expect(crossed).toBeGreaterThan(2 * DAY);
    // EMU-8: it begins as soon as a day of service can be looked at, and the alarm is too late for it (H-1).
    expect(pump.harmsSeen()).toMatchObject([{ name: "underdose", by: null }]);
    expect(pump.harmsSeen()[0].first).toBeLessThan(DAY + HOUR);
  });

  test("RES-4: lets the refill find too much in the reservoir", () => {
    const pump = new Pump({ rate: 50_000, bolus: null }).wait(DAY);
    pump.machine.inject("catheter_occlusion");
    pump.wait(DAY + 12 * HOUR);
    expect(pump.alarms()).toEqual([]);
    const aspirated = Math.floor(pump.machine.refill(null, 18_000_000, [10]) / PULSE_NL);
    const refill = (accept: boolean) =>
      outcomeName(pump.programmer.outcome(COMMAND_REFILL, encodeRefill(true, aspirated, 72_000, accept))!);
    expect(refill(false)).toBe("discrepancy");
    expect(refill(true)).toBe("accepted");
    const [{ fields }] = pump.heard("refill_discrepancy");
    // Three fifths of what was to be delivered in two days and a half was not.
    expect(Number(fields["error_pct"])).toBeCloseTo(-60, 0);
  });
});

statesHarms({ "underdose, nobody": "H-1" });
