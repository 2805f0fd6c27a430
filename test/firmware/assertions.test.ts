// The assertions of the firmware. Those about constants hold when the module is loaded: here each is broken by one changed line of
// source, in a build of the whole firmware that is then loaded. Those about arguments trip on a call that no part of the
// firmware makes. That nothing from outside reaches one is a law (laws/assertions.test.ts).

import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { runInThisContext } from "node:vm";
import { build } from "esbuild";
import { describe, expect, test } from "vitest";
import { BoardSetup } from "../../emulator/board/board";
import { boardWith } from "../parts";
import type * as Firmware from "../../firmware/controller";
import { readU16, writeU16 } from "../../firmware/bytes";
import { PumpController } from "../../firmware/controller";
import { crc16, crc32 } from "../../firmware/crc";
import { Draft } from "../../firmware/draft";
import { RECORD_TIME } from "../../firmware/layout";
import { mulDiv } from "../../firmware/mul-div";
import { Program } from "../../firmware/program";
import { checkRecord } from "../../firmware/record-check";
import { Spread } from "../../firmware/spread";
import { MemoryLatch, TwinArray } from "../../firmware/twin";
import { DENIALS } from "../../firmware/usage";
import { BUCKETS, BUCKET_TICKS } from "../../firmware/window-ring";
import { ALARMS } from "../../hal/alarms";
import type { Hal } from "../../hal/hal";
import {
  CAP_PER_24H_MAX,
  FRAME_BYTES,
  FRAME_QUERY,
  OUTCOME_ACCEPTED,
  OUTCOME_DISCREPANCY,
  PAYLOAD_BYTES,
  PRIME_PULSES_MAX,
  PROGRAM_BYTES,
  REFILL_ACCEPT,
  REFILL_EMPTIED,
  WINDOW_MINUTES_MAX,
} from "../../hal/telemetry";
import { CAUSE_NONE, CAUSE_PATIENT_BOLUS } from "../../hal/trace";
import { PULSE_SPACING_TICKS, RATE_MAX } from "../../hal/units";
import { replace } from "../mutant";

const ROOT = resolve(import.meta.dirname, "../..");

/** In a file, `from` becomes `to`. */
type Change = [file: string, from: string, to: string];

/** An assertion, and what it says. */
const ASSERTION = /\bassert\([^;]*?,\s*"([^"]+)",?\s*\);/g;

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
  ["firmware/layout.ts", "return 640;", "return 641;", "the orders after a fault lie behind the chart"],
  [
    "firmware/layout.ts",
    "ORDER_BYTES: i32 = 8",
    "ORDER_BYTES: i32 = 43",
    "the program lies behind the orders after a fault",
  ],
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
  ["firmware/layout.ts", "SLOTTED_RECORDS: i32 = 4", "SLOTTED_RECORDS: i32 = 3", "every record has its place"],
  [
    "firmware/log.ts",
    "CHEAP_PER_DAY: i32 = 24",
    "CHEAP_PER_DAY: i32 = 25",
    "cheap entries leave six days of the others in the ring",
  ],
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
    "the ring and its sums end inside the non-volatile memory",
  ],
  [
    "firmware/layout.ts",
    "SLOT_BYTES_MAX: i32 = 1024",
    "SLOT_BYTES_MAX: i32 = 1022",
    "the longest slot has whole words",
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
  ["firmware/program.ts", "DERIVED_LIMITS: i32 = 2", "DERIVED_LIMITS: i32 = 5", "derived limits have their places"],
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
    "PROGRAM_PATTERN_COUNT: i32 = 79",
    "PROGRAM_PATTERN_COUNT: i32 = 80",
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
  ["hal/alarms.ts", "ALARMS: i32 = 22", "ALARMS: i32 = 31", "each alarm has a bit below the sign"],
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
    "CATHETER_NL_MAX: i32 = 750000",
    "CATHETER_NL_MAX: i32 = 1073700000",
    "the volume of the longest path fits",
  ],
  [
    "hal/telemetry.ts",
    "CATHETER_MM_MAX: i32 = 1500",
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
  ["firmware/reservoir.ts", "READINGS: i32 = 12", "READINGS: i32 = 6000", "the sum of the readings fits"],
  ["firmware/restarts.ts", "RESTARTS_OF_LOOP: i32 = 4", "RESTARTS_OF_LOOP: i32 = 1", "one restart is no loop"],
  ["firmware/reservoir.ts", "READINGS: i32 = 12", "READINGS: i32 = 14", "a sudden fall is in the average in time"],
  [
    "firmware/reservoir.ts",
    "NO_AVERAGE: i32 = 0x20000000",
    "NO_AVERAGE: i32 = 200000",
    "no reading is as high as none",
  ],
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
  [
    "firmware/changes.ts",
    "CHANGED_GUARD: i32 = 2048",
    "CHANGED_GUARD: i32 = 1024",
    "each kind of change has a bit of its own",
  ],
  ["firmware/basal.ts", "GATHERS_DOSE: i32 = 2", "GATHERS_DOSE: i32 = 4", "what gathers has a bit of its own"],
  [
    "firmware/clock.ts",
    "DRIFT_TICKS_MAX: i32 = TICKS_PER_MINUTE",
    "DRIFT_TICKS_MAX: i32 = 15 * TICKS_PER_MINUTE",
    "a clock can drift by a minute in a day though each edge is in time",
  ],
  [
    "firmware/clock.ts",
    "EDGE_TOLERANCE_TICKS: i32 = 60",
    "EDGE_TOLERANCE_TICKS: i32 = 3000",
    "an early edge is not a late one of the minute before",
  ],
  [
    "firmware/clock.ts",
    "EDGE_TOLERANCE_TICKS: i32 = 60",
    "EDGE_TOLERANCE_TICKS: i32 = 1501",
    "`idle` looks as far as a leap goes",
  ],
  [
    "firmware/window-ring.ts",
    "BUCKETS_PER_MINUTE: i32 = 8",
    "BUCKETS_PER_MINUTE: i32 = 7",
    "a minute is a whole number of buckets",
  ],
  [
    "firmware/window-ring.ts",
    "BUCKETS_PER_MINUTE: i32 = 8",
    "BUCKETS_PER_MINUTE: i32 = 6",
    "a bucket is at most W/96 of any window",
  ],
  [
    "firmware/window-ring.ts",
    "RING: i32 = BUCKETS_IN_USE +",
    "RING: i32 = BUCKETS_IN_USE -",
    "the buckets that are cleared ahead are in no window",
  ],
  [
    "firmware/window-ring.ts",
    "RING: i32 = BUCKETS_IN_USE +",
    "RING: i32 = 1 + BUCKETS_IN_USE +",
    "the ring has whole blocks",
  ],
  [
    "firmware/window-ring.ts",
    "BUCKET_PULSES_MAX: i32 = 15",
    "BUCKET_PULSES_MAX: i32 = 137",
    "the sum of a block fits its two bytes",
  ],
  [
    "firmware/window-ring.ts",
    "WORD_BUCKETS: i32 = 4",
    "WORD_BUCKETS: i32 = 5",
    "the buckets ahead are whole words, and no more than a block",
  ],
  [
    "firmware/window-ring.ts",
    "AHEAD: i32 = 2 * BUCKETS_PER_MINUTE",
    "AHEAD: i32 = BUCKETS_PER_MINUTE",
    "every bucket that a leap begins was cleared",
  ],
  [
    "firmware/window-ring.ts",
    "BUCKET_PULSES_MAX: i32 = 15",
    "BUCKET_PULSES_MAX: i32 = 8",
    "a bucket holds all pulses that may start in it",
  ],
  [
    "firmware/window-ring.ts",
    "BUCKET_TICKS: i32 = TICKS_PER_MINUTE / BUCKETS_PER_MINUTE",
    "BUCKET_TICKS: i32 = 701",
    "one pulse a bucket is a whole rate",
  ],
  [
    "firmware/look-ahead.ts",
    "STEPS_PER_TICK: i32 = 14400",
    "STEPS_PER_TICK: i32 = 13000",
    "a request is answered within its ticks",
  ],
  [
    "hal/telemetry.ts",
    "BOLUS_SECONDS_MAX: i32 = 43200",
    "BOLUS_SECONDS_MAX: i32 = 4320000",
    "a bucket's part of a bolus fits",
  ],
  [
    "firmware/limiter.ts",
    "RESERVE_PART: i32 = 8",
    "RESERVE_PART: i32 = 7",
    "the part of a window that basal needs free is whole ticks",
  ],
  [
    "hal/telemetry.ts",
    "PRIME_PULSES_MAX: i32 = 4000",
    "PRIME_PULSES_MAX: i32 = 3999",
    "the longest prime is whole minutes",
  ],
  [
    "hal/guard.ts",
    "GUARD_PULSES_PER_HOUR_MAX: i32 = 4000",
    "GUARD_PULSES_PER_HOUR_MAX: i32 = 3999",
    "the dose guard can let the longest prime through",
  ],
  [
    "hal/guard.ts",
    "GUARD_SPACING_TICKS: i32 = 85",
    "GUARD_SPACING_TICKS: i32 = 90",
    "the dose guard lets through the fastest pace of the motor",
  ],
  [
    "hal/units.ts",
    "RATE_TICKS_PER_PULSE: i32 = (PULSE_NL / RATE_UNIT_NL_PER_DAY) * TICKS_PER_DAY",
    "RATE_TICKS_PER_PULSE: i32 = 2400000",
    "at most one pulse falls due in a tick",
  ],
  ["hal/units.ts", "RATE_MAX: i32 = 2400000", "RATE_MAX: i32 = 2400001", "the fastest rate is a pulse each spacing"],
  [
    "firmware/bridge.ts",
    "CONCENTRATION_RATIO_MAX: i32 = 100",
    "CONCENTRATION_RATIO_MAX: i32 = 1000",
    "the fastest rate times the largest ratio fits",
  ],
  [
    "hal/drug-library.ts",
    "CONCENTRATION_MAX: i32 = 1000000",
    "CONCENTRATION_MAX: i32 = 20000000",
    "the largest concentration times that ratio fits",
  ],
  [
    "firmware/therapy.ts",
    "STALL_BACKOFF_MAX: i32 = 4",
    "STALL_BACKOFF_MAX: i32 = 3",
    "the wait of a stall doubles up to the longest",
  ],
  [
    "firmware/therapy.ts",
    "STILL_MINUTES_MAX: i32 = 0xffff",
    "STILL_MINUTES_MAX: i32 = 0xff",
    "the minutes after which a tube is set can be counted",
  ],
  [
    "hal/telemetry.ts",
    "LOCKOUT_MINUTES_MAX: i32 = 1440",
    "LOCKOUT_MINUTES_MAX: i32 = 1441",
    "the last start is remembered for the longest lockout",
  ],
  [
    "firmware/program.ts",
    "MINUTES_PER_WEEK: i32 = WEEKDAYS *",
    "MINUTES_PER_WEEK: i32 = 10 * WEEKDAYS *",
    "the parts of a pulse that a week gathers fit",
  ],
  [
    "hal/telemetry.ts",
    "WINDOW_MINUTES_MIN: i32 = 15",
    "WINDOW_MINUTES_MIN: i32 = 10081",
    "the longest window fits its field",
  ],
  ["hal/telemetry.ts", "CONFIRM_TOTAL: i32 = 2", "CONFIRM_TOTAL: i32 = 1", "each confirmation has its bit"],
  ["hal/telemetry.ts", "OUTCOMES: i32 = 27", "OUTCOMES: i32 = 257", "an outcome fits its part of a refusal"],
  ["hal/telemetry.ts", "REFUSED_FIELDS: i32 = 25", "REFUSED_FIELDS: i32 = 256", "a field fits its byte of an answer"],
  ["firmware/store.ts", "HALTED: i32 = 0xa5", "HALTED: i32 = 0x100", "the mark of a halt is a byte"],
  [
    "firmware/store.ts",
    "CHARTED: i32 = CHANGED_ORDERS",
    "CHARTED: i32 = CHANGED_MINUTE | CHANGED_ORDERS",
    "the chart is not worn by each pulse or minute",
  ],
  [
    "hal/telemetry.ts",
    "FRAME_BYTES: i32 = SEALED_HEADER_BYTES + TEXT_HEADER_BYTES + PAYLOAD_BYTES + TAG_BYTES + FRAME_CRC_BYTES",
    "FRAME_BYTES: i32 = 4",
    "a frame has a body",
  ],
  ["hal/telemetry.ts", "OUTCOME_ACCEPTED: i32 = 0", "OUTCOME_ACCEPTED: i32 = 32", "what is not denied has no count"],
  [
    "hal/telemetry.ts",
    "PAIRINGS_OF_A_ROLE: i32 = 2;\nexport const PAIRINGS: i32 = 6",
    "PAIRINGS_OF_A_ROLE: i32 = 1;\nexport const PAIRINGS: i32 = 3",
    "one bit says which of a role's pairings is replaced",
  ],
  [
    "hal/telemetry.ts",
    "OPEN_NONCE_BYTES: i32 = 16;\nexport const OPEN_BYTES: i32 = 17",
    "OPEN_NONCE_BYTES: i32 = 111;\nexport const OPEN_BYTES: i32 = 112",
    "the answer to OPEN fits its frame",
  ],
  [
    "firmware/back-off.ts",
    "SPANS_PER_MINUTE: i32 = 6",
    "SPANS_PER_MINUTE: i32 = 7",
    "a minute is a whole number of spans",
  ],
  [
    "hal/telemetry.ts",
    "FLOOD_FRAMES_PER_MINUTE: i32 = ",
    "FLOOD_FRAMES_PER_MINUTE: i32 = 100000 + ",
    "a flood is found before a count ends",
  ],
  [
    "firmware/back-off.ts",
    "PAUSE_DOUBLINGS: i32 = 10",
    "PAUSE_DOUBLINGS: i32 = 9",
    "a pause doubles up to the longest",
  ],
  ["firmware/back-off.ts", "FAILURES_MAX: i32 = 255", "FAILURES_MAX: i32 = 12", "the longest pause is reached"],
  [
    "firmware/restarts.ts",
    "REST_MINUTES: i32 = 12",
    "REST_MINUTES: i32 = 15",
    "restarts with a rest between them are a loop",
  ],
];

/** Where an assertion before it would trip first on one change alone: what the assertion says, and the changes. */
const AGREEING: [says: string, ...changes: Change[]][] = [
  [
    "the volume of the longest prime fits",
    ["hal/telemetry.ts", "PRIME_PULSES_MAX: i32 = 4000", "PRIME_PULSES_MAX: i32 = 5000000"],
    ["hal/guard.ts", "GUARD_PULSES_PER_HOUR_MAX: i32 = 4000", "GUARD_PULSES_PER_HOUR_MAX: i32 = 5000000"],
  ],
  [
    "a pulse whose age is held at a minute holds back no other",
    ["hal/units.ts", "PULSE_SPACING_TICKS: i32 = 90", "PULSE_SPACING_TICKS: i32 = 6000"],
    ["firmware/window-ring.ts", "LATE_TICKS: i32 = PULSE_SPACING_TICKS +", "LATE_TICKS: i32 ="],
  ],
  [
    "the answer to PAIR fits its frame",
    ["hal/crypto.ts", "CRYPTO_PUBLIC_KEY_BYTES: i32 = 32", "CRYPTO_PUBLIC_KEY_BYTES: i32 = 114"],
    ["hal/telemetry.ts", "PAIR_BYTES: i32 = 33", "PAIR_BYTES: i32 = 115"],
  ],
  [
    "the ticks of a field of 16 bits in minutes fit",
    ["hal/units.ts", "TICKS_PER_MINUTE: i32 = 60 * TICKS_PER_SECOND", "TICKS_PER_MINUTE: i32 = 180 * TICKS_PER_SECOND"],
    ["firmware/window-ring.ts", "BUCKET_PULSES_MAX: i32 = 15", "BUCKET_PULSES_MAX: i32 = 99"],
  ],
  [
    "each dose window has three channels",
    ["hal/telemetry.ts", "PROGRAM_LIMITS_MAX: i32 = 4", "PROGRAM_LIMITS_MAX: i32 = 3"],
    ["firmware/program.ts", "PROGRAM_LIMIT + PROGRAM_LIMITS_MAX *", "PROGRAM_LIMIT + 4 *"],
  ],
];

describe("a firmware in which one constant is wrong does not load", () => {
  test.each(AT_LOAD)('%s with %s changed to %s trips the assertion "%s"', async (file, from, to, says) => {
    await expect(load([file, from, to])).rejects.toThrow(says);
  });

  test.each(AGREEING)("%s is found, where another constant is wrong in the same way", async (says, ...changes) => {
    await expect(load(...changes)).rejects.toThrow(says);
  });

  test("the firmware as it is loads", async () => {
    const { PumpController: Same } = await load();
    expect(() => new Same(board())).not.toThrow();
  });
});

function board(): Hal {
  return boardWith(new BoardSetup(1, 20)).hal();
}

const RECORD = new Uint8Array(PROGRAM_BYTES);
const pump = (): PumpController => new PumpController(board());
/** A call that breaks what its part takes, in a pump of its own. */
const AT_A_CALL: [says: string, call: (pump: PumpController) => unknown][] = [
  ["an array is no longer than the loops over it go", () => new TwinArray(new MemoryLatch(), 97)],
  ["an array is no longer than the loops over it go", () => new TwinArray(new MemoryLatch(), 0)],
  ["a program record has its length", () => checkRecord(RECORD.subarray(1))],
  ["a program record has its length", () => new Program(new MemoryLatch()).adopt(RECORD.subarray(1))],
  [
    "a piece lies whole in its buffer",
    () => new Draft(new MemoryLatch()).stage(new Uint8Array(PAYLOAD_BYTES), 90, 7, 0),
  ],
  ["a denial has a count", ({ usage }) => usage.countDenied(OUTCOME_ACCEPTED)],
  ["a denial has a count", ({ usage }) => usage.countDenied(DENIALS)],
  ["a cause is one of the table's", ({ alarms }) => alarms.setCause(ALARMS, true)],
  ["others say what they looked at", ({ selfTest }) => selfTest.tick(1, 0)],
  ["the estimate only falls", ({ reservoir }) => reservoir.credit(0)],
  ["a pulse starts only when the motor is ready", ({ motor }) => motor.pulse(0)],
  ["an event's code is a byte of its entry", ({ log }) => log.event(256, 0, 0, 0)],
  ["no rate is faster than the fastest", ({ therapy }) => therapy.basal.setRate(-1)],
  ["no rate is faster than the fastest", ({ therapy }) => therapy.basal.setRate(RATE_MAX + 1)],
  [
    "a leap passes over no pulse of basal that falls due",
    ({ therapy: { basal } }) => {
      basal.setRate(RATE_MAX);
      basal.skip(PULSE_SPACING_TICKS - 1);
      basal.skip(1);
    },
  ],
  ["the part of a pulse that a dose takes over is less than one", ({ therapy }) => therapy.basal.doses.put(-1)],
  [
    "a leap passes over no pulse of a dose",
    ({ therapy: { basal }, program, clock }) => {
      program.dosePulses.set(1);
      program.doseTicks.set(100);
      clock.now.set(1);
      basal.doses.begin();
      basal.doses.skip(100);
    },
  ],
  [
    "a bolus starts only when none is active",
    ({ therapy: { bolus } }) => {
      bolus.start(CAUSE_PATIENT_BOLUS, 2, 200);
      bolus.start(CAUSE_PATIENT_BOLUS, 2, 200);
    },
  ],
  ["a bolus starts only when none is active", ({ therapy: { bolus } }) => bolus.start(CAUSE_NONE, 2, 200)],
  [
    "a given pulse was due",
    ({ therapy: { bolus } }) => {
      bolus.start(CAUSE_PATIENT_BOLUS, 2, 2);
      bolus.accrue();
      bolus.countProved();
      bolus.countProved();
    },
  ],
  ["a given pulse was due", ({ therapy: { bolus } }) => bolus.countProved()],
  ["a spread has a tick for each pulse", () => new Spread(new MemoryLatch()).start(2, 1)],
  ["a spread has a tick for each pulse", () => new Spread(new MemoryLatch()).start(0, 0)],
  [
    "a leap passes over no pulse of a spread",
    () => {
      const spread = new Spread(new MemoryLatch());
      spread.start(1, 100);
      spread.skip(99);
      spread.skip(1);
    },
  ],
  [
    "no attempt is made beyond those that there are",
    ({ therapy, clock }) => {
      therapy.running.setFlag(true);
      clock.now.set(PULSE_SPACING_TICKS);
      therapy.attempts.set(-1);
      therapy.tick(false, false);
    },
  ],
  ["a reply fits its frame", ({ telemetry }) => telemetry.send(FRAME_QUERY, FRAME_BYTES)],
  ["a reply fits its frame", ({ telemetry }) => telemetry.send(FRAME_QUERY, -1)],
  [
    "no command is read during a self-test",
    ({ commands, selfTest, session }) => {
      selfTest.running.setFlag(true);
      selfTest.step.set(1);
      session.hasCommand = true;
      commands.tick();
    },
  ],
  ["an integer is read from inside its array", () => readU16(RECORD, PROGRAM_BYTES - 1)],
  ["an integer is read from inside its array", () => readU16(RECORD, -1)],
  ["an integer is written inside its array", () => writeU16(RECORD, PROGRAM_BYTES - 1, 0)],
  ["an integer is written inside its array", () => writeU16(RECORD, -1, 0)],
  ["the CRC-16 covers all that is checked", () => crc16(new Uint8Array(1025), 0, 1025)],
  ["the CRC-16 covers all that is checked", () => crc16(RECORD, 0, -1)],
  ["the CRC-32 covers all that is checked", () => crc32(new Uint8Array(1025), 0, 1025)],
  ["the CRC-32 covers all that is checked", () => crc32(RECORD, 0, -1)],
  ["no supervised dose is larger than a prime", ({ limiter }) => limiter.makeRoom(PRIME_PULSES_MAX + 1)],
  ["no supervised dose is larger than a prime", ({ limiter }) => limiter.makeRoomForPrime(-1)],
  [
    "the dose guard's register takes no less than one pulse",
    ({ limiter }) => {
      limiter.ring.bootFresh();
      replace(limiter.ring, "lastHour", () => -100);
      limiter.program.limits.set(1);
      limiter.program.limitMinutes.set(0, 60);
      limiter.setGuard();
    },
  ],
  ["a bolus has a tick for each of its pulses", ({ limiter }) => limiter.lookAhead.ask(2, 1)],
  ["mulDiv multiplies operands of 30 bits", () => mulDiv(-1, 1, 1)],
  ["mulDiv multiplies operands of 30 bits", () => mulDiv(1, 2 ** 30, 1)],
  ["mulDiv divides by 1 to 2^30", () => mulDiv(1, 1, 0)],
  ["mulDiv divides by 1 to 2^30", () => mulDiv(1, 1, 2 ** 30 + 1)],
  ["mulDiv's quotient fits 30 bits", () => mulDiv(2 ** 29, 4, 1)],
  [
    "no start is accepted beyond the highest cap",
    ({ therapy: { patientBolus } }) => {
      for (let start = 0; start <= CAP_PER_24H_MAX; start++) patientBolus.start();
    },
  ],
  [
    "a record fits its slot",
    ({ store: { records } }) => {
      records.begin();
      records.bytes(RECORD);
      records.measure(RECORD_TIME);
    },
  ],
  ["a record that is stored has its length", ({ store }) => store.commit(RECORD.subarray(1))],
  [
    "the program in force is the one judged",
    ({ commands: { committing } }) => {
      replace(committing, "judge" as never, (() => OUTCOME_ACCEPTED) as never);
      committing.carryOut(0, 0, 0, 0);
    },
  ],
  ["no window is longer than the ring", ({ limiter: { ring } }) => ring.setWindow(0, WINDOW_MINUTES_MAX + 1)],
  ["no window is longer than the ring", ({ limiter: { ring } }) => ring.setWindow(0, -1)],
  ["steps forward are counted", ({ limiter: { ring } }) => ring.countSteps(0)],
  ["a leap begins only buckets that were cleared", ({ limiter: { ring } }) => ring.skip(17 * BUCKET_TICKS)],
  [
    "a leap completes no block",
    ({ limiter: { ring } }) => {
      ring.current.set(479);
      ring.skip(BUCKET_TICKS);
    },
  ],
  ["a bucket is no older than the longest window", ({ limiter: { ring } }) => ring.countAt(0, -1)],
  ["a bucket is no older than the longest window", ({ limiter: { ring } }) => ring.countAt(0, BUCKETS)],
  ["a leap ends before an edge is missing", ({ clock }) => clock.skip(clock.idle() + 1)],
  ["a leap ends before an edge is missing", ({ clock }) => clock.skip(-1)],
];

/** Of the tables of alarms and of commands, which are judged when the controller is built. */
const AT_CONSTRUCTION: [file: string, from: string, to: string, says: string][] = [
  [
    "hal/alarms.ts",
    "  (1 << ALARM_EMPTY_RESERVOIR) |\n  (1 << ALARM_MOTOR_STALL)",
    "  (1 << ALARM_MOTOR_STALL)",
    "slows or stops delivery is critical",
  ],
  [
    "hal/alarms.ts",
    "(RESTING & bit)",
    "((RESTING | (1 << ALARM_EOS)) & bit)",
    "a critical alarm is not silent for a day",
  ],
  [
    "hal/alarms.ts",
    "| (1 << ALARM_DOSE_LIMIT);",
    "| (1 << ALARM_DOSE_LIMIT) | (1 << ALARM_EOS);",
    "slows delivery or stops it",
  ],
  ["hal/telemetry.ts", "STATUS_BYTES: i32 = 91", "STATUS_BYTES: i32 = 96", "a status fits its answer"],
  ["firmware/commands.ts", "OUTCOME_BYTES: i32 = 1", "OUTCOME_BYTES: i32 = 3", "a piece of a record fits its answer"],
  ["hal/telemetry.ts", "LOG_READ_MAX: i32 = 4", "LOG_READ_MAX: i32 = 5", "entries of the log fit their answer"],
  [
    "hal/telemetry.ts",
    "ROW_NEEDS_HEAD | ROW_HAS_REST | (FIELD_U16",
    "ROW_NEEDS_HEAD | ROW_HAS_REST | (FIELD_U32",
    "a payload fits its frame",
  ],
  [
    "hal/telemetry.ts",
    "PAYLOAD_FIELDS_MAX: i32 = 4",
    "PAYLOAD_FIELDS_MAX: i32 = 3",
    "every field of a payload is unpacked",
  ],
];

describe("a controller with one wrong row in a table is not built", () => {
  test.each(AT_CONSTRUCTION)('%s: %j changed to %j trips the assertion "%s"', async (file, from, to, says) => {
    const { PumpController: Broken } = await load([file, from, to]);
    expect(() => new Broken(board())).toThrow(says);
  });
});

describe("a call that no part of the firmware makes", () => {
  test.each(AT_A_CALL)('trips the assertion "%s" (%#)', (says, call) => {
    expect(() => call(pump())).toThrow(says);
  });
});

test("every assertion of firmware and hal has a break here that trips it", () => {
  const broken = [...AT_LOAD, ...AT_CONSTRUCTION].map(([, , , says]) => says);
  broken.push(...AGREEING.map(([says]) => says), ...AT_A_CALL.map(([says]) => says));
  const texts = ["firmware", "hal"].flatMap((folder) =>
    readdirSync(join(ROOT, folder))
      .filter((file) => file.endsWith(".ts"))
      .flatMap((file) => [...readFileSync(join(ROOT, folder, file), "utf8").matchAll(ASSERTION)])
      .map(([, text]) => text),
  );
  expect(texts.length).toBeGreaterThan(100);
  expect(texts.filter((text) => !broken.some((says) => text.includes(says)))).toEqual([]);
});

test("a refill of a pump whose stored estimate is far beyond any reservoir is judged, and reaches no assertion", () => {
  const { reservoir: damaged } = new PumpController(board());
  damaged.filled.set(0x3fff_ffff);
  damaged.estimate.set(0x3fff_fffe);
  expect(damaged.refill(REFILL_EMPTIED, 0, 0)).toBe(OUTCOME_DISCREPANCY);
  expect(damaged.refill(REFILL_EMPTIED | REFILL_ACCEPT, 0, 0)).toBe(OUTCOME_ACCEPTED);
});
