// Frames that no entitled programmer has sent: unsigned, signed with another key, reflected, cut short, damaged on the way,
// or no frames at all. Whatever they say, nothing is carried out, nothing but counters changes, and each is counted. Every
// command that is forged here is first given honestly, so that it is known to act.

import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decodeFrame, encodeCobs, encodeFrame } from "../../emulator/telemetry/frame";
import {
  COMMAND_CLINICIAN_BOLUS,
  COMMAND_INTERROGATE,
  COMMAND_STOP,
  COUNTER_MAX,
  FRAME_BYTES,
  FRAME_QUERY,
  FRAME_REFUSED,
  FRAME_SEALED,
  OUTCOME_MALFORMED,
  OUTCOME_NOT_AUTHENTIC,
  OUTCOME_REPLAY,
  REPLY,
  ROLE_PATIENT,
} from "../../hal/telemetry";
import { chance, copyOf, COUNTERS, forged, opened, order, paired, send, Target, textOf } from "./air";
import { bench, BOLUS, ORDERS } from "./orders";

const { pump, clinician } = bench();
const target = new Target(pump);
const now = () => ({ key: clinician.sessionKey, session: clinician.session, counter: clinician.counter + 1 });
const bodyOf = (bytes: Uint8Array) => decodeFrame(bytes.subarray(1, -1))!.body;
const refusal = (outcome: number) => ({ type: FRAME_REFUSED | REPLY, body: { 0: outcome, length: 3 } });

test.each(ORDERS)("an honest $name is answered under its seal", ({ kind, payload }) => {
  target.again();
  const reply = order(pump, copyOf(clinician), kind, payload);
  expect(reply).toMatchObject({ kind: kind | REPLY, sequence: 1 });
  expect(reply?.payload[0]).not.toBe(OUTCOME_MALFORMED);
});

describe("field SEC-1 (SEC-2): no command is carried out that is not signed with the session's key", () => {
  const patient = (() => {
    target.again();
    const channel = opened(pump, paired(pump, ROLE_PATIENT, 77));
    return { pairing: channel.key.slice(), session: channel.sessionKey.slice() };
  })();

  type Forger = (text: Uint8Array) => Uint8Array;
  const sealedBody = (rest: Uint8Array) => {
    const header = new DataView(new ArrayBuffer(8));
    header.setUint32(0, now().session, true);
    header.setUint32(4, now().counter, true);
    return Uint8Array.of(...new Uint8Array(header.buffer), ...rest);
  };
  /** Without a whole tag a text of three bytes is too short for a frame, a longer one is taken for one byte less of text. */
  const SHORT = [OUTCOME_MALFORMED, OUTCOME_NOT_AUTHENTIC];
  const FORGERS: [string, Forger, number | number[]][] = [
    ["as a frame of its own, unsigned", (text) => encodeFrame(text[0] + 16, text.subarray(1)), OUTCOME_MALFORMED],
    [
      "in the clear, with a tag of zeros",
      (text) => encodeFrame(FRAME_SEALED, Uint8Array.of(...sealedBody(text), ...new Uint8Array(8))),
      OUTCOME_NOT_AUTHENTIC,
    ],
    ["under a key of somebody's", (text) => forged({ ...now(), key: chance(5, 16), text }), OUTCOME_NOT_AUTHENTIC],
    ["under a key of zeros", (text) => forged({ ...now(), key: new Uint8Array(16), text }), OUTCOME_NOT_AUTHENTIC],
    ["under the pairing's key", (text) => forged({ ...now(), key: clinician.key, text }), OUTCOME_NOT_AUTHENTIC],
    ["under the patient's", (text) => forged({ ...now(), key: patient.session, text }), OUTCOME_NOT_AUTHENTIC],
    ["in the other direction", (text) => forged({ ...now(), direction: 1, text }), OUTCOME_NOT_AUTHENTIC],
    ["with half a tag", (text) => forged({ ...now(), tagBytes: 4, text }), SHORT],
    ["with a tag of seven bytes", (text) => forged({ ...now(), tagBytes: 7, text }), SHORT],
    [
      "with the counter of another frame",
      (text) => {
        const real = forged({ ...now(), text });
        const body = bodyOf(real);
        new DataView(body.buffer).setUint32(4, now().counter + 1, true);
        return encodeFrame(FRAME_SEALED, body);
      },
      OUTCOME_NOT_AUTHENTIC,
    ],
  ];

  describe.each(FORGERS)("%s", (_, forge, outcome) => {
    test.each(ORDERS)("leaves $name undone", ({ kind, payload }) => {
      const { changed, answers, refused } = target.changedBy(forge(textOf(kind, 7, payload)), { head: true });
      expect({ changed, refused }).toEqual({ changed: [], refused: 1 });
      expect(answers).toMatchObject([{ type: FRAME_REFUSED | REPLY, body: { length: 3 } }]);
      expect([outcome].flat()).toContain(answers[0].body[0]);
    });
  });

  test.each(ORDERS)("leaves $name undone that has no tag", ({ kind, payload }) => {
    const bytes = forged({ ...now(), tagBytes: 0, text: textOf(kind, 7, payload) });
    expect(target.changedBy(bytes, { head: true })).toMatchObject({ changed: [], refused: 1 });
  });
});

describe("field SEC-1 (SEC-1): a frame that is reflected or has a wrong counter", () => {
  test("is no command when it is the pump's own answer", () => {
    target.again();
    const channel = copyOf(clinician);
    const [answer] = send(pump.machine, channel.seal(COMMAND_INTERROGATE, 3));
    const back = new Target(pump);
    for (const type of [FRAME_SEALED, FRAME_SEALED | REPLY]) {
      expect(back.changedBy(encodeFrame(type, answer.body))).toMatchObject({ changed: [], refused: 1 });
      // With a counter that is new, the tag is still that of the other direction.
      const body = answer.body.slice();
      new DataView(body.buffer).setUint32(4, channel.counter + 1, true);
      expect(back.changedBy(encodeFrame(type, body))).toMatchObject({ changed: [], refused: 1 });
    }
  });

  test.each([0, COUNTER_MAX + 1, 0x7fffffff, 0x80000000, 0xffffffff])(
    "is refused with counter %i, signed or not",
    (counter) => {
      const bytes = forged({ ...now(), counter, text: textOf(COMMAND_STOP, 7) });
      const { changed, answers } = target.changedBy(bytes, { head: true });
      expect(changed).toEqual([]);
      expect(answers).toMatchObject([refusal(OUTCOME_REPLAY)]);
    },
  );

  test("is carried out with the last counter that there is, after which no frame is heard in that session", () => {
    target.again();
    const last = forged({ ...now(), counter: COUNTER_MAX, text: textOf(COMMAND_INTERROGATE, 7) });
    expect(send(pump.machine, last)[0].type).toBe(FRAME_SEALED | REPLY);
    const worn = new Target(pump);
    for (const counter of [1, COUNTER_MAX - 1, COUNTER_MAX, COUNTER_MAX + 1]) {
      const bytes = forged({ ...now(), counter, text: textOf(COMMAND_STOP, 8) });
      expect(worn.changedBy(bytes, { head: true })).toMatchObject({ changed: [], answers: [refusal(OUTCOME_REPLAY)] });
    }
    worn.again();
    expect(order(pump, opened(pump, copyOf(clinician), 9), COMMAND_INTERROGATE)?.payload[0]).toBe(0);
  });
});

describe("field SEC-10 (SEC-2, LNK-1): a frame that was damaged on the way", () => {
  const frame = forged({ ...now(), text: textOf(COMMAND_CLINICIAN_BOLUS, 7, BOLUS) });
  const harmless = (bytes: Uint8Array) => expect(target.changedBy(bytes, { head: true }).changed).toEqual([]);

  test("the undamaged frame starts a bolus", () => {
    const { changed } = target.changedBy(frame, { head: true });
    expect(changed).toContain("therapy.bolus.cause.value");
  });

  test("one flipped bit of any byte leads to nothing", () => {
    for (let bit = 8; bit < 8 * (frame.length - 1); bit++) {
      const damaged = frame.slice();
      damaged[bit >> 3] ^= 1 << (bit & 7);
      harmless(damaged);
    }
  });

  test.each([2, 3, 5, 8, 13, 16, 17, 24, 33])("a burst of %i flipped bits anywhere leads to nothing", (bits) => {
    for (let from = 8; from + bits <= 8 * (frame.length - 1); from += 3) {
      const damaged = frame.slice();
      for (let bit = from; bit < from + bits; bit++) damaged[bit >> 3] ^= 1 << (bit & 7);
      harmless(damaged);
    }
  });

  test("two bytes that were exchanged lead to nothing", () => {
    for (let one = 1; one < frame.length - 1; one++) {
      for (const other of [one + 1, one + 2, one + 7]) {
        if (other >= frame.length - 1 || frame[one] === frame[other]) continue;
        const damaged = frame.slice();
        [damaged[one], damaged[other]] = [frame[other], frame[one]];
        harmless(damaged);
      }
    }
  });

  test("a frame that is cut short at either end, or has a byte lost or doubled, leads to nothing", () => {
    for (let at = 1; at < frame.length - 1; at++) {
      harmless(Uint8Array.of(...frame.subarray(0, at), 0));
      harmless(Uint8Array.of(0, ...frame.subarray(at + 1)));
      harmless(Uint8Array.of(...frame.subarray(0, at), ...frame.subarray(at + 1)));
      // A doubled delimiter is an empty frame; any other byte twice is another frame.
      harmless(Uint8Array.of(...frame.subarray(0, at + 1), ...frame.subarray(at)));
    }
  });

  test("damage that came before its CRC was made is found by the tag", () => {
    for (let bit = 0; bit < 8 * bodyOf(frame).length; bit++) {
      const damaged = bodyOf(frame);
      damaged[bit >> 3] ^= 1 << (bit & 7);
      harmless(encodeFrame(FRAME_SEALED, damaged));
    }
  });
});

describe.each([
  ["field SEC-13 (LNK-1)", 0x41],
  ["field SEC-17 (LNK-1)", 0xff],
])("%s: a frame of any length overruns nothing", (_, fill) => {
  const lengths = [
    ...Array.from({ length: 300 }, (_, i) => i),
    ...[511, 512, 513, 1_023, 1_024, 4_095, 4_096, 4_097, 32_767, 32_768, 65_534, 65_535],
  ];

  test("as 0 to 65,535 raw bytes between two zeros, which change nothing", () => {
    for (const length of lengths) {
      target.again();
      const { machine } = pump;
      const sizes = machine.snapshot().controller.arrays.map((array) => array.length);
      const bytes = Uint8Array.of(0, ...new Uint8Array(length).fill(fill), 0);
      for (let at = 0; at < bytes.length; at += 115) send(machine, bytes.subarray(at, at + 115), { ticks: 1 });
      send(machine, [], { ticks: 10 });
      expect(machine.snapshot().controller.arrays.map((array) => array.length)).toEqual(sizes);
      expect(pump.field("telemetry.refused")).toBe(length === 0 ? 0 : 1);
      expect(order(pump, copyOf(clinician), COMMAND_INTERROGATE)?.payload[0]).toBe(0);
    }
  });

  test("as a whole one with a right CRC, which changes nothing", () => {
    const crcHolds = (length: number) => {
      const long = new Uint8Array(length).fill(fill);
      return Uint8Array.of(0, ...encodeCobs(long), 0);
    };
    for (let length = 0; length <= 255; length++) {
      expect(target.changedBy(crcHolds(length), { ticks: 12 }).changed).toEqual([]);
    }
    for (let body = 0; body <= FRAME_BYTES - 4; body++) {
      const { changed, refused } = target.changedBy(encodeFrame(FRAME_SEALED, new Uint8Array(body).fill(fill)));
      expect({ changed, refused }).toEqual({ changed: [], refused: 1 });
    }
  });
});

describe("field SEC-11 (SEC-1): there is no service door", () => {
  test("only the version query gets more than a refusal among 256 types of frame, empty or not", () => {
    for (let type = 0; type < 256; type++) {
      for (const body of [new Uint8Array(0), Uint8Array.of(1, 2, 3), chance(type, 40)]) {
        const { changed, answers } = target.changedBy(encodeFrame(type, body));
        const isOpen = type === 3 && body.length === 17;
        expect(isOpen ? [] : changed).toEqual([]);
        for (const { type: answered, body: said } of answers) {
          if (type === FRAME_QUERY) expect([answered, said.length]).toEqual([FRAME_QUERY | REPLY, 6]);
          else expect(said).toHaveLength(3);
        }
      }
    }
  });

  test("a pump that is not asked sends nothing", () => {
    target.again();
    const sent = pump.machine.board.link.txBytes;
    pump.machine.leap(8_640_000);
    expect(pump.machine.board.link.txBytes).toBe(sent);
  });
});

test("field SEC-2 (SEC-2): a text that is signed with another key changes nothing but counters, whatever it says", () => {
  const arbitrary = fc.record({
    key: fc.uint8Array({ minLength: 16, maxLength: 16 }),
    session: fc.oneof(fc.constant(clinician.session), fc.nat(0xffffffff)),
    counter: fc.nat(0xffffffff),
    text: fc.uint8Array({ maxLength: 99 }),
    direction: fc.nat(255),
  });
  fc.assert(
    fc.property(arbitrary, fc.boolean(), (forgery, head) => {
      expect(target.changedBy(forged(forgery), { head, allowed: [COUNTERS] }).changed).toEqual([]);
    }),
    { numRuns: 300 },
  );
});
