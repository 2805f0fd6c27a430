// Every command at the wrong length, of another version, without the programming head and out of its place in the pump's
// life: refused with a reason and one entry in the log, and nothing changed. A frame that is no command is counted, not logged.

import { describe, expect, test } from "vitest";
import {
  encodeBridge,
  encodeCommit,
  encodeImplant,
  encodePrime,
  encodeReadLog,
  encodeReadProgram,
  encodeRefill,
  words,
} from "../../emulator/telemetry/messages";
import { ALARMS, ALARM_DOSE_GUARD } from "../../hal/alarms";
import {
  COMMANDS,
  COMMAND_ACKNOWLEDGE,
  COMMAND_BRIDGE,
  COMMAND_CLINICIAN_BOLUS,
  COMMAND_COMMIT,
  COMMAND_EXPLANT,
  COMMAND_IMPLANT,
  COMMAND_INTERROGATE,
  COMMAND_PATIENT_BOLUS,
  COMMAND_PRIME,
  COMMAND_READ_LOG,
  COMMAND_READ_PROGRAM,
  COMMAND_REFILL,
  COMMAND_SELF_TEST,
  COMMAND_SET_CLOCK,
  COMMAND_STAGE,
  COMMAND_START,
  OUTCOME_ALARM,
  OUTCOME_BUSY,
  OUTCOME_DIGEST,
  OUTCOME_DOSE_LIMIT,
  OUTCOME_EMPTY,
  OUTCOME_LIFE,
  OUTCOME_LOCKOUT,
  OUTCOME_LOG_UNREAD,
  OUTCOME_MALFORMED,
  OUTCOME_NOT_AUTHORISED,
  OUTCOME_NOT_PROGRAMMED,
  OUTCOME_OUT_OF_RANGE,
  OUTCOME_STOPPED,
  OUTCOME_VERSION,
  PAYLOAD_BYTES,
} from "../../hal/telemetry";
import type { Question } from "../moment";
import {
  EVERY_COMMAND,
  type Place,
  entryOf,
  expectRefused,
  moment,
  nameOf,
  noted,
  CAPACITY,
  LEFT,
  MAX,
  FRIDAY,
} from "../refusals";
import { MINUTE } from "../pump";

describe("a command that the pump cannot take", () => {
  const LENGTHS = EVERY_COMMAND.flatMap(({ kind, bytes }) => {
    const wrong = bytes === null ? [0, 1, 2] : [0, bytes - 1, bytes + 1, PAYLOAD_BYTES].filter((n) => n !== bytes);
    return [...new Set(wrong)].filter((length) => length >= 0).map((length) => ({ kind, length, name: nameOf(kind) }));
  });

  test.each(LENGTHS)("$name with $length bytes is malformed, which is counted and not logged", ({ kind, length }) => {
    const answer = moment("running").ask({ kind, payload: new Uint8Array(length) });
    expect(answer).toMatchObject({ outcome: OUTCOME_MALFORMED, changed: [], events: [], faults: [], refusedFrames: 1 });
    expect(answer.said).toMatchObject([{ name: "link_refused", fields: { reason: "malformed" } }]);
  });

  test.each([0, 1, ...Array.from({ length: 10 }, (_, i) => COMMANDS + i), 127, 128, 129, 255])(
    "%d, which is no command, is malformed",
    (kind) => {
      const answer = moment("running").ask({ kind });
      expect(answer).toMatchObject({ outcome: OUTCOME_MALFORMED, changed: [], events: [], refusedFrames: 1 });
    },
  );

  test.each(EVERY_COMMAND)("$name of another version is refused", ({ kind, bytes }) => {
    for (const version of [0, 1, 255]) {
      const answer = moment("running").ask({ kind, payload: new Uint8Array(bytes ?? 3), version });
      expect(answer).toMatchObject({ outcome: OUTCOME_VERSION, changed: [], events: [], refusedFrames: 1 });
    }
  });

  const FREE = [COMMAND_INTERROGATE, COMMAND_PATIENT_BOLUS, COMMAND_READ_LOG, COMMAND_READ_PROGRAM];
  test.each(EVERY_COMMAND)(
    "$name without the programming head is refused unless everybody may send it",
    ({ kind, bytes }) => {
      const question = { kind, payload: new Uint8Array(bytes ?? 3), head: false };
      if (FREE.includes(kind)) expect(moment("running").outcome(question)).not.toBe(OUTCOME_NOT_AUTHORISED);
      else expectRefused(moment("running").ask(question), OUTCOME_NOT_AUTHORISED, noted(kind, OUTCOME_NOT_AUTHORISED));
    },
  );

  const READS = [COMMAND_INTERROGATE, COMMAND_STAGE, COMMAND_READ_LOG, COMMAND_READ_PROGRAM];
  test.each(EVERY_COMMAND.filter(({ kind }) => !READS.includes(kind)))(
    "$name to an explanted pump is refused",
    ({ kind, bytes }) => {
      const answer = moment("explanted").ask({ kind, payload: new Uint8Array(bytes ?? 0) });
      expectRefused(answer, OUTCOME_LIFE, noted(kind, OUTCOME_LIFE));
    },
  );
});

const OUT_OF_PLACE: [string, Place, Question, number][] = [
  ["a commit on the shelf", "shelf", { kind: COMMAND_COMMIT, payload: encodeCommit(0) }, OUTCOME_LIFE],
  ["a commit of nothing", "running", { kind: COMMAND_COMMIT, payload: encodeCommit(0) }, OUTCOME_DIGEST],
  ["a start without a program", "no program", { kind: COMMAND_START }, OUTCOME_NOT_PROGRAMMED],
  ["a patient's bolus without a program", "no program", { kind: COMMAND_PATIENT_BOLUS }, OUTCOME_NOT_PROGRAMMED],
  ["a patient's bolus in another", "bolus", { kind: COMMAND_PATIENT_BOLUS }, OUTCOME_BUSY],
  ["a patient's bolus too soon", "afterBolus", { kind: COMMAND_PATIENT_BOLUS }, OUTCOME_LOCKOUT],
  ["a patient's bolus when stopped", "stopped", { kind: COMMAND_PATIENT_BOLUS }, OUTCOME_STOPPED],
  [
    "a clinician's bolus without a program",
    "no program",
    { kind: COMMAND_CLINICIAN_BOLUS, payload: words(1, 60) },
    OUTCOME_NOT_PROGRAMMED,
  ],
  [
    "a clinician's bolus when stopped",
    "stopped",
    { kind: COMMAND_CLINICIAN_BOLUS, payload: words(1, 60) },
    OUTCOME_STOPPED,
  ],
  ["a self-test in a bolus", "bolus", { kind: COMMAND_SELF_TEST }, OUTCOME_BUSY],
  ["a prime on the shelf", "shelf", { kind: COMMAND_PRIME, payload: encodePrime(8) }, OUTCOME_LIFE],
  ["a prime in a bolus", "bolus", { kind: COMMAND_PRIME, payload: encodePrime(8) }, OUTCOME_BUSY],
  ["a prime of more than a limit", "running", { kind: COMMAND_PRIME, payload: encodePrime(401) }, OUTCOME_DOSE_LIMIT],
  [
    "a bridge without a program",
    "no program",
    { kind: COMMAND_BRIDGE, payload: encodeBridge(1, 1) },
    OUTCOME_NOT_PROGRAMMED,
  ],
  ["a bridge without a drug", "running", { kind: COMMAND_BRIDGE, payload: encodeBridge(1, 1) }, OUTCOME_OUT_OF_RANGE],
  [
    "an implant of an implant",
    "running",
    { kind: COMMAND_IMPLANT, payload: encodeImplant(890, 1, true) },
    OUTCOME_LIFE,
  ],
  [
    "an implant whose purge finds nothing",
    "empty on the shelf",
    { kind: COMMAND_IMPLANT, payload: encodeImplant(890, 195_800, false) },
    OUTCOME_EMPTY,
  ],
  ["an explant on the shelf", "shelf", { kind: COMMAND_EXPLANT }, OUTCOME_LIFE],
  ["an explant of a pump that runs", "running", { kind: COMMAND_EXPLANT }, OUTCOME_BUSY],
  ["an explant with a log that nobody read", "stopped", { kind: COMMAND_EXPLANT }, OUTCOME_LOG_UNREAD],
  [
    "a reading of no program",
    "no program",
    { kind: COMMAND_READ_PROGRAM, payload: encodeReadProgram(0) },
    OUTCOME_NOT_PROGRAMMED,
  ],
];

describe("a command out of its place", () => {
  test.each(OUT_OF_PLACE)("%s is refused", (_, at, question, outcome) => {
    expectRefused(moment(at).ask(question), outcome, entryOf(question.kind, outcome));
  });

  test("that acknowledges an alarm that is not active is refused and changes no alarm", () => {
    for (let alarm = 0; alarm <= ALARMS; alarm++) {
      const answer = moment("running").ask({ kind: COMMAND_ACKNOWLEDGE, payload: Uint8Array.of(alarm) });
      expectRefused(answer, OUTCOME_OUT_OF_RANGE, noted(COMMAND_ACKNOWLEDGE, OUTCOME_OUT_OF_RANGE));
    }
  });

  test("whose effect a restart would undo is refused in a memory fault (RAM-1)", () => {
    const faulty = moment("stopped").after((pump) => {
      for (const ring of [0, 1]) pump.programmer.readLog(ring);
      pump.machine.inject("ram_flip", 3, "therapy.basal.accumulator");
      pump.wait(MINUTE);
    });
    const questions: [number, Uint8Array][] = [
      [COMMAND_REFILL, encodeRefill(true, LEFT, 72_000)],
      [COMMAND_SET_CLOCK, words(FRIDAY)],
      [COMMAND_EXPLANT, new Uint8Array(0)],
      [COMMAND_COMMIT, encodeCommit(0)],
    ];
    for (const [kind, payload] of questions) {
      const answer = faulty.ask({ kind, payload });
      // The log is shut, like everything that is kept.
      expect(answer).toMatchObject({ outcome: OUTCOME_ALARM, changed: [], events: [] });
      expect(answer.said).toHaveLength(1);
    }
  });

  test("that acknowledges the guard's alarm in the moment of its trip is refused, and the trip raises the alarm (LIM-7)", () => {
    const trips = moment("running").after((pump) => (pump.machine.board.guard.open = true));
    const answer = trips.ask({ kind: COMMAND_ACKNOWLEDGE, payload: Uint8Array.of(ALARM_DOSE_GUARD) });
    expect(answer).toMatchObject({ outcome: OUTCOME_OUT_OF_RANGE, changed: [] });
    expect(answer.said.map((said) => said.name)).toEqual(["command_refused", "alarm_raised", "stopped", "basal_rate"]);
  });

  test("that reads the log beyond its last entry marks nothing as read (LOG-1)", () => {
    const read = moment("running").after((pump) => void pump.programmer.readLog(0));
    const before = read.again().field("log.read[0]");
    expect(before).toBeGreaterThan(0);
    read.outcome({ kind: COMMAND_READ_LOG, payload: encodeReadLog(0, MAX) });
    expect(read.pump.field("log.read[0]")).toBe(before);
  });

  test("that announces a refill is answered with the volume that should have been left, whatever its outcome (RES-4)", () => {
    for (const payload of [
      encodeRefill(false, 0, 1),
      encodeRefill(true, 0, CAPACITY + 1),
      Uint8Array.of(4, ...words(0, 0)),
    ]) {
      const { content } = moment("running").ask({ kind: COMMAND_REFILL, payload });
      expect(content).toEqual(words(LEFT));
    }
  });
});
