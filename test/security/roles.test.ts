// The rights of the roles: each role with each command, with the programming head in place and without it, and what no role
// may do. Nothing in the protocol reads or writes memory, brings a drug library, or interprets text.

import { describe, expect, test } from "vitest";
import { encodeFrame } from "../../emulator/telemetry/frame";
import { digestOf, encodeCommit, encodeProgram, stagePieces, words } from "../../emulator/telemetry/messages";
import { SecureChannel } from "../../emulator/telemetry/secure";
import { LIBRARY_VERSION } from "../../hal/drug-library";
import {
  COMMAND_CLINICIAN_BOLUS,
  COMMAND_COMMIT,
  COMMAND_INTERROGATE,
  COMMAND_PATIENT_BOLUS,
  COMMAND_READ_LOG,
  COMMAND_READ_PROGRAM,
  COMMAND_SET_CLOCK,
  COMMAND_STAGE,
  FRAME_OPEN,
  FRAME_REFUSED,
  OUTCOME_ACCEPTED,
  OUTCOME_LIBRARY,
  OUTCOME_MALFORMED,
  OUTCOME_NOT_AUTHORISED,
  OUTCOME_NOT_PAIRED,
  OUTCOME_OUT_OF_RANGE,
  PAYLOAD_BYTES,
  PROGRAM_BYTES,
  REPLY,
  ROLE_CLINICIAN,
  ROLE_OBSERVER,
  ROLE_PATIENT,
} from "../../hal/telemetry";
import { MINUTE, PROGRAM, Pump, SECOND } from "../pump";
import { chance, copyOf, COUNTERS, forged, OFFER, opened, order, paired, send, Target, textOf } from "./air";
import { bench, ORDERS } from "./orders";

/** An authentic command that is turned away: who asked, and that he did; a minute's alarms, and one entry in the log. */
const TURNED_AWAY = /^(?:session\.(?:counter|heard|textCrc)|log\.|store\.|board\.nvm|board\.crypto)/;

/** By role: what it may with the head in place, and without it. */
const READS = [COMMAND_INTERROGATE, COMMAND_READ_LOG, COMMAND_READ_PROGRAM];
const MAY: [string, number, number[], number[]][] = [
  ["clinician", ROLE_CLINICIAN, ORDERS.map(({ kind }) => kind), [...READS, COMMAND_PATIENT_BOLUS]],
  ["patient", ROLE_PATIENT, [COMMAND_INTERROGATE, COMMAND_PATIENT_BOLUS], [COMMAND_INTERROGATE, COMMAND_PATIENT_BOLUS]],
  ["observer", ROLE_OBSERVER, READS, READS],
];

describe.each(MAY)("field SEC-6 (SEC-1): the %s", (_, role, withHead, withoutHead) => {
  const { pump } = bench();
  const channel = opened(pump, paired(pump, role, 40 + role), 41);
  order(pump, channel, COMMAND_INTERROGATE);
  // A bolus at this moment would be granted.
  pump.machine.run(SECOND);
  const target = new Target(pump);

  const cells = ORDERS.flatMap((each) =>
    [true, false].map((head) => ({ ...each, head, may: (head ? withHead : withoutHead).includes(each.kind) })),
  );
  test.each(cells)("$name with the head in place ($head) is allowed ($may)", ({ kind, payload, head, may }) => {
    const speaker = copyOf(channel);
    const bytes = speaker.seal(kind, 3, payload);
    const { changed, answers } = target.changedBy(bytes, { head, allowed: [COUNTERS, TURNED_AWAY] });
    const reply = speaker.open(answers[0]);
    if (may) expect(reply?.payload[0]).not.toBe(OUTCOME_NOT_AUTHORISED);
    else {
      expect(reply?.payload).toEqual(Uint8Array.of(OUTCOME_NOT_AUTHORISED));
      expect(changed).toEqual([]);
      expect(pump.field("usage.unauthorised")).toBe(1);
    }
  });

  test("opens no pairing of another role with its key", () => {
    for (let id = 0; id < 6; id++) {
      if (id >> 1 === role - ROLE_CLINICIAN) continue;
      target.again();
      const other = new SecureChannel();
      other.resume({ id, role, key: channel.key });
      const [answer] = send(pump.machine, other.openRequest(chance(id, 16)));
      if (other.takeOpen(answer) !== OUTCOME_ACCEPTED) continue;
      const stop = forged({ key: other.sessionKey, session: other.session, counter: 1, text: textOf(5, 1) });
      expect(new Target(pump).changedBy(stop, { head: true }).changed).toEqual([]);
    }
  });
});

describe("field SEC-7 (SEC-1): a session needs a pairing with the head in place, and no command reads memory", () => {
  const { pump, clinician } = bench();
  const target = new Target(pump);

  test("a new pump opens no session, whatever pairing is named", () => {
    const fresh = new Pump(null, {}, false);
    const boxed = new Target(fresh);
    for (let id = 0; id < 256; id++) {
      const ask = encodeFrame(FRAME_OPEN, Uint8Array.of(id, ...chance(id, 16)));
      const { changed, answers } = boxed.changedBy(ask, { allowed: [COUNTERS, /^board\.crypto\.stream/] });
      expect(changed).toEqual([]);
      expect(answers).toMatchObject([{ type: FRAME_OPEN | REPLY, body: { 0: OUTCOME_NOT_PAIRED, length: 3 } }]);
    }
  });

  test.each([ROLE_CLINICIAN, ROLE_PATIENT, ROLE_OBSERVER])("role %i is not paired without the head", (role) => {
    const { changed, answers } = target.changedBy(new SecureChannel().pairRequest(role, chance(1, 32)));
    expect(changed).toEqual([]);
    expect(answers).toMatchObject([{ body: { 0: OUTCOME_NOT_AUTHORISED, length: 3 } }]);
  });

  test.each([0, 4, 127, 255])("there is no role %i", (role) => {
    const { changed, answers } = target.changedBy(new SecureChannel().pairRequest(role, chance(1, 32)), { head: true });
    expect(changed).toEqual([]);
    expect(answers).toMatchObject([{ body: { 0: OUTCOME_OUT_OF_RANGE, length: 3 } }]);
  });

  test("of 256 commands only those of the table exist, and any other is refused and changes nothing", () => {
    const known = new Set(ORDERS.map(({ kind }) => kind));
    expect(known.size).toBe(17);
    for (let kind = 0; kind < 256; kind++) {
      if (known.has(kind)) continue;
      for (const payload of [new Uint8Array(0), words(0x1000, 16), chance(kind, PAYLOAD_BYTES)]) {
        const speaker = copyOf(clinician);
        const { changed, answers } = target.changedBy(speaker.seal(kind, 3, payload), {
          head: true,
          allowed: [COUNTERS, /^session\.(?:counter|heard|textCrc)/],
        });
        expect(changed).toEqual([]);
        expect(speaker.open(answers[0])?.payload).toEqual(Uint8Array.of(OUTCOME_MALFORMED));
      }
    }
  });

  test("a piece of the program is read from within the record only, from any of 65,536 offsets", () => {
    target.again();
    const record: number[] = [];
    for (const offset of [0, 94, 188, 282, 376, 470, 564]) {
      record.push(...order(pump, clinician, COMMAND_READ_PROGRAM, half(offset))!.payload.subarray(1));
    }
    expect(Uint8Array.from(record)).toEqual(encodeProgram(PROGRAM));
    const offsets = [
      ...Array.from({ length: 700 }, (_, i) => i),
      ...Array.from({ length: 640 }, (_, i) => 700 + 101 * i),
    ];
    for (const offset of [...offsets, 65_535]) {
      const { payload } = order(pump, clinician, COMMAND_READ_PROGRAM, half(offset))!;
      if (offset >= PROGRAM_BYTES) expect(payload).toEqual(Uint8Array.of(OUTCOME_OUT_OF_RANGE));
      else expect(payload.subarray(1)).toEqual(Uint8Array.from(record.slice(offset, offset + 94)));
    }
  });

  test("a piece is staged within the record or not at all, at any of 65,536 offsets", () => {
    for (const offset of [633, 540, 632, 700, 1_023, 4_096, 32_767, 32_768, 65_442, 65_535]) {
      for (const length of [1, 2, 94]) {
        target.again();
        const before = pump.machine.snapshot().controller.arrays.map((array) => array.length);
        const piece = Uint8Array.of(...half(offset), ...new Uint8Array(length).fill(0xa5));
        const outcome = order(pump, copyOf(clinician), COMMAND_STAGE, piece)!.payload[0];
        expect(outcome).toBe(offset + length > PROGRAM_BYTES ? OUTCOME_OUT_OF_RANGE : OUTCOME_ACCEPTED);
        expect(pump.machine.snapshot().controller.arrays.map((array) => array.length)).toEqual(before);
      }
    }
  });
});

const half = (value: number) => Uint8Array.of(value & 255, value >> 8);

describe.each([["field SEC-12 (LNK-4)"], ["field SEC-23 (LNK-4)"]])(
  "%s: the drug library cannot be changed over the link",
  (_) => {
    const { pump, clinician } = bench();
    const target = new Target(pump);

    test.each([0, LIBRARY_VERSION - 1, LIBRARY_VERSION + 1, 0xffff])(
      "because a program with drugs for version %i of it is refused",
      (library) => {
        if (library === LIBRARY_VERSION) return;
        target.again();
        const record = encodeProgram({ ...PROGRAM, drugs: [{ id: 1, concentration: 100_000 }], library });
        for (const piece of stagePieces(record)) order(pump, clinician, COMMAND_STAGE, piece);
        const reply = order(pump, clinician, COMMAND_COMMIT, encodeCommit(digestOf(record)));
        expect(reply?.payload[0]).toBe(OUTCOME_LIBRARY);
      },
    );

    test("and a pairing needs the head in place, so that it happens in the room", () => {
      const ask = new SecureChannel().pairRequest(ROLE_CLINICIAN, chance(2, 32));
      expect(target.changedBy(ask).changed).toEqual([]);
      const { changed } = target.changedBy(ask, { head: true, allowed: [COUNTERS] });
      expect(changed).toContain("board.crypto.keys");
    });
  },
);

describe("field SEC-16 (LNK-1): no bytes of the link are read as text", () => {
  const { pump, clinician } = bench();
  const target = new Target(pump);

  test.each(["%n%n%n%n", "%s%x%d", "../../etc/passwd", "${7*7}", "'; DROP TABLE", "\u0000\u0000", "A".repeat(94)])(
    "so that %j is plain bytes as a piece of a program, and no command",
    (text) => {
      target.again();
      const bytes = new TextEncoder().encode(text).subarray(0, 94);
      const { payload } = order(pump, clinician, COMMAND_STAGE, Uint8Array.of(0, 0, ...bytes))!;
      const record = new Uint8Array(PROGRAM_BYTES);
      record.set(bytes);
      expect(new DataView(payload.buffer).getUint32(payload.byteOffset + 1, true)).toBe(digestOf(record));
      const commit = order(pump, clinician, COMMAND_COMMIT, encodeCommit(digestOf(record)));
      expect(commit?.payload[0]).toBe(OUTCOME_OUT_OF_RANGE);
      expect(order(pump, clinician, COMMAND_SET_CLOCK, bytes.subarray(0, 3))?.payload[0]).toBe(OUTCOME_MALFORMED);
    },
  );

  test("and a payload that is too long is refused at both ends", () => {
    expect(() => copyOf(clinician).seal(COMMAND_STAGE, 1, new Uint8Array(PAYLOAD_BYTES + 1))).toThrow(RangeError);
    for (let extra = 1; extra <= 12; extra++) {
      const text = textOf(COMMAND_CLINICIAN_BOLUS, 1, new Uint8Array(8 + extra));
      const { sessionKey: key, session, counter } = clinician;
      const { answers } = target.changedBy(forged({ key, session, counter: counter + 1, text }), { head: true });
      expect(answers[0].type).not.toBe(FRAME_REFUSED | REPLY);
      expect(pump.heard("bolus_started")).toEqual([]);
    }
  });
});

test("SEC-1: a session is offered beside the one in force, which goes on until the other proves its key", () => {
  const { pump, clinician } = bench();
  const target = new Target(pump);
  const offers = [0, 1, 2].map((id) => encodeFrame(FRAME_OPEN, Uint8Array.of(id, ...chance(id, 16))));
  for (const offer of offers) {
    expect(target.changedBy(offer, { allowed: [COUNTERS, OFFER] }).changed).toEqual([]);
    expect(order(pump, copyOf(clinician), COMMAND_INTERROGATE)).not.toBeNull();
  }
  expect(pump.wait(MINUTE).alarms()).toEqual([]);
});
