// Power cuts, every one of them: at each tick of a stretch in which a program is changed, a bolus starts and the reservoir is
// filled, and at each byte of each write in it. After the restart nothing is emptier than the truth (NVM-1, NVM-2).

import { describe, expect, test } from "vitest";
import {
  COMMAND_COMMIT,
  COMMAND_PATIENT_BOLUS,
  COMMAND_REFILL,
  COMMAND_STAGE,
  OUTCOME_ACCEPTED,
  OUTCOME_LOCKOUT,
} from "../../hal/telemetry";
import { encodeFrame } from "../../emulator/link/frame";
import { digestOf, encodeCommit, encodeProgram, encodeRefill, stagePieces } from "../../emulator/link/messages";
import type { Snapshot } from "../../emulator/machine/machine";
import { HOUR, Pump, PROGRAM, SECOND } from "../pump";

/** Fast enough that a pulse falls into every few seconds of the stretch. */
const OLD = { ...PROGRAM, rate: 800_000, limits: [{ pulses: 3_000, window_min: 60 }] };
const NEW = { ...OLD, rate: 700_000 };
/** Restart, self-test, and the ticks in which what was restored is looked at. */
const RESTART_TICKS = 16;
const DIGESTS = [OLD, NEW].map((program) => digestOf(encodeProgram(program)) | 0);

const steps = (pump: Pump) => pump.machine.board.motor.steps;

/** The pump back up after the cut at `cutTick`: what it believes against what was. */
function check(pump: Pump, where: string, granted: boolean): void {
  pump.machine.run(RESTART_TICKS);
  expect(pump.field("program.valid"), where).toBe(1);
  expect(DIGESTS, where).toContain(pump.field("program.digest"));
  expect(pump.field("limiter.count[0]"), where).toBeGreaterThanOrEqual(steps(pump));
  expect(pump.field("limiter.count[0]"), where).toBeLessThanOrEqual(steps(pump) + 1);
  expect(pump.field("motor.motion"), where).toBe(steps(pump));
  expect(pump.field("therapy.running"), where).toBe(1);
  expect(pump.field("therapy.bolus.cause"), where).toBe(0);
  expect(pump.field("memory.faulty"), where).toBe(0);
  if (granted) expect(pump.field("therapy.hasStarted"), where).toBe(1);
}

/** Puts a clinician's command on the air; the pump answers nobody. */
function say(pump: Pump, kind: number, sequence: number, payload: Uint8Array = new Uint8Array(0)): void {
  pump.machine.board.link.head = true;
  for (const byte of encodeFrame(kind, sequence, payload)) pump.machine.board.link.arrive(byte);
}

/** The stretch: who asks for what, by ticks into it. */
function act(pump: Pump, tick: number): void {
  const record = encodeProgram(NEW);
  const commit = encodeCommit(digestOf(record), 0, 0, 0);
  if (tick === SECOND) stagePieces(record).forEach((piece, i) => say(pump, COMMAND_STAGE, 900 + i, piece));
  if (tick === SECOND + 20) say(pump, COMMAND_COMMIT, 950, commit);
  if (tick === 3 * SECOND) say(pump, COMMAND_PATIENT_BOLUS, 951);
  if (tick === 20 * SECOND) say(pump, COMMAND_REFILL, 952, encodeRefill(false, 0, 4_000, true));
}

/** Lets the stretch pass and calls `visit` before each of its ticks. */
function walk(pump: Pump, visit: (before: Snapshot) => void): void {
  const begin = pump.machine.tick;
  while (pump.machine.tick < begin + 40 * SECOND) {
    act(pump, pump.machine.tick - begin);
    const before = pump.machine.snapshot();
    visit(before);
    pump.machine.restore(before);
    pump.machine.step();
  }
}

describe("NVM-1, NVM-2: a power cut loses nothing that happened", () => {
  test("at every tick", () => {
    const pump = new Pump(OLD);
    pump.machine.leap(HOUR / 12);
    let cuts = 0;
    walk(pump, () => {
      const granted = pump.heard("bolus_started").length > 0;
      pump.machine.inject("brownout");
      check(pump, `cut in tick ${pump.machine.tick}`, granted);
      cuts++;
    });
    expect(cuts).toBe(4_000);
    expect(pump.heard("bolus_started")).not.toEqual([]);
    expect(pump.field("program.digest")).toBe(DIGESTS[1]);
  });

  test("at every byte of every write", () => {
    const pump = new Pump(OLD);
    pump.machine.leap(HOUR / 12);
    const { nvm } = pump.machine.board;
    const write = nvm.write.bind(nvm);
    let cuts = 0;
    walk(pump, (before) => {
      const granted = pump.heard("bolus_started").length > 0;
      const first = nvm.writes;
      pump.machine.step();
      const written = nvm.writes - first;
      for (let byte = 1; byte <= written; byte++) {
        pump.machine.restore(before);
        let left = byte;
        Object.defineProperty(nvm, "write", {
          configurable: true,
          enumerable: false,
          value: (address: number, value: number) => {
            if (--left === 0) pump.machine.inject("nvm_torn_write");
            write(address, value);
          },
        });
        pump.machine.step();
        Reflect.deleteProperty(nvm, "write");
        check(pump, `cut in byte ${byte} of tick ${before.tick}`, granted);
        cuts++;
      }
    });
    expect(cuts).toBeGreaterThan(4_000);
    expect(pump.field("program.digest")).toBe(DIGESTS[1]);
  });

  test("PTB-1: the lockout runs on over a reset, and is not shorter for it", () => {
    const pump = new Pump();
    pump.wait(HOUR);
    expect(pump.programmer.outcome(COMMAND_PATIENT_BOLUS)).toBe(OUTCOME_ACCEPTED);
    const start = pump.machine.tick;
    pump.wait(HOUR / 2);
    pump.machine.inject("reset");
    pump.wait(HOUR / 2 - SECOND - (pump.machine.tick - start - HOUR / 2));
    expect(pump.programmer.outcome(COMMAND_PATIENT_BOLUS)).toBe(OUTCOME_LOCKOUT);
    pump.wait(61 * SECOND);
    expect(pump.programmer.outcome(COMMAND_PATIENT_BOLUS)).toBe(OUTCOME_ACCEPTED);
  });
});
