import * as fc from "fast-check";
import { expect, test } from "vitest";
import { words } from "../../emulator/link/messages";
import { COMMAND_CLINICIAN_BOLUS, COMMAND_PATIENT_BOLUS, outcomeName } from "../../hal/telemetry";
import { HOUR, MINUTE, Pump } from "../pump";
const clinician = (pump: Pump, pulses: number, seconds: number) =>
  outcomeName(pump.programmer.outcome(COMMAND_CLINICIAN_BOLUS, words(pulses, seconds)) ?? -1);

test("dry", () => {
  const pump = new Pump({ rate: 1_100_000, bolus: null, limits: [{ pulses: 4000, window_min: 60 }], low_pulses: 0 }, { fill_nl: 8_000_000 });
  pump.wait(MINUTE);
  console.log(clinician(pump, 20_000, 43_200));
  pump.wait(24 * HOUR);
  console.log(pump.machine.world.reservoir.volume_nl, pump.alarms(), pump.heard("bolus_finished"), pump.heard("bolus_cancelled"));
});

test("guard after reduction", () => {
  const pump = new Pump({ rate: 480_000, bolus: null, limits: [{ pulses: 100, window_min: 60 }] }).wait(2 * HOUR);
  pump.program({ mode: "continuous", rate: 100_000, bolus: null, limits: [{ pulses: 10, window_min: 15 }], low_pulses: 0 });
  pump.wait(2 * HOUR);
  console.log(pump.alarms(), pump.said.slice(-8));
});

test("titrate down without limits", () => {
  const pump = new Pump({ rate: 48_000, bolus: null, limits: [] }).wait(48 * HOUR);
  const t0 = pump.machine.tick;
  pump.program({ mode: "continuous", rate: 24_000, bolus: null, limits: [], low_pulses: 0 });
  const before = pump.pulses;
  pump.wait(24 * HOUR);
  console.log("pulses in 24h after halving", pump.pulses - before, "of 960");
  console.log(pump.said.filter((s) => s.tick >= t0).map((s) => `${((s.tick - t0) / HOUR).toFixed(2)}h ${s.name} ${JSON.stringify(s.fields)}`));
});

test("titrate down 10% without limits", () => {
  const pump = new Pump({ rate: 48_000, bolus: null, limits: [] }).wait(48 * HOUR);
  const t0 = pump.machine.tick;
  pump.program({ mode: "continuous", rate: 43_200, bolus: null, limits: [], low_pulses: 0 });
  pump.wait(24 * HOUR);
  console.log(pump.said.filter((s) => s.tick >= t0).map((s) => `${((s.tick - t0) / HOUR).toFixed(2)}h ${s.name} ${JSON.stringify(s.fields)}`));
});

test("hammer LIM-2", () => {
  let g = 0, d = 0;
  const r = fc.check(
    fc.property(
      fc.record({
        rate: fc.integer({ min: 4_800, max: 2_300_000 }),
        limits: fc.array(fc.record({ spare: fc.integer({ min: 0, max: 400 }), window_min: fc.integer({ min: 15, max: 300 }) }), { minLength: 1, maxLength: 4 }),
        boluses: fc.array(fc.record({ wait: fc.integer({ min: 0, max: 60 * MINUTE }), pulses: fc.integer({ min: 1, max: 400 }), pace: fc.integer({ min: 90, max: 3000 }) }), { minLength: 1, maxLength: 10 }),
      }),
      ({ rate, limits, boluses }) => {
        const pump = new Pump({ rate, bolus: null, low_pulses: 0, limits: limits.map(({ spare, window_min }) => ({ window_min, pulses: Math.ceil((rate * (window_min * MINUTE + 1500)) / 216e6) + 2 + spare })) });
        for (const b of boluses) {
          pump.wait(b.wait);
          if (clinician(pump, b.pulses, Math.min(43200, Math.ceil((b.pulses * b.pace) / 100))) === "accepted") g++; else d++;
        }
        pump.wait(8 * HOUR);
        expect(pump.heard("limit_reached")).toEqual([]);
        expect(pump.heard("bolus_cancelled")).toEqual([]);
        // THR-6
        const starts = pump.heard("bolus_started"), ends = pump.heard("bolus_finished");
        expect(ends.length).toBe(starts.length);
        starts.forEach((s, i) => {
          const T = Number(s.fields["duration_s"]) * 100, n = Number(s.fields["volume_nl"]) / 250;
          const late = ends[i].tick - s.tick - T;
          if (late > T / n + 20) throw new Error(`late ${late} interval ${T / n}`);
        });
      },
    ),
    { numRuns: 400, endOnFailure: false },
  );
  console.log(g, d, fc.defaultReportMessage(r as never) ?? "ok");
}, 300000);
test("patient", () => { void COMMAND_PATIENT_BOLUS; });
