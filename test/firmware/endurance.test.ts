// Wear of the non-volatile memory in a service life. Accesses are counted at the port, in lockstep, as a board would see
// them, over an hour of the busiest therapy, and multiplied to seven years. A record stays in its place; the wear of a ring is
// spread over the ring. A part is rated by the row, and each access to one or more of its eight bytes is a cycle.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { encodeRefill } from "../../emulator/telemetry/messages";
import {
  LOG_EVENTS_AT,
  LOG_FAULTS_AT,
  RECORD_LEDGER,
  RECORD_TIME,
  recordAt,
  slotBytes,
  WINDOW_AT,
} from "../../firmware/layout";
import { ALARM_LOW_RESERVOIR } from "../../hal/alarms";
import { NVM_BYTES, NVM_ROW_BYTES, NVM_ROW_MEGACYCLES } from "../../hal/nvm";
import {
  COMMAND_ACKNOWLEDGE,
  COMMAND_INTERROGATE,
  COMMAND_PATIENT_BOLUS,
  COMMAND_REFILL,
  COMMAND_START,
  COMMAND_STOP,
} from "../../hal/telemetry";
import { DAY, HOUR, MINUTE, Pump } from "../pump";

const RATED = NVM_ROW_MEGACYCLES * 1e6;
const LIFE_TICKS = 7 * 365.25 * DAY;
/** The charge of the virtual cell, and the charge that a byte on the air takes from it. */
const CELL_UC = 7.2e9;
const BYTE_UC = 20;
/** 1,000 uL/h, by basal alone and by basal and boluses together. */
const FASTEST = { rate: 2_400_000, bolus: null, limits: [], low_pulses: 0 };
const BOLUSES = {
  rate: 1_200_000,
  bolus: { pulses: 480, duration_s: 900, lockout_min: 15, per24h: 96 },
  limits: [{ pulses: 4_000, window_min: 60 }],
  low_pulses: 159_000,
};
const FULL = { capacity_nl: 40_000_000, fill_nl: 40_000_000 };

/** Begin and end of what wears as one: records by themselves, rings as a whole. */
const RINGS = [
  [LOG_EVENTS_AT, LOG_FAULTS_AT],
  [LOG_FAULTS_AT, WINDOW_AT],
  [WINDOW_AT, NVM_BYTES],
];

interface Wear {
  /** Writes by cell, cycles by row. */
  writes: Float64Array;
  rows: Float64Array;
  ticks: number;
}

/** Counts what reaches the memory while `act` goes on. */
function wearOf(pump: Pump, act: () => void): Wear {
  const { nvm } = pump.machine.board;
  const wear = { writes: new Float64Array(NVM_BYTES), rows: new Float64Array(NVM_BYTES / NVM_ROW_BYTES), ticks: 0 };
  const { read, write, readWord, writeWord } = nvm;
  let counts = true;
  const count = (address: number) => {
    if (counts) wear.rows[Math.floor(address / NVM_ROW_BYTES)]++;
  };
  /** An access to a word is a cycle of each row that it touches. */
  const countWord = (address: number, access: () => number | void) => {
    count(address);
    if (address % NVM_ROW_BYTES > NVM_ROW_BYTES - 4) count(address + 3);
    counts = false;
    const result = access();
    counts = true;
    return result;
  };
  const stands = { enumerable: false, configurable: true };
  const reading = (address: number) => {
    count(address);
    return read.call(nvm, address);
  };
  const writing = (address: number, value: number) => {
    count(address);
    wear.writes[address]++;
    write.call(nvm, address, value);
  };
  Object.defineProperty(nvm, "read", { ...stands, value: reading });
  Object.defineProperty(nvm, "write", { ...stands, value: writing });
  const word = (address: number) => countWord(address, () => readWord.call(nvm, address));
  const storing = (address: number, value: number) =>
    void countWord(address, () => writeWord.call(nvm, address, value));
  Object.defineProperty(nvm, "readWord", { ...stands, value: word });
  Object.defineProperty(nvm, "writeWord", { ...stands, value: storing });
  const from = pump.machine.tick;
  act();
  wear.ticks = pump.machine.tick - from;
  for (const name of ["read", "write", "readWord", "writeWord"]) Reflect.deleteProperty(nvm, name);
  return wear;
}

/** The hardest-worn of `counts` cells or rows of `bytes` each when the stretch has gone on for seven years. */
function worst(counts: Float64Array, bytes: number, ticks: number): { address: number; count: number } {
  let found = { address: 0, count: 0 };
  const lives = LIFE_TICKS / ticks;
  for (let i = 0; i * bytes < RINGS[0][0]; i++) {
    if (counts[i] * lives > found.count) found = { address: i * bytes, count: counts[i] * lives };
  }
  for (const [from, to] of RINGS) {
    const level = sum(counts.subarray(from / bytes, to / bytes)) / ((to - from) / bytes);
    if (level * lives > found.count) found = { address: from, count: level * lives };
  }
  return found;
}

const sum = (counts: Float64Array) => counts.reduce((all, each) => all + each, 0);

describe("NVM-3: seven years at the highest rate", () => {
  const ledger = recordAt(RECORD_LEDGER);

  test("the ledger wears most, with one write of each cell for every second pulse, and spends less than a fortieth of its row's rating", () => {
    const pump = new Pump(FASTEST, FULL).wait(HOUR);
    const before = pump.pulses;
    const wear = wearOf(pump, () => pump.machine.run(HOUR));
    const pulses = pump.pulses - before;
    expect(pulses).toBe(4_000);
    const cell = worst(wear.writes, 1, wear.ticks);
    const row = worst(wear.rows, NVM_ROW_BYTES, wear.ticks);
    expect([cell.address, row.address]).toEqual([ledger, ledger]);
    // The slots take turns.
    expect(Math.abs(wear.writes[ledger + slotBytes(RECORD_LEDGER)] - wear.writes[ledger])).toBeLessThanOrEqual(1);
    expect(Math.abs(2 * wear.writes[ledger] - pulses)).toBeLessThanOrEqual(2);
    expect(row.count).toBe((NVM_ROW_BYTES / 4) * cell.count);
    expect(wear.writes[recordAt(RECORD_TIME)]).toBe(30);
    expect(row.count).toBeLessThan(RATED / 40);
    const page = readFileSync(join(import.meta.dirname, "..", "..", "docs", "testing.md"), "utf8");
    expect(page).toContain(`${Math.round(cell.count / 1e6)} million writes a cell`);
    expect(page).toContain(`${Math.round(row.count / 1e6)} million cycles a row`);
  });

  test("the ledger wears less than twice as much when boluses, requests, alarms and refills are added", () => {
    const pump = new Pump(BOLUSES, FULL).wait(HOUR);
    const asked = (kind: number, payload?: Uint8Array) => pump.programmer.outcome(kind, payload);
    const before = pump.pulses;
    const wear = wearOf(pump, () => {
      for (let minute = 0; minute < 60; minute++) {
        const from = pump.machine.tick;
        asked(COMMAND_PATIENT_BOLUS);
        asked(COMMAND_INTERROGATE);
        if (minute % 20 === 0)
          asked(COMMAND_REFILL, encodeRefill(false, 0, 160_000 - pump.field("reservoir.estimate")));
        asked(COMMAND_ACKNOWLEDGE, Uint8Array.of(ALARM_LOW_RESERVOIR));
        pump.machine.run(MINUTE - (pump.machine.tick - from));
      }
    });
    expect(pump.pulses - before).toBeGreaterThan(3_800);
    expect(pump.heard("bolus_finished").length).toBeGreaterThanOrEqual(3);
    expect(pump.heard("alarm_raised", { alarm: "low_reservoir" }).length).toBeGreaterThanOrEqual(3);
    const row = worst(wear.rows, NVM_ROW_BYTES, wear.ticks);
    expect([ledger, ledger + slotBytes(RECORD_LEDGER)]).toContain(row.address);
    expect(row.count).toBeLessThan(RATED / 20);
    expect(row.count).toBeGreaterThan(RATED / 40);
  });

  test("after two turns of the log no entry of the ring was written more often than another", () => {
    const pump = new Pump().wait(HOUR);
    const turns = 2;
    const from = pump.field("log.sequence[0]");
    const wear = wearOf(pump, () => {
      // Denials are no longer logged after the first ones of a day, so a clinician's orders turn the ring.
      for (let n = 0; pump.field("log.sequence[0]") < from + 1_024 * turns; n++) {
        pump.programmer.outcome(n % 2 === 0 ? COMMAND_STOP : COMMAND_START);
      }
    });
    const entries = wear.writes.subarray(LOG_EVENTS_AT, LOG_EVENTS_AT + 1_024 * 24);
    // The last order may have written an entry or two beyond the turn.
    expect(Math.min(...entries)).toBe(turns);
    expect(Math.max(...entries)).toBeLessThanOrEqual(turns + 1);
  });

  test("a bucket of the dose windows is written once for each pulse in it and once to clear it, a week apart", () => {
    const pump = new Pump(FASTEST, FULL).wait(HOUR);
    const buckets = wearOf(pump, () => pump.machine.leap(HOUR)).writes.subarray(WINDOW_AT);
    expect(Math.max(...buckets)).toBeLessThanOrEqual(10);
    // The four thousand, and the two copies of the sum of the hour.
    expect(sum(buckets)).toBe(4_000 + 4);
    // A turn of the ring takes 81,120 buckets of 7.5 s.
    expect((10 * LIFE_TICKS) / (81_120 * 750)).toBeLessThan(RATED / 1e6);
  });

  test("a flood of requests empties the cell long before it wears the memory out", () => {
    const pump = new Pump().wait(2 * HOUR);
    const { link } = pump.machine.board;
    const bytes = link.rxBytes + link.txBytes;
    const requests = 500;
    const wear = wearOf(pump, () => {
      for (let i = 0; i < requests; i++) pump.programmer.outcome(COMMAND_PATIENT_BOLUS);
    });
    const cyclesARequest = Math.max(...wear.rows) / requests;
    const bytesARequest = (link.rxBytes + link.txBytes - bytes) / requests;
    expect(cyclesARequest).toBeGreaterThanOrEqual(NVM_ROW_BYTES / 4);
    expect(bytesARequest).toBeGreaterThan(10);
    const requestsACell = CELL_UC / (BYTE_UC * bytesARequest);
    expect(requestsACell * cyclesARequest).toBeLessThan(RATED / 50);
  });
});
