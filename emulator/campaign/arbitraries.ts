// Generators for fast-check. They draw programs within the device's limits, actions of people, and faults, and put them
// together as scenarios. The edges of a range are drawn more often than the values between them, because fast-check does not
// bias the arguments of commands by itself. Scenarios are plain data, so fast-check can shrink and print a counterexample.

import * as fc from "fast-check";
import { FAULTS } from "../faults";
import { ALARMS } from "../../hal/alarms";
import {
  BOLUS_SECONDS_MAX,
  CONFIRM_NO_BRIDGE,
  CONFIRM_SOFT_LIMIT,
  CONFIRM_TIGHT_LIMITS,
  CONFIRM_TOTAL,
} from "../../hal/telemetry";
import type { Program } from "../telemetry/program";
import type { Action, Consent, FaultEntry, Scenario, TimelineEntry } from "../scenario/scenario";
import { TICKS_PER_HOUR as HOUR, TICKS_PER_MINUTE as MINUTE, TICKS_PER_SECOND as SECOND } from "../../hal/units";
import { SEED_MAX } from "../random";
import { SECONDS_PER_MINUTE } from "../time";

const PLACE = { file: "generated", line: 1, column: 1 };

/** An integer of which a quarter of the draws is one of the edges or its neighbour. */
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

/** Seconds by which a bolus takes longer than the motor needs: none to 10 min, or enough to leave room for any basal. */
const slack = fc.oneof(edged(0, 600), edged(600, 3_600));

const bolus = fc
  .record({ pulses: edged(1, 200), slack, lockout_min: edged(15, 90), per24h })
  .map(({ pulses, slack: more, ...rest }) => ({ ...rest, pulses, duration_s: Math.ceil(pulses * 0.9) + more }));

/** No limits, limits that deny doses, or limits that leave room for them. */
const limits = fc.oneof(
  fc.constant<Program["limits"]>([]),
  fc.array(fc.record({ pulses: edged(4, 4_000), window_min: edged(15, 10_080) }), { maxLength: 4 }),
  fc.array(fc.record({ pulses: edged(4_000, 100_000), window_min: edged(15, 10_080) }), { maxLength: 4 }),
);

/** The steps of one day's pattern: any rate of the pump, 0 and the minimum rate included. */
const steps = fc.uniqueArray(edged(0, 1_439), { minLength: 1, maxLength: 13, size: "max" }).chain((minutes) =>
  fc
    .array(fc.oneof({ weight: 5, arbitrary: rate }, fc.constantFrom(0, 600)), {
      minLength: minutes.length,
      maxLength: minutes.length,
    })
    .map((rates) => [...minutes].sort((a, b) => a - b).map((minute, i) => ({ minute, rate: rates[i] }))),
);

const flex = fc.array(steps, { minLength: 1, maxLength: 7 }).chain((patterns) =>
  fc.record({
    patterns: fc.constant(patterns),
    weekdays: fc.array(edged(0, patterns.length - 1), { minLength: 7, maxLength: 7 }),
  }),
);

/** Periodic doses: each at a rate between the slowest and the fastest, and over before the next one begins. */
const periodic = fc.record({ every_min: edged(15, 1_440), pulses: edged(1, 200) }).chain(({ every_min, pulses }) =>
  fc.record({
    every_min: fc.constant(every_min),
    pulses: fc.constant(pulses),
    duration_s: edged(
      Math.ceil(pulses * 0.9),
      Math.min(pulses * 450, every_min * SECONDS_PER_MINUTE, BOLUS_SECONDS_MAX),
    ),
  }),
);

/** Concentrations in 0.1 ug/mL. There are only three, so that a bridge often names the concentration in use. */
const concentration = fc.constantFrom(50_000, 100_000, 200_000);

/** Mostly a drug that the library does not list, because the pump refuses many programs of a listed one. */
const drugs: fc.Arbitrary<NonNullable<Program["drugs"]>> = fc
  .record({ id: fc.constantFrom(0, 0, 0, 1, 2), concentration })
  .map((drug) => [drug]);

const mode = fc.oneof(
  { weight: 6, arbitrary: fc.constant<Program["mode"]>("continuous") },
  { weight: 3, arbitrary: fc.constantFrom<Program["mode"][]>("flex", "periodic") },
  fc.constantFrom<Program["mode"][]>("minimum", "stopped"),
);

/** A program within the device's limits. Its own dose windows may still deny the doses that it orders. */
const program: fc.Arbitrary<Program> = fc
  .record({
    mode,
    rate,
    bolus: fc.option(bolus, { freq: 8 }),
    limits,
    low_pulses: edged(0, 20_000),
    flex,
    periodic,
    drugs: fc.oneof(drugs, fc.constant<NonNullable<Program["drugs"]>>([])),
    refill_days: fc.constantFrom(0, 0, 0, 1, 2),
  })
  .map(({ flex: schedule, periodic: doses, ...each }) => ({
    ...each,
    rate: each.mode === "continuous" ? each.rate : 0,
    ...(each.mode === "flex" ? { flex: schedule } : {}),
    ...(each.mode === "periodic" ? { periodic: doses } : {}),
  }));

/** All that a commit can ask for. */
const CONFIRM_ALL = CONFIRM_SOFT_LIMIT | CONFIRM_TOTAL | CONFIRM_NO_BRIDGE | CONFIRM_TIGHT_LIMITS;

/** The clinician's confirmations; mostly all that the pump can ask for. */
const consent: fc.Arbitrary<Consent> = fc.oneof(
  { weight: 3, arbitrary: fc.constant({ confirm: CONFIRM_ALL, reason: 1 }) },
  fc.record({ confirm: edged(0, CONFIRM_ALL), reason: edged(0, 4) }),
);

/** Minutes since 2000: mostly near the start of most runs, else anywhere in 38 years. */
const wallMinute = fc.oneof({ weight: 3, arbitrary: edged(12_990_000, 13_020_000) }, edged(0, 20_000_000));

const ACTIONS: readonly [weight: number, fc.Arbitrary<Action>][] = [
  [18, fc.constant({ do: "patient_bolus" })],
  [9, fc.record({ do: fc.constant("clinician_bolus" as const), pulses: edged(1, 400), duration_s: edged(1, 1_800) })],
  [9, fc.record({ do: fc.constant("program" as const), program, consent })],
  [
    5,
    fc.record({
      do: fc.constant("prime" as const),
      pulses: fc.oneof(edged(1, 100), edged(1, 4_000)),
      confirmed: fc.boolean(),
    }),
  ],
  [5, bridge(edged(1, 4_000))],
  [3, fc.constant({ do: "stop" })],
  [9, fc.constant({ do: "start" })],
  [
    6,
    fc.record({
      do: fc.constant("refill" as const),
      aspirate_nl: fc.option(edged(0, 20_000_000), { nil: null }),
      fill_nl: edged(0, 20_000_000),
      drugs: fc.constant(null),
      accept: fc.boolean(),
    }),
  ],
  [1, fc.record({ do: fc.constant("tap" as const), volume_nl: edged(0, 20_000_000) })],
  [1, fc.record({ do: fc.constant("top_up" as const), volume_nl: edged(0, 40_000_000), drugs: fc.constant(null) })],
  [
    1,
    fc.record({
      do: fc.constant("port_injection" as const),
      volume_nl: edged(1, 3_000_000),
      drug_ng: fc.tuple(edged(0, 5_000_000)),
    }),
  ],
  [1, fc.record({ do: fc.constant("port_aspiration" as const), volume_nl: edged(0, 3_000_000) })],
  [5, fc.record({ do: fc.constant("set_clock" as const), wallMinute })],
  [6, fc.record({ do: fc.constant("acknowledge" as const), alarm: edged(0, ALARMS - 1) })],
  [2, fc.constant({ do: "interrogate" })],
  [4, fc.constant({ do: "self_test" })],
  [2, fc.record({ do: fc.constant("implant" as const), purged: fc.boolean() })],
  [1, fc.constant({ do: "explant" })],
];

const action: fc.Arbitrary<Action> = fc.oneof(...ACTIONS.map(([weight, arbitrary]) => ({ weight, arbitrary })));

function bridge(pulses: fc.Arbitrary<number>): fc.Arbitrary<Extract<Action, { do: "bridge" }>> {
  const oldConcentration = fc.oneof({ weight: 5, arbitrary: concentration }, edged(1, 1_000_000));
  return fc.record({ do: fc.constant("bridge" as const), oldConcentration, pulses });
}

/** All faults but `ram_flip`, which needs the names of the controller's fields. */
const PHYSICAL = FAULTS.filter((row) => row.name !== "ram_flip");

const PARAMETERS: Record<string, fc.Arbitrary<number>> = {
  fraction: fc.constantFrom(0.01, 0.1, 0.5, 1),
  factor: fc.constantFrom(0.5, 0.9, 1.2, 2),
  rate_nlPerDay: fc.constantFrom(100_000, 24_000_000, 90_000_000),
  volume_nl: fc.constantFrom(500_000, 3_000_000),
  ticks: fc.oneof(edged(1, 200), fc.constantFrom(-HOUR, HOUR, 24 * HOUR)),
  temperature_mC: fc.constantFrom(30_000, 41_000),
  altitude_m: fc.constantFrom(-100, 2_500, 12_000),
  pressure_pa: fc.constantFrom(0, 130_000, 200_000, 400_000),
  ppm: fc.constantFrom(-20_000, -700, 20, 700),
  // Half of the flips are in the first 4 KiB, where the records are, and half anywhere in the memory.
  nvm_bit: fc.oneof(edged(0, 32_767), edged(0, 1_048_575)),
};

/** A fault. `fields` are those of the controller's memory in which bits may flip; when it is empty, none does. */
function faultWith(fields: readonly string[]): fc.Arbitrary<FaultEntry> {
  const physical = fc.constantFrom(...PHYSICAL).chain((row) =>
    fc.record({
      fault: fc.constant<string>(row.name),
      for_ticks: row.duration === "lasting" ? edged(1, HOUR) : fc.constant(null),
      parameter: row.parameter ? parameterFor(row.name, row.parameter.kind) : fc.constant(0),
      field: fc.constant(null),
    }),
  );
  if (fields.length === 0) return physical;
  const flip = fc.record({
    fault: fc.constant("ram_flip"),
    for_ticks: fc.constant(null),
    parameter: edged(0, 31),
    field: fc.constantFrom(...fields),
  });
  return fc.oneof({ weight: 14, arbitrary: physical as fc.Arbitrary<FaultEntry> }, { weight: 1, arbitrary: flip });
}

const fault = faultWith([]);

function parameterFor(name: string, kind: string): fc.Arbitrary<number> {
  // A delay goes forward only; the clock jumps both ways.
  return name === "link.delay" ? edged(1, 100) : PARAMETERS[kind];
}

function entries(duration_ticks: number, faults: fc.Arbitrary<FaultEntry> | null): fc.Arbitrary<TimelineEntry[]> {
  const at_ticks = fc.oneof(
    { weight: 3, arbitrary: fc.integer({ min: 20, max: duration_ticks - 1 }) },
    edged(20, 2_000),
  );
  const person = fc.record({ at_ticks, place: fc.constant(PLACE), action }).map((each): TimelineEntry[] => [each]);
  const demand = fc
    .record({ at_ticks, every_min: edged(1, 90), count: edged(2, 20) })
    .map((each) => demandOf(each, duration_ticks));
  const change = fc
    .record({ at_ticks, bridge: bridge(edged(1, 400)), program, drug: drugs, wait_min: edged(1, 30) })
    .map(changeOf);
  const attended = fc.record({ at_ticks }).map(attend);
  const parts: { weight: number; arbitrary: fc.Arbitrary<TimelineEntry[]> }[] = [
    { weight: 16, arbitrary: person },
    { weight: 4, arbitrary: demand },
    { weight: 2, arbitrary: change },
    { weight: 1, arbitrary: attended },
  ];
  const mishap = (each: fc.Arbitrary<FaultEntry>) =>
    fc.record({ at_ticks, place: fc.constant(PLACE), fault: each }).map((entry): TimelineEntry[] => [entry]);
  const botched = fc
    .record({ at_ticks, fill_nl: edged(4_000_000, 20_000_000), accept: fc.boolean() })
    .map(botchedRefill);
  if (faults) parts.push({ weight: 8, arbitrary: mishap(faults) }, { weight: 1, arbitrary: botched });
  return fc
    .array(fc.oneof(...parts), { maxLength: 12, size: "max" })
    .map((all) => withoutOverlap(all.flat().sort((a, b) => a.at_ticks - b.at_ticks)));
}

/** A patient who asks for a bolus `count` times, every `every_min`. */
function demandOf(
  demand: { at_ticks: number; every_min: number; count: number },
  duration_ticks: number,
): TimelineEntry[] {
  const times = Array.from({ length: demand.count }, (_, i) => demand.at_ticks + i * demand.every_min * MINUTE);
  return times
    .filter((at_ticks) => at_ticks < duration_ticks)
    .map((at_ticks) => ({ at_ticks, place: PLACE, action: { do: "patient_bolus" } }));
}

/** A clinician acknowledges every alarm, one after the other, and starts the pump. */
function attend({ at_ticks }: { at_ticks: number }): TimelineEntry[] {
  const all = Array.from({ length: ALARMS }, (_, alarm): Action => ({ do: "acknowledge", alarm }));
  return [...all, { do: "start" } as const].map((each) => ({ at_ticks, place: PLACE, action: each }));
}

/** The concentration changes: a clinician orders the bridge from the old one, and `wait_min` later the program. */
function changeOf(change: {
  at_ticks: number;
  bridge: Action;
  program: Program;
  drug: NonNullable<Program["drugs"]>;
  wait_min: number;
}): TimelineEntry[] {
  const next: Action = {
    do: "program",
    program: { ...change.program, drugs: change.drug },
    consent: { confirm: CONFIRM_SOFT_LIMIT | CONFIRM_TIGHT_LIMITS | CONFIRM_TOTAL, reason: 1 },
  };
  return [
    { at_ticks: change.at_ticks, place: PLACE, action: change.bridge },
    { at_ticks: change.at_ticks + change.wait_min * MINUTE, place: PLACE, action: next },
  ];
}

/** A refill goes into the pocket, so at the next refill less comes out than the pump expects. */
function botchedRefill({ at_ticks, fill_nl, accept }: { at_ticks: number; fill_nl: number; accept: boolean }) {
  const refill: Action = { do: "refill", aspirate_nl: null, fill_nl, drugs: null, accept: true };
  const pocket: FaultEntry = { fault: "pocket_fill", for_ticks: MINUTE, parameter: 3_000_000, field: null };
  return [
    { at_ticks, place: PLACE, fault: pocket },
    { at_ticks: at_ticks + SECOND, place: PLACE, action: refill },
    { at_ticks: at_ticks + 10 * MINUTE, place: PLACE, action: { ...refill, accept } },
  ];
}

/** Leaves out each fault that begins while the same fault lasts; the loader would refuse it. */
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

/** Minutes since 2000 at which a run starts: an ordinary day, and the evenings before a leap day, a new week and a new year. */
const startMinute = fc.constantFrom(13_000_000, 14_810_160, 13_768_560, 13_675_560);

const MODELS = {
  "implant-20": 20_000_000,
  "implant-40": 40_000_000,
  "external-trial": 20_000_000,
} as const;

/** A pump from the shelf is implanted and programmed in its first minute. */
function fromShelf(first: Program, purged: boolean): TimelineEntry[] {
  return [
    { at_ticks: 2 * SECOND, place: PLACE, action: { do: "implant", purged } },
    { at_ticks: 30 * SECOND, place: PLACE, action: { do: "program", program: first } },
  ];
}

export interface ScenarioOptions {
  /** False: no fault is drawn. */
  faults: boolean;
  /** The longest scenario, in hours. */
  hours: number;
  /** Names of the fields of the controller's memory in which bits may flip; default none. */
  fields?: readonly string[];
}

/** A scenario of up to `hours`, with a pump, a program and a timeline. */
function scenario({ faults, hours, fields = [] }: ScenarioOptions): fc.Arbitrary<Scenario> {
  const mishaps = faults ? faultWith(fields) : null;
  return edged(10 * MINUTE, hours * HOUR).chain((duration_ticks) =>
    fc
      .record({
        seed: fc.integer({ min: 0, max: SEED_MAX }),
        minute: startMinute,
        second: edged(0, 59),
        fill_nl: edged(1_500_000, 20_000_000),
        model: fc.constantFrom<(keyof typeof MODELS)[]>(
          "implant-20",
          "implant-20",
          "implant-20",
          "implant-40",
          "external-trial",
        ),
        state: fc.constantFrom("new" as const, "primed" as const),
        shelf: fc.oneof({ weight: 9, arbitrary: fc.constant(null) }, fc.boolean()),
        bias: fc.constantFrom(0, 0, -0.024, 0.05),
        ripple: fc.constantFrom(0, 0, 0.3),
        program,
        consent,
        timeline: entries(duration_ticks, mishaps),
      })
      .map(({ seed, minute, second, fill_nl, model, state, shelf, bias, ripple, timeline, ...rest }) => ({
        ...rest,
        name: "generated",
        file: "generated",
        start: { minute, second },
        duration_ticks,
        seed,
        pump: {
          model,
          capacity_nl: MODELS[model],
          fill_nl,
          catheter: { length_cm: 89, volume_nlPerCm: 2200 },
          state,
          unit: { bias, ripple },
          life: shelf === null ? ("in_service" as const) : ("shelf" as const),
        },
        drugs: [{ name: "morphine", concentration_mgPerMl: 10 }],
        timeline: shelf === null ? timeline : [...fromShelf(rest.program, shelf), ...timeline],
        expect: [],
      })),
  );
}

export const arbitraries = { program, action, fault, faultWith, scenario };
