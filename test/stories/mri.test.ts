// Half an hour in a scanner, then a gear that binds for eight hours more, and interference while the alarm sounds. The stall
// is found at the programmed pace and ends by itself; nothing that reaches the receiver makes motor or sounder wait, and the
// first reading of the log afterwards tells all of it.

import { describe, expect, test } from "vitest";
import { encodeProgram, stagePieces } from "../../emulator/telemetry/messages";
import { describeEvent } from "../../emulator/machine/events";
import { COMMAND_INTERROGATE, COMMAND_STAGE, COMMAND_START, LOG_EVENTS, LOG_FAULTS } from "../../hal/telemetry";
import { TONE_DUAL } from "../../hal/sounder";
import { departed, say } from "../listen";
import { collectPumps, HOUR, MINUTE, PROGRAM, Pump } from "../pump";
import { statesHarms } from "./stated-harms";

collectPumps();

const SCAN = 30 * MINUTE;
const BIND = 8 * HOUR;
/** Longer than from one tone to the next. */
const NOISE = 15 * MINUTE;
/** Of a critical alarm. */
const TONE_TICKS = 300;
/** A proof is overdue after half a second. */
const PROOF = 50;
const RATE_TICKS_PER_PULSE = 216_000_000;

/** In the field and out of it, with a gear that binds; `disturb`, in an open session, when the alarm sounds once more. */
class Scan {
  readonly pump: Pump;
  readonly began: number;
  /** Ticks in which a pulse began; in which the sounder changed, and to what. */
  readonly pulses: number[] = [];
  readonly tones: [number, number][] = [];
  /** In which the rotor turned. */
  readonly steps: number[] = [];

  constructor(rate: number, disturb?: (pump: Pump, wait: (ticks: number) => void) => void) {
    this.pump = new Pump({ rate, bolus: null, limits: [{ pulses: 4_000, window_min: 60 }] }).wait(2 * HOUR);
    const { machine } = this.pump;
    this.began = machine.tick;
    machine.inject("mri_field");
    this.follow(SCAN);
    machine.release("mri_field");
    machine.inject("motor_stall");
    const bound = this.began + SCAN + BIND;
    const sounds = () => this.tones.filter(([, tone]) => tone === TONE_DUAL).length;
    for (const heard = sounds(); sounds() === heard;) this.follow(1);
    if (disturb) {
      this.pump.programmer.ask(COMMAND_INTERROGATE);
      disturb(this.pump, (ticks) => this.follow(ticks));
    }
    this.follow(NOISE);
    machine.release("link.babble");
    this.follow(bound - machine.tick);
    machine.release("motor_stall");
    this.follow(3 * HOUR);
    this.pump.assertInvariants();
  }

  private follow(ticks: number): void {
    const { machine } = this.pump;
    const { motor, sounder } = machine.board;
    for (const end = machine.tick + ticks; machine.tick < end;) {
      const [pulses, steps, tone] = [motor.pulses, motor.steps, sounder.tone];
      machine.hop(end - machine.tick);
      if (motor.pulses > pulses) this.pulses.push(machine.tick);
      if (motor.steps > steps) this.steps.push(machine.tick);
      if (sounder.tone !== tone) this.tones.push([machine.tick, sounder.tone]);
      // The listener has gone.
      departed(machine.board.link);
    }
  }
}

describe.each([
  ["2 uL/h", 4_800],
  ["0.5 mL/day", 50_000],
  ["5 mL/day", 500_000],
])("T8: a pump at %s that is scanned while its gear binds", (_, rate) => {
  const every = RATE_TICKS_PER_PULSE / rate;
  const { pump, began, pulses, steps } = new Scan(rate);

  test("MOT-2: finds the stall with the eighth pulse that showed no motion", () => {
    const found = pump.heard("alarm_raised", { alarm: "motor_stall" });
    expect(found).toHaveLength(1);
    expect(found[0].tick - began).toBeGreaterThan(7 * every);
    expect(found[0].tick - began).toBeLessThanOrEqual(8 * every + PROOF + 1);
  });

  test("MOT-6: recovers by itself at the fourth proof of motion, and goes on as programmed", () => {
    const freed = began + SCAN + BIND;
    const [recovered] = pump.heard("stall_recovered");
    expect(pump.heard("alarm_cleared", { alarm: "motor_stall" }).map(({ tick }) => tick)).toEqual([recovered.tick]);
    expect(recovered.tick).toBeGreaterThan(freed);
    expect(steps.filter((tick) => tick > freed && tick <= recovered.tick + 1)).toHaveLength(4);
    // Every fourth pulse is tried while the rotor is stalled; three more after the first that shows.
    const gaps = pulses.slice(1).map((tick, i) => tick - pulses[i]);
    expect(Math.max(...gaps)).toBeLessThanOrEqual(4 * every + 1);
    expect(recovered.tick - freed).toBeLessThanOrEqual((4 + 3) * every + PROOF);
    expect([pump.alarms(), pump.heard("stopped")]).toEqual([[], []]);
    const before = pump.machine.world.delivered_nl;
    pump.wait(HOUR);
    expect(Math.abs((pump.machine.world.delivered_nl - before) / 250 - HOUR / every)).toBeLessThanOrEqual(1);
  });

  test("LOG-1: has what happened and when in its log, which is read once and without an interrogation before", () => {
    const since = pump.said.filter(({ tick, name }) => tick >= began && !/^link|^session/.test(name));
    const events = since.map(({ tick, name, fields }) => ({ minute: Math.floor(tick / MINUTE), name, fields }));
    expect(events.map(({ name }) => name)).toEqual([
      "stall_detected",
      "alarm_raised",
      ...(events.some(({ name }) => name === "self_test") ? ["self_test"] : []),
      "stall_recovered",
      "alarm_cleared",
    ]);
    for (const ring of [LOG_EVENTS, LOG_FAULTS]) {
      const entries = pump.programmer.readLog(ring)!;
      const all = entries.map(({ minute, code, a, b }) => ({ minute, ...describeEvent(code, a, b, 0)! }));
      expect(all.filter(({ name }) => !name.startsWith("session")).slice(-events.length)).toEqual(events);
    }
  });
});

describe("T8: noise in the receiver while the alarm sounds", () => {
  const quiet = new Scan(50_000, () => undefined);

  test.each<[string, (pump: Pump, wait: (ticks: number) => void) => void]>([
    ["a byte of noise in every tick", (pump) => pump.machine.inject("link.babble", 1)],
    ["a byte of noise now and then", (pump) => pump.machine.inject("link.babble", 0.01)],
    [
      "the first half of a frame",
      (pump) => say(pump.machine, pump.programmer.sealed(COMMAND_INTERROGATE, 7).subarray(0, 5)),
    ],
    ["a frame that never ends", (pump) => say(pump.machine, new Uint8Array(400).fill(0x55))],
    ["an interrogation to which nobody listens", (pump) => pump.say(COMMAND_INTERROGATE, 7)],
    [
      "an interrogation in the tick in which the tone ends",
      (pump, wait) => {
        wait(TONE_TICKS - 1);
        pump.say(COMMAND_INTERROGATE, 7);
      },
    ],
    ["a clinician's start from outside the room", (pump) => pump.say(COMMAND_START, 7)],
    [
      "a programming head left in place, and a program that is staged and forgotten",
      (pump) => {
        pump.machine.board.link.programmingHead = true;
        stagePieces(encodeProgram({ ...PROGRAM, mode: "stopped", rate: 0, bolus: null })).forEach((piece, i) =>
          pump.say(COMMAND_STAGE, 7 + i, piece),
        );
      },
    ],
  ])("MOT-6, ALM-3: in the form of %s changes neither motor nor sounder by a tick", (_, disturb) => {
    const scan = new Scan(50_000, disturb);
    expect(scan.pump.machine.signal("link.rx_bytes")).toBeGreaterThan(quiet.pump.machine.signal("link.rx_bytes"));
    expect(scan.pulses).toEqual(quiet.pulses);
    expect(scan.tones).toEqual(quiet.tones);
    expect(scan.pump.machine.world.byCause_nl).toEqual(quiet.pump.machine.world.byCause_nl);
  });
});

statesHarms({});
