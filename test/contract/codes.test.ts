// The tables of codes: what every list must be for its codes to be stored, sent and named.

import { describe, expect, test } from "vitest";
import { ALARM_ROWS, alarmCause, alarmName } from "../../emulator/contract/alarms";
import * as codes from "../../emulator/contract/codes";
import { DRUG_ROWS, drugName } from "../../emulator/contract/drugs";
import * as layoutConstants from "../../firmware/layout";
import * as alarmConstants from "../../hal/alarms";
import * as drugConstants from "../../hal/drug-library";
import * as resetConstants from "../../hal/reset";
import * as sounderConstants from "../../hal/sounder";
import * as telemetryConstants from "../../hal/telemetry";
import * as traceConstants from "../../hal/trace";

const LISTS = Object.entries(codes).filter((entry): entry is [string, codes.CodeList] => typeof entry[1] === "object");
const CONSTANTS: Record<string, unknown> = {
  ...layoutConstants,
  ...resetConstants,
  ...sounderConstants,
  ...telemetryConstants,
  ...traceConstants,
};

describe("a list of codes", () => {
  test.each(LISTS)("%s has each code and each word once, in rising order", (_, { rows }) => {
    const numbers = rows.map(({ code }) => code);
    expect(numbers).toEqual([...new Set(numbers)].sort((a, b) => a - b));
    expect(new Set(rows.map(({ name }) => name)).size).toBe(rows.length);
    expect(rows.filter(({ name }) => !/^[a-z][a-z0-9_]*(\.[a-z0-9_]+|\[\d\])?$/.test(name))).toEqual([]);
    expect(numbers.filter((code) => code < 0 || code > 255)).toEqual([]);
  });

  test.each(LISTS)(
    "%s equals the constants that hal/ or the firmware has under its prefix",
    (_, { prefix, count, rows }) => {
      for (const { name, constant, code } of rows)
        expect(CONSTANTS[`${prefix}_${constant ?? name.toUpperCase()}`]).toBe(code);
      if (count) expect(CONSTANTS[count]).toBe(rows[rows.length - 1].code + 1);
    },
  );

  test("has no word for a code that none of its rows has", () => {
    expect(codes.outcomeName(-1)).toBe("unknown");
    expect(codes.resetName(4)).toBe("unknown");
    expect(codes.roleName(0)).toBe("unknown");
    expect(codes.modeName(8)).toBe("mode 8");
  });
});

describe("ALM-1: the table of alarms", () => {
  test("has one id for each bit from 0 on, and so few that every mask stays a small integer", () => {
    expect(ALARM_ROWS.map(({ id }) => id)).toEqual(ALARM_ROWS.map((_, i) => i));
    expect(ALARM_ROWS.length).toBe(alarmConstants.ALARMS);
    expect(ALARM_ROWS.length).toBeLessThanOrEqual(30);
  });

  test.each(ALARM_ROWS)("$name has the same row for the firmware", ({ id, name, critical, effect, latches, cause }) => {
    const row = alarmConstants.alarmRow(id);
    expect((row & alarmConstants.ALARM_IS_CRITICAL) !== 0).toBe(critical);
    expect((row & alarmConstants.ALARM_SLOWS) !== 0).toBe(effect === "slows");
    expect((row & alarmConstants.ALARM_STOPS) !== 0).toBe(effect === "stops");
    expect((row & alarmConstants.ALARM_LATCHES) !== 0).toBe(latches);
    expect([alarmName(id), alarmCause(id)]).toEqual([name, cause]);
  });

  test("has no row for any other id", () => {
    for (const id of [-1, alarmConstants.ALARMS, 32, 33, 255]) {
      expect([alarmConstants.alarmRow(id), alarmName(id), alarmCause(id)]).toEqual([0, "unknown", "unknown"]);
    }
  });
});

describe("LIM-8: the drug library", () => {
  test.each(DRUG_ROWS)("$name has the same figures for the firmware", ({ id, name, concentrationMax, softDay }) => {
    expect(drugConstants.concentrationMax(id)).toBe(concentrationMax);
    expect(drugConstants.softDay(id)).toBe(softDay);
    expect(drugName(id)).toBe(name);
    expect(concentrationMax).toBeLessThanOrEqual(drugConstants.CONCENTRATION_MAX);
  });

  test("knows no other drug", () => {
    expect(DRUG_ROWS.map(({ id }) => id)).toEqual(Array.from({ length: drugConstants.DRUGS - 1 }, (_, i) => i + 1));
    for (const id of [drugConstants.DRUG_UNLISTED, drugConstants.DRUGS, 255]) {
      expect([drugConstants.softDay(id), drugName(id)]).toEqual([0, "unlisted"]);
    }
  });
});
