// Orders that come while a self-test runs, or while a pulse is in flight. Both last a moment, so an order waits for their end
// and is then carried out. Each order is one frame that nobody sends again, in each tick of the test.

import { describe, expect, test } from "vitest";
import { encodeImplant, encodePrime, encodeRefill, words } from "../../emulator/telemetry/messages";
import { CATHETER } from "../../emulator/programmer/direct";
import { programming } from "../../emulator/programmer/orders";
import { LINK_BYTES_PER_TICK } from "../../hal/link";
import {
  COMMAND_CLINICIAN_BOLUS,
  COMMAND_COMMIT,
  COMMAND_IMPLANT,
  COMMAND_INTERROGATE,
  COMMAND_PATIENT_BOLUS,
  COMMAND_PRIME,
  COMMAND_REFILL,
  COMMAND_SELF_TEST,
  COMMAND_START,
  COMMAND_STOP,
  FRAME_SEALED,
  OUTCOME_ACCEPTED,
  REPLY,
  ROLE_CLINICIAN,
  ROLE_PATIENT,
} from "../../hal/telemetry";
import { framesWithin, say } from "../listen";
import { ask, DAY, HOUR, MINUTE, PROGRAM, Pump } from "../pump";

/** Eight ticks of the test, and one on each side of it. */
const TICKS = Array.from({ length: 10 }, (_, i) => i);
const SEQUENCE = 0x4000;

/** Steps until a condition holds. */
function until(pump: Pump, holds: () => boolean): Pump {
  for (let i = 0; i < MINUTE && !holds(); i++) pump.machine.step();
  expect(holds()).toBe(true);
  return pump;
}

/** A pump one tick before the first of its daily self-test, with a session open in a role. */
function beforeDailyTest(pump: Pump, role: number): Pump {
  pump.wait(DAY - 8 * MINUTE);
  pump.programmer.open(role);
  pump.machine.board.link.programmingHead = role === ROLE_CLINICIAN;
  return until(pump, () => pump.field("selfTest.running") === 1);
}

const onShelf = (): Pump => {
  const pump = new Pump(null, {}, false);
  ask(pump, COMMAND_REFILL, encodeRefill(false, 0, 40_000));
  return pump;
};
const running = (): Pump => new Pump();
const stopped = (): Pump => {
  const pump = new Pump();
  ask(pump, COMMAND_STOP);
  return pump;
};
/** Its next program is staged. */
const staged = (): Pump => {
  const pump = new Pump();
  for (const { kind, payload } of programming(NEXT).slice(0, -1)) pump.programmer.ask(kind, payload);
  return pump;
};
const NEXT = { ...PROGRAM, rate: 12_000 };
const COMMIT = programming(NEXT).at(-1)!;

const ORDERS: [what: string, make: () => Pump, kind: number, payload: Uint8Array, event: string | null][] = [
  ["a patient's bolus", running, COMMAND_PATIENT_BOLUS, words(), "bolus_started"],
  ["a clinician's bolus", running, COMMAND_CLINICIAN_BOLUS, words(1, 60), "bolus_started"],
  ["a prime", running, COMMAND_PRIME, encodePrime(10), "bolus_started"],
  ["a commit", staged, COMMAND_COMMIT, COMMIT.payload, "program_accepted"],
  ["a start", stopped, COMMAND_START, words(), "started"],
  ["a stop", running, COMMAND_STOP, words(), "stopped"],
  ["a refill", running, COMMAND_REFILL, encodeRefill(false, 0, 100), "refilled"],
  ["another self-test", running, COMMAND_SELF_TEST, words(), "self_test"],
  [
    "an implant with a purge",
    onShelf,
    COMMAND_IMPLANT,
    encodeImplant(CATHETER.length_mm, CATHETER.volume_nl, false),
    "bolus_started",
  ],
  ["an interrogation", running, COMMAND_INTERROGATE, words(), null],
];

describe("SLF-1, LNK-3, PTB-3: in each tick of a self-test", () => {
  test.each(ORDERS)("%s waits for its end and is carried out, once", (what, make, kind, payload, event) => {
    const role = kind === COMMAND_PATIENT_BOLUS ? ROLE_PATIENT : ROLE_CLINICIAN;
    const pump = beforeDailyTest(make(), role);
    const start = pump.machine.snapshot();
    const frame = pump.programmer.sealed(kind, SEQUENCE, payload, role);
    for (const tick of TICKS) {
      pump.machine.restore(start);
      pump.machine.run(tick);
      pump.said.length = 0;
      say(pump.machine, frame);
      const frames = framesWithin(pump.machine, 30);
      expect(
        frames.map(({ type }) => type),
        `${what} in tick ${tick}`,
      ).toEqual([FRAME_SEALED | REPLY]);
      const ended = pump.heard("self_test")[0]?.tick ?? start.tick;
      if (event !== null) {
        expect(pump.heard(event).filter((said) => said.tick >= ended).length).toBeGreaterThan(0);
        expect(pump.field(`usage.lastKind[${pump.field("session.pairing")}]`)).toBe(kind);
        expect(pump.field(`usage.lastOutcome[${pump.field("session.pairing")}]`)).toBe(OUTCOME_ACCEPTED);
      }
      expect(pump.heard("bolus_denied")).toEqual([]);
      expect(pump.heard("command_refused")).toEqual([]);
      expect(pump.heard("program_refused")).toEqual([]);
    }
  });

  test("no pulse starts, and no order is carried out before its end", () => {
    const pump = beforeDailyTest(new Pump({ rate: 2_000_000, bolus: null, limits: [] }), ROLE_CLINICIAN);
    pump.say(COMMAND_CLINICIAN_BOLUS, SEQUENCE, words(1, 60));
    const before = pump.pulses;
    until(pump, () => pump.field("selfTest.running") === 0);
    expect(pump.pulses).toBe(before);
    expect(pump.heard("bolus_started").every(({ tick }) => tick >= pump.heard("self_test").at(-1)!.tick)).toBe(true);
  });

  test("SEC-3: a flood at the full rate of the line leaves the session in force, and its next frame is heard", () => {
    const pump = beforeDailyTest(new Pump(), ROLE_CLINICIAN);
    for (const _ of TICKS) {
      say(
        pump.machine,
        Array.from({ length: LINK_BYTES_PER_TICK }, () => 0x55),
      );
      pump.machine.step();
    }
    say(pump.machine, [0]);
    pump.machine.run(10);
    expect(ask(pump, COMMAND_STOP)).toBe("accepted");
  });
});

describe("while a pulse is in flight", () => {
  const inFlight = (pump: Pump): Pump => until(pump.wait(HOUR), () => pump.machine.board.motor.inFlight);

  test("THR-7: a prime is granted, gives exactly its pulses, and the pulse in flight counts as basal", () => {
    const pump = inFlight(new Pump({ rate: 100_000, limits: [] }));
    const [basal, prime] = [1, 4].map((cause) => pump.machine.world.byCause_nl[cause]);
    expect(ask(pump, COMMAND_PRIME, encodePrime(10))).toBe("accepted");
    until(pump, () => pump.heard("bolus_finished").length > 0);
    expect(pump.machine.world.byCause_nl[4] - prime).toBe(2_500);
    expect(pump.machine.world.byCause_nl[1] - basal).toBe(250);
  });

  test("SLF-1: a self-test begins when it has ended, and finds nothing", () => {
    const pump = inFlight(new Pump({ rate: 100_000, limits: [] }));
    expect(ask(pump, COMMAND_SELF_TEST)).toBe("accepted");
    pump.wait(MINUTE);
    expect(pump.heard("self_test").at(-1)?.fields).toEqual({ failed: 0 });
    expect(pump.alarms()).toEqual([]);
  });
});
