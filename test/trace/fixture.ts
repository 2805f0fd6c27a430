// A made-up day for the tests of traces and report: 100 uL/day in pulses of 250 nL, two patient boluses and one denied,
// and a stall from 12 h to 12 h 30 with its alarm. It is worked out here from a list of pulse times, with no part of
// the emulator, so the writers are tested against something simpler than what they will be given.

import type { RunEvent, RunReport, Track } from "../../emulator/run/report";
import { judgementOf } from "../../emulator/run/verdict";
import { TICKS_PER_DAY as DAY, TICKS_PER_HOUR as HOUR } from "../../hal/units";

const TICKS_PER_SECOND = 100;
const PULSE_NL = 250;
const BASAL_GAP = 21600;
const BOLUS_GAP = 1500;
const BOLUS_PULSES = 20;
const STALL = { from: 12 * HOUR, to: 12.5 * HOUR };
const START_MS = Date.UTC(2026, 2, 2, 8);
const LIMITS_NL = [25000, 160000];
const WINDOWS = [HOUR, DAY];

/** The day's report and tracks. */
export function dayFixture(): { report: RunReport; tracks: Track[] } {
  const boluses = [9 * HOUR, 15 * HOUR];
  const commanded = commandedPulses(boluses);
  const moved = commanded.filter(({ tick }) => tick < STALL.from || tick >= STALL.to);
  const raised = commanded.filter(({ tick }) => tick >= STALL.from)[7].tick;
  const cleared = moved.filter(({ tick }) => tick >= STALL.to)[3].tick;
  const byCause = (cause: string): number => moved.filter((pulse) => pulse.cause === cause).length * PULSE_NL;
  const volume_nl = moved.length * PULSE_NL;
  const events: RunEvent[] = [
    event(0, "boot", { cause: "power_on" }),
    event(100, "program_accepted", { rate_ul_per_day: 100, digest: "5ad01f37" }),
    event(100, "basal_rate", { ul_per_day: 100 }),
    event(boluses[0], "bolus_started", { kind: "patient", volume_nl: 5000, duration_s: 300 }),
    event(boluses[0] + 30000, "bolus_finished", { kind: "patient", delivered_nl: 5000 }),
    event(9 * HOUR + 120000, "bolus_denied", { kind: "patient", reason: "lockout" }),
    event(raised, "stall_detected", {}),
    event(raised, "alarm_raised", { alarm: "motor_stall" }),
    event(cleared, "stall_recovered", {}),
    event(cleared, "alarm_cleared", { alarm: "motor_stall" }),
    event(boluses[1], "bolus_started", { kind: "patient", volume_nl: 5000, duration_s: 300 }),
    event(boluses[1] + 30000, "bolus_finished", { kind: "patient", delivered_nl: 5000 }),
    event(20 * HOUR, "session_opened", { role: "clinician" }),
    event(20 * HOUR + 9000, "session_closed", {}),
  ];
  const report: RunReport = {
    schema: "cistern.run/1",
    scenario: "A day with breakthrough pain and a stalled rotor",
    seed: 7,
    controller: "cistern reference firmware",
    gear: "leap",
    version: "0.1.0",
    ended: { tick: DAY, time_s: 86400, wall: wallOf(DAY) },
    fingerprint: "9f2c61d07be4a835",
    delivered: {
      pulses: moved.length,
      volume_nl,
      by_cause: {
        basal: byCause("basal"),
        patient_bolus: byCause("patient_bolus"),
        clinician_bolus: 0,
        prime: 0,
        bridge: 0,
        unattributed: 0,
      },
      drugs: [{ name: "morphine", ug: volume_nl / 100 }],
    },
    tip: { volume_nl: volume_nl - 150, drugs: [{ name: "morphine", ug: (volume_nl - 150) / 100 }] },
    events,
    alarms: [{ name: "motor_stall", priority: "critical", raised_s: raised / 100, cleared_s: cleared / 100 }],
    harms: [],
    outside_calls: [],
    expectations: [
      { judged: true, ok: true, text: "delivered from 0 s to 9 h is 37.5 µL within 0.25 µL", seen: "37.25 µL" },
      {
        judged: true,
        ok: true,
        text: "event bolus_denied (reason lockout) once between 9 h 20 min and 9 h 21 min",
        seen: "1, at 9 h 20 min",
      },
      {
        judged: true,
        ok: true,
        text: "alarm motor_stall raised within 30 min after 12 h",
        seen: "at 12 h 25 min 13 s",
      },
      {
        judged: true,
        ok: false,
        text: "delivered from 0 s to 24 h is 110 µL within 0.25 µL",
        seen: "107.5 µL, 2.25 µL below the least",
      },
      { judged: true, ok: true, text: "never alarm dose_guard", seen: "never raised" },
    ],
    invariants: ["LIM-1", "MOT-1", "RES-1", "PTB-1", "X-1"].map((id) => ({
      id,
      judged: true,
      ok: true,
      at_s: null,
    })),
    faults: [
      { name: "motor_stall", at_s: 43200, until_s: 45000, acted: commanded.length - moved.length, first_s: 43200 },
    ],
    ...judgementOf([
      {
        at_tick: DAY,
        kind: "expectation",
        text: "expected delivered from 0 s to 24 h is 110 µL within 0.25 µL; seen: 107.5 µL, 2.25 µL below the least",
        weight: "fail",
      },
    ]),
    warnings: [],
    patient: null,
    speed: {
      simulated_s: 86400,
      host_s: 0.412,
      ticks_executed: 21873,
      ticks_leapt: DAY - 21873,
      machine: "module",
      reason: null,
    },
  };
  return { report, tracks: tracksOf(commanded, moved, raised, cleared) };
}

interface Pulse {
  tick: number;
  cause: "basal" | "patient_bolus";
}

function commandedPulses(boluses: readonly number[]): Pulse[] {
  const pulses: Pulse[] = [];
  for (let tick = 100 + BASAL_GAP; tick < DAY; tick += BASAL_GAP) pulses.push({ tick, cause: "basal" });
  for (const start of boluses) {
    for (let n = 1; n <= BOLUS_PULSES; n++) pulses.push({ tick: start + n * BOLUS_GAP, cause: "patient_bolus" });
  }
  const sorted = pulses.sort((a, b) => a.tick - b.tick);
  for (let i = 1; i < sorted.length; i++) sorted[i].tick = Math.max(sorted[i].tick, sorted[i - 1].tick + 90);
  return sorted;
}

function tracksOf(commanded: readonly Pulse[], moved: readonly Pulse[], raised: number, cleared: number): Track[] {
  const at = (pulses: readonly Pulse[], value: (count: number) => number): [number, number][] =>
    pulses.map(({ tick }, index) => [tick, value(index + 1)]);
  return [
    track(
      "motor.pulses",
      "",
      0,
      at(commanded, (count) => count),
    ),
    track(
      "motor.motion",
      "",
      0,
      at(moved, (count) => count),
    ),
    track("motor.rate_ulPerDay", "uL/day", 0, [[100, 100]]),
    track(
      "head.delivered_nl",
      "nl",
      0,
      at(moved, (count) => count * PULSE_NL),
    ),
    track(
      "reservoir.level_nl",
      "nl",
      18e6,
      at(moved, (count) => 18e6 - count * PULSE_NL),
    ),
    track(
      "reservoir.estimate_nl",
      "nl",
      18e6,
      at(commanded, (count) => 18e6 - count * PULSE_NL),
    ),
    windowTrack(0, commanded),
    track("limiter.limit0_nl", "nl", 0, [[100, LIMITS_NL[0]]]),
    windowTrack(1, commanded),
    track("limiter.limit1_nl", "nl", 0, [[100, LIMITS_NL[1]]]),
    track("alarm.active", "", 0, [
      [raised, 8],
      [cleared, 0],
    ]),
    track("sounder.tone", "", 0, tones(raised, cleared)),
    track("therapy.mode", "", 0, [[100, 3]]),
    track("link.rx_bytes", "", 0, [
      [20 * HOUR, 64],
      [20 * HOUR + 4000, 128],
    ]),
    track("battery.cell_mv", "mV", 3051.5, [
      [6 * HOUR, 3051.25],
      [18 * HOUR, 3050.75],
    ]),
    track("thermometer.offset_mC", "mC", -3, [
      [HOUR, -2147483648],
      [2 * HOUR, 2147483647],
    ]),
  ];
}

/** Two tones for 3 s every 10 min. */
function tones(raised: number, cleared: number): [number, number][] {
  const rows: [number, number][] = [];
  for (let tick = raised; tick < cleared; tick += HOUR / 6) rows.push([tick, 2], [tick + 300, 0]);
  return rows;
}

function windowTrack(index: 0 | 1, pulses: readonly Pulse[]): Track {
  const changes = new Map<number, number>();
  for (const { tick } of pulses) {
    changes.set(tick, (changes.get(tick) ?? 0) + PULSE_NL);
    changes.set(tick + WINDOWS[index], (changes.get(tick + WINDOWS[index]) ?? 0) - PULSE_NL);
  }
  let content = 0;
  const rows: [number, number][] = [];
  for (const [tick, by] of [...changes].sort((a, b) => a[0] - b[0])) {
    content += by;
    if (by !== 0 && tick <= DAY) rows.push([tick, content]);
  }
  return track(`limiter.window${index}_nl`, "nl", 0, rows);
}

function track(name: string, unit: string, first: number, rows: [number, number][]): Track {
  return { name, unit, ticks: [0, ...rows.map(([tick]) => tick)], values: [first, ...rows.map(([, value]) => value)] };
}

function event(tick: number, name: string, fields: Record<string, string | number>): RunEvent {
  return { tick, time_s: tick / TICKS_PER_SECOND, wall: wallOf(tick), name, ...fields };
}

function wallOf(tick: number): string {
  return new Date(START_MS + tick * 10).toISOString().slice(0, 19);
}
