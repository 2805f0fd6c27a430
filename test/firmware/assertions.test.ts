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
import type * as Firmware from "../../firmware/controller";
import { PumpController } from "../../firmware/controller";
import { Draft } from "../../firmware/draft";
import { Program } from "../../firmware/program";
import { checkRecord } from "../../firmware/record-check";
import { MemoryLatch, TwinArray } from "../../firmware/twin";
import { DENIALS } from "../../firmware/usage";
import { ALARMS } from "../../hal/alarms";
import type { Hal } from "../../hal/hal";
import {
  OUTCOME_ACCEPTED,
  OUTCOME_DISCREPANCY,
  PAYLOAD_BYTES,
  PROGRAM_BYTES,
  REFILL_ACCEPT,
  REFILL_EMPTIED,
} from "../../hal/telemetry";

const ROOT = resolve(import.meta.dirname, "../..");

/** In a file, `from` becomes `to`. */
type Change = [file: string, from: string, to: string];

/** Builds the firmware with some changes, each in a file of its own, and loads it. Throws what an assertion at load throws. */
async function load(...changes: Change[]): Promise<typeof Firmware> {
  const changed = new Map(changes.map((change) => [join(ROOT, change[0]), changedSource(change)]));
  const { outputFiles } = await build({
    entryPoints: [join(ROOT, "firmware/controller.ts")],
    bundle: true,
    write: false,
    format: "iife",
    globalName: "firmware",
    plugins: [
      {
        name: "changed lines",
        setup: ({ onLoad }) =>
          onLoad({ filter: /\.ts$/ }, ({ path }) => {
            const contents = changed.get(path);
            return contents === undefined ? undefined : { contents, loader: "ts" };
          }),
      },
    ],
  });
  return runInThisContext(`${outputFiles[0].text}firmware;`) as typeof Firmware;
}

function changedSource([file, from, to]: Change): string {
  const source = readFileSync(join(ROOT, file), "utf8");
  if (source.split(from).length !== 2) throw new RangeError(`${file} should have once: ${from}`);
  return source.replace(from, to);
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
    "hal/units.ts",
    "PULSE_NL / RATE_UNIT_NL_PER_DAY) * TICKS_PER_DAY",
    "PULSE_NL / RATE_UNIT_NL_PER_DAY) * TICKS_PER_DAY + 1",
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
  ["hal/telemetry.ts", "STATUS_DENIED: i32 = 52", "STATUS_DENIED: i32 = 54", "the status has room for the denials"],
  ["firmware/usage.ts", "DENIALS: i32 = 10", "DENIALS: i32 = 11", "the status has room for the denials"],
  ["firmware/usage.ts", "COUNT_MAX: i32 = 0xffff", "COUNT_MAX: i32 = 0x10000", "a count fits the status"],
  ["hal/alarms.ts", "ALARMS: i32 = 20", "ALARMS: i32 = 31", "each alarm has a bit below the sign"],
  [
    "firmware/alarms.ts",
    "TONE_TICKS: i32 = 3 * TICKS_PER_SECOND",
    "TONE_TICKS: i32 = 600 * TICKS_PER_SECOND",
    "a critical tone ends before the next",
  ],
  [
    "firmware/alarms.ts",
    "TONE_TICKS: i32 = TICKS_PER_SECOND",
    "TONE_TICKS: i32 = 3600 * TICKS_PER_SECOND",
    "a quiet tone ends before the next",
  ],
  ["hal/alarms.ts", "(LATCHING & bit)", "(LATCHING & bit & ~(1 << ALARM_CLOCK_FAULT))", "a clock fault latches"],
  ["hal/alarms.ts", "(LATCHING & bit)", "(LATCHING & bit & ~(1 << ALARM_MOTOR_REVERSE))", "a backward step latches"],
  [
    "hal/alarms.ts",
    "(LATCHING & bit)",
    "(LATCHING & bit & ~(1 << ALARM_MOTOR_RUNAWAY))",
    "a step without a pulse latches",
  ],
  ["hal/alarms.ts", "(LATCHING & bit)", "(LATCHING & bit & ~(1 << ALARM_LOW_BATTERY_RESET))", "a brown-out latches"],
  [
    "hal/telemetry.ts",
    "PAYLOAD_BYTES: i32 = 96",
    "PAYLOAD_BYTES: i32 = 231",
    "one code byte reaches over the longest frame",
  ],
  [
    "hal/telemetry.ts",
    "FRAME_CODED_BYTES: i32 = FRAME_BYTES + 1",
    "FRAME_CODED_BYTES: i32 = FRAME_BYTES",
    "a frame has room for its code byte",
  ],
  [
    "firmware/self-test.ts",
    "SELF_TEST_WATCHDOG: i32 = 2048",
    "SELF_TEST_WATCHDOG: i32 = 1024",
    "each part has a bit of its own",
  ],
  ["hal/telemetry.ts", "STATUS_LOG: i32 = 75", "STATUS_LOG: i32 = 74", "the parts fit the status"],
  [
    "firmware/self-test.ts",
    "TEMPERATURE_MC_MIN: i32 = 5000",
    "TEMPERATURE_MC_MIN: i32 = 50000",
    "a good cell and a warm body pass",
  ],
  ["firmware/life.ts", "= 4 * 12", "= 4 * 11", "a month is a whole number of minutes"],
  ["firmware/life.ts", "EOS_MV: i32 = 2500", "EOS_MV: i32 = 3200", "the cell asks for replacement before it is flat"],
  ["firmware/life.ts", "= 90 * MINUTES_PER_DAY", "= 9000 * MINUTES_PER_DAY", "is a part of the service"],
  [
    "hal/telemetry.ts",
    "CATHETER_NL_MAX: i32 = 100000000",
    "CATHETER_NL_MAX: i32 = 1073700000",
    "the volume of the longest path fits",
  ],
  [
    "hal/telemetry.ts",
    "CATHETER_MM_MAX: i32 = 10000",
    "CATHETER_MM_MAX: i32 = 65536",
    "the longest catheter fits its field",
  ],
  [
    "hal/reservoir.ts",
    "LEVEL_NL_PER_CODE: i32 = 12500",
    "LEVEL_NL_PER_CODE: i32 = 12600",
    "a step of the level sensor is a whole",
  ],
  [
    "firmware/reservoir.ts",
    "RESIDUAL_NL: i32 = 1400000",
    "RESIDUAL_NL: i32 = 1400100",
    "the residual volume is a whole number of pulses",
  ],
  [
    "firmware/reservoir.ts",
    "APART_MAX: i32 = 500000",
    "APART_MAX: i32 = 536871",
    "the permille of the largest error fit",
  ],
  ["firmware/reservoir.ts", "APART_MAX: i32 = 500000", "APART_MAX: i32 = 479999", "no error of an honest pump is cut"],
  ["firmware/reservoir.ts", "READINGS: i32 = 16", "READINGS: i32 = 6000", "the sum of the readings fits"],
  [
    "hal/motor.ts",
    "PULSE_FLIGHT_TICKS: i32 = 20",
    "PULSE_FLIGHT_TICKS: i32 = 50",
    "a healthy step shows before its proof is overdue",
  ],
  [
    "firmware/motor.ts",
    "PROOF_TICKS: i32 = 50",
    "PROOF_TICKS: i32 = 90",
    "a pulse is proved or missed before the next one",
  ],
  ["hal/telemetry.ts", "PAIRINGS: i32 = 6", "PAIRINGS: i32 = 7", "every role has its pairings"],
  ["hal/crypto.ts", "CRYPTO_KEY_SLOTS: i32 = 8", "CRYPTO_KEY_SLOTS: i32 = 7", "both sessions have a key slot"],
  [
    "hal/crypto.ts",
    "CRYPTO_BUFFER_BYTES: i32 = 256",
    "CRYPTO_BUFFER_BYTES: i32 = 35",
    "the salt of a session fits the crypto buffer",
  ],
  [
    "hal/crypto.ts",
    "CRYPTO_BUFFER_BYTES: i32 = 256",
    "CRYPTO_BUFFER_BYTES: i32 = 132",
    "a frame fits the crypto buffer",
  ],
  ["hal/crypto.ts", "CRYPTO_TAG_BYTES: i32 = 8", "CRYPTO_TAG_BYTES: i32 = 16", "a frame's tag is the crypto part's"],
  [
    "hal/crypto.ts",
    "CRYPTO_NONCE_BYTES: i32 = 13",
    "CRYPTO_NONCE_BYTES: i32 = 8",
    "direction, session and counter fit a nonce",
  ],
  [
    "hal/telemetry.ts",
    "SEALED_SESSION: i32 = 2",
    "SEALED_SESSION: i32 = 3",
    "a sealed frame's session follows its header",
  ],
  [
    "hal/telemetry.ts",
    "SEALED_COUNTER: i32 = 6",
    "SEALED_COUNTER: i32 = 5",
    "a sealed frame's counter ends its header",
  ],
  ["hal/telemetry.ts", "PAIR_BYTES: i32 = 33", "PAIR_BYTES: i32 = 32", "PAIR is a role and a key"],
  ["hal/telemetry.ts", "OPEN_BYTES: i32 = 17", "OPEN_BYTES: i32 = 16", "OPEN is a pairing and a nonce"],
  ["firmware/session.ts", "PAUSE_DOUBLINGS: i32 = 10", "PAUSE_DOUBLINGS: i32 = 9", "a pause doubles up to the longest"],
  ["firmware/session.ts", "FAILURES_MAX: i32 = 255", "FAILURES_MAX: i32 = 12", "the longest pause is reached"],
];

describe("a firmware in which one constant is wrong does not load", () => {
  test.each(AT_LOAD)('%s with %s changed to %s trips the assertion "%s"', async (file, from, to, says) => {
    await expect(load([file, from, to])).rejects.toThrow(says);
  });

  test("two wrong constants that agree with each other trip the assertion about the volume of the longest prime", async () => {
    const loaded = load(
      ["hal/telemetry.ts", "PRIME_PULSES_MAX: i32 = 4000", "PRIME_PULSES_MAX: i32 = 5000000"],
      ["hal/guard.ts", "GUARD_PULSES_PER_HOUR_MAX: i32 = 4000", "GUARD_PULSES_PER_HOUR_MAX: i32 = 5000000"],
    );
    await expect(loaded).rejects.toThrow("the volume of the longest prime fits");
  });

  test("the firmware as it is loads", async () => {
    const { PumpController: Same } = await load();
    expect(() => new Same(board())).not.toThrow();
  });
});

function board(): Hal {
  return new Board({ seed: 1, capacity_mL: 20, startSecond: 0 }, new FaultLedger()).hal();
}

const RECORD = new Uint8Array(PROGRAM_BYTES);
const { alarms, log, motor, reservoir, selfTest, usage } = new PumpController(board());
const AT_A_CALL: [says: string, call: () => unknown][] = [
  ["an array is no longer than the loops over it go", () => new TwinArray(new MemoryLatch(), 97)],
  ["an array is no longer than the loops over it go", () => new TwinArray(new MemoryLatch(), 0)],
  ["a program record has its length", () => checkRecord(RECORD.subarray(1))],
  ["a program record has its length", () => new Program(new MemoryLatch()).adopt(RECORD.subarray(1))],
  [
    "a piece lies whole in its buffer",
    () => new Draft(new MemoryLatch()).stage(new Uint8Array(PAYLOAD_BYTES), 90, 7, 0),
  ],
  ["a denial has a count", () => usage.countDenied(OUTCOME_ACCEPTED)],
  ["a denial has a count", () => usage.countDenied(DENIALS)],
  ["a cause is one of the table's", () => alarms.setCause(ALARMS, true)],
  ["others say what they looked at", () => selfTest.tick(1, 0)],
  ["the estimate only falls", () => reservoir.credit(0)],
  ["a pulse starts only when the motor is ready", () => motor.pulse(0)],
  ["an event's code is a byte of its entry", () => log.event(256, 0, 0, 0)],
];

/** Of the table of alarms, which the engine judges when it is built. */
const AT_CONSTRUCTION: [from: string, to: string, says: string][] = [
  [
    "  (1 << ALARM_EMPTY_RESERVOIR) |\n  (1 << ALARM_MOTOR_STALL)",
    "  (1 << ALARM_MOTOR_STALL)",
    "slows or stops delivery is critical",
  ],
  ["| (1 << ALARM_DOSE_LIMIT);", "| (1 << ALARM_DOSE_LIMIT) | (1 << ALARM_EOS);", "slows delivery or stops it"],
];

describe("an engine of alarms of which one row is wrong is not built", () => {
  test.each(AT_CONSTRUCTION)('the mask %j changed to %j trips the assertion "%s"', async (from, to, says) => {
    const { PumpController: Broken } = await load(["hal/alarms.ts", from, to]);
    expect(() => new Broken(board())).toThrow(says);
  });
});

describe("a call that no part of the firmware makes", () => {
  test.each(AT_A_CALL)('trips the assertion "%s" (%#)', (says, call) => {
    expect(call).toThrow(says);
  });
});

test("a refill of a pump whose stored estimate is far beyond any reservoir is judged, and reaches no assertion", () => {
  const { reservoir: damaged } = new PumpController(board());
  damaged.filled.set(0x3fff_ffff);
  damaged.estimate.set(0x3fff_fffe);
  expect(damaged.refill(REFILL_EMPTIED, 0, 0)).toBe(OUTCOME_DISCREPANCY);
  expect(damaged.refill(REFILL_EMPTIED | REFILL_ACCEPT, 0, 0)).toBe(OUTCOME_ACCEPTED);
});
