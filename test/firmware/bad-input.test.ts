// Every command at, below and above the limits of every field of its payload. What is refused has a reason, leaves one entry
// in the log and changes nothing: `Moment` holds the whole machine against one that nobody asked. The program record, which
// COMMIT brings into force, has a table of its own in bad-record.test.ts.

import { describe, expect, test } from "vitest";
import {
  digestOf,
  encodeBridge,
  encodeCommit,
  encodeImplant,
  encodePrime,
  encodeReadLog,
  encodeReadProgram,
  encodeRefill,
  words,
} from "../../emulator/telemetry/messages";
import { COMMAND_ROWS } from "../../emulator/contract/commands";
import { placed } from "../../emulator/contract/layout";
import { ALARM_LOW_RESERVOIR, ALARM_RESET_LOOP, ALARM_TRIAL_EXPIRED } from "../../hal/alarms";
import { CONCENTRATION_MAX } from "../../hal/drug-library";
import {
  COMMANDS,
  COMMAND_ACKNOWLEDGE,
  COMMAND_BRIDGE,
  COMMAND_CLINICIAN_BOLUS,
  COMMAND_COMMIT,
  COMMAND_IMPLANT,
  COMMAND_PRIME,
  COMMAND_READ_LOG,
  COMMAND_READ_PROGRAM,
  COMMAND_REFILL,
  COMMAND_SET_CLOCK,
  COMMAND_STAGE,
  PAYLOAD_BYTES,
  OUTCOME_ACCEPTED,
  OUTCOME_DIGEST,
  OUTCOME_DISCREPANCY,
  OUTCOME_EMPTY,
  OUTCOME_OUT_OF_RANGE,
  OUTCOME_TOTAL_DOUBLED,
  PROGRAM_BYTES,
} from "../../hal/telemetry";
import { EVENT_REFILL_DISCREPANCY } from "../../hal/trace";
import { type Question } from "../moment";
import { type Field, coverage, probesOf, put, refusalOf, u16, u32, u8 } from "../probes";
import { MINUTE } from "../pump";
import {
  EVERY_COMMAND,
  DOUBLED,
  DOUBLED_TOTAL,
  type Entry,
  FRIDAY,
  type Place,
  SLOWER,
  entryOf,
  expectRefused,
  moment,
  nameOf,
  CAPACITY,
  LEFT,
  MAX,
} from "../refusals";

interface Case {
  kind: number;
  at: Place;
  payload: Uint8Array;
  fields: Field[];
}

const CASES: Case[] = [
  {
    kind: COMMAND_COMMIT,
    at: "staged slower",
    payload: encodeCommit(digestOf(SLOWER)),
    fields: [
      { ...u32("digest", 0, [digestOf(SLOWER), digestOf(SLOWER)]), refusal: OUTCOME_DIGEST },
      u8("confirm", 4, [0, 7]),
      u8("reason", 5, [0, 4]),
    ],
  },
  {
    kind: COMMAND_COMMIT,
    at: "staged doubled",
    payload: encodeCommit(digestOf(DOUBLED), 2, 1, DOUBLED_TOTAL),
    fields: [{ ...u32("total", 6, [DOUBLED_TOTAL, DOUBLED_TOTAL]), refusal: OUTCOME_TOTAL_DOUBLED }],
  },
  {
    kind: COMMAND_CLINICIAN_BOLUS,
    at: "running",
    payload: words(66, 60),
    fields: [
      // A value that is more than the reservoir holds is refused as that.
      {
        ...u32("pulses", 0, [1, 66]),
        refusal: (value) => (value === MAX ? OUTCOME_EMPTY : OUTCOME_OUT_OF_RANGE),
      },
      u32("duration", 4, [60, 43_200]),
    ],
  },
  { kind: COMMAND_CLINICIAN_BOLUS, at: "running", payload: words(1, 60), fields: [u32("duration", 4, [1, 43_200])] },
  {
    kind: COMMAND_REFILL,
    at: "running",
    payload: encodeRefill(true, LEFT, 72_000),
    fields: [u8("flags", 0, [0, 3]), u32("aspirated", 1, [0, 2 * CAPACITY]), u32("filled", 5, [0, CAPACITY])],
  },
  {
    kind: COMMAND_REFILL,
    at: "running",
    payload: encodeRefill(false, 0, 0),
    fields: [u32("filled on top", 5, [0, CAPACITY - LEFT])],
  },
  {
    kind: COMMAND_REFILL,
    at: "running",
    payload: encodeRefill(true, LEFT, 72_000, false),
    fields: [
      {
        ...u32("aspirated, no discrepancy accepted", 1, [LEFT - 4_000, LEFT + 4_000]),
        refusal: (value) => (value <= 2 * CAPACITY ? OUTCOME_DISCREPANCY : OUTCOME_OUT_OF_RANGE),
      },
    ],
  },
  { kind: COMMAND_SET_CLOCK, at: "shelf", payload: words(0), fields: [u32("first wall minute", 0, [0, 0x3fffffff])] },
  {
    kind: COMMAND_SET_CLOCK,
    at: "clock set",
    payload: words(FRIDAY),
    fields: [u32("wall minute", 0, [0, 0x3fffffff])],
  },
  {
    kind: COMMAND_ACKNOWLEDGE,
    at: "low and expired",
    payload: Uint8Array.of(0),
    fields: [
      u8(
        "alarm",
        0,
        [ALARM_LOW_RESERVOIR, ALARM_LOW_RESERVOIR],
        [ALARM_TRIAL_EXPIRED, ALARM_TRIAL_EXPIRED],
        [ALARM_RESET_LOOP, ALARM_RESET_LOOP],
      ),
    ],
  },
  {
    kind: COMMAND_PRIME,
    at: "unlimited",
    payload: encodePrime(100),
    // 140 uL of tubing, 195.8 uL of catheter and 10 uL.
    fields: [u32("pulses of the path", 0, [1, 1_383]), u8("confirm", 4, [0, 0], [8, 8])],
  },
  { kind: COMMAND_PRIME, at: "unlimited", payload: encodePrime(1, true), fields: [u32("pulses", 0, [1, 4_000])] },
  {
    kind: COMMAND_BRIDGE,
    at: "strong drug",
    payload: encodeBridge(CONCENTRATION_MAX, 100),
    // From 50,000 at 100,000: at 2,083 the rate is 2,400,384, and beyond 1,000,000 there is no solution.
    fields: [u32("old concentration", 0, [2_084, CONCENTRATION_MAX]), u32("pulses", 4, [1, 4_000])],
  },
  {
    kind: COMMAND_BRIDGE,
    at: "weak drug",
    payload: encodeBridge(100, 100),
    fields: [u32("old concentration", 0, [1, 100]), u32("pulses", 4, [1, 4_000])],
  },
  {
    kind: COMMAND_IMPLANT,
    at: "shelf",
    payload: encodeImplant(890, 195_800, true),
    fields: [u16("length", 0, [50, 1_500]), u32("volume", 2, [1, 750_000]), u8("flags", 6, [0, 1])],
  },
  {
    kind: COMMAND_READ_LOG,
    at: "running",
    payload: encodeReadLog(0, 1),
    fields: [u8("ring", 0, [0, 1]), u32("first", 1, [1, MAX])],
  },
  {
    kind: COMMAND_READ_PROGRAM,
    at: "running",
    payload: encodeReadProgram(0),
    fields: [u16("offset", 0, [0, PROGRAM_BYTES - 1])],
  },
  {
    kind: COMMAND_STAGE,
    at: "running",
    payload: Uint8Array.of(0, 0, 1),
    fields: [u16("offset of one byte", 0, [0, PROGRAM_BYTES - 1])],
  },
  {
    kind: COMMAND_STAGE,
    at: "running",
    payload: new Uint8Array(PAYLOAD_BYTES),
    fields: [u16("offset of the most", 0, [0, PROGRAM_BYTES - 94])],
  },
];

interface Row {
  value: number;
  isAccepted: boolean;
  at: Place;
  question: Question;
  outcome: number;
}

const ROWS: [string, Row][] = CASES.flatMap(({ kind, at, payload, fields }) =>
  fields.flatMap((field) =>
    probesOf(field).map((probe): [string, Row] => [
      `${nameOf(kind)}, ${at}: ${field.name} = ${probe.value}`,
      {
        ...probe,
        at,
        question: { kind, payload: put(payload, field, probe.value) },
        outcome: refusalOf(field, probe.value),
      },
    ]),
  ),
);

const discrepancy = (aspirated: number): Entry => ({ code: EVENT_REFILL_DISCREPANCY, a: LEFT, b: aspirated });

describe("every field of every command is checked", () => {
  test("each has its rows here", () => {
    for (const { kind, name, bytes } of EVERY_COMMAND) {
      const fields = CASES.filter((row) => row.kind === kind).flatMap((row) => row.fields);
      const length = kind === COMMAND_STAGE ? 2 : (bytes ?? 0);
      expect({ name, ...coverage(fields, length) }).toEqual({ name, bare: [], beyond: [] });
    }
    expect(EVERY_COMMAND).toHaveLength(COMMANDS - 2);
  });

  const bounded = COMMAND_ROWS.flatMap(({ code, name, payload }) =>
    placed(payload)
      .filter(({ part }) => part.min !== undefined || part.max !== undefined)
      .map(({ part, at }) => ({ code, at, min: part.min ?? 0, max: part.max, name: `${name}.${part.name}` })),
  );
  test.each(bounded)("$name is bounded as the table of commands says", ({ code, at, min, max }) => {
    const stretches = CASES.filter(({ kind }) => kind === code).flatMap(({ fields }) =>
      fields.filter((field) => field.at === at).flatMap(({ accepted }) => accepted),
    );
    expect(Math.min(...stretches.map(([low]) => low))).toBe(min);
    if (max !== undefined) expect(Math.max(...stretches.map(([, high]) => high))).toBe(max);
  });

  test.each(ROWS.filter(([, row]) => row.isAccepted))("%s is accepted", (_, { at, question }) => {
    const pump = moment(at).again();
    expect(moment(at).outcome(question)).toBe(OUTCOME_ACCEPTED);
    pump.machine.leap(MINUTE);
    expect(pump.field("memory.faulty")).toBe(0);
  });

  test.each(ROWS.filter(([, row]) => !row.isAccepted))("%s is refused", (_, { at, question, value, outcome }) => {
    const entry = outcome === OUTCOME_DISCREPANCY ? discrepancy(value) : entryOf(question.kind, outcome);
    expectRefused(moment(at).ask(question), outcome, entry);
  });
});
