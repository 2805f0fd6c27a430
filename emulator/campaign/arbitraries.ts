// Generators, for fast-check: programs that the pump accepts, whatever people do to it in a day, and faults, put together
// as scenarios. Values are drawn with their edges weighted, because fast-check does not bias arguments of commands by
// itself. Scenarios are plain data, so that a counterexample shrinks and prints.

import * as fc from "fast-check";
import { FAULTS } from "../faults";
import { ALARMS } from "../../hal/alarms";
import type { Program } from "../machine/program";
import type { Action, FaultEntry, Scenario, TimelineEntry } from "../scenario/scenario";

const PLACE = { file: "generated", line: 1, column: 1 };
const SECOND = 100;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** An integer with its edges and their neighbours drawn often. */
function edged(min: number, max: number): fc.Arbitrary<number> {
  const edges = [min, Math.min(min + 1, max), Math.max(max - 1, min), max];
  return fc.oneof(
    { weight: 3, arbitrary: fc.integer({ min, max }) },
    { weight: 1, arbitrary: fc.constantFrom(...edges) },
  );
}

const rate = fc.oneof(
  { weight: 3, arbitrary: edged(4_800, 100_000) },
  { weight: 2, arbitrary: edged(100_000, 2_400_000) },
);

const per24h = fc.oneof({ weight: 2, arbitrary: edged(1, 6) }, edged(1, 96));

const bolus = fc
  .record({ pulses: edged(1, 200), slack: edged(0, 600), lockout_min: edged(15, 90), per24h })
  .map(({ pulses, slack, ...rest }) => ({ ...rest, pulses, duration_s: Math.ceil(pulses * 0.9) + slack }));

const limits = fc.array(fc.record({ pulses: edged(4, 4_000), window_min: edged(15, 10_080) }), { maxLength: 4 });

/** A program within the device's limits; what it asks for may still be refused by its own windows. */
const program: fc.Arbitrary<Program> = fc
  .record({
    mode: fc.oneof({ weight: 8, arbitrary: fc.constant("continuous") }, fc.constantFrom("minimum", "stopped")),
    rate,
    bolus: fc.option(bolus, { freq: 4 }),
    limits,
    low_pulses: edged(0, 20_000),
  })
  .map((each) => ({ ...each, mode: each.mode as Program["mode"], rate: each.mode === "continuous" ? each.rate : 0 }));

const action: fc.Arbitrary<Action> = fc.oneof(
  { weight: 6, arbitrary: fc.constant<Action>({ do: "patient_bolus" }) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant("clinician_bolus" as const),
      pulses: edged(1, 400),
      duration_s: edged(1, 1_800),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("program" as const), program }) },
  fc.constant<Action>({ do: "stop" }),
  { weight: 2, arbitrary: fc.constant<Action>({ do: "start" }) },
  fc.record({
    do: fc.constant("refill" as const),
    aspirate_nl: fc.option(edged(0, 20_000_000)),
    fill_nl: edged(0, 20_000_000),
    drugs: fc.constant(null),
  }),
  fc.record({ do: fc.constant("set_clock" as const), wallMinute: edged(0, 20_000_000) }),
  fc.record({ do: fc.constant("acknowledge" as const), alarm: edged(0, ALARMS - 1) }),
  fc.constant<Action>({ do: "interrogate" }),
  fc.constant<Action>({ do: "self_test" }),
);

/** Faults that leave a controller's memory alone: a flipped bit in it is another kind of test. */
const PHYSICAL = FAULTS.filter((row) => row.name !== "ram_flip" && row.name !== "nvm_torn_write");

const PARAMETERS: Record<string, fc.Arbitrary<number>> = {
  fraction: fc.constantFrom(0.01, 0.1, 0.5, 1),
  factor: fc.constantFrom(0.5, 0.9, 1.2, 2),
  rate_nlPerDay: fc.constantFrom(100_000, 24_000_000, 90_000_000),
  volume_nl: fc.constantFrom(500_000, 3_000_000),
  ticks: fc.oneof(edged(1, 200), fc.constantFrom(-HOUR, HOUR, 24 * HOUR)),
  temperature_mC: fc.constantFrom(30_000, 41_000),
  altitude_m: fc.constantFrom(-100, 2_500),
  nvm_bit: edged(0, 262_143),
};

const fault: fc.Arbitrary<FaultEntry> = fc.constantFrom(...PHYSICAL).chain((row) =>
  fc.record({
    fault: fc.constant<string>(row.name),
    for_ticks: row.duration === "lasting" ? edged(1, HOUR) : fc.constant(null),
    parameter: row.parameter ? parameterFor(row.name, row.parameter.kind) : fc.constant(0),
    field: fc.constant(null),
  }),
);

function parameterFor(name: string, kind: string): fc.Arbitrary<number> {
  // A delay goes forward only; the clock jumps both ways.
  return name === "link.delay" ? edged(1, 100) : PARAMETERS[kind];
}

function entries(duration_ticks: number, faults: boolean): fc.Arbitrary<TimelineEntry[]> {
  const at_ticks = fc.oneof(
    { weight: 3, arbitrary: fc.integer({ min: 20, max: duration_ticks - 1 }) },
    edged(20, 2_000),
  );
  const person = fc.record({ at_ticks, place: fc.constant(PLACE), action }).map((each) => [each]);
  const mishap = fc.record({ at_ticks, place: fc.constant(PLACE), fault }).map((each) => [each]);
  const demand = fc
    .record({ at_ticks, every_min: edged(1, 90), count: edged(2, 20) })
    .map((each) => demandOf(each, duration_ticks));
  const some: fc.Arbitrary<TimelineEntry[]> = faults
    ? fc.oneof({ weight: 4, arbitrary: person }, { weight: 2, arbitrary: mishap }, demand)
    : fc.oneof({ weight: 4, arbitrary: person }, demand);
  return fc
    .array(some, { maxLength: 12, size: "max" })
    .map((all) => withoutOverlap(all.flat().sort((a, b) => a.at_ticks - b.at_ticks)));
}

/** A patient who asks again and again. */
function demandOf(
  demand: { at_ticks: number; every_min: number; count: number },
  duration_ticks: number,
): TimelineEntry[] {
  const times = Array.from({ length: demand.count }, (_, i) => demand.at_ticks + i * demand.every_min * MINUTE);
  return times
    .filter((at_ticks) => at_ticks < duration_ticks)
    .map((at_ticks) => ({ at_ticks, place: PLACE, action: { do: "patient_bolus" } }));
}

/** A fault that begins while the same one lasts is left out, as the loader would refuse it. */
function withoutOverlap(all: TimelineEntry[]): TimelineEntry[] {
  const ends = new Map<string, number>();
  return all.filter((entry) => {
    if (!("fault" in entry)) return true;
    const { fault: name, for_ticks } = entry.fault;
    if (entry.at_ticks <= (ends.get(name) ?? -1)) return false;
    ends.set(name, entry.at_ticks + (for_ticks ?? 0));
    return true;
  });
}

/** What can happen to a pump: `faults` false leaves it healthy. Durations up to `hours`. */
function scenario(options: { faults: boolean; hours: number }): fc.Arbitrary<Scenario> {
  return edged(10 * MINUTE, options.hours * HOUR).chain((duration_ticks) =>
    fc
      .record({
        seed: fc.integer({ min: 0, max: 0xffffffff }),
        second: edged(0, 59),
        fill_nl: edged(1_500_000, 20_000_000),
        state: fc.constantFrom("new" as const, "primed" as const),
        bias: fc.constantFrom(0, 0, -0.024, 0.05),
        ripple: fc.constantFrom(0, 0, 0.3),
        program,
        timeline: entries(duration_ticks, options.faults),
      })
      .map(({ seed, second, fill_nl, state, bias, ripple, ...rest }) => ({
        ...rest,
        name: "generated",
        file: "generated",
        start: { minute: 13_000_000, second },
        duration_ticks,
        seed,
        pump: {
          model: "implant-20" as const,
          capacity_nl: 20_000_000,
          fill_nl,
          catheter: { length_cm: 89, volume_nlPerCm: 2200 },
          state,
          unit: { bias, ripple },
        },
        drugs: [{ name: "morphine", concentration_mgPerMl: 10 }],
        expect: [],
      })),
  );
}

export const arbitraries = { program, action, fault, scenario };
