// INV-10, over generated hours of whatever somebody may put on the air: noise, frames of every type and length, sealed texts
// under keys that he made up, recorded frames as they were or altered, sessions asked for and not used, in any order, with any
// gaps, over time-outs and resets, while honest programmers ask for the status in between. Therapy, its orders and the world
// are those of a run in which nobody spoke; the firmware does not throw; and one pause later an honest exchange comes through.

import * as fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { decodeFrame, encodeFrame } from "../../emulator/telemetry/frame";
import { digestOf, encodeCommit, encodeRefill, stagePieces, words } from "../../emulator/telemetry/messages";
import type { SecureChannel } from "../../emulator/telemetry/secure";
import { referenceController, type ControllerFactory } from "../../emulator/machine/controller-host";
import type { Snapshot } from "../../emulator/machine/machine";
import type { PumpController } from "../../firmware/controller";
import { LOG_EVENTS_AT, RECORD_PROGRAM, recordAt, WINDOW_AT } from "../../firmware/layout";
import { LINK_BYTES_PER_TICK } from "../../hal/link";
import {
  BACK_OFF_FREE,
  BACK_OFF_TICKS_MAX,
  COMMAND_CLINICIAN_BOLUS,
  COMMAND_INTERROGATE,
  COMMAND_PATIENT_BOLUS,
  COMMAND_REFILL,
  COMMAND_SET_CLOCK,
  COMMAND_STAGE,
  COMMAND_STOP,
  FRAME_OPEN,
  FRAME_PAIR,
  FRAME_SEALED,
  ROLE_CLINICIAN,
  ROLE_PATIENT,
} from "../../hal/telemetry";
import { mutant, replace } from "../mutant";
import { runs } from "../effort";
import { HOUR, MINUTE, PROGRAM, Pump, SECOND } from "../pump";
import { Air, chance, copyOf, differences, forged, opened, order, paired, send, textOf } from "../security/air";
import { STAGED } from "../security/orders";

/** The link, its counts, and the charge and memory that it costs. Only these fields may differ. */
const MAY_DIFFER =
  /^(?:telemetry|session|store\.records|usage\.(?:unauthorised|last)\w*|log|board\.(?:link|trace|crypto|battery)|board\.nvm\.writes)\b/;
/** Enough attempts are an alarm, which sounds, and is kept. */
const ALARM_MAY_DIFFER = /^(?:alarms|board\.sounder|publisher)\b/;

type Act =
  | { do: "noise"; bytes: Uint8Array }
  | { do: "frame"; type: number; version: number; body: Uint8Array; head: boolean }
  | {
      do: "forge";
      session: number;
      counter: number;
      key: number;
      kind: number;
      payload: Uint8Array;
      direction: number;
      head: boolean;
    }
  | { do: "replay"; which: number; bend: "as it was" | "one bit" | "cut" | "two at once"; at: number; head: boolean }
  | { do: "reflect"; which: number }
  | { do: "open"; pairing: number }
  | { do: "status"; role: number }
  | { do: "wait"; ticks: number }
  | { do: "reset" };

const bytes = (max: number) => fc.uint8Array({ maxLength: max, size: "max" });
const kind = fc.oneof(fc.integer({ min: 2, max: 18 }), fc.nat(255));
const ACT: fc.Arbitrary<Act> = fc.oneof(
  fc.record({ do: fc.constant("noise" as const), bytes: fc.oneof(bytes(40), bytes(300)) }),
  fc.record({
    do: fc.constant("frame" as const),
    type: fc.oneof(fc.integer({ min: 1, max: 5 }), fc.nat(255)),
    version: fc.oneof({ arbitrary: fc.constant(2), weight: 4 }, { arbitrary: fc.nat(255), weight: 1 }),
    body: fc.oneof(bytes(115), fc.constant(new Uint8Array(17)), bytes(33)),
    head: fc.boolean(),
  }),
  fc.record({
    do: fc.constant("forge" as const),
    session: fc.integer({ min: -1, max: 3 }),
    counter: fc.oneof(fc.integer({ min: -2, max: 5 }), fc.nat()),
    key: fc.nat(3),
    kind,
    payload: fc.oneof(fc.constantFrom(words(50, 90), new Uint8Array(0), encodeCommit(digestOf(STAGED))), bytes(96)),
    direction: fc.oneof({ arbitrary: fc.constant(0), weight: 4 }, { arbitrary: fc.nat(255), weight: 1 }),
    head: fc.boolean(),
  }),
  fc.record({
    do: fc.constant("replay" as const),
    which: fc.nat(1_000),
    bend: fc.constantFrom(
      "as it was" as const,
      "as it was" as const,
      "one bit" as const,
      "cut" as const,
      "two at once" as const,
    ),
    at: fc.nat(1_000),
    head: fc.boolean(),
  }),
  fc.record({ do: fc.constant("reflect" as const), which: fc.nat(1_000) }),
  fc.record({ do: fc.constant("open" as const), pairing: fc.nat(7) }),
  fc.record({ do: fc.constant("status" as const), role: fc.constantFrom(ROLE_CLINICIAN, ROLE_PATIENT) }),
  fc.record({
    do: fc.constant("wait" as const),
    ticks: fc.oneof(
      fc.integer({ min: 1, max: 40 }),
      fc.integer({ min: 41, max: 1_500 }),
      fc.constantFrom(MINUTE, 9 * MINUTE, 11 * MINUTE),
    ),
  }),
  fc.constant({ do: "reset" as const }),
);

/** A frame comes in two ticks at most, and is answered in two. */
const ACT_TICKS = 6;
const RESET_TICKS = 30;

/** A pump that has heard every command that moves it, from a clinician and a patient; and somebody who recorded all of it. */
class Bench {
  readonly pump: Pump;
  private readonly start: Snapshot;
  private readonly recorded: { toPump: Uint8Array[]; fromPump: Uint8Array[] };
  private readonly honest: Record<number, SecureChannel>;
  private channels: Record<number, SecureChannel> = {};

  constructor(controller: ControllerFactory) {
    this.pump = new Pump(
      { ...PROGRAM, rate: 30_000, limits: [{ pulses: 2_000, window_min: 60 }] },
      {},
      true,
      controller,
    );
    const { pump } = this;
    pump.machine.leap(HOUR);
    const air = new Air(pump.machine);
    const patient = opened(pump, paired(pump, ROLE_PATIENT));
    order(pump, patient, COMMAND_PATIENT_BOLUS, undefined, { head: false });
    pump.machine.leap(20 * MINUTE);
    const clinician = opened(pump, paired(pump, ROLE_CLINICIAN));
    const heard: [number, Uint8Array?][] = [
      [COMMAND_INTERROGATE],
      [COMMAND_CLINICIAN_BOLUS, words(30, 60)],
      [COMMAND_SET_CLOCK, words(90_000)],
      [COMMAND_REFILL, encodeRefill(true, 71_000, 72_000)],
      [COMMAND_STAGE, stagePieces(STAGED)[0]],
    ];
    heard.forEach(([each, payload], i) => order(pump, clinician, each, payload, { sequence: i + 1 }));
    pump.machine.leap(5 * MINUTE);
    this.recorded = {
      toPump: air.frames(true).map((each) => each.bytes),
      fromPump: air.frames(false).map((each) => each.bytes),
    };
    this.honest = { [ROLE_CLINICIAN]: copyOf(clinician), [ROLE_PATIENT]: copyOf(patient) };
    pump.machine.listener = null;
    this.start = pump.machine.snapshot();
  }

  /** The moment after these acts; with `quiet`, after the same time and resets alone. */
  after(acts: Act[], quiet: boolean): Snapshot {
    const { machine } = this.pump;
    machine.restore(this.start);
    this.channels = {
      [ROLE_CLINICIAN]: copyOf(this.honest[ROLE_CLINICIAN]),
      [ROLE_PATIENT]: copyOf(this.honest[ROLE_PATIENT]),
    };
    for (const act of acts) {
      if (act.do === "wait") machine.leap(act.ticks);
      else if (act.do === "reset") {
        machine.inject("reset");
        machine.run(RESET_TICKS);
      } else this.speak(act, quiet);
    }
    return machine.snapshot();
  }

  private speak(act: Act, quiet: boolean): void {
    const { machine } = this.pump;
    const heads = "head" in act && act.head;
    if (act.do === "status") {
      const channel = this.channels[act.role];
      const frame = channel.seal(COMMAND_INTERROGATE, 9);
      send(machine, quiet ? [] : frame, { ticks: ACT_TICKS });
      const [answer] = send(machine, quiet ? [] : channel.openRequest(chance(act.role, 16)), { ticks: ACT_TICKS });
      if (answer) channel.takeOpen(answer);
      return;
    }
    const said = this.bytesOf(act);
    const ticks = ACT_TICKS + Math.ceil(said.length / LINK_BYTES_PER_TICK);
    // A pairing with the head in place is no forgery.
    const pairs = decodeFrame(said.subarray(1, -1))?.type === FRAME_PAIR;
    send(machine, quiet ? [] : said, { head: heads && !pairs, ticks });
  }

  private bytesOf(act: Act): Uint8Array {
    switch (act.do) {
      case "noise":
        return act.bytes;
      case "frame":
        return encodeFrame(act.type, act.body, act.version);
      case "forge":
        return this.forge(act);
      case "replay":
        return this.altered(act);
      case "reflect":
        return this.recorded.fromPump[act.which % this.recorded.fromPump.length];
      case "open":
        return encodeFrame(FRAME_OPEN, Uint8Array.of(act.pairing, ...chance(act.pairing, 16)));
      default:
        return new Uint8Array(0);
    }
  }

  private forge({
    session,
    counter,
    key,
    kind: command,
    payload,
    direction,
  }: Extract<Act, { do: "forge" }>): Uint8Array {
    const { [ROLE_CLINICIAN]: clinician, [ROLE_PATIENT]: patient } = this.honest;
    // Of these only the session's own key would be right, and nobody else has it.
    const keys = [chance(1, 16), new Uint8Array(16), clinician.key, patient.sessionKey];
    const number = Math.max(0, clinician.session + session);
    const text = textOf(command, 3, payload);
    return forged({
      key: keys[key],
      session: number,
      counter: Math.max(0, clinician.counter + counter) & 0x7fffffff,
      text,
      direction,
    });
  }

  private altered({ which, bend, at }: Extract<Act, { do: "replay" }>): Uint8Array {
    const frame = this.recorded.toPump[which % this.recorded.toPump.length];
    const place = 1 + (at % (frame.length - 2));
    if (bend === "one bit") return frame.map((byte, i) => (i === place ? byte ^ (1 << (at & 7)) : byte));
    if (bend === "cut") return Uint8Array.of(...frame.subarray(0, place), 0);
    return bend === "two at once" ? Uint8Array.of(...frame, ...frame) : frame;
  }

  /** The fields that differ from the quiet run and may not. */
  wrong(acts: Act[]): string[] {
    const { machine } = this.pump;
    const quiet = this.after(acts, true);
    const spoken = this.after(acts, false);
    const alarmed = this.pump.alarms().includes("security");
    const changed = differences(machine, spoken, quiet).filter((path) => !MAY_DIFFER.test(path));
    const memory = changed.includes("board.nvm.bytes") ? this.changedMemory(spoken, quiet) : [];
    return [
      ...changed.filter((path) => path !== "board.nvm.bytes" && !(alarmed && ALARM_MAY_DIFFER.test(path))),
      ...memory,
    ];
  }

  /** Program, time and windows to the byte; ledger, chart and log say it by what is loaded from them. */
  private changedMemory(one: Snapshot, other: Snapshot): string[] {
    const at = this.pump.machine.symbols.paths().indexOf("board.nvm.bytes") - one.machine.scalars.length;
    const [a, b] = [one, other].map((each) => each.machine.arrays[at] as Uint8Array);
    const regions: [string, number, number][] = [
      ["program", recordAt(RECORD_PROGRAM), LOG_EVENTS_AT],
      ["windows", WINDOW_AT, a.length],
    ];
    return regions
      .filter(([, from, to]) => Buffer.compare(a.subarray(from, to), b.subarray(from, to)) !== 0)
      .map(([name]) => `nvm: ${name}`);
  }

  /** One pause later an honest programmer's first try comes through. */
  hears(): boolean {
    const { pump } = this;
    pump.machine.board.link.arrive(0);
    pump.machine.run(BACK_OFF_TICKS_MAX + SECOND / 5);
    const channel = copyOf(this.honest[ROLE_CLINICIAN]);
    return order(pump, opened(pump, channel, 99), COMMAND_INTERROGATE)?.payload[0] === 0;
  }
}

const HOURS = fc.array(ACT, { minLength: 1, maxLength: 24, size: "max" });

describe("INV-10 (SEC-2, LNK-1, LNK-5): frames that are not authentic, fresh and in range", () => {
  let bench: Bench;
  beforeAll(() => {
    bench = new Bench(referenceController);
  });

  test("law: change nothing but counters, and one pause later an honest exchange comes through", () => {
    fc.assert(
      fc.property(HOURS, (acts) => {
        expect(bench.wrong(acts)).toEqual([]);
        expect(bench.hears()).toBe(true);
      }),
      { numRuns: runs(3_000) },
    );
  });

  test("are compared at a pump that carries out an honest order", () => {
    const quiet = bench.after([], true);
    const { pump } = bench;
    const channel = opened(pump, paired(pump, ROLE_CLINICIAN, 8), 8);
    order(pump, channel, COMMAND_STOP);
    const changed = differences(pump.machine, pump.machine.snapshot(), quiet);
    expect(changed.filter((path) => !MAY_DIFFER.test(path))).toContain("therapy.running.value");
  });
});

/** Controllers that are wrong about who speaks, and the law that finds them. */
const WRONG: [string, (controller: PumpController) => void][] = [
  [
    "does not look at the tag",
    ({ hal, session }) => {
      // The ports that a controller gets are fixed, so the session gets a hal of its own.
      const crypto = Object.create(hal.crypto, { open: { value: () => true } }) as typeof hal.crypto;
      session.core.hal = Object.create(hal, { crypto: { value: crypto } }) as typeof hal;
    },
  ],
  ["takes a frame twice", ({ session }) => replace(session.counter, "get", () => 0)],
  [
    "ends no pause once it began",
    ({ session }) => {
      const { backOff } = session;
      replace(backOff, "isPaused", (kind) => backOff.failures.get(kind) > BACK_OFF_FREE);
    },
  ],
  [
    "trips over a sealed frame that is too short",
    ({ telemetry }) => {
      const { refuse } = telemetry;
      replace(telemetry, "refuse", (outcome) => {
        if (telemetry.hasFrame && telemetry.frame[1] === FRAME_SEALED && telemetry.frameLength < 10)
          throw new RangeError();
        refuse.call(telemetry, outcome);
      });
    },
  ],
];

describe("PRP-2: the law finds a controller that", () => {
  test.each(WRONG)("%s", (name, damage) => {
    const bench = new Bench(mutant(name, damage));
    const law = fc.property(HOURS, (acts) => bench.wrong(acts).length === 0 && bench.hears());
    expect(fc.check(law, { numRuns: 500 }).failed).toBe(true);
  });
});
