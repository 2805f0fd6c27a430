// A refill beside the port: part of it, or all, goes into the tissue around the pump. A table of expected against actual: what
// the pump believes is in it, what the needle then takes out, and who says that the two differ: the level sensor by its
// alarm, the next refill by its check.

import { describe, expect, test } from "vitest";
import { decodeRefill, encodeRefill } from "../../emulator/telemetry/messages";
import { ALARM_VOLUME_MISMATCH } from "../../hal/alarms";
import { COMMAND_ACKNOWLEDGE, COMMAND_REFILL, LOG_FAULTS } from "../../hal/telemetry";
import { EVENT_REFILL_DISCREPANCY } from "../../hal/trace";
import { outcomeName } from "../../emulator/contract/codes";
import { collectPumps, DAY, HOUR, MINUTE, Pump } from "../pump";
import { statesHarms } from "./stated-harms";

collectPumps();

const PULSE_NL = 250;
const CONCENTRATIONS = [10];

/** The needle goes in: everything out, `fill_nl` in, and both are announced to the pump. */
function refill(pump: Pump, fill_nl: number, accept: boolean) {
  const aspirated_nl = pump.machine.refill(null, fill_nl, CONCENTRATIONS);
  return { aspirated_nl, ...announce(pump, aspirated_nl, fill_nl, accept) };
}

function announce(pump: Pump, aspirated_nl: number, fill_nl: number, accept: boolean) {
  const payload = encodeRefill(true, Math.floor(aspirated_nl / PULSE_NL), fill_nl / PULSE_NL, accept);
  const reply = pump.programmer.ask(COMMAND_REFILL, payload)!.payload;
  return { outcome: outcomeName(reply[0]), expected_nl: decodeRefill(reply)!.expected * PULSE_NL };
}

/** A pump of `capacity_nl` with 4 mL left, refilled `short_nl` short of `fill_nl`, at 200 uL/day; then it runs for `ticks`. */
function missed(capacity_nl: number, fill_nl: number, short_nl: number, ticks: number): Pump {
  const pump = new Pump({ rate: 20_000, bolus: null }, { capacity_nl, fill_nl: 4_000_000 }).wait(HOUR);
  if (short_nl > 0) pump.machine.inject("pocket_fill", short_nl);
  // The expected volume comes out, so the refill itself looks well.
  expect(refill(pump, fill_nl, false).outcome).toBe("accepted");
  expect(pump.machine.world.reservoir.pocket_nl).toBe(short_nl);
  return pump.wait(ticks);
}

const uL = (nl: number) => Math.round(nl / 1_000);

describe("T12: the volume that the pump expects and the volume that it has", () => {
  // In uL: capacity, filled, beside the port, how long after; expected, aspirated; the alarm; the check at the next refill.
  test.each<[number, number, number, number, number, number, boolean, boolean]>([
    [20_000, 18_000, 0, 3 * HOUR, 17_975, 17_975, false, false],
    [20_000, 18_000, 900, 3 * HOUR, 17_975, 17_075, false, false],
    [20_000, 18_000, 1_100, 3 * HOUR, 17_975, 16_875, true, true],
    [20_000, 18_000, 4_000, 3 * HOUR, 17_975, 13_975, true, true],
    [20_000, 18_000, 17_000, 3 * HOUR, 17_998, 998, true, true],
    [40_000, 36_000, 1_800, 3 * HOUR, 35_975, 34_175, false, false],
    [40_000, 36_000, 4_000, 3 * HOUR, 35_975, 31_975, true, true],
    // A millilitre or two is not the only rule: what was to be delivered meanwhile says more.
    [20_000, 18_000, 200, 10 * DAY, 16_000, 15_800, false, false],
    [20_000, 18_000, 400, 10 * DAY, 16_000, 15_600, false, true],
    [20_000, 18_000, 4_000, 10 * DAY, 16_000, 12_000, true, true],
    [40_000, 36_000, 400, 10 * DAY, 34_000, 33_600, false, true],
  ])(
    "RES-2, RES-4: of %i uL, after a fill with %i of which %i went beside the port, and %i ticks, are %i and %i",
    (capacity, filled, short, ticks, expected, found, alarmed, differs) => {
      const pump = missed(capacity * 1_000, filled * 1_000, short * 1_000, ticks);
      // The sensor of a pump that got next to nothing shows it empty, whatever the pump expects (RES-6).
      const empty = found < 1_400 ? ["low_reservoir", "empty_reservoir"] : [];
      expect(pump.alarms()).toEqual([...empty, ...(alarmed ? ["volume_mismatch"] : [])]);
      const next = refill(pump, filled * 1_000, false);
      expect({ expected: uL(next.expected_nl), found: uL(next.aspirated_nl), outcome: next.outcome }).toEqual({
        expected,
        found,
        outcome: differs ? "discrepancy" : "accepted",
      });
      const differences = pump.heard("refill_discrepancy").map(({ fields }) => fields);
      const aspirated_nl = Math.floor(next.aspirated_nl / PULSE_NL) * PULSE_NL;
      expect(differences).toHaveLength(differs ? 1 : 0);
      if (differs) expect(differences[0]).toMatchObject({ expected_nl: next.expected_nl, aspirated_nl });
    },
  );
});

describe("T12: a refill of which 4 mL go beside the port", () => {
  test("RES-2: raises an alarm an hour and twelve readings later", () => {
    const pump = missed(20_000_000, 18_000_000, 4_000_000, 0);
    const refilledAt = pump.machine.tick;
    pump.wait(2 * HOUR);
    const [alarm] = pump.heard("alarm_raised");
    expect(alarm.fields).toEqual({ alarm: "volume_mismatch" });
    expect(alarm.tick - refilledAt).toBeGreaterThan(70 * MINUTE);
    expect(alarm.tick - refilledAt).toBeLessThanOrEqual(72 * MINUTE);
  });

  test("RES-4: makes the next refill record nothing when refused, and log the difference when accepted", () => {
    const pump = missed(20_000_000, 18_000_000, 4_000_000, 3 * HOUR);
    const estimate = pump.machine.signal("reservoir.estimate_nl");
    const { aspirated_nl, outcome } = refill(pump, 18_000_000, false);
    expect([outcome, pump.machine.signal("reservoir.estimate_nl")]).toEqual(["discrepancy", estimate]);
    const again = announce(pump, aspirated_nl, 18_000_000, true);
    expect([again.outcome, again.expected_nl]).toEqual(["accepted", estimate]);
    expect(pump.machine.signal("reservoir.estimate_nl")).toBe(18_000_000);
    const entry = pump.programmer.readLog(LOG_FAULTS)!.findLast(({ code }) => code === EVENT_REFILL_DISCREPANCY)!;
    expect([entry.a * PULSE_NL, entry.b * PULSE_NL]).toEqual([estimate, aspirated_nl]);
    expect(estimate - aspirated_nl).toBe(4_000_000);
    pump.programmer.ask(COMMAND_ACKNOWLEDGE, Uint8Array.of(ALARM_VOLUME_MISMATCH));
    pump.wait(3 * HOUR);
    expect(pump.alarms()).toEqual([]);
  });
});

statesHarms({});
