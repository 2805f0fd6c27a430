// Floods of the link, and the clinician who has to stop the pump meanwhile: when the command is heard, and what counts as a flood.

import { describe, expect, test } from "vitest";
import { encodeFrame } from "../../emulator/telemetry/frame";
import { COMMAND_INTERROGATE, FLOOD_FRAMES_PER_MINUTE, FRAME_OPEN, FRAME_QUERY } from "../../hal/telemetry";
import { MINUTE, SECOND } from "../pump";
import { chance, copyOf, opened, order, send, Target } from "./air";
import { ticksUntilStopped } from "./flood-and-clinician";
import { floodsOn, type Flood } from "./floods";
import { bench } from "./orders";

const { pump, clinician } = bench();
const honest = clinician.seal(COMMAND_INTERROGATE, 1);
send(pump.machine, honest);
const target = new Target(pump);
const FLOODS = floodsOn(clinician, honest);
const query = encodeFrame(FRAME_QUERY, new Uint8Array(0));

/** The answer to a clinician whose frames share the line with a flood on two thirds of it, within 5 s. */
function stopUnder(flood: Flood, inSession: boolean): number | null {
  target.again();
  const attacked = { pump, clinician: copyOf(clinician), flood, part: 2 / 3, inSession, seed: 7 };
  return ticksUntilStopped(attacked, 5 * SECOND);
}

test.each(FLOODS)("SEC-3: a stop in the session in force is heard within 5 s under $name", (flood) => {
  expect(stopUnder(flood, true)).not.toBeNull();
  expect(pump.field("therapy.running")).toBe(0);
});

/** Openings prove nothing, so those of a flood and an honest one are the same to the pump. docs/telemetry.md says so. */
const OTHERS = FLOODS.filter(({ name }) => !/sessions$|of nobody$/.test(name));

test.each(OTHERS)("SEC-3: a clinician without a session opens one and is heard within 5 s under $name", (flood) => {
  expect(stopUnder(flood, false)).not.toBeNull();
});

describe("SEC-3: what counts as a flood", () => {
  /** The alarms after `minutes` in which `send` is called `perMinute` times, evenly. */
  function alarmsAfter(minutes: number, perMinute: number, act: (n: number) => void): string[] {
    target.again();
    const began = pump.machine.tick;
    for (let n = 0; n < minutes * perMinute; n++) {
      const due = began + Math.floor((n * MINUTE) / perMinute);
      if (due > pump.machine.tick) pump.machine.leap(due - pump.machine.tick);
      act(n);
    }
    pump.machine.run(SECOND);
    return pump.alarms();
  }
  const ask = (frame: Uint8Array) => void send(pump.machine, frame, { ticks: 4 });

  test.each([
    ["version queries", () => query],
    ["openings", (n: number) => encodeFrame(FRAME_OPEN, Uint8Array.of(0, ...chance(n, 16)))],
    ["frames of a session that is not", () => FLOODS[10].frame(1)],
  ])("%s at a few more than the number a minute raise `security`, though most come in pauses", (_, frame) => {
    expect(alarmsAfter(2, FLOOD_FRAMES_PER_MINUTE + 5, (n) => ask(frame(n)))).toContain("security");
  });

  test("at six sevenths of the number a minute and below no alarm comes, however long it goes on", () => {
    expect(alarmsAfter(15, Math.floor((FLOOD_FRAMES_PER_MINUTE * 6) / 7), () => ask(query))).toEqual([]);
  });

  test("a programmer who asks for the version, opens a session and interrogates each second raises nothing", () => {
    const channel = copyOf(clinician);
    const poll = (n: number) => {
      ask(query);
      expect(order(pump, opened(pump, channel, n), COMMAND_INTERROGATE)).not.toBeNull();
    };
    expect(alarmsAfter(10, 60, poll)).toEqual([]);
  });

  test("noise of any amount is no frame, and raises nothing", () => {
    expect(alarmsAfter(2, 5 * FLOOD_FRAMES_PER_MINUTE, (n) => ask(chance(n, 60)))).toEqual([]);
  });
});
