// Parts that the tests of refusals share: the table of commands, a pump in each place of its life, and the check that a
// refusal has its reason, makes one entry in the log, and changes nothing.

import { expect } from "vitest";
import { encodeProgram, encodeRefill, stagePieces, words } from "../emulator/telemetry/messages";
import { COMMAND_NAMES, COMMAND_ROWS } from "../emulator/contract/commands";
import { bytesOf } from "../emulator/contract/layout";
import { describeEvent, problemOfFields } from "../emulator/machine/events";
import type { Program } from "../emulator/telemetry/program";
import {
  COMMAND_CLINICIAN_BOLUS,
  COMMAND_COMMIT,
  COMMAND_EXPLANT,
  COMMAND_PATIENT_BOLUS,
  COMMAND_PRIME,
  COMMAND_REFILL,
  COMMAND_SET_CLOCK,
  COMMAND_STAGE,
  COMMAND_STOP,
} from "../hal/telemetry";
import {
  CAUSE_CLINICIAN_BOLUS,
  CAUSE_PATIENT_BOLUS,
  CAUSE_PRIME,
  EVENT_BOLUS_DENIED,
  EVENT_COMMAND_REFUSED,
  EVENT_PROGRAM_REFUSED,
} from "../hal/trace";
import { type Answer, Moment } from "./moment";
import { DAY, HOUR, MINUTE, PROGRAM, Pump } from "./pump";

/** Every command by its code, with the bytes of its payload; null where the length is not fixed. */
export const EVERY_COMMAND = COMMAND_ROWS.map(({ code, name, payload, rest }) => ({
  kind: code,
  name: name.toUpperCase(),
  bytes: rest ? null : bytesOf(payload),
}));

export const nameOf = (kind: number) => COMMAND_NAMES[kind];

export type Entry = { code: number; a: number; b: number };

/** The one entry that a refusal leaves where it has no name of its own. */
export const noted = (kind: number, outcome: number): Entry => ({ code: EVENT_COMMAND_REFUSED, a: kind, b: outcome });

/** The one entry that a refusal leaves. */
export function entryOf(kind: number, outcome: number): Entry {
  const causes: Record<number, number> = {
    [COMMAND_PATIENT_BOLUS]: CAUSE_PATIENT_BOLUS,
    [COMMAND_CLINICIAN_BOLUS]: CAUSE_CLINICIAN_BOLUS,
    [COMMAND_PRIME]: CAUSE_PRIME,
  };
  if (kind in causes) return { code: EVENT_BOLUS_DENIED, a: causes[kind], b: outcome };
  return kind === COMMAND_COMMIT
    ? { code: EVENT_PROGRAM_REFUSED, a: outcome, b: expect.any(Number) as number }
    : noted(kind, outcome);
}

export function expectRefused(answer: Answer, outcome: number, { code, a, b }: Entry): void {
  expect(answer).toMatchObject({ outcome, changed: [], events: [{ code, a, b }], refusedFrames: 0 });
  expect(answer.said).toHaveLength(1);
  // An expectation may say all that a pump says of a refusal (EMU-10).
  const { name, fields } = describeEvent(answer.events[0].code, answer.events[0].a, answer.events[0].b, 0)!;
  expect([name, fields, problemOfFields(name, fields)]).toEqual([name, fields, null]);
}

const moments = new Map<string, Moment>();
/** The same moment for all rows that name it. */
export function moment(name: Place): Moment {
  const known = moments.get(name) ?? new Moment(PLACES[name]());
  moments.set(name, known);
  return known;
}

const HALF_MINUTE = 3_000;
/** 2026-03-06T22:00. */
export const FRIDAY = 13_769_160;
const UNLIMITED = { bolus: null, limits: [] };
export const DOUBLED = encodeProgram({ ...PROGRAM, rate: 40_000 });
export const SLOWER = encodeProgram({ ...PROGRAM, rate: 8_000 });
/** 40,000 and 8 boluses of 20 pulses. */
export const DOUBLED_TOTAL = 1_600 + 160;

/** The pulses that the pump of `running` holds: 18 mL less 2 h of 100 uL/day. */
export const LEFT = 72_000 - 33;
export const MAX = 0x7fffffff;
export const CAPACITY = 80_000;

const unlisted = (concentration: number) => [{ id: 0, concentration }];
const stage = (pump: Pump, record: Uint8Array) => {
  for (const piece of stagePieces(record)) pump.programmer.ask(COMMAND_STAGE, piece);
  return pump;
};
const running = (program: Partial<Program> = {}) => new Pump(program).wait(2 * HOUR + HALF_MINUTE);
const shelf = (fill: number) => {
  const pump = new Pump(null, {}, false);
  pump.programmer.ask(COMMAND_REFILL, encodeRefill(true, 0, fill));
  return pump;
};
const bolusRunning = () => {
  const pump = running();
  pump.programmer.ask(COMMAND_PATIENT_BOLUS);
  return pump.wait(MINUTE);
};
const stopped = () => {
  const pump = running();
  pump.programmer.ask(COMMAND_STOP);
  return pump.wait(MINUTE);
};
const explanted = () => {
  const pump = stopped();
  for (const ring of [0, 1]) pump.programmer.readLog(ring);
  pump.programmer.ask(COMMAND_EXPLANT);
  return pump.wait(MINUTE);
};

const PLACES = {
  running: () => running(),
  unlimited: () => running(UNLIMITED),
  bolus: bolusRunning,
  afterBolus: () => bolusRunning().wait(20 * MINUTE),
  stopped,
  explanted,
  shelf: () => shelf(72_000),
  "empty on the shelf": () => shelf(5_600),
  "no program": () => new Pump(null),
  "staged slower": () => stage(running(), SLOWER),
  "staged doubled": () => stage(running(), DOUBLED),
  "clock set": () => {
    const pump = shelf(72_000);
    pump.programmer.ask(COMMAND_SET_CLOCK, words(FRIDAY));
    return pump.wait(MINUTE);
  },
  "low and expired": () => {
    const pump = new Pump({ ...UNLIMITED, low_pulses: 0x7fffffff });
    pump.machine.board.reservoir.strapExternal = true;
    pump.wait(7 * DAY + HOUR);
    for (let restart = 0; restart < 4; restart++) {
      pump.machine.inject("reset");
      pump.wait(3_000);
    }
    return pump;
  },
  "strong drug": () => running({ ...UNLIMITED, rate: 100_000, drugs: unlisted(50_000) }),
  "weak drug": () => running({ ...UNLIMITED, rate: 4_800, drugs: unlisted(100) }),
};

export type Place = keyof typeof PLACES;
