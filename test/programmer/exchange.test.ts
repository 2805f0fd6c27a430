// One exchange with a pump, without a pump, a clock or a port: what is sent, and when and how it ends, by each clause of a
// policy. Time is a number here. The pump's end is scripted (`PumpEnd`), and a test says what becomes of each frame.

import { describe, expect, test } from "vitest";
import { StateView } from "../../emulator/machine/state";
import { type Ending, Exchange, NOT_REFUSED, type Policy } from "../../emulator/programmer/exchange";
import type { Frame } from "../../emulator/telemetry/frame";
import {
  COMMAND_COMMIT,
  COMMAND_INTERROGATE,
  COMMAND_START,
  COMMAND_STOP,
  FRAME_OPEN,
  FRAME_PAIR,
  FRAME_QUERY,
  FRAME_REFUSED,
  FRAME_SEALED,
  OUTCOME_ACCEPTED,
  OUTCOME_BUSY,
  OUTCOME_MALFORMED,
  OUTCOME_NO_SESSION,
  OUTCOME_NOT_PAIRED,
  OUTCOME_REPLAY,
  PAYLOAD_BYTES,
  REPLY,
  ROLE_CLINICIAN,
  ROLE_OBSERVER,
  ROLE_PATIENT,
} from "../../hal/telemetry";
import { framesIn } from "../listen";
import { type Command, inClear, PumpEnd } from "./pump-end";

const WAIT = 10;
const PATIENT_POLICY: Policy = {
  tries: 3,
  wait: () => WAIT,
  triesEach: false,
  refusal: "ignore",
  reopenings: 0,
  freshSession: false,
  onePairingKey: false,
  busyTries: 0,
  busyWait: 0,
};
const NOTHING = new Uint8Array(0);

/** An exchange with a pump's end, and what becomes of the frames between them. */
class Bench {
  now = 0;
  readonly exchange: Exchange;
  readonly end: PumpEnd;
  /** Types of the frames that were sent, and when. */
  readonly sent: { type: number; at: number; body: Uint8Array }[] = [];
  readonly carriedOut: Command[] = [];
  /** The payload of the reply to a command. */
  reply: (command: Command) => number[] = () => [OUTCOME_ACCEPTED];
  /** Whether the pump's side hears frame `n`, and the answers that come back from it. */
  hears: (n: number, type: number) => boolean = () => true;
  says: (answer: Frame, n: number) => Frame[] = (answer) => [answer];

  constructor(policy: Partial<Policy> = {}, number?: () => number, end = new PumpEnd()) {
    this.end = end;
    const random = (count: number) => Uint8Array.from({ length: count }, () => this.sent.length + 1);
    this.exchange = new Exchange({ policy: { ...PATIENT_POLICY, ...policy }, random, ...(number ? { number } : {}) });
  }

  command(kind = COMMAND_STOP, options = {}): Ending {
    this.exchange.command(ROLE_CLINICIAN, kind, NOTHING, options);
    return this.run();
  }

  types(): number[] {
    return this.sent.map(({ type }) => type);
  }

  /** To the end of the exchange. */
  run(): Ending {
    for (;;) {
      const ending = this.step();
      if (ending) return ending;
    }
  }

  /** A frame and its answers, which come at once or never; or the end of a wait. */
  step(): Ending | null {
    if (this.exchange.isDue) {
      let ending: Ending | null = null;
      for (const answer of this.send()) ending ??= this.exchange.take(answer, this.now);
      return ending;
    }
    this.now = this.exchange.deadline;
    return this.exchange.expire(this.now);
  }

  private send(): Frame[] {
    const [frame] = framesIn(this.exchange.send(this.now));
    const n = this.sent.push({ type: frame.type, at: this.now, body: frame.body }) - 1;
    if (!this.hears(n, frame.type)) return [];
    const answer = this.end.take(frame, (command) => {
      this.carriedOut.push(command);
      return this.reply(command);
    });
    return answer ? framesIn(answer).flatMap((each) => this.says(each, n)) : [];
  }
}

/** A refusal in the clear of the last frame that was sent. */
const refused = (bench: Bench, outcome: number): Frame =>
  framesIn(inClear(FRAME_REFUSED, bench.sent.at(-1)!.body, outcome))[0];
const times = (count: number, type: number) => Array<number>(count).fill(type);

describe("the steps of an exchange", () => {
  test("a first command pairs, opens a session and is sealed; a second one is sealed alone", () => {
    const bench = new Bench();
    expect(bench.command(COMMAND_STOP)).toMatchObject({ kind: "answered", reply: { payload: Uint8Array.of(0) } });
    expect(bench.command(COMMAND_START).kind).toBe("answered");
    expect(bench.types()).toEqual([FRAME_PAIR, FRAME_OPEN, FRAME_SEALED, FRAME_SEALED]);
    expect(bench.carriedOut.map(({ kind, sequence }) => [kind, sequence])).toEqual([
      [COMMAND_STOP, 1],
      [COMMAND_START, 2],
    ]);
  });

  test("a pairing, a session and a version query that are asked for by themselves end there", () => {
    const bench = new Bench();
    bench.exchange.askVersion();
    expect(bench.run()).toMatchObject({ kind: "version", frame: { type: FRAME_QUERY | REPLY } });
    bench.exchange.pair(ROLE_PATIENT);
    expect(bench.run()).toEqual({ kind: "paired" });
    bench.exchange.open(ROLE_PATIENT);
    expect(bench.run()).toEqual({ kind: "opened" });
    expect(bench.types()).toEqual([FRAME_QUERY, FRAME_PAIR, FRAME_OPEN]);
    expect(bench.exchange.channel(ROLE_PATIENT).isOpen).toBe(true);
  });

  test("a command in one role ends the sessions of the other roles", () => {
    const bench = new Bench();
    bench.command();
    bench.exchange.command(ROLE_OBSERVER, COMMAND_INTERROGATE, NOTHING);
    bench.run();
    expect([bench.exchange.clinician.isOpen, bench.exchange.observer.isOpen]).toEqual([false, true]);
  });

  test("sequences wrap from 65,535 to 1, and a repeat keeps its own", () => {
    const bench = new Bench();
    for (const options of [{ sequence: 0xffff }, {}, { sequence: 1 }]) bench.command(COMMAND_STOP, options);
    expect(bench.carriedOut.map(({ sequence }) => sequence)).toEqual([0xffff, 1, 1]);
  });

  test("a caller that numbers by itself is asked when the command is sealed, and once for all tries", () => {
    const asked: number[] = [];
    const bench = new Bench({}, () => asked.push(bench.sent.length) + 40);
    bench.hears = (n) => n !== 2;
    expect(bench.command().kind).toBe("answered");
    // Pairing and session came first.
    expect(asked).toEqual([2]);
    expect(bench.carriedOut.map(({ sequence }) => sequence)).toEqual([41]);
  });

  test("a role or a payload that no pump takes is refused before anything has changed", () => {
    const { exchange } = new Bench();
    expect(() => exchange.pair(9)).toThrow(RangeError);
    expect(() => exchange.command(ROLE_CLINICIAN, COMMAND_COMMIT, new Uint8Array(PAYLOAD_BYTES + 1))).toThrow(
      RangeError,
    );
    expect(exchange.isIdle).toBe(true);
  });

  test("frames that answer nothing change nothing", () => {
    const bench = new Bench({ refusal: "retry" });
    bench.says = (answer) => [{ ...answer, type: 99 }, { ...answer, body: new Uint8Array(0) }, answer];
    expect(bench.command().kind).toBe("answered");
    expect(bench.types()).toEqual([FRAME_PAIR, FRAME_OPEN, FRAME_SEALED]);
  });
});

test("a reply under another number is no answer", () => {
  const bench = new Bench();
  bench.reply = () => {
    bench.exchange.sequence++;
    return [OUTCOME_ACCEPTED];
  };
  expect(bench.command()).toEqual({ kind: "unanswered" });
});

test("nothing is taken when nothing is asked", () => {
  const bench = new Bench();
  const answers: Frame[] = [];
  bench.says = (answer) => (answers.push(answer), [answer]);
  expect(bench.command().kind).toBe("answered");
  for (const answer of answers) expect(bench.exchange.take(answer, 0)).toBeNull();
  expect([bench.exchange.expire(Infinity), bench.exchange.isIdle]).toEqual([null, true]);
});

describe("no answer", () => {
  test("a frame is sent as often as the policy says, each try after the wait of the one before", () => {
    const bench = new Bench({ wait: (attempt) => WAIT * 2 ** attempt });
    bench.hears = () => false;
    expect(bench.command()).toEqual({ kind: "unanswered" });
    expect(bench.sent.map(({ at }) => at)).toEqual([0, 10, 30]);
    expect([bench.now, bench.exchange.sent]).toEqual([70, false]);
  });

  test.each([
    [false, [FRAME_PAIR, FRAME_PAIR, FRAME_OPEN, FRAME_OPEN, FRAME_SEALED]],
    [true, [FRAME_PAIR, FRAME_PAIR, FRAME_OPEN, FRAME_OPEN, ...times(3, FRAME_SEALED)]],
  ])("pairing, session and command have tries of their own (%s)", (triesEach, types) => {
    const bench = new Bench({ triesEach });
    bench.hears = (n) => n === 1 || n === 3;
    expect(bench.command()).toEqual({ kind: "unanswered" });
    expect(bench.types()).toEqual(types);
    expect([bench.exchange.sent, bench.exchange.unanswered]).toEqual([true, true]);
  });

  test.each([
    [false, [FRAME_SEALED, FRAME_SEALED]],
    [true, [FRAME_SEALED, FRAME_OPEN, FRAME_SEALED]],
  ])("a command is repeated under its number, in a new session (%s)", (freshSession, types) => {
    const bench = new Bench({ freshSession });
    bench.says = (answer, n) => (n === 2 ? [] : [answer]);
    expect(bench.command().kind).toBe("answered");
    expect(bench.types().slice(2)).toEqual(types);
    expect(bench.carriedOut.map(({ sequence }) => sequence)).toEqual([1, 1]);
  });

  test.each([
    [false, 3],
    [true, 1],
  ])("three tries to pair, with one key for all (%s), use %d keys", (onePairingKey, keys) => {
    const bench = new Bench({ onePairingKey });
    bench.hears = () => false;
    bench.command();
    expect(new Set(bench.sent.map(({ body }) => Buffer.from(body).toString("hex"))).size).toBe(keys);
  });

  test("SEC-1: with one key, the answer to an earlier request that comes late replaces the pairing, as it does at the pump", () => {
    const bench = new Bench({ onePairingKey: true });
    const late: Frame[] = [];
    bench.says = (answer, n) => (n === 0 ? (late.push(answer), []) : [...late.splice(0), answer]);
    bench.exchange.pair(ROLE_CLINICIAN);
    expect(bench.run()).toEqual({ kind: "paired" });
    // Later answers are waited for as long as the try may take, and the secret is wiped then.
    expect(bench.now).toBe(2 * WAIT);
    expect([...bench.exchange.clinician.secret]).toEqual([...new Uint8Array(32)]);
    expect(bench.command().kind).toBe("answered");
  });
});

describe("refusals", () => {
  test("a refused session ends the exchange with the pump's outcome", () => {
    const bench = new Bench();
    bench.exchange.clinician.resume({ id: 5, role: ROLE_CLINICIAN, key: new Uint8Array(16) });
    expect(bench.command()).toEqual({ kind: "refused", outcome: OUTCOME_NOT_PAIRED });
    expect(bench.types()).toEqual([FRAME_OPEN]);
  });

  test.each([
    ["ignore", "answered", 3 + 1],
    ["end", "refused", 3],
    ["retry", "answered", 3 + 1],
  ] as const)(
    "with the policy %s, a command that is refused in the clear is %s after %d frames",
    (refusal, kind, frames) => {
      const bench = new Bench({ refusal });
      bench.says = (answer, n) => [n === 2 ? refused(bench, OUTCOME_MALFORMED) : answer];
      expect(bench.command().kind).toBe(kind);
      expect(bench.types()).toHaveLength(frames);
      expect(bench.now).toBe(refusal === "ignore" ? WAIT : 0);
      expect(bench.exchange.refusedWith).toBe(refusal === "retry" ? OUTCOME_MALFORMED : NOT_REFUSED);
    },
  );

  test.each(["ignore", "end"] as const)(
    "with the policy %s, the wait goes on after a pairing or a session is refused in the clear",
    (refusal) => {
      const bench = new Bench({ refusal });
      bench.says = (answer, n) => (n < 2 ? [refused(bench, OUTCOME_MALFORMED), answer] : [answer]);
      expect(bench.command().kind).toBe("answered");
      expect(bench.types()).toEqual([FRAME_PAIR, FRAME_OPEN, FRAME_SEALED]);
    },
  );

  test("a pump that has forgotten the session is asked for a new one at once, as often as the policy says", () => {
    const bench = new Bench({ reopenings: 2, refusal: "end" });
    bench.says = (answer) => [answer.type === (FRAME_SEALED | REPLY) ? refused(bench, OUTCOME_NO_SESSION) : answer];
    expect(bench.command()).toEqual({ kind: "refused", outcome: OUTCOME_NO_SESSION });
    expect(bench.types()).toEqual([FRAME_PAIR, ...[1, 2, 3].flatMap(() => [FRAME_OPEN, FRAME_SEALED])]);
    expect([bench.now, bench.exchange.clinician.isOpen]).toEqual([0, false]);
  });

  test("a session that is opened anew counts as a try", () => {
    const bench = new Bench({ tries: 2, reopenings: 1 });
    bench.says = (answer, n) => (n === 2 ? [refused(bench, OUTCOME_NO_SESSION)] : n > 2 ? [] : [answer]);
    expect(bench.command()).toEqual({ kind: "unanswered" });
    expect(bench.types()).toEqual([FRAME_PAIR, FRAME_OPEN, FRAME_SEALED, FRAME_OPEN]);
  });

  test("LNK-3: a try that was refused as a replay had a twin, which was perhaps carried out", () => {
    const bench = new Bench({ refusal: "retry" });
    bench.says = (answer, n) => [n < 2 ? answer : refused(bench, OUTCOME_REPLAY)];
    expect(bench.command()).toEqual({ kind: "unanswered" });
    expect([bench.exchange.unanswered, bench.exchange.refusedWith]).toEqual([true, OUTCOME_REPLAY]);
  });

  test("SEC-5: an answer in the clear with another echo is another frame's, and the wait goes on", () => {
    const bench = new Bench();
    const strange = (answer: Frame): Frame => {
      const body = Uint8Array.from(answer.body);
      body[1] ^= 1;
      return { ...answer, body };
    };
    bench.says = (answer, n) => {
      const isClear = answer.type !== (FRAME_SEALED | REPLY);
      const foreign = isClear ? strange(answer) : strange(refused(bench, OUTCOME_NO_SESSION));
      return n < 3 ? [foreign, answer] : [answer];
    };
    expect(bench.command()).toMatchObject({ kind: "answered" });
    expect(bench.types()).toEqual([FRAME_PAIR, FRAME_OPEN, FRAME_SEALED]);
  });

  test("LNK-3: once the command was sent, a refused session does not say what became of it", () => {
    const bench = new Bench({ refusal: "retry", freshSession: true });
    bench.says = (answer, n) => {
      if (n === 2) return [];
      return [n < 2 ? answer : { ...answer, body: Uint8Array.of(OUTCOME_NOT_PAIRED, ...answer.body.subarray(1, 3)) }];
    };
    expect(bench.command()).toEqual({ kind: "unanswered" });
    expect(bench.types()).toEqual([FRAME_PAIR, FRAME_OPEN, FRAME_SEALED, FRAME_OPEN, FRAME_OPEN]);
    expect([bench.exchange.sent, bench.exchange.refusedWith]).toEqual([true, OUTCOME_NOT_PAIRED]);
  });
});

describe("a pump that is busy", () => {
  const busyFor = (answers: number) => {
    const bench = new Bench({ busyTries: 3, busyWait: 4 });
    bench.reply = () => [bench.carriedOut.length <= answers ? OUTCOME_BUSY : OUTCOME_ACCEPTED];
    return bench;
  };

  test("is asked again after a rest, under a new number", () => {
    const bench = busyFor(2);
    expect(bench.command(COMMAND_STOP, { repeatsBusy: true })).toMatchObject({ reply: { payload: Uint8Array.of(0) } });
    expect(bench.carriedOut.map(({ sequence }) => sequence)).toEqual([1, 2, 3]);
    expect(bench.now).toBe(8);
  });

  test("is asked again as often as the policy says, in all commands together", () => {
    const bench = busyFor(Infinity);
    for (const tries of [4, 1]) {
      const before = bench.carriedOut.length;
      expect(bench.command(COMMAND_STOP, { repeatsBusy: true })).toMatchObject({
        reply: { payload: Uint8Array.of(OUTCOME_BUSY) },
      });
      expect(bench.carriedOut.length - before).toBe(tries);
    }
  });

  test("is asked for a new session again after the rest", () => {
    const bench = new Bench({ busyTries: 1, busyWait: 4, reopenings: 1 });
    bench.reply = () => [bench.carriedOut.length === 2 ? OUTCOME_BUSY : OUTCOME_ACCEPTED];
    bench.says = (answer, n) => [n === 2 || n === 5 ? refused(bench, OUTCOME_NO_SESSION) : answer];
    expect(bench.command(COMMAND_STOP, { repeatsBusy: true }).kind).toBe("answered");
    expect(bench.types().filter((type) => type === FRAME_OPEN)).toHaveLength(3);
  });

  test("ends a command that does not repeat", () => {
    expect(busyFor(Infinity).command()).toMatchObject({ reply: { payload: Uint8Array.of(OUTCOME_BUSY) } });
  });
});

test.each([0, 1, 2, 3, 4])("EMU-5: another exchange takes over the plain state of one after %d steps", (steps) => {
  const bench = new Bench();
  // The first session request is lost.
  const hears = (n: number) => n !== 1;
  bench.hears = hears;
  bench.exchange.command(ROLE_CLINICIAN, COMMAND_STOP, NOTHING);
  for (let i = 0; i < steps; i++) expect(bench.step()).toBeNull();
  const other = new Bench({}, undefined, bench.end);
  other.hears = hears;
  other.sent.push(...bench.sent);
  new StateView({ exchange: other.exchange }).restore(new StateView({ exchange: bench.exchange }).save());
  expect(other.run()).toMatchObject({ kind: "answered", reply: { sequence: 1 } });
  expect(other.types()).toEqual([FRAME_PAIR, FRAME_OPEN, FRAME_OPEN, FRAME_SEALED]);
});
