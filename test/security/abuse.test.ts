// An attacker who holds the line busy: what this costs the pump in work, in answers and in charge, what it does to therapy,
// how many tags can be tried, and how soon the next honest exchange comes through. Work is counted in calls of the hal and
// not in time.

import { beforeAll, describe, expect, test } from "vitest";
import { encodeFrame } from "../../emulator/telemetry/frame";
import { decodeLog, encodeReadLog } from "../../emulator/telemetry/messages";
import type { SecureChannel } from "../../emulator/telemetry/secure";
import type { Machine } from "../../emulator/machine/machine";
import { LINK_BYTES_PER_TICK } from "../../hal/link";
import {
  BACK_OFF_FREE,
  BACK_OFF_TICKS_MAX,
  COMMAND_INTERROGATE,
  COMMAND_PATIENT_BOLUS,
  COMMAND_READ_LOG,
  FRAME_OPEN,
  FRAME_QUERY,
  FRAME_REFUSED,
  OFFER_TRIES,
  OUTCOME_NO_SESSION,
  REPLY,
} from "../../hal/telemetry";
import { EVENT_ALARM_RAISED } from "../../hal/trace";
import { say } from "../listen";
import { DAY, HOUR, MINUTE, PROGRAM, Pump, SECOND } from "../pump";
import { chance, copyOf, forged, opened, order, own, send, Target, textOf } from "./air";
import { floodsOn, FORGERS_KEY, type Flood } from "./floods";
import { bench, ORDERS } from "./orders";

const { pump, clinician } = bench();
/** An authentic frame that was heard once, for replays. */
const honest = clinician.seal(COMMAND_INTERROGATE, 1);
send(pump.machine, honest);
const target = new Target(pump);

/** Calls of one port. */
type Calls = Record<string, number>;

/** Counts the calls of every port of a board, by port and by call. */
function metered(machine: Machine): { take: () => Calls; stop: () => void } {
  let calls: Calls = {};
  const { board } = machine;
  const parts = { motor: board.motor, link: board.link, nvm: board.nvm, crypto: board.crypto, guard: board.guard };
  const more = { clock: board.clock, battery: board.battery, sounder: board.sounder, reservoir: board.reservoir };
  const undo: (() => void)[] = [];
  for (const [name, part] of Object.entries({ ...parts, ...more })) {
    for (const method of portOf(part)) {
      const original = (part as unknown as Record<string, (...values: number[]) => unknown>)[method];
      const counted = (...values: number[]) => {
        calls[`${name}.${method}`] = (calls[`${name}.${method}`] ?? 0) + 1;
        return original.apply(part, values);
      };
      own(part as unknown as Record<string, unknown>, method, counted);
      undo.push(() => Reflect.deleteProperty(part, method));
    }
  }
  return {
    take: () => {
      const taken = calls;
      calls = {};
      return taken;
    },
    stop: () => undo.forEach((each) => each()),
  };
}

/** The calls that the firmware may make. The other calls of the link belong to the world. */
const PORTS: Record<string, string[]> = {
  VirtualLink: ["receive", "send", "headPresent"],
  VirtualCrypto: ["put", "get", "seal", "open", "agree", "derive", "random"],
  VirtualNvm: ["read", "write"],
};

function portOf(part: object): string[] {
  const { name } = part.constructor;
  if (PORTS[name]) return PORTS[name];
  const port = Object.getPrototypeOf(Object.getPrototypeOf(part)) as object;
  const own_ = Object.getOwnPropertyNames(Object.getPrototypeOf(part));
  const abstract = Object.getOwnPropertyNames(port);
  return own_.filter(
    (method) =>
      method !== "constructor" &&
      !abstract.includes(method) &&
      !/^(?:step|skip|endTick|drawCharge|quiet|see|dips|fails|jump|flip|restart|bites|toneTicks)$/.test(method),
  );
}

const total = (calls: Calls) => Object.values(calls).reduce((sum, count) => sum + count, 0);
const operations = (calls: Calls) =>
  ["seal", "open", "agree", "derive"].reduce((sum, call) => sum + (calls[`crypto.${call}`] ?? 0), 0);

const FLOODS = floodsOn(clinician, honest);
const key = FORGERS_KEY;

/** The line full of a flood for `ticks`; what the worst tick and all of them cost. */
function flood(machine: Machine, { head, frame }: Flood, ticks: number, each: (calls: Calls) => void): void {
  const meter = metered(machine);
  const { link } = machine.board;
  link.programmingHead = head;
  let waiting: number[] = [];
  let n = 0;
  for (let tick = 0; tick < ticks; tick++) {
    while (waiting.length < LINK_BYTES_PER_TICK) waiting.push(...frame(n++));
    say(machine, waiting.slice(0, LINK_BYTES_PER_TICK));
    waiting = waiting.slice(LINK_BYTES_PER_TICK);
    machine.step();
    each(meter.take());
  }
  meter.stop();
  // A frame that was cut off ends here, and not with the next honest frame.
  link.arrive(0);
  link.programmingHead = false;
}

/** Calls of the hal in the dearest tick of honest talk. */
let dearest = 0;
beforeAll(() => {
  for (const { kind, payload } of ORDERS) {
    target.again();
    const meter = metered(pump.machine);
    const channel = copyOf(clinician);
    pump.machine.board.link.programmingHead = true;
    say(pump.machine, channel.seal(kind, 5, payload));
    for (let tick = 0; tick < 6; tick++) {
      pump.machine.step();
      dearest = Math.max(dearest, total(meter.take()));
    }
    meter.stop();
  }
  pump.machine.board.link.programmingHead = false;
});

/** After the free ones each pause is twice the last: so many frames are heard in a time, and never more. */
const heardAtMost = (ticks: number) => BACK_OFF_FREE + 10 + Math.ceil(ticks / BACK_OFF_TICKS_MAX);
/** The floods whose frames are forgeries in the session in force. */
const TRIED = ["tags that are tried", "one frame replayed"];
/** So many sealed frames fit into the bytes of a tick. */
const TAGS_PER_TICK = Math.ceil(LINK_BYTES_PER_TICK / 27);
/** The longest answer to what proves nothing, that to a pairing, on the air. */
const ANSWER_BYTES = 41;
/** As the virtual board has them: a byte on the air, and the cell. */
const BYTE_UC = 20;
const CELL_UC = 7.2e9;

describe.each(FLOODS)("field SEC-19 (SEC-3): the line full of $name", (each) => {
  const ticks = MINUTE / 2;
  let worst = 0;
  let operationsMax = 0;
  let allOperations = 0;
  let sent = 0;
  beforeAll(() => {
    target.again();
    const before = pump.machine.board.link.txBytes;
    flood(pump.machine, each, ticks, (calls) => {
      worst = Math.max(worst, total(calls));
      operationsMax = Math.max(operationsMax, operations(calls));
      allOperations += operations(calls);
    });
    sent = pump.machine.board.link.txBytes - before;
  });

  test("costs in no tick more than the most expensive tick of an honest conversation", () => {
    expect(dearest).toBeGreaterThan(300);
    expect(worst).toBeLessThanOrEqual(dearest);
  });

  test("makes the crypto part work no more often than the back-off allows, or than the line can bring tags", () => {
    const { name } = each;
    const isTried = name === "tags that are tried";
    expect(operationsMax).toBeLessThanOrEqual(isTried ? TAGS_PER_TICK : 1);
    expect(allOperations).toBeLessThanOrEqual(isTried ? TAGS_PER_TICK * ticks : heardAtMost(ticks));
  });

  test("gets answers no more often than the back-off allows", () => {
    expect(sent).toBeLessThanOrEqual(ANSWER_BYTES * heardAtMost(ticks));
  });

  test("lets the next honest exchange through at its first try, one pause later", () => {
    pump.machine.run(BACK_OFF_TICKS_MAX + 20);
    expect(order(pump, opened(pump, copyOf(clinician), 71), COMMAND_INTERROGATE)?.payload[0]).toBe(0);
    expect([0, 1, 2, 3].map((kind) => pump.field(`session.backOff.failures[${kind}]`))).toEqual([0, 0, 0, 0]);
  });
});

describe("field SEC-20 (SEC-3): an attacker who guesses", () => {
  test("has no more of the 2^64 tags tried than the line can bring, in the session in force and in no other", () => {
    target.again();
    let tried = 0;
    const { crypto, link } = pump.machine.board;
    const { open } = crypto;
    own(crypto, "open", (...values) => {
      tried++;
      return open.apply(crypto, values);
    });
    const guesses = FLOODS.find(({ name }) => name === "tags that are tried")!;
    for (let n = 0; n < 2 * MINUTE; n++) {
      if (link.rxCount === 0) say(pump.machine, guesses.frame(n));
      pump.machine.step();
    }
    Reflect.deleteProperty(crypto, "open");
    expect(tried).toBeGreaterThan(15);
    expect(tried).toBeLessThanOrEqual(TAGS_PER_TICK * 2 * MINUTE);
    // A session lives on with authentic frames alone. At that rate 2^63 tags take 10^8 years and more.
    expect(2 ** 63 / (TAGS_PER_TICK * DAY * 365)).toBeGreaterThan(1e8);
  });

  test("has OFFER_TRIES tags tried in a pause for an offered session, and none after them", () => {
    target.again();
    let tried = 0;
    const { crypto } = pump.machine.board;
    const { open } = crypto;
    own(crypto, "open", (...values) => {
      tried++;
      return open.apply(crypto, values);
    });
    // Nine that lead nowhere: a pause of 64 ticks and more from here on.
    for (let n = 0; n < 9; n++)
      send(pump.machine, encodeFrame(FRAME_OPEN, Uint8Array.of(200, ...chance(n, 16))), { ticks: 130 });
    const [answer] = send(pump.machine, encodeFrame(FRAME_OPEN, Uint8Array.of(0, ...chance(1, 16))));
    const session = Buffer.from(answer.body).readUInt32LE(3);
    // The first ones that are refused bring a pause of their own kind.
    for (let n = 0; n < 2 * OFFER_TRIES; n++)
      send(pump.machine, forged({ key, session, counter: 1 + n, text: textOf(5, 1) }), { ticks: 1 });
    Reflect.deleteProperty(crypto, "open");
    expect(tried).toBeGreaterThan(OFFER_TRIES);
    expect(tried).toBeLessThanOrEqual(OFFER_TRIES + BACK_OFF_FREE + 10);
  });

  test("opens nothing with the number of a pairing, because the first sealed frame must prove the key", () => {
    for (let id = 0; id < 6; id++) {
      target.again();
      const from = pump.said.length;
      const [answer] = send(pump.machine, encodeFrame(FRAME_OPEN, Uint8Array.of(id, ...chance(id, 16))));
      if (answer.body.length === 3) continue;
      const session = Buffer.from(answer.body).readUInt32LE(3);
      const number = pump.field("session.number");
      for (const guess of [new Uint8Array(16), chance(id, 16), Uint8Array.from({ length: 16 }, () => id)]) {
        send(pump.machine, forged({ key: guess, session, counter: 1, text: textOf(5, 1) }), {
          head: true,
          ticks: MINUTE,
        });
      }
      expect(pump.field("session.number")).toBe(number);
      expect(pump.said.slice(from).filter(({ name }) => /^(?:stopped|session)/.test(name))).toEqual([]);
    }
  });
});

describe("field SEC-22 (SEC-3): abuse of the link", () => {
  test("takes less than a thousandth of the cell for the answers of a day of the worst flood", () => {
    expect(heardAtMost(DAY) * ANSWER_BYTES * BYTE_UC).toBeLessThan(CELL_UC / 1_000);
  });

  test("writes nothing to the memory with a refused frame, unlike a pairing or an offered session", () => {
    for (const each of FLOODS) {
      target.again();
      let writes = 0;
      // Too short for the alarm of a flood or of forgeries, which is stored.
      flood(pump.machine, each, TRIED.includes(each.name) ? 2 : 10, (calls) => (writes += calls["nvm.write"] ?? 0));
      const writing = ["pairings with the head", "half-open sessions"].includes(each.name);
      if (writing) expect(writes).toBeGreaterThan(0);
      else expect([each.name, writes]).toEqual([each.name, 0]);
    }
  });

  test("raises and logs an alarm with ten forgeries within an hour", () => {
    target.again();
    const from = pump.said.length;
    for (let n = 0; n < 12; n++) {
      const forgery = forged({ key, session: clinician.session, counter: 90 + n, text: textOf(5, 1) });
      send(pump.machine, forgery, { ticks: 12 * SECOND });
    }
    pump.machine.leap(2 * MINUTE);
    expect(pump.alarms()).toContain("security");
    expect(pump.said.slice(from)).toContainEqual(
      expect.objectContaining({ name: "alarm_raised", fields: expect.objectContaining({ alarm: "security" }) }),
    );
    const channel = opened(pump, copyOf(clinician), 72);
    const { payload } = order(pump, channel, COMMAND_READ_LOG, encodeReadLog(1, 1))!;
    expect(decodeLog(payload)?.map(({ code }) => code)).toContain(EVENT_ALARM_RAISED);
    expect(pump.field("telemetry.refused")).toBeGreaterThanOrEqual(12);
  });
});

describe("field SEC-14 (LNK-5): loss or abuse of the link leaves therapy unchanged", () => {
  /** The ticks of every pulse in six hours with a patient's bolus in it, while `abuse` goes on. */
  function pulses(abuse: (machine: Machine, minute: number) => void): number[] {
    const fresh = new Pump(PROGRAM).wait(HOUR);
    fresh.programmer.ask(COMMAND_PATIENT_BOLUS);
    const seen: number[] = [];
    let steps = fresh.machine.board.motor.pulses;
    const ticked = fresh.machine.listener!.ticked.bind(fresh.machine.listener);
    fresh.machine.listener!.ticked = () => {
      ticked();
      if (fresh.machine.board.motor.pulses !== steps) seen.push(fresh.machine.tick);
      steps = fresh.machine.board.motor.pulses;
    };
    for (let minute = 0; minute < 6 * 60; minute++) {
      const end = fresh.machine.tick + MINUTE;
      abuse(fresh.machine, minute);
      fresh.machine.leap(end - fresh.machine.tick);
    }
    fresh.assertInvariants();
    return seen;
  }
  let quiet: number[];
  beforeAll(() => (quiet = pulses(() => undefined)));

  test("in comparison with an undisturbed pump, which gives therapy", () => expect(quiet.length).toBeGreaterThan(75));

  test.each(FLOODS)("under a flood of $name", ({ head, frame }) => {
    const abused = pulses((machine, minute) => {
      machine.board.link.programmingHead = head;
      for (let n = 0; n < 4; n++) send(machine, frame(4 * minute + n), { head, ticks: 4 });
    });
    expect(abused).toEqual(quiet);
  });

  test.each(["drop", "duplicate", "flip", "delay", "babble"])("with %s on the link all the time", (fault) => {
    const parameter = fault === "delay" ? 30 : 0.3;
    const abused = pulses((machine, minute) => {
      if (minute === 0) machine.inject(`link.${fault}`, parameter);
      send(machine, encodeFrame(FRAME_QUERY, new Uint8Array(0)), { ticks: 4 });
    });
    expect(abused).toEqual(quiet);
  });

  test("when a programmer leaves in the middle of staging and its session times out", () => {
    const abused = pulses((machine, minute) => {
      if (minute % 30 === 0)
        send(machine, encodeFrame(FRAME_OPEN, Uint8Array.of(0, ...chance(minute, 16))), { ticks: 4 });
      if (minute % 30 === 1) send(machine, honest.subarray(0, 20), { ticks: 4 });
    });
    expect(abused).toEqual(quiet);
  });
});

test("LNK-5: a session without a command ends after ten minutes, and the next command is answered with that", () => {
  target.again();
  const channel: SecureChannel = copyOf(clinician);
  pump.machine.leap(9 * MINUTE);
  expect(order(pump, channel, COMMAND_INTERROGATE)).not.toBeNull();
  const from = pump.said.length;
  pump.machine.leap(11 * MINUTE);
  expect(pump.said.slice(from).map(({ name, fields }) => [name, fields["reason"]])).toEqual([
    ["session_closed", "time_out"],
  ]);
  const [answer] = send(pump.machine, channel.seal(COMMAND_INTERROGATE, 1));
  expect([answer.type, answer.body[0]]).toEqual([FRAME_REFUSED | REPLY, OUTCOME_NO_SESSION]);
  expect(pump.alarms()).toEqual([]);
});
