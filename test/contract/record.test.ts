// The table of the program record against the offsets by which the firmware reads it, and layouts as bytes.

import { describe, expect, test } from "vitest";
import { bytesOf, encodeLayout, isGroup, placed, type Layout } from "../../emulator/contract/layout";
import { PROGRAM_LISTS, PROGRAM_RECORD } from "../../emulator/contract/record";
import * as telemetry from "../../hal/telemetry";

const constants = telemetry as unknown as Record<string, number>;

describe("the program record", () => {
  test.each(placed(PROGRAM_RECORD))("has $part.name at the place where the firmware reads it", ({ part, at }) => {
    expect(constants[`PROGRAM_${part.constant}`]).toBe(at);
    if (!isGroup(part)) return;
    expect(constants[`PROGRAM_${part.constant}_BYTES`]).toBe(bytesOf(part.of));
    for (const inner of placed(part.of)) {
      expect(constants[`PROGRAM_${part.one}_${inner.part.name}_AT`.toUpperCase()]).toBe(inner.at);
    }
  });

  test("has as many rows in each list and as many bytes as the firmware reads", () => {
    for (const [name, most] of Object.entries(PROGRAM_LISTS)) expect(constants[name]).toBe(most);
    expect(constants["PROGRAM_BYTES"]).toBe(bytesOf(PROGRAM_RECORD));
  });
});

describe("a layout", () => {
  const layout: Layout = [
    { name: "head", type: "u8" },
    { name: "words", type: "u16", count: 2 },
    {
      name: "rows",
      one: "row",
      count: 2,
      of: [
        { name: "a", type: "u8" },
        { name: "b", type: "i32" },
      ],
    },
  ];

  test("is written in its order, little-endian, and a part without a value is zero", () => {
    const bytes = encodeLayout(layout, { head: 1, words: [0x0203], rows: [{ a: 4, b: -2 }] });
    expect([...bytes]).toEqual([1, 3, 2, 0, 0, 4, 0xfe, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0]);
    expect([...encodeLayout(layout, {})]).toEqual(Array(15).fill(0));
  });

  test.each([
    ["numbers", { words: [1, 2, 3] }],
    ["rows", { rows: [{}, {}, {}] }],
  ])("refuses more %s than it has room for", (_, values) => {
    expect(() => encodeLayout(layout, values)).toThrow(RangeError);
  });

  test("takes no number that its bytes do not hold, for a part of it would be another number", () => {
    const one: Layout = [
      { name: "byte", type: "u8" },
      { name: "seconds", type: "u16" },
      { name: "word", type: "u32" },
    ];
    expect([...encodeLayout(one, { byte: 255, seconds: 65_535, word: -1 })]).toEqual([
      255, 255, 255, 255, 255, 255, 255,
    ]);
    expect(() => encodeLayout(one, { byte: 256 })).toThrow("byte: found 256, expected a whole number below 256");
    expect(() => encodeLayout(one, { seconds: 65_683 })).toThrow(RangeError);
    expect(() => encodeLayout(one, { seconds: 1.5 })).toThrow(RangeError);
    expect(() => encodeLayout(one, { word: 2 ** 32 })).toThrow(RangeError);
    expect(() => encodeLayout(one, { word: Number.NaN })).toThrow(RangeError);
  });
});
