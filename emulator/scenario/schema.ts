// Defines the keys and values of a scenario file. One source gives both the shape that the loader parses with and the JSON
// Schema that editors read. Words come from the tables of faults, alarms, events and signals, so that a row that is added there
// is accepted and described here too. `load.ts` checks everything that needs two places of a file at once, such as a dose and
// its drug, or two faults that overlap.

import { distance } from "fastest-levenshtein";
import { z } from "zod";
import { ALARMS } from "../../hal/alarms";
import { NVM_BYTES } from "../../hal/nvm";
import { CAP_PER_24H_MAX, PATTERNS_MAX, PROGRAM_LIMITS_MAX, REASONS, STEPS_MAX, WEEKDAYS } from "../../hal/telemetry";
import { PULSE_NL, TICKS_PER_DAY } from "../../hal/units";
import { alarmName } from "../contract/alarms";
import { reasonName } from "../contract/codes";
import { HARM_NAMES } from "../contract/harms";
import { HAZARD_IDS, UNNAMED_HAZARDS } from "../contract/hazards";
import { FAULTS, type FaultRow } from "../faults";
import { EVENT_NAMES, EVENT_VALUES, problemOfField, problemOfFields } from "../machine/events";
import { EVERY_SIGNAL, type Signal } from "../machine/signals";
import { describeFound, describeUnknown, nearest } from "../names";
import { SEED_MAX } from "../random";
import { DRUGS_MAX } from "../world/reservoir";
import { isSameDrug } from "./drug-names";
import { clinician, patient, trial, TRIAL_KINDS } from "./patient-shapes";
import type { Quantity } from "./quantity";
import type { FaultEntry } from "./scenario";
import {
  amount,
  bounded,
  type Choice,
  choice,
  decided,
  discriminator,
  EDITOR,
  exactlyOneOf,
  expected,
  flag,
  integer,
  isMapping,
  list,
  mapping,
  OF_ANY_MAPPING,
  positiveSpan,
  quantity,
  requires,
  type Span,
  span,
  text,
  timeOfDay,
  VOLUME_NL_MAX,
  wallTime,
  wholeVolume,
  windowLength,
  word,
} from "./values";

const ENTRIES_MAX = 10_000;
const NAME_CHARACTERS_MAX = 200;
const PATH_CHARACTERS_MAX = 4096;

/** The rate of one step of the rotor in each tick: 90 mL/h. */
const STEP_RATE_NL_PER_DAY = PULSE_NL * TICKS_PER_DAY;

/** The capacity of each model's reservoir in nanolitres, which is also the default fill. */
export const CAPACITY_NL = {
  "implant-20": 20_000_000,
  "implant-40": 40_000_000,
  "external-trial": 20_000_000,
} as const;

const IMPLANTS: readonly string[] = Object.keys(CAPACITY_NL).filter((model) => model.startsWith("implant"));

export const ALARM_NAMES: readonly string[] = Array.from({ length: ALARMS }, (_, alarm) => alarmName(alarm));

/** Why a dose beyond a drug's soft limit is intended: the reasons of telemetry, in the order of their codes from 1. */
export const REASON_NAMES: readonly string[] = Array.from({ length: REASONS - 1 }, (_, i) => reasonName(i + 1));

/** The weekdays in the order of the program record. */
export const WEEKDAY_NAMES: readonly string[] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

// ---- drugs and pump

/** The most that a program record holds: a u32 of 0.1 ug/mL. */
const CONCENTRATION_MG_PER_ML_MAX = 429_496;

const concentration = quantity(["concentration"]).superRefine((found, context) => {
  const isZero = !found.value.gt(0);
  if (!isZero && found.value.lte(CONCENTRATION_MG_PER_ML_MAX)) return;
  const bounds = isZero ? "above 0" : `of at most ${CONCENTRATION_MG_PER_ML_MAX} mg/mL`;
  context.addIssue({ code: "custom", message: `expected a concentration ${bounds}, found "${found.text}"` });
});

const drug = mapping("a drug", {
  name: text("the drug's name", NAME_CHARACTERS_MAX).describe("Name of the drug in reports and expectations"),
  concentration: concentration.describe("Drug per volume: `10 mg/mL`"),
}).describe("One drug of the solution in the reservoir");

const drugs = list("drugs, the primary one first", drug, 1, DRUGS_MAX)
  .superRefine((all, context) => {
    all.forEach((one, i) => {
      const first = all.find((other) => isSameDrug(other.name, one.name))!;
      if (first === one) return;
      const message = `a second drug is called \`${first.name}\`${first.name === one.name ? "" : "; a name counts whatever its case"}`;
      context.addIssue({ code: "custom", path: [i, "name"], message });
    });
  })
  .describe("Drugs in the reservoir. The first is the primary drug, to which doses refer");

const pump = mapping("a pump", {
  model: word("model", Object.keys(CAPACITY_NL))
    .describe("implant-20 and external-trial hold 20 mL, implant-40 holds 40 mL. Default implant-20")
    .optional(),
  fill: wholeVolume().describe("Volume in the reservoir at the start: `18 mL`. Default: full").optional(),
  catheter: mapping("a catheter", {
    length: bounded(["length"], 5, 150, "a length from 5 cm to 150 cm")
      .describe("Length of the catheter. Default 89 cm")
      .optional(),
    volume: bounded(["volumePerLength"], 500, 5000, "a volume per length from 0.5 uL/cm to 5 uL/cm")
      .describe("Inner volume per length. Default 2.2 uL/cm")
      .optional(),
  })
    .describe("The catheter from pump to tip")
    .optional(),
  state: word("state", ["new", "primed"])
    .describe("new: the catheter holds no drug; primed: it holds what the reservoir holds. Default primed")
    .optional(),
  unit: mapping("a unit", {
    bias: bounded(["fraction"], -0.5, 0.5, "from -50 % to 50 %")
      .describe("Error of the volume of its pulses. Default 0 %")
      .optional(),
    ripple: bounded(["fraction"], 0, 0.5, "from 0 % to 50 %")
      .describe("Error of the pulse volume that varies within a revolution. Default 0 %")
      .optional(),
  })
    .describe("How this pump's own head differs from the nominal one")
    .optional(),
  life: word("life", ["shelf", "in_service"])
    .describe(
      "shelf: the clock is set and the reservoir filled, and the timeline implants and programs the pump; " +
        "in_service: it is implanted and programmed at the start. Default in_service",
    )
    .optional(),
}).describe("The pump and its catheter");

// ---- prescription

const rateOrDose = {
  rate: quantity(["rate"]).describe("Volume per time: `100 uL/day`").optional(),
  dose: quantity(["doseRate"]).describe("Primary drug per time: `1 mg/day`").optional(),
};

const steps = list(
  "steps of a day",
  exactlyOneOf(
    ["rate", "dose"],
    mapping("a step", { at: timeOfDay.describe("Wall-clock time at which the step begins: `07:00`"), ...rateOrDose }),
  ),
  1,
  STEPS_MAX,
)
  .superRefine((all, context) => {
    all.forEach(({ at: minute }, i) => {
      if (i === 0 || minute > all[i - 1].at) return;
      context.addIssue({
        code: "custom",
        path: [i, "at"],
        message: "expected a later time than that of the step before",
      });
    });
  })
  .describe("Rates of a day. Until the first step, the last rate of the day before stays in force");

const patterns = list(
  "patterns",
  mapping("a pattern", {
    days: list("weekdays", word("weekday", WEEKDAY_NAMES), 1, WEEKDAYS).describe("`[mon, tue]`"),
    steps,
  }),
  1,
  PATTERNS_MAX,
)
  .superRefine((all, context) => {
    const covered = new Set<string>();
    all.forEach(({ days }, i) => {
      days.forEach((day, n) => {
        if (!covered.has(day)) covered.add(day);
        else context.addIssue({ code: "custom", path: [i, "days", n], message: `\`${day}\` is here a second time` });
      });
    });
    const left = WEEKDAY_NAMES.filter((day) => !covered.has(day));
    if (left.length === 0) return;
    context.addIssue({ code: "custom", message: `expected every weekday in a pattern, found no ${left.join(", ")}` });
  })
  .describe("Steps of a day for some weekdays. Together the patterns have each weekday once");

const BASAL_SHAPES = [
  exactlyOneOf(
    ["rate", "dose"],
    mapping("a continuous basal", {
      mode: z.literal("continuous").describe("The same rate throughout"),
      ...rateOrDose,
    }),
  ),
  exactlyOneOf(
    ["steps", "patterns"],
    mapping("a flex basal", {
      mode: z.literal("flex").describe("Rates by the time of day, the same every day or by weekday"),
      steps: steps.optional(),
      patterns: patterns.optional(),
    }),
  ),
  exactlyOneOf(
    ["dose", "volume"],
    mapping("a periodic basal", {
      mode: z.literal("periodic").describe("A bolus at regular times"),
      ...amount,
      duration: quantity(["duration"]).describe(
        "Time over which the bolus is spread, rounded up to whole seconds: `10 min`",
      ),
      every: quantity(["duration"]).describe("Time from start to start in whole minutes: `4 h`"),
    }),
  ),
  mapping("a minimum basal", {
    mode: z.literal("minimum").describe("The minimum rate of 6 uL/day, which keeps the tube of the head in use"),
  }),
  mapping("a stopped basal", { mode: z.literal("stopped").describe("No delivery") }),
] as const;

export const BASAL_MODES: readonly string[] = BASAL_SHAPES.map((shape) => shape.shape.mode.value);

const basal = z
  .discriminatedUnion("mode", BASAL_SHAPES, { error: discriminator("basal mode", "mode", BASAL_MODES) })
  .describe("The basal delivery")
  .meta({ [EDITOR.choice]: "basal" satisfies Choice });

const prescription = mapping("a prescription", {
  basal,
  patient_bolus: exactlyOneOf(
    ["dose", "volume"],
    mapping("a patient bolus", {
      ...amount,
      duration: quantity(["duration"]).describe(
        "Time over which the bolus is spread, rounded up to whole seconds: `5 min`",
      ),
      lockout: quantity(["duration"]).describe(
        "Least time between the starts of two boluses, rounded up to whole minutes: `60 min`",
      ),
      per_24h: integer("boluses in 24 h", 1, 255).describe(
        `At most this many in 24 h; the firmware takes up to ${CAP_PER_24H_MAX}`,
      ),
    }),
  )
    .describe("Bolus that the patient may ask for. Without it every request is denied")
    .optional(),
  limits: list(
    "dose windows",
    exactlyOneOf(
      ["dose", "volume"],
      mapping("a dose window", {
        ...amount,
        window: windowLength().describe("Rolling window in whole minutes, 15 min to 7 d: `24 h`"),
      }),
    ),
    0,
    PROGRAM_LIMITS_MAX,
  )
    .describe("Rolling windows over everything delivered. Without them the firmware derives a 24-h and a 1-h limit")
    .optional(),
  low_reservoir: quantity(["volume"])
    .describe("Volume at which the alarm `low_reservoir` is raised. Default 2 mL")
    .optional(),
  refill_interval: quantity(["duration"])
    .describe("Time after a refill at which the next is overdue; whole days, rounded down. Default: none")
    .optional(),
  confirm: mapping("what is confirmed", {
    soft_limit: choice.describe("A daily dose above a drug's soft limit; needs `reason` too").optional(),
    doubled_total: choice.describe("A 24-hour total above twice the last").optional(),
    no_bridge: choice.describe("Another drug or concentration without a bridge").optional(),
    tight_limits: choice.describe("A program that cannot be given as written").optional(),
  })
    .describe("Confirmations of the clinician when the pump asks. Default: none")
    .optional(),
  reason: word("reason", REASON_NAMES).describe("Reason for a dose above a soft limit").optional(),
}).describe("Program of the pump");

export const PRESCRIPTION_KEYS: readonly string[] = Object.keys(prescription.shape);

export type Prescription = z.output<typeof prescription>;

// ---- timeline: actions

const at = span().describe("Time from the start: `9 h 20 min`");

function action<N extends string, S extends z.ZodRawShape>(name: N, does: string, shape: S) {
  return mapping(`the action ${name}`, { at, do: z.literal(name).describe(does), ...shape }).describe(does);
}

const ACTION_SHAPES = [
  action("patient_bolus", "The patient asks for a bolus", {}),
  exactlyOneOf(
    ["dose", "volume"],
    action("clinician_bolus", "The clinician orders a single bolus", {
      ...amount,
      duration: quantity(["duration"]).describe("Time over which the bolus is spread, rounded up to whole seconds"),
    }),
  ),
  action("prime", "The clinician fills the fluid path, fast", {
    volume: quantity(["volume"]).describe("Volume that is pumped: `0.3 mL`"),
    confirm: choice
      .describe("The pump primes even if the volume is more than the recorded path holds. Default false")
      .optional(),
  }),
  action("bridge", "The clinician lets the old solution in the path run out at its own rate", {
    old_concentration: concentration.describe("Concentration of the primary drug in the path: `10 mg/mL`"),
    volume: quantity(["volume"]).describe("Volume of the old solution in the path: `0.3 mL`"),
  }),
  action("program", "The clinician stages and commits a new program", { prescription }),
  action("stop", "The clinician stops the pump", {}),
  action("start", "The clinician starts the pump", {}),
  action("refill", "The reservoir is emptied and filled through the port, and the pump is told its content", {
    aspirate: wholeVolume().describe("Volume that is taken out first. Default: everything").optional(),
    fill: wholeVolume().describe("Volume that is put in: `18 mL`"),
    drugs: drugs.describe("Drugs that are put in. Default: those of before").optional(),
    accept: choice
      .describe("The refill is recorded even if the aspirated volume differs from the expected one. Default true")
      .optional(),
  }),
  action("tap", "A needle takes fluid out of the reservoir, and nobody tells the pump", {
    volume: wholeVolume().describe("Volume that is taken out: `5 mL`. There is never more than what is in it"),
  }),
  action("top_up", "A needle puts fluid into the reservoir, and nobody tells the pump", {
    volume: wholeVolume().describe("Volume that is put in: `5 mL`. A full bellows refuses the rest"),
    drugs: drugs.describe("Drugs that are put in. Default: those in the reservoir").optional(),
  }),
  action("port_injection", "A needle in the catheter's access port pushes fluid into the catheter at once", {
    volume: wholeVolume().describe("Volume that is pushed in: `1 mL`. As much leaves the tip"),
    drug: text("a drug's name", NAME_CHARACTERS_MAX).describe("Name of the drug. Default: the primary drug").optional(),
    dose: quantity(["dose"])
      .describe("Amount of the drug in that volume. Default: none, so the fluid is clear")
      .optional(),
  }),
  action("port_aspiration", "A needle in the catheter's access port draws fluid out of the catheter at once", {
    volume: wholeVolume().describe("Volume that is drawn out: `2 mL`. As much enters at the tip"),
  }),
  action("inject", "A lumbar puncture: a drug goes into the fluid of the spine, past the pump", {
    drug: text("a drug's name", NAME_CHARACTERS_MAX).describe("Name of the drug. Default: the primary drug").optional(),
    dose: quantity(["dose"]).describe("Amount of the drug: `0.3 mg`"),
    volume: wholeVolume().describe("Volume of the injection, at most 10 mL. Default: `2 mL`").optional(),
  }),
  action("convert", "The pump of the trial is taken away, and an implant takes its place, unless the trial failed", {
    model: word("implant", IMPLANTS).describe("Model of the implant"),
    fill: wholeVolume().describe("Volume in its reservoir: `18 mL`"),
    drugs: drugs.describe("Drugs in its reservoir. Default: those of before").optional(),
  }),
  action("set_clock", "The clinician sets the wall clock", {
    to: wallTime.describe("Local time in whole minutes: `2026-03-29T03:00`"),
  }),
  action("acknowledge", "The clinician acknowledges an alarm", { alarm: word("alarm", ALARM_NAMES) }),
  action("interrogate", "The clinician reads the pump's status", {}),
  action("self_test", "The clinician orders a self-test", {}),
  action("implant", "The pump is implanted; it is told the catheter of `pump.catheter`", {
    purged: choice.describe("The purge was seen before, so the pump does none of its own. Default false").optional(),
  }),
  action(
    "set",
    "A value of the controller, the board, the world or the patient becomes another one, as a debugger does it",
    {
      symbol: text("a symbol's name", NAME_CHARACTERS_MAX).describe("Name of the value: `therapy.rate`"),
      value: z.number({ error: expected("a plain number") }).describe("The new value, as the symbol keeps it"),
    },
  ),
  action("explant", "The pump is stopped, its log is read to the end, and the pump is taken out", {}),
] as const;

export const ACTION_NAMES: readonly string[] = ACTION_SHAPES.map((shape) => shape.shape.do.value);

const actions = z.discriminatedUnion("do", ACTION_SHAPES, { error: discriminator("action", "do", ACTION_NAMES) });

export type ParsedAction = z.output<typeof actions>;

// ---- timeline: faults, from their table

export interface ParsedFault {
  at: Span;
  entry: FaultEntry;
}

type ParameterKind = NonNullable<FaultRow["parameter"]>["kind"];

/** The parameters that may be negative; the table of faults does not say so. */
const SIGNED: readonly string[] = ["reservoir_sensor.offset", "rtc_jump"];

/** Four atmospheres: deeper than any diver with a pump, and than any treatment. */
const PRESSURE_PA_MAX = 400_000;
const PPM = 1_000_000;
/** A tenth; a crystal that is worse than that is broken, and the pump sees it within a minute. */
const DRIFT_PPM_MAX = 100_000;

/** The bounds of a fault's factor. A factor on the other side of 1 would be the opposite fault. */
const FACTORS: Record<string, [number, number]> = { over_delivery: [1, 100], under_delivery: [0, 1] };

/** The keys under which a scenario writes a fault's parameter. `key` is the name of the parameter, or of the variant. */
function parameterShape(row: FaultRow, key: string): Record<string, z.ZodType> {
  if (row.parameter === null) return {};
  const kind: ParameterKind = row.parameter.kind;
  const signed = SIGNED.includes(row.name);
  switch (kind) {
    case "fraction":
      return { [key]: number(bounded(["fraction"], 0, 1, "from 0 % to 100 %")).describe("A percentage: `20 %`") };
    case "factor": {
      const [least, most] = FACTORS[row.name] ?? [0, 100];
      const error = expected(`a factor: a plain number from ${least} to ${most}`);
      return {
        [key]: z.number({ error }).min(least, { error }).max(most, { error }).describe("A plain number: `1.2`"),
      };
    }
    case "rate_nlPerDay":
      return { [key]: number(bounded(["rate"], 0, STEP_RATE_NL_PER_DAY, "at most 90 mL/h")).describe("`100 uL/h`") };
    case "volume_nl": {
      const least = signed ? -VOLUME_NL_MAX : 0;
      const bounds = signed ? "from -100 mL to 100 mL" : "at most 100 mL";
      return { [key]: number(bounded(["volume"], least, VOLUME_NL_MAX, bounds)).describe("A volume: `1 mL`") };
    }
    case "ticks":
      return {
        [key]: span(signed)
          .transform((found) => found.ticks)
          .describe("A time: `200 ms`"),
      };
    case "temperature_mC":
      return {
        [key]: number(bounded(["temperature"], -40_000, 125_000, "from -40 °C to 125 °C")).describe(
          "A temperature: `38.5 °C`",
        ),
      };
    case "altitude_m":
      return {
        [key]: number(bounded(["altitude"], -500, 20_000, "from -500 m to 20 km")).describe("An altitude: `2500 m`"),
      };
    case "pressure_pa":
      return {
        [key]: number(bounded(["pressure"], 0, PRESSURE_PA_MAX, "an absolute pressure from 0 bar to 4 bar")).describe(
          "An absolute pressure: `2 bar`",
        ),
      };
    case "ppm": {
      const bounds = `from -${DRIFT_PPM_MAX} to ${DRIFT_PPM_MAX} ppm`;
      const error = expected(`millionths ${bounds}`);
      const plain = z.number({ error }).min(-DRIFT_PPM_MAX, { error }).max(DRIFT_PPM_MAX, { error });
      const most = DRIFT_PPM_MAX / PPM;
      const written = bounded(["fraction"], -most, most, bounds).transform((found) => found.value.mul(PPM).valueOf());
      return { [key]: z.union([plain, written], { error }).describe("Millionths: `694`, or with the unit `694 ppm`") };
    }
    case "bit":
      return {
        field: text("the dotted path of a field of the controller", NAME_CHARACTERS_MAX).describe(
          "Dotted path of the field: `therapy.rate`",
        ),
        bit: integer("a bit", 0, 31).describe("Number of the bit; 0 is the least significant"),
      };
    case "nvm_bit":
      return {
        address: integer("an address", 0, NVM_BYTES - 1).describe("Address of the byte in the non-volatile memory"),
        bit: integer("a bit", 0, 7).describe("Number of the bit; 0 is the least significant"),
      };
  }
}

function number(schema: z.ZodType<Quantity>) {
  return schema.transform((found) => found.value.valueOf());
}

/** The parameter as the one number of the fault ledger, from the keys of `parameterShape`. */
function parameterOf(row: FaultRow, key: string, given: Record<string, unknown>): number {
  if (row.parameter === null) return 0;
  if (row.parameter.kind === "nvm_bit") return 8 * (given.address as number) + (given.bit as number);
  return given[row.parameter.kind === "bit" ? "bit" : key] as number;
}

/** The schema of the rows that have the same word after `fault:`. They are one fault or the variants of one. */
function faultSchema(name: string, rows: readonly FaultRow[]) {
  const variants = rows.map((row) => row.name.slice(name.length + 1));
  const grouped = variants[0] !== "";
  const keyOf = (row: FaultRow, i: number): string => (grouped ? variants[i] : (row.parameter?.name ?? ""));
  const parameters = rows.map((row, i) => {
    const shape = row.parameter === null && grouped ? { [variants[i]]: flag } : parameterShape(row, keyOf(row, i));
    if (!grouped) return shape;
    return Object.fromEntries(Object.entries(shape).map(([key, one]) => [key, one.describe(row.does).optional()]));
  });
  const lasting = rows[0].duration === "lasting";
  const does = rows.map((row, i) => (grouped ? `${variants[i]}: ${row.does}` : row.does)).join("; ");
  const shape = mapping(`the fault ${name}`, {
    at,
    fault: z.literal(name).describe(does),
    for: lasting
      ? positiveSpan().describe("How long the fault lasts. Default: to the end of the run").optional()
      : z.never({ error: `${name} is momentary: expected no \`for\`` }).optional(),
    ...(Object.assign({}, ...parameters) as Record<string, z.ZodType>),
  }).describe(does);
  return (grouped ? exactlyOneOf(variants, shape) : shape).transform((given): ParsedFault => {
    const values = given as Record<string, unknown> & { at: Span; for?: Span };
    const i = grouped ? variants.findIndex((variant) => values[variant] !== undefined) : 0;
    return {
      at: values.at,
      entry: {
        fault: rows[i].name,
        for_ticks: values.for?.ticks ?? null,
        parameter: parameterOf(rows[i], keyOf(rows[i], i), values),
        field: typeof values.field === "string" ? values.field : null,
      },
    };
  });
}

/** The words that may follow `fault:`, each with its rows of the table. */
const FAULT_GROUPS: ReadonlyMap<string, readonly FaultRow[]> = groupFaults(FAULTS);

function groupFaults(rows: readonly FaultRow[]): Map<string, FaultRow[]> {
  const groups = new Map<string, FaultRow[]>();
  for (const row of rows) {
    const name = row.name.split(".")[0];
    groups.set(name, [...(groups.get(name) ?? []), row]);
  }
  return groups;
}

const faultSchemas = [...FAULT_GROUPS].map(([name, rows]) => faultSchema(name, rows));
/** A fault of the timeline. A fault on demand is checked by the same schema. */
export const faults = z.discriminatedUnion("fault", faultSchemas as [(typeof faultSchemas)[number]], {
  error: discriminator("fault", "fault", [...FAULT_GROUPS.keys()]),
});

/** The keys that decide what an entry of the timeline is. */
const ENTRIES: Readonly<Record<string, z.ZodType<ParsedAction | ParsedFault>>> = { do: actions, fault: faults };

/** The words that decide a shape, by the key under which they stand, each with its shape. */
export const BRANCHES = {
  do: ACTION_SHAPES.map((shape) => ({ name: shape.shape.do.value as string, shape: shape as z.ZodType })),
  fault: [...FAULT_GROUPS.keys()].map((name, i) => ({ name, shape: faultSchemas[i] as z.ZodType })),
  mode: BASAL_SHAPES.map((shape) => ({ name: shape.shape.mode.value as string, shape: shape as z.ZodType })),
};

const entry = decided<ParsedAction | ParsedFault>((value) => {
  const what = "an entry with `at` and either `do` or `fault`";
  if (!isMapping(value)) return { message: `expected ${what}, found ${describeFound(value)}`, path: [], atKey: false };
  const deciding = Object.keys(ENTRIES).filter((key) => key in value);
  if (deciding.length === 1) return ENTRIES[deciding[0]];
  if (deciding.length > 1) return { message: `expected ${what}, found both`, path: [deciding[1]], atKey: true };
  const near = (key: string): number => distance(key, nearest(key, Object.keys(ENTRIES)));
  const [slip] = Object.keys(value)
    .filter((key) => key !== "at")
    .sort((a, b) => near(a) - near(b));
  if (slip === undefined) return { message: `expected ${what}, found neither`, path: [], atKey: false };
  return { message: describeUnknown("key", slip, Object.keys(ENTRIES)), path: [slip], atKey: true };
}).meta({ [EDITOR.choice]: "entry" satisfies Choice });

// ---- expectations

const from = span().describe("First moment. Default: the start").optional();
const to = span().describe("Last moment. Default: the end").optional();
const between = z
  .tuple([span(), span()], { error: expected("two times: `[9 h, 10 h]`") })
  .describe("First and last moment. Default: the whole run")
  .optional();

/** A mapping with one of `keys` and `within`, or with `min` or `max` or both. */
function target<T extends z.ZodObject>(keys: readonly string[], schema: T): T {
  const wanted = `expected ${keys.join(" or ")} with within, or min, max or both`;
  return schema
    .superRefine((value, context) => {
      const given = keys.filter((key) => value[key] !== undefined);
      const range = ["min", "max"].filter((key) => value[key] !== undefined);
      const found = [...given, ...range, ...(value.within === undefined ? [] : ["within"])];
      const near = given.length === 1 && value.within !== undefined && range.length === 0;
      const ranged = given.length === 0 && value.within === undefined && range.length > 0;
      if (near || ranged) return;
      const message = `${wanted}; found ${found.join(" and ") || "none"}`;
      // A misspelt key may be any of those that are missing.
      const params = { isMissing: given.length < 2 && (given.length === 0 || range.length === 0) };
      context.addIssue({ code: "custom", message, params });
    }, OF_ANY_MAPPING)
    .meta({
      oneOf: [...keys.map((key) => requires(key, "within")), { anyOf: [requires("min"), requires("max")] }],
    }) as T;
}

const either = quantity(["volume", "dose"]);

const delivered = target(
  ["volume", "dose"],
  mapping("what is delivered", {
    from,
    to,
    ...amount,
    within: either.describe("Tolerance either way").optional(),
    min: either.describe("Lower bound").optional(),
    max: either.describe("Upper bound").optional(),
  }),
).describe("Volume or dose that leaves the pump head for the catheter between two moments");

const dose = target(
  ["dose"],
  mapping("a dose at the tip", {
    drug: text("a drug's name", NAME_CHARACTERS_MAX).describe("Name of the drug. Default: the primary drug").optional(),
    from,
    to,
    dose: amount.dose,
    within: quantity(["dose"]).describe("Tolerance either way").optional(),
    min: quantity(["dose"]).describe("Lower bound").optional(),
    max: quantity(["dose"]).describe("Upper bound").optional(),
  }),
).describe("Drug that leaves the catheter's tip between two moments");

/** Every key that is a field of some event. */
const FIELDS_OF_EVENTS: ReadonlySet<string> = new Set(
  [...EVENT_VALUES.values()].flatMap((values) => Object.keys(values)),
);

/** A mapping that has the keys of `own` and fields of the event that it names. */
function withFields<S extends z.ZodRawShape>(what: string, own: z.ZodObject<S>, choice: Choice) {
  const { shape } = own;
  const known = Object.keys(shape);
  const error = expected(`${what}: a mapping with ${known.join(", ")} and fields of the event`);
  return z
    .object(shape, { error })
    .catchall(z.unknown())
    .superRefine((value, context) => {
      const name = String(value.name ?? value.event);
      // The fields of an unknown event are unknown too, which is no problem of their own.
      if (!EVENT_VALUES.has(name) && (value.name ?? value.event) !== undefined) return;
      for (const [key, given] of Object.entries(value)) {
        // Without the name of an event its fields cannot be judged, and the missing name is a problem of its own.
        if (known.includes(key) || (!EVENT_VALUES.has(name) && FIELDS_OF_EVENTS.has(key))) continue;
        // A field that the event cannot have would make an expectation fail, or a `never` hold, for the wrong reason.
        const problem = problemOfField(name, key, given);
        if (problem === null) continue;
        const fields = Object.keys(EVENT_VALUES.get(name) ?? {});
        const message = problem.atField ? describeUnknown("key", key, [...known, ...fields]) : problem.message;
        context.addIssue({ code: "custom", path: [key], message, params: { atKey: problem.atField } });
      }
      const unlike = problemOfFields(name, value);
      if (unlike !== null) {
        context.addIssue({ code: "custom", path: [unlike.field], message: unlike.message, params: { atKey: false } });
      }
    }, OF_ANY_MAPPING)
    .meta({ [EDITOR.choice]: choice });
}

const COUNTS_MAX = 1_000_000_000;

/** The keys of the expectations that name an event, beside the fields of that event. */
export const EVENT_KEYS = {
  event: z.object({
    name: word("event", EVENT_NAMES).describe("Name of the event, which decides the fields"),
    between,
    count: integer("a count", 0, COUNTS_MAX).describe("Exact number of these events").optional(),
    min: integer("a count", 0, COUNTS_MAX).describe("Smallest number of these events").optional(),
    max: integer("a count", 0, COUNTS_MAX).describe("Largest number of these events").optional(),
  }),
  never: z.object({
    alarm: word("alarm", ALARM_NAMES).describe("Alarm that must not be raised").optional(),
    event: word("event", EVENT_NAMES).describe("Event that must not happen, which decides the fields").optional(),
  }),
};

const event = withFields("an event", EVENT_KEYS.event, "event")
  .superRefine((value, context) => {
    const { count, min, max } = value;
    if (count !== undefined && (min !== undefined || max !== undefined)) {
      context.addIssue({ code: "custom", message: "expected count, or min and max; found both" });
    } else if (min !== undefined && max !== undefined && min > max) {
      context.addIssue({ code: "custom", message: `expected min to be at most max, found ${min} and ${max}` });
    } else if (min === 0 && max === undefined) {
      context.addIssue({
        code: "custom",
        message: "expected a min of at least 1, or a max: with min 0 alone it always holds",
      });
    }
  }, OF_ANY_MAPPING)
  .describe(
    "How often an event must happen; without count, min and max at least once. Other keys are fields of the event",
  );

/** When an alarm is raised or cleared. */
export const moment = mapping("when it changes", {
  after: span().describe("Earliest moment. Default: the start").optional(),
  within: positiveSpan().describe("Longest time after `after`. Default: to the end").optional(),
});

function change(what: string) {
  const always = z.literal(true, { error: expected("`true` or a mapping with after, within") });
  return decided<z.output<typeof moment> | true>((value) => (isMapping(value) ? moment : always))
    .describe(`When the alarm is ${what}; \`true\` stands for any time`)
    .meta({ [EDITOR.choice]: "change" satisfies Choice })
    .optional();
}

const alarm = mapping("an alarm expectation", {
  name: word("alarm", ALARM_NAMES),
  raised: change("raised"),
  cleared: change("cleared"),
}).describe("An alarm is raised, and cleared if `cleared` is given");

const finite = z.number({ error: expected("a plain number, in the unit of the signal's name") });

/** The sentence about a bound that no value of the signal is within; null when one is. */
function neverHolds({ name, least, most, whole }: Signal, key: string, bound: number): string | null {
  if (key !== "max" && most !== undefined && bound > most)
    return `expected at most ${most}, which ${name} never exceeds; found ${bound}`;
  if (key !== "min" && bound < least) return `expected at least ${least}, below which ${name} never is; found ${bound}`;
  if (key === "equals" && whole && !Number.isInteger(bound))
    return `expected a whole number, as ${name} is; found ${bound}`;
  return null;
}

const SIGNAL_NAMES: readonly string[] = EVERY_SIGNAL.map(({ name }) => name);

const signal = mapping("a signal expectation", {
  name: word("signal", SIGNAL_NAMES),
  at: span().describe("The one moment at which the value counts").optional(),
  between,
  min: finite.describe("Lower bound of the value").optional(),
  max: finite.describe("Upper bound of the value").optional(),
  equals: finite.describe("The exact value").optional(),
})
  .superRefine((value, context) => {
    const { min, max, equals } = value;
    const problem = (message: string) => context.addIssue({ code: "custom", message });
    if (value.at !== undefined && value.between !== undefined) problem("expected at or between, found both");
    if (equals !== undefined && (min !== undefined || max !== undefined)) {
      problem("expected equals, or min and max; found both");
    } else if (equals === undefined && min === undefined && max === undefined) {
      problem("expected min, max or equals, found none");
    } else if (min !== undefined && max !== undefined && min > max) {
      problem(`expected min to be at most max, found ${min} and ${max}`);
    }
    const row = EVERY_SIGNAL.find(({ name }) => name === value.name);
    if (row === undefined) return;
    for (const [key, bound] of Object.entries({ min, max, equals })) {
      if (typeof bound !== "number") continue;
      const never = neverHolds(row, key, bound);
      if (never !== null) context.addIssue({ code: "custom", path: [key], message: never });
    }
  }, OF_ANY_MAPPING)
  .describe("A signal stays within bounds at one moment or between two; without at and between, in the whole run");

/** Events of which `alarm` is a field. */
const NAMES_AN_ALARM: readonly string[] = EVENT_NAMES.filter((name) => "alarm" in EVENT_VALUES.get(name)!);

const never = withFields("what never happens", EVENT_KEYS.never, "never")
  .superRefine((value, context) => {
    const { alarm: banned, event: name, ...others } = value;
    const isEvent = name !== undefined && (banned === undefined || NAMES_AN_ALARM.includes(name));
    const isAlarm = name === undefined && banned !== undefined && Object.keys(others).length === 0;
    if (isEvent || isAlarm) return;
    const params = { isMissing: name === undefined && banned === undefined };
    context.addIssue({ code: "custom", message: "expected an alarm, or an event with its fields", params });
  }, OF_ANY_MAPPING)
  .describe("An alarm or an event that must not happen");

const harm = mapping("a harm expectation", {
  name: word("harm", HARM_NAMES),
  reported: choice.describe("Whether an alarm that names the harm is active or raised in its time"),
  between: between.describe("First and last moment at which the harm may begin. Default: the whole run"),
  hazard: word("hazard", HAZARD_IDS).describe("Id of the hazard in docs/hazards.json that does the harm").optional(),
})
  .superRefine((value, context) => {
    if (value.reported || value.hazard === undefined) return;
    const fitting = UNNAMED_HAZARDS.filter(({ harm: does }) => does === value.name).map(({ id }) => id);
    if (fitting.includes(value.hazard)) return;
    context.addIssue({
      code: "custom",
      path: ["hazard"],
      message: `expected a hazard whose ${value.name} no alarm names in time (${fitting.join(", ")}), found ${value.hazard}`,
    });
  })
  .describe("A harm begins, and an alarm names it in its time or does not");

/** The kinds of expectations. `expectations.ts` builds a row, and `run/expect.ts` judges it. */
export const EXPECTATION_SHAPES = { delivered, dose, event, alarm, signal, never, harm };

type ExpectationShapes = typeof EXPECTATION_SHAPES;

const expectation = exactlyOneOf(
  Object.keys(EXPECTATION_SHAPES),
  mapping(
    "an expectation",
    Object.fromEntries(Object.entries(EXPECTATION_SHAPES).map(([kind, shape]) => [kind, shape.optional()])) as {
      [K in keyof ExpectationShapes]: z.ZodOptional<ExpectationShapes[K]>;
    },
  ),
);

export type ParsedExpectation = z.output<typeof expectation>;

// ---- the whole file

/** The gears of a run, and the way in which it starts without being commissioned. */
const GEAR_NAMES: readonly string[] = ["leap", "lockstep"];
const NO_COMMISSION = "none";

/** A trial by needle, before which nobody has a pump that could be programmed. */
const NEEDLE_TRIALS = TRIAL_KINDS.filter((kind) => kind !== "infusion");

function isTrialWithoutPump(trial: unknown): boolean {
  return isMapping(trial) && NEEDLE_TRIALS.includes(trial.kind as string);
}

const HAS_TRIAL_WITHOUT_PUMP = {
  type: "object",
  properties: { trial: { type: "object", properties: { kind: { enum: NEEDLE_TRIALS } }, required: ["kind"] } },
  required: ["trial"],
};

export const scenarioShape = mapping("a scenario", {
  name: text("the scenario's name", NAME_CHARACTERS_MAX)
    .describe("Name of the scenario for people. Default: the file's name")
    .optional(),
  start: wallTime.describe("Wall clock at t = 0. Default 2026-01-01T00:00").optional(),
  duration: positiveSpan().describe("How long the run lasts: `24 h`"),
  seed: integer("a seed", 0, SEED_MAX).describe("Seed of all random numbers. Default 1").optional(),
  controller: text("the file of a controller", PATH_CHARACTERS_MAX)
    .describe("The controller of the run, as a path from this file. Default: the reference controller")
    .optional(),
  gear: word("gear", GEAR_NAMES).describe("Gear of the run. Default leap").optional(),
  pump: pump.optional(),
  commission: word("commission", [NO_COMMISSION])
    .describe("none: nobody pairs, fills or programs the pump at the start, so its controller needs no telemetry")
    .optional(),
  drugs,
  patient: patient.optional(),
  clinician: clinician.optional(),
  trial: trial.optional(),
  prescription: prescription.optional(),
  timeline: list("timeline entries", entry, 0, ENTRIES_MAX).describe("Actions of people, and faults").optional(),
  expect: list("expectations", expectation, 0, ENTRIES_MAX)
    .describe("Expectations that must all hold for the run to pass")
    .optional(),
})
  .superRefine((value, context) => {
    if (value.prescription !== undefined || value.commission !== undefined || isTrialWithoutPump(value.trial)) return;
    const message = `missing: expected a prescription, or \`commission: ${NO_COMMISSION}\``;
    context.addIssue({ code: "custom", path: ["prescription"], message, params: { isMissing: true } });
  }, OF_ANY_MAPPING)
  .meta({
    if: { anyOf: [requires("commission"), HAS_TRIAL_WITHOUT_PUMP] },
    then: {},
    else: { ...requires("prescription"), errorMessage: "Expected a prescription, or `commission: none`" },
  });

export type ParsedScenario = z.output<typeof scenarioShape>;

/** The shape of a file with the parts of a scenario that a programmer needs. */
export const orderShape = mapping("a program for a pump", { name: scenarioShape.shape.name, drugs, prescription });
