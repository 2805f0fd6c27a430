// Frames that an entitled programmer sent once and that come again: at other times, in another order, after a reset, in
// another session. The same command, repeated honestly, is acknowledged again and not carried out again.

import { describe, expect, test } from "vitest";
import { decodeFrame, encodeFrame } from "../../emulator/telemetry/frame";
import type { SecureChannel } from "../../emulator/telemetry/secure";
import {
  COMMAND_CLINICIAN_BOLUS,
  COMMAND_INTERROGATE,
  COMMAND_START,
  COMMAND_STOP,
  FRAME_PAIR,
  FRAME_QUERY,
  FRAME_REFUSED,
  FRAME_SEALED,
  OUTCOME_ACCEPTED,
  OUTCOME_NO_SESSION,
  OUTCOME_NOT_AUTHORISED,
  OUTCOME_REPLAY,
  REPLY,
  ROLE_CLINICIAN,
} from "../../hal/telemetry";
import { cutInByte } from "../firmware/power-cut";
import { say } from "../listen";
import { DAY, MINUTE, Pump, SECOND } from "../pump";
import { Air, chance, copyOf, COUNTERS, forged, OFFER, opened, order, paired, send, Target, textOf } from "./air";
import { bench, BOLUS, ORDERS, type Order } from "./orders";

const { pump, clinician } = bench();
const target = new Target(pump);
const after = (act: () => void) => {
  act();
  return new Target(pump);
};

/** The frame of an order, carried out at the moment of the bench, and the channel that it left. */
function carriedOut({ kind, payload }: Order): { frame: Uint8Array; channel: SecureChannel } {
  target.again();
  const channel = copyOf(clinician);
  const frame = channel.seal(kind, 7, payload);
  const answered = send(pump.machine, frame, { head: true }).some(({ type }) => type === (FRAME_SEALED | REPLY));
  expect(answered).toBe(true);
  return { frame, channel };
}

const reset = () => {
  pump.machine.inject("reset");
  pump.machine.run(20);
};

const LATER: [string, (channel: SecureChannel) => void, number][] = [
  ["at once", () => undefined, OUTCOME_REPLAY],
  ["1 s later", () => pump.machine.run(SECOND), OUTCOME_REPLAY],
  ["1 day later", () => pump.machine.leap(DAY), OUTCOME_NO_SESSION],
  [
    "1 day later, in a session that never ended",
    (channel) => {
      for (let i = 0; i < 160; i++) {
        pump.machine.leap(9 * MINUTE);
        expect(order(pump, channel, COMMAND_INTERROGATE)).not.toBeNull();
      }
    },
    OUTCOME_REPLAY,
  ],
  ["after a reset", reset, OUTCOME_NO_SESSION],
  [
    "in a new session of the same programmer",
    (channel) => order(pump, opened(pump, channel, 4), COMMAND_INTERROGATE),
    OUTCOME_NO_SESSION,
  ],
  [
    "in a new session, after a reset",
    (channel) => {
      reset();
      order(pump, opened(pump, channel, 4), COMMAND_INTERROGATE);
    },
    OUTCOME_NO_SESSION,
  ],
  ["while a session is offered that nobody has used", (channel) => opened(pump, channel, 4), OUTCOME_REPLAY],
];

describe.each(LATER)("field SEC-2 (SEC-2): a recorded frame that is sent again %s", (_, pass, outcome) => {
  test.each(ORDERS)("with $name changes nothing", (each) => {
    const { frame, channel } = carriedOut(each);
    const { changed, answers, refused } = after(() => pass(channel)).changedBy(frame, { head: true });
    expect({ changed, refused }).toEqual({ changed: [], refused: 1 });
    expect(answers).toMatchObject([{ type: FRAME_REFUSED | REPLY, body: { 0: outcome, length: 3 } }]);
  });
});

describe("field SEC-2 (SEC-2): a frame in the clear that is sent again", () => {
  function recorded(type: number): Uint8Array {
    const fresh = new Pump().wait(MINUTE);
    const air = new Air(fresh.machine);
    order(fresh, opened(fresh, paired(fresh, ROLE_CLINICIAN)), COMMAND_INTERROGATE);
    send(fresh.machine, encodeFrame(FRAME_QUERY, new Uint8Array(0)));
    return air.frames(true).find(({ frame }) => frame.type === type)!.bytes;
  }

  test("changes nothing as a version query", () => {
    expect(target.changedBy(recorded(FRAME_QUERY)).changed).toEqual([]);
  });

  test("is refused as a pairing without the head", () => {
    const { changed, answers } = target.changedBy(recorded(FRAME_PAIR));
    expect(changed).toEqual([]);
    expect(answers).toMatchObject([{ type: FRAME_PAIR | REPLY, body: { 0: OUTCOME_NOT_AUTHORISED, length: 3 } }]);
  });

  test("replaces no session or pairing in use as a pairing with the head in place, however often", () => {
    target.again();
    const channel = copyOf(clinician);
    for (let i = 0; i < 6; i++) {
      send(pump.machine, recorded(FRAME_PAIR), { head: true, ticks: 30 * SECOND });
      expect(order(pump, channel, COMMAND_INTERROGATE)).not.toBeNull();
    }
    expect(order(pump, opened(pump, channel, 8), COMMAND_INTERROGATE)).not.toBeNull();
  });

  test("offers, as a request for a session, another one that a listener cannot use, and the old one goes on", () => {
    target.again();
    const air = new Air(pump.machine);
    const channel = opened(pump, copyOf(clinician), 5);
    order(pump, channel, COMMAND_INTERROGATE);
    const [ask] = air.frames(true);
    const [first] = air.frames(false);
    const later = new Target(pump);
    const { changed, answers } = later.changedBy(ask.bytes, { allowed: [COUNTERS, OFFER] });
    expect(changed).toEqual([]);
    expect(answers[0].body).toHaveLength(first.frame.body.length);
    expect(answers[0].body.subarray(1, 5)).not.toEqual(first.frame.body.subarray(1, 5));
    expect(answers[0].body.subarray(5)).not.toEqual(first.frame.body.subarray(5));
    // The old key under the new number.
    const session = Buffer.from(answers[0].body).readUInt32LE(3);
    const guess = forged({ key: channel.sessionKey, session, counter: 1, text: textOf(COMMAND_STOP, 1) });
    expect(new Target(pump).changedBy(guess, { head: true }).changed).toEqual([]);
    expect(order(pump, channel, COMMAND_INTERROGATE)).not.toBeNull();
  });
});

test.each([
  ["in the session in force", false],
  ["as the first of a session that was offered", true],
])("field SEC-2 (LNK-5): a frame that was held back for longer than a session lasts is refused %s", (_, first) => {
  target.again();
  const channel = first ? opened(pump, copyOf(clinician), 12) : copyOf(clinician);
  const frame = channel.seal(COMMAND_CLINICIAN_BOLUS, 7, BOLUS);
  const held = pump.machine.snapshot();
  pump.machine.leap(8 * MINUTE);
  expect(send(pump.machine, frame, { head: true })).toMatchObject([{ type: FRAME_SEALED | REPLY }]);
  pump.machine.restore(held);
  pump.machine.leap(11 * MINUTE);
  const { changed, answers } = new Target(pump).changedBy(frame, { head: true });
  expect(changed).toEqual([]);
  expect(answers).toMatchObject([{ body: { 0: OUTCOME_NO_SESSION, length: 3 } }]);
});

describe("field SEC-5 (SEC-1): the numbers of sessions and frames only rise", () => {
  test("so that an earlier counter is refused after a later one", () => {
    target.again();
    const channel = copyOf(clinician);
    const frames = [1, 2, 3].map((sequence) => channel.seal(COMMAND_CLINICIAN_BOLUS, sequence, BOLUS));
    expect(send(pump.machine, frames[2], { head: true })[0].type).toBe(FRAME_SEALED | REPLY);
    for (const frame of [frames[1], frames[0], frames[2]]) {
      const { changed, answers } = new Target(pump).changedBy(frame, { head: true });
      expect(changed).toEqual([]);
      expect(answers).toMatchObject([{ body: { 0: OUTCOME_REPLAY, length: 3 } }]);
    }
  });

  test("so that a session's number is never given twice, wherever power fails while it is given", () => {
    target.again();
    const ask = copyOf(clinician).openRequest(chance(6, 16));
    const writes = (ticks: number) => {
      target.again();
      say(pump.machine, ask);
      pump.machine.run(ticks);
      const before = pump.machine.board.nvm.writes;
      pump.machine.step();
      return pump.machine.board.nvm.writes - before;
    };
    // One that listens to all cuts: another for each would listen to what the one before it hears.
    const air = new Air(pump.machine);
    let cuts = 0;
    for (let ticks = 0; ticks < 4; ticks++) {
      for (let byte = 1, count = writes(ticks); byte <= count; byte++) {
        target.again();
        air.heard.length = 0;
        say(pump.machine, ask);
        pump.machine.run(ticks);
        cutInByte(pump.machine, byte);
        send(pump.machine, [], { ticks: 20 });
        send(pump.machine, copyOf(clinician).openRequest(chance(7, 16)));
        const numbers = air.frames(false).map(({ frame }) => Buffer.from(frame.body).readUInt32LE(3));
        expect(numbers.at(-1)).toBeGreaterThan(clinician.session);
        expect(new Set(numbers).size).toBe(numbers.length);
        cuts++;
      }
    }
    expect(cuts).toBeGreaterThan(400);
  });

  test("so that the pump uses no session number and no counter twice over resets, brown-outs and hangs", () => {
    target.again();
    const air = new Air(pump.machine);
    const channel = copyOf(clinician);
    for (const [i, fault] of ["reset", "brownout", "hang", "reset", "reset"].entries()) {
      for (let n = 0; n < 3; n++) order(pump, channel, COMMAND_INTERROGATE);
      pump.machine.inject(fault);
      pump.machine.run(60);
      opened(pump, channel, 20 + i);
      order(pump, channel, COMMAND_INTERROGATE);
    }
    const sealed = air.frames(false).filter(({ frame }) => frame.type === (FRAME_SEALED | REPLY));
    const nonces = sealed.map(({ frame }) => Buffer.from(frame.body.subarray(0, 8)).toString("hex"));
    expect(nonces).toHaveLength(5 * 3 + 5);
    expect(new Set(nonces).size).toBe(nonces.length);
    const numbers = sealed.map(({ frame }) => Buffer.from(frame.body).readUInt32LE(0));
    expect(numbers).toEqual(numbers.toSorted((a, b) => a - b));
  });
});

describe("LNK-3: a command that is honestly repeated", () => {
  const given = () => pump.said.filter(({ name }) => name === "bolus_started").length;

  const AGAIN: [string, (channel: SecureChannel) => void][] = [
    ["in the next frame", () => undefined],
    ["half an hour later, in a new session", (channel) => (pump.machine.leap(30 * MINUTE), opened(pump, channel, 31))],
    ["after a reset", (channel) => (reset(), opened(pump, channel, 32))],
    [
      "after somebody else's command",
      (channel) => {
        pump.machine.leap(30 * MINUTE);
        const other = opened(pump, paired(pump, ROLE_CLINICIAN, 33), 33);
        expect(order(pump, other, COMMAND_START, undefined, { sequence: 9 })?.payload[0]).toBe(OUTCOME_ACCEPTED);
        opened(pump, channel, 34);
      },
    ],
  ];

  test.each(AGAIN)("after a lost acknowledgement, %s, is acknowledged and not carried out", (_, pass) => {
    target.again();
    const from = given();
    const channel = copyOf(clinician);
    const frame = channel.seal(COMMAND_CLINICIAN_BOLUS, 9, BOLUS);
    const [lost] = send(pump.machine, frame, { head: true });
    expect(decodeFrame(frame.subarray(1, -1))?.type).toBe(lost.type & ~REPLY);
    pass(channel);
    const again = order(pump, channel, COMMAND_CLINICIAN_BOLUS, BOLUS, { sequence: 9 });
    expect(again).toMatchObject({ sequence: 9, payload: Uint8Array.of(OUTCOME_ACCEPTED) });
    pump.machine.leap(10 * MINUTE);
    expect(given() - from).toBe(1);
  });

  test("under the next sequence is another command", () => {
    target.again();
    const from = given();
    const channel = copyOf(clinician);
    order(pump, channel, COMMAND_CLINICIAN_BOLUS, BOLUS, { sequence: 9 });
    pump.machine.leap(9 * MINUTE);
    order(pump, channel, COMMAND_CLINICIAN_BOLUS, BOLUS, { sequence: 10 });
    expect(given() - from).toBe(2);
  });
});
