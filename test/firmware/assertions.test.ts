// The assertions of the firmware. Those about constants hold when the module is loaded: here each is broken by one changed line of
// source, in a build of the whole firmware that is then loaded. Those about arguments trip on a call that no part of the
// firmware makes. That nothing from outside reaches one is a law (laws/assertions.test.ts).

import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { runInThisContext } from "node:vm";
import { build } from "esbuild";
import { describe, expect, test } from "vitest";
import { Board } from "../../emulator/board/board";
import { FaultLedger } from "../../emulator/faults";
import { PumpController } from "../../firmware/controller";
import { Draft } from "../../firmware/draft";
import { Program } from "../../firmware/program";
import { checkRecord } from "../../firmware/record-check";
import { MemoryLatch, TwinArray } from "../../firmware/twin";
import { PAYLOAD_BYTES, PROGRAM_BYTES } from "../../hal/telemetry";

const ROOT = resolve(import.meta.dirname, "../..");

/** Builds the firmware with `from` replaced by `to` in one file, and loads it. Throws what an assertion at load throws. */
async function load(file: string, from: string, to: string): Promise<void> {
  const path = join(ROOT, file);
  const source = readFileSync(path, "utf8");
  if (source.split(from).length !== 2) throw new RangeError(`${file} should have once: ${from}`);
  const { outputFiles } = await build({
    entryPoints: [join(ROOT, "firmware/controller.ts")],
    bundle: true,
    write: false,
    format: "iife",
    plugins: [
      {
        name: "one line changed",
        setup: ({ onLoad }) =>
          onLoad({ filter: /\.ts$/ }, (args) =>
            args.path === path ? { contents: source.replace(from, to), loader: "ts" } : undefined,
          ),
      },
    ],
  });
  runInThisContext(outputFiles[0].text);
}

/** File, the line as it is and as it is broken, and what the assertion says. */
const AT_LOAD: [file: string, from: string, to: string, says: string][] = [
  ["firmware/layout.ts", "HEADER_VERSION: i32 = 4", "HEADER_VERSION: i32 = 5", "the header's fields follow each other"],
  ["firmware/layout.ts", "HEADER_BYTES: i32 = 8", "HEADER_BYTES: i32 = 7", "the header ends with its CRC"],
  ["firmware/layout.ts", "HALT_AT: i32 = 16", "HALT_AT: i32 = 7", "the mark of a halt lies behind the header"],
  ["firmware/layout.ts", "HALT_AT: i32 = 16", "HALT_AT: i32 = 63", "the records lie behind the mark of a halt"],
  [
    "firmware/layout.ts",
    "return 64;\n    case RECORD_LEDGER:\n      return 128",
    "return 97;\n    case RECORD_LEDGER:\n      return 128",
    "the ledger lies behind the record of time",
  ],
  ["firmware/layout.ts", "return 128;", "return 129;", "the chart lies behind the ledger"],
  ["firmware/layout.ts", "return 640;", "return 769;", "the program lies behind the chart"],
  ["firmware/layout.ts", "LOG_EVENTS_AT: i32 = 4096", "LOG_EVENTS_AT: i32 = 4095", "the log lies behind the program"],
  [
    "firmware/layout.ts",
    "SLOT_BYTES_MAX: i32 = 1024",
    "SLOT_BYTES_MAX: i32 = 63",
    "the record of time has no slot beyond the longest",
  ],
  [
    "firmware/layout.ts",
    "SLOT_BYTES_MAX: i32 = 1024",
    "SLOT_BYTES_MAX: i32 = 127",
    "the ledger has no slot beyond the longest",
  ],
  [
    "firmware/layout.ts",
    "SLOT_BYTES_MAX: i32 = 1024",
    "SLOT_BYTES_MAX: i32 = 639",
    "the chart has no slot beyond the longest",
  ],
  ["firmware/layout.ts", "RECORDS: i32 = 4", "RECORDS: i32 = 3", "every record has its place"],
  ["firmware/log.ts", "RINGS: i32 = 2", "RINGS: i32 = 1", "the rings are numbered from 0"],
  [
    "firmware/log.ts",
    "EVENT_ENTRIES: i32 = 1024",
    "EVENT_ENTRIES: i32 = 1025",
    "the ring of faults lies behind that of events",
  ],
  [
    "firmware/layout.ts",
    "WINDOW_AT: i32 = 40960",
    "WINDOW_AT: i32 = 34815",
    "the windows' ring lies behind that of faults",
  ],
  ["firmware/log.ts", "EVENT_ENTRIES: i32 = 1024", "EVENT_ENTRIES: i32 = 255", "catching up with the ring of events"],
  ["hal/telemetry.ts", "LOG_ENTRY_BYTES: i32 = 21", "LOG_ENTRY_BYTES: i32 = 23", "lies before the entry's CRC"],
  [
    "firmware/layout.ts",
    "WINDOW_AT: i32 = 40960",
    "WINDOW_AT: i32 = 60960",
    "the ring ends inside the non-volatile memory",
  ],
  [
    "firmware/crc.ts",
    "CHECKED_BYTES_MAX: i32 = 1024",
    "CHECKED_BYTES_MAX: i32 = 1023",
    "the CRC covers the longest slot",
  ],
  ["hal/telemetry.ts", "PROGRAM_BYTES: i32 = 633", "PROGRAM_BYTES: i32 = 1025", "the CRC covers a program record"],
  ["hal/telemetry.ts", "PAYLOAD_BYTES: i32 = 96", "PAYLOAD_BYTES: i32 = 1001", "the CRC covers the longest frame"],
  [
    "hal/telemetry.ts",
    "PROGRAM_PIECE_BYTES: i32 = 94",
    "PROGRAM_PIECE_BYTES: i32 = 95",
    "a piece and its offset fit a payload",
  ],
  ["hal/telemetry.ts", "CAP_PER_24H_MAX: i32 = 96", "CAP_PER_24H_MAX: i32 = 256", "the highest cap fits its byte"],
  [
    "hal/telemetry.ts",
    "BOLUS_SECONDS_MAX: i32 = 43200",
    "BOLUS_SECONDS_MAX: i32 = 65536",
    "the longest bolus fits its field",
  ],
  [
    "hal/telemetry.ts",
    "LOCKOUT_MINUTES_MIN: i32 = 15",
    "LOCKOUT_MINUTES_MIN: i32 = 1441",
    "the longest lockout fits its field",
  ],
  [
    "hal/telemetry.ts",
    "DOSE_EVERY_MINUTES_MAX: i32 = 1440",
    "DOSE_EVERY_MINUTES_MAX: i32 = 65536",
    "the dose's interval fits",
  ],
  [
    "firmware/program.ts",
    "UNITS_MAX: i32 = 0x7ffffff",
    "UNITS_MAX: i32 = 0x8000000",
    "the units of an hour fit for eight hours",
  ],
  [
    "firmware/program.ts",
    "SEGMENTS_MAX: i32 = 512",
    "SEGMENTS_MAX: i32 = 391",
    "both ends of a window reach the end of two weeks",
  ],
  ["firmware/program.ts", "OWN_LIMITS: i32 = 2", "OWN_LIMITS: i32 = 5", "a program's own limits have their places"],
  [
    "firmware/program.ts",
    "= RATE_TICKS_PER_PULSE / TICKS_PER_MINUTE",
    "= RATE_TICKS_PER_PULSE / TICKS_PER_MINUTE + 1",
    "a pulse a minute is a whole rate",
  ],
  ["firmware/twin.ts", "ELEMENTS_MAX: i32 = 96", "ELEMENTS_MAX: i32 = 90", "all steps of all patterns fit an array"],
  ["hal/telemetry.ts", "PROGRAM_LIBRARY: i32 = 42", "PROGRAM_LIBRARY: i32 = 43", "the library follows the limits"],
  ["hal/telemetry.ts", "PROGRAM_DRUG_BYTES: i32 = 5", "PROGRAM_DRUG_BYTES: i32 = 6", "the weekdays follow the drugs"],
  [
    "hal/telemetry.ts",
    "PROGRAM_PATTERNS: i32 = 79",
    "PROGRAM_PATTERNS: i32 = 80",
    "the count of patterns follows the weekdays",
  ],
  ["hal/telemetry.ts", "PROGRAM_PATTERN: i32 = 80", "PROGRAM_PATTERN: i32 = 81", "the patterns follow their count"],
  [
    "hal/telemetry.ts",
    "PROGRAM_STEP_BYTES: i32 = 6",
    "PROGRAM_STEP_BYTES: i32 = 7",
    "a pattern is its count and its steps",
  ],
  ["hal/telemetry.ts", "PROGRAM_BYTES: i32 = 633", "PROGRAM_BYTES: i32 = 634", "a record ends with its patterns"],
];

describe("a firmware in which one constant is wrong does not load", () => {
  test.each(AT_LOAD)("%s: %s made %s trips: %s", async (file, from, to, says) => {
    await expect(load(file, from, to)).rejects.toThrow(says);
  });

  test("and the firmware as it is loads", async () => {
    await load("firmware/layout.ts", "HALT_BYTES: i32 = 2", "HALT_BYTES: i32 = 2");
  });
});

const RECORD = new Uint8Array(PROGRAM_BYTES);
const { log } = new PumpController(new Board({ seed: 1, capacity_mL: 20, startSecond: 0 }, new FaultLedger()).hal());
const AT_A_CALL: [says: string, call: () => unknown][] = [
  ["an array is no longer than the loops over it go", () => new TwinArray(new MemoryLatch(), 97)],
  ["an array is no longer than the loops over it go", () => new TwinArray(new MemoryLatch(), 0)],
  ["a program record has its length", () => checkRecord(RECORD.subarray(1))],
  ["a program record has its length", () => new Program(new MemoryLatch()).adopt(RECORD.subarray(1))],
  [
    "a piece lies whole in its buffer",
    () => new Draft(new MemoryLatch()).stage(new Uint8Array(PAYLOAD_BYTES), 90, 7, 0),
  ],
  ["an event's code is a byte of its entry", () => log.event(256, 0, 0, 0)],
];

describe("a call that no part of the firmware makes", () => {
  test.each(AT_A_CALL)("trips: %s (%#)", (says, call) => {
    expect(call).toThrow(says);
  });
});
