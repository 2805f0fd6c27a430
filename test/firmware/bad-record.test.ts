// Every field of the program record at, below and above its limits, staged and committed on a pump that runs another
// program. A record that is refused has a reason, leaves one entry in the log and changes nothing; one that is accepted is
// in force to the last byte. Fields that come several times are probed at each place.

import { describe, expect, test } from "vitest";
import { decodeCommit, digestOf, encodeCommit, encodeProgram, stagePieces } from "../../emulator/telemetry/messages";
import type { Program } from "../../emulator/telemetry/program";
import { CONCENTRATION_MAX, concentrationMax, DRUG_BUPIVACAINE, DRUGS, LIBRARY_VERSION } from "../../hal/drug-library";
import {
  COMMAND_COMMIT,
  COMMAND_STAGE,
  CONFIRM_NO_BRIDGE,
  CONFIRM_SOFT_LIMIT,
  CONFIRM_TIGHT_LIMITS,
  CONFIRM_TOTAL,
  OUTCOME_ACCEPTED,
  OUTCOME_HARD_LIMIT,
  OUTCOME_LIBRARY,
  OUTCOME_TOTAL_DOUBLED,
  PATTERNS_MAX,
  PROGRAM_BOLUS,
  PROGRAM_BOLUS_SECONDS,
  PROGRAM_BYTES,
  PROGRAM_CAP,
  PROGRAM_DOSE,
  PROGRAM_DOSE_EVERY,
  PROGRAM_DOSE_SECONDS,
  PROGRAM_DRUG,
  PROGRAM_DRUG_BYTES,
  PROGRAM_DRUG_COUNT,
  PROGRAM_DRUGS_MAX,
  PROGRAM_LIBRARY,
  PROGRAM_LIMIT,
  PROGRAM_LIMIT_BYTES,
  PROGRAM_LIMIT_COUNT,
  PROGRAM_LIMITS_MAX,
  PROGRAM_LOCKOUT,
  PROGRAM_LOW,
  PROGRAM_MODE,
  PROGRAM_PATTERN,
  PROGRAM_PATTERN_BYTES,
  PROGRAM_PATTERN_COUNT,
  PROGRAM_RATE,
  PROGRAM_REFILL_DAYS,
  PROGRAM_STEP_BYTES,
  PROGRAM_WEEKDAY,
  REASON_OTHER,
  STEPS_MAX,
  WEEKDAYS,
} from "../../hal/telemetry";
import { EVENT_PROGRAM_REFUSED } from "../../hal/trace";
import { drugName } from "../../emulator/contract/drugs";
import { Moment } from "../moment";
import { coverage, type Field, probesOf, put, refusalOf, type Stretch, u16, u32, u8 } from "../probes";
import { HOUR, MINUTE, Pump } from "../pump";

const MAX = 0x7fffffff;
const WORD: Stretch = [0, 0xffff];

const times = <T>(count: number, each: (i: number) => T): T[] => Array.from({ length: count }, (_, i) => each(i));

/** Everything that a continuous program can have, of drugs that no limit is known of. */
const FULL: Program = {
  mode: "continuous",
  rate: 10_000,
  bolus: { pulses: 20, duration_s: 300, lockout_min: 60, per24h: 8 },
  limits: [60, 120, 1_440, 10_080].map((window_min) => ({ pulses: 10 * window_min, window_min })),
  low_pulses: 8_000,
  refill_days: 40,
  drugs: times(PROGRAM_DRUGS_MAX, () => ({ id: 0, concentration: 1_000 })),
};
const SLOW: Program = { mode: "continuous", rate: 4_800, bolus: null, limits: [], low_pulses: 0 };
const dosing = (pulses: number, duration_s: number, every_min: number): Program => ({
  ...SLOW,
  mode: "periodic",
  rate: 0,
  periodic: { pulses, duration_s, every_min },
});
const bolusOf = (pulses: number, duration_s: number): Program => ({
  ...FULL,
  bolus: { pulses, duration_s, lockout_min: 60, per24h: 8 },
});

const MINUTES_APART = 100;
const FLEX: Program = {
  ...SLOW,
  mode: "flex",
  rate: 0,
  flex: {
    patterns: times(PATTERNS_MAX, () =>
      times(STEPS_MAX, (i) => ({ minute: MINUTES_APART * (i + 1), rate: 4_800 + i })),
    ),
    weekdays: times(WEEKDAYS, () => 0),
  },
};
const RATES: Stretch[] = [
  [0, 0],
  [600, 600],
  [4_800, 2_400_000],
];

/** The count of steps, and of each its minute, between those of its neighbours, and its rate: of the first and the last
 * pattern and step, or (without `ends`) of all others. */
function stepFields(pattern: number, ends: boolean): Field[] {
  const start = PROGRAM_PATTERN + PROGRAM_PATTERN_BYTES * pattern;
  const of = `of pattern ${pattern}`;
  const isLast = pattern === PATTERNS_MAX - 1;
  const steps = times(STEPS_MAX, (step) => {
    const at = start + 1 + PROGRAM_STEP_BYTES * step;
    const first = step === 0 ? 0 : MINUTES_APART * step + 1;
    const last = step === STEPS_MAX - 1 ? 1_439 : MINUTES_APART * (step + 2) - 1;
    return [
      u16(`minute of step ${step} ${of}`, at, [first, last]),
      u32(`rate of step ${step} ${of}`, at + 2, ...RATES),
    ];
  });
  const isOuter = (step: number) => (pattern === 0 ? step === 0 : isLast && step === STEPS_MAX - 1);
  const count = (pattern === 0 || isLast) === ends ? [u8(`steps ${of}`, start, [1, STEPS_MAX])] : [];
  return [...count, ...steps.filter((_, step) => isOuter(step) === ends).flat()];
}

/** A commit of a schedule takes a tenth of a second here: the fields between the ends are accepted together, below. */
const INNER = [
  ...times(WEEKDAYS, (day) => u8(`pattern of weekday ${day}`, PROGRAM_WEEKDAY + day, [0, PATTERNS_MAX - 1])),
  ...times(PATTERNS_MAX, (pattern) => stepFields(pattern, false)).flat(),
];

/** Every step as early or as late as it can be, at one limit of its rate after the other; all days of one pattern. */
function schedule(turn: number): Program {
  const limits = RATES.flat();
  const early = turn % 2 === 0;
  const patterns = times(PATTERNS_MAX, (pattern) =>
    times(STEPS_MAX, (step) => ({
      minute: early ? step : 1_440 - STEPS_MAX + step,
      rate: limits[(pattern + step + turn) % limits.length],
    })),
  );
  return { ...FLEX, flex: { patterns, weekdays: times(WEEKDAYS, () => (early ? 0 : PATTERNS_MAX - 1)) } };
}

const drugAt = (i: number) => PROGRAM_DRUG + PROGRAM_DRUG_BYTES * i;
const oneDrug = (id: number): Program => ({ ...SLOW, drugs: [{ id, concentration: 1 }] });

const BASES: [string, Program, Field[]][] = [
  [
    "continuous",
    FULL,
    [
      u8("mode", PROGRAM_MODE, [3, 3]),
      u8("limits", PROGRAM_LIMIT_COUNT, [0, PROGRAM_LIMITS_MAX]),
      u8("cap", PROGRAM_CAP, [0, 96]),
      u8("drugs", PROGRAM_DRUG_COUNT, [0, PROGRAM_DRUGS_MAX]),
      u32("rate", PROGRAM_RATE, [4_800, 2_400_000]),
      // 300 s hold 333 pulses of 900 ms, and 20 pulses need 18 s.
      u16("bolus", PROGRAM_BOLUS, [1, 333]),
      u16("bolus duration", PROGRAM_BOLUS_SECONDS, [18, 43_200]),
      u16("lockout", PROGRAM_LOCKOUT, [15, 1_440]),
      u32("low reservoir", PROGRAM_LOW, [0, MAX]),
      { ...u16("library", PROGRAM_LIBRARY, [LIBRARY_VERSION, LIBRARY_VERSION]), refusal: OUTCOME_LIBRARY },
      u16("refill due", PROGRAM_REFILL_DAYS, WORD),
      ...times(PROGRAM_LIMITS_MAX, (i) => [
        u32(`volume of limit ${i}`, PROGRAM_LIMIT + PROGRAM_LIMIT_BYTES * i, [1, MAX]),
        u16(`window of limit ${i}`, PROGRAM_LIMIT + PROGRAM_LIMIT_BYTES * i + 4, [15, 10_080]),
      ]).flat(),
      ...times(PROGRAM_DRUGS_MAX, (i) => [
        u8(`id of drug ${i}`, drugAt(i), [0, DRUGS - 1]),
        u32(`concentration of drug ${i}`, drugAt(i) + 1, [1, CONCENTRATION_MAX]),
      ]).flat(),
    ],
  ],
  ["one pulse", bolusOf(1, 300), [u16("bolus duration", PROGRAM_BOLUS_SECONDS, [1, 43_200])]],
  ["a long bolus", bolusOf(20, 43_200), [u16("bolus", PROGRAM_BOLUS, [1, 48_000])]],
  ["no drugs", { ...FULL, drugs: [] }, [u16("library", PROGRAM_LIBRARY, WORD)]],
  ...times(DRUGS, (id): [string, Program, Field[]] => [
    drugName(id),
    oneDrug(id),
    [u32("concentration", drugAt(0) + 1, [1, concentrationMax(id)])],
  ]),
  [
    "at rest",
    { ...dosing(40, 600, 360), flex: schedule(0).flex! },
    [u8("mode", PROGRAM_MODE, [1, 2], [4, 5]), u32("rate", PROGRAM_RATE, [0, 0])],
  ],
  [
    "periodic",
    dosing(40, 600, 360),
    [
      // One pulse in 600 s is slower than 2 uL/h; 40 pulses need 36 s, and within 18,000 s they are as fast.
      u16("dose", PROGRAM_DOSE, [2, 666]),
      u16("dose duration", PROGRAM_DOSE_SECONDS, [36, 18_000]),
      u16("every", PROGRAM_DOSE_EVERY, [15, 1_440]),
    ],
  ],
  ["doses in a row", dosing(40, 600, 15), [u16("dose duration", PROGRAM_DOSE_SECONDS, [36, 900])]],
  [
    "long doses",
    dosing(96, 43_200, 720),
    [
      u16("dose", PROGRAM_DOSE, [96, 48_000]),
      u16("dose duration", PROGRAM_DOSE_SECONDS, [87, 43_200]),
      u16("every", PROGRAM_DOSE_EVERY, [720, 1_440]),
    ],
  ],
  [
    "flex",
    FLEX,
    [
      u8("patterns", PROGRAM_PATTERN_COUNT, [1, PATTERNS_MAX]),
      ...times(PATTERNS_MAX, (pattern) => stepFields(pattern, true)).flat(),
    ],
  ],
];

interface Row {
  base: Program;
  record: Uint8Array;
  outcome: number;
}

function rowsOf(base: string, program: Program, field: Field, ends = true): [string, Row][] {
  return probesOf(field, ends).map((probe) => [
    `${base}: ${field.name} = ${probe.value}`,
    {
      base: program,
      record: put(encodeProgram(program), field, probe.value),
      outcome: probe.isAccepted ? OUTCOME_ACCEPTED : refusalOf(field, probe.value),
    },
  ]);
}

const TOGETHER = times(RATES.flat().length, (turn): [string, Row] => [
  `flex: all days and steps at their limits, turn ${turn}`,
  { base: FLEX, record: encodeProgram(schedule(turn)), outcome: OUTCOME_ACCEPTED },
]);
const ROWS = [
  ...BASES.flatMap(([base, program, fields]) => fields.flatMap((field) => rowsOf(base, program, field))),
  ...INNER.flatMap((field) => rowsOf("flex", FLEX, field, false)).filter(([, row]) => row.outcome !== OUTCOME_ACCEPTED),
  ...TOGETHER,
];

const pump = new Pump({ ...SLOW, rate: 10_000 }).wait(2 * HOUR + MINUTE / 2);
const running = new Moment(pump);

function stage(pieces: Uint8Array[]): void {
  for (const piece of pieces) expect(pump.programmer.outcome(COMMAND_STAGE, piece)).toBe(OUTCOME_ACCEPTED);
}

const bases = new Map<Program, Moment>();
/** The moment in which a record is staged: over its base, of which only a piece at offset 0 leaves nothing. */
function staged({ base, record }: Omit<Row, "outcome">): Moment {
  const whole = stagePieces(encodeProgram(base));
  const known = bases.get(base) ?? running.after(() => stage(whole));
  bases.set(base, known);
  const pieces = stagePieces(record);
  const changes = pieces.filter((piece, i) => Buffer.compare(piece, whole[i] ?? new Uint8Array(0)) !== 0);
  return known.after(() => stage(changes[0] === pieces[0] || pieces.length < whole.length ? pieces : changes));
}

/** As a clinician does who means it: what the pump questions is confirmed, with the total that it showed. */
function commit(record: Uint8Array): number | null {
  const confirm = CONFIRM_SOFT_LIMIT | CONFIRM_NO_BRIDGE | CONFIRM_TIGHT_LIMITS;
  const first = pump.programmer.ask(COMMAND_COMMIT, encodeCommit(digestOf(record), confirm, REASON_OTHER));
  if (first?.payload[0] !== OUTCOME_TOTAL_DOUBLED) return first?.payload[0] ?? null;
  const { total } = decodeCommit(first.payload)!;
  const meant = encodeCommit(digestOf(record), confirm | CONFIRM_TOTAL, REASON_OTHER, total);
  return pump.programmer.outcome(COMMAND_COMMIT, meant);
}

function expectRefused(row: Row): void {
  const { record, outcome } = row;
  const answer = staged(row).ask({ kind: COMMAND_COMMIT, payload: encodeCommit(digestOf(record)) });
  const entry = { code: EVENT_PROGRAM_REFUSED, a: outcome, b: expect.any(Number) as number };
  expect(answer).toMatchObject({ outcome, changed: [], events: [entry], faults: [], refusedFrames: 0 });
  expect(answer.said).toHaveLength(1);
}

describe("THR-1: every field of the program record is checked", () => {
  test("each has its rows here", () => {
    const fields = BASES.flatMap(([, , each]) => each);
    expect(coverage([...fields, ...INNER], PROGRAM_BYTES)).toEqual({ bare: [], beyond: [] });
  });

  test.each(ROWS.filter(([, row]) => row.outcome === OUTCOME_ACCEPTED))("%s is accepted", (_, row) => {
    const { record } = row;
    staged(row);
    expect(commit(record)).toBe(OUTCOME_ACCEPTED);
    expect(pump.field("program.digest") >>> 0).toBe(digestOf(record));
    pump.machine.leap(MINUTE);
    expect(pump.field("memory.faulty")).toBe(0);
  });

  test.each(ROWS.filter(([, row]) => row.outcome !== OUTCOME_ACCEPTED))("%s is refused", (_, row) =>
    expectRefused(row),
  );
});

describe("LIM-8: a program is checked against the drug library", () => {
  test.each([LIBRARY_VERSION - 1, LIBRARY_VERSION + 1])(
    "a program for version %d of the library is refused",
    (library) => {
      expectRefused({ base: FULL, record: encodeProgram({ ...FULL, library }), outcome: OUTCOME_LIBRARY });
    },
  );

  test("a day's dose that is too large for the arithmetic is refused as too high", () => {
    const strongest = [{ id: DRUG_BUPIVACAINE, concentration: concentrationMax(DRUG_BUPIVACAINE) }];
    const most = { pulses: 48_000, duration_s: 43_200, lockout_min: 15, per24h: 96 };
    const record = encodeProgram({ ...FULL, rate: 2_400_000, drugs: strongest, bolus: most });
    expectRefused({ base: FULL, record, outcome: OUTCOME_HARD_LIMIT });
  });
});
