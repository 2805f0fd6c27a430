// Floods of the link, and the clinician who has to stop the pump meanwhile: when the command is heard, and what counts as a flood.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { encodeFrame } from "../../emulator/telemetry/frame";
import { COMMAND_INTERROGATE, FLOOD_FRAMES_PER_MINUTE, FRAME_OPEN, FRAME_QUERY } from "../../hal/telemetry";
import { MINUTE, SECOND } from "../pump";
import { chance, copyOf, opened, order, send, Target } from "./air";
import { RETRY_TICKS, ticksUntilStopped } from "./flood-and-clinician";
import { floodsOn, type Flood } from "./floods";
import { bench } from "./orders";

const { pump, clinician } = bench();
const honest = clinician.seal(COMMAND_INTERROGATE, 1);
send(pump.machine, honest);
const target = new Target(pump);
const FLOODS = floodsOn(clinician, honest);
const query = encodeFrame(FRAME_QUERY, new Uint8Array(0));

/**
 * The ticks until the pump acknowledges a stop to a clinician whose frames share the line with a flood; null for none in 5 s, in which
 * the clinician tries ten times.
 */
function ticksUnder(flood: Flood, part: number, inSession: boolean): number | null {
  target.again();
  const ticks = ticksUntilStopped({ pump, clinician: copyOf(clinician), flood, part, inSession, seed: 7 }, 5 * SECOND);
  return ticks === null ? null : ticks + 1;
}

// The bounds stand in docs/telemetry.md, in ms of 10 to a tick. Each is of the first try.
test.each(FLOODS)("SEC-3: a stop in the session in force is heard at its first try under $name", (flood) => {
  expect(ticksUnder(flood, 2 / 3, true)).toBeLessThanOrEqual(2);
  expect(pump.field("therapy.running")).toBe(0);
  expect(ticksUnder(flood, 1, true)).toBeLessThanOrEqual(4);
  expect(pump.field("therapy.running")).toBe(0);
});

/** Openings prove nothing, so those of a flood and an honest one are the same to the pump. docs/telemetry.md says so. */
const OTHERS = FLOODS.filter(({ name }) => !/sessions$|of nobody$/.test(name));

test.each(OTHERS)(
  "SEC-3: a clinician without a session opens one and is heard at the first try under $name",
  (flood) => {
    expect(ticksUnder(flood, 2 / 3, false)).toBeLessThanOrEqual(3);
    const lost = flood.name === "the longest frames" ? RETRY_TICKS : 0;
    const ticks = ticksUnder(flood, 1, false);
    expect(ticks).toBeGreaterThan(lost);
    expect(ticks).toBeLessThanOrEqual(lost + 9);
  },
);

test.each(FLOODS.filter((flood) => !OTHERS.includes(flood)))(
  "SEC-3: a clinician without a session is not heard within 5 s under $name, as docs/telemetry.md says",
  (flood) => expect(ticksUnder(flood, 2 / 3, false)).toBeNull(),
);

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

  test("docs/telemetry.md has the number", () => {
    const page = readFileSync(join(import.meta.dirname, "..", "..", "docs", "telemetry.md"), "utf8");
    expect(page).toContain(
      `**More than ${FLOOD_FRAMES_PER_MINUTE} frames that prove no key, in a minute, are a flood**`,
    );
    expect(page).toContain(`up to ${Math.floor((FLOOD_FRAMES_PER_MINUTE * 6) / 7)} a minute never raise it`);
  });

  test("noise of any amount is no frame, and raises nothing", () => {
    expect(alarmsAfter(2, 5 * FLOOD_FRAMES_PER_MINUTE, (n) => ask(chance(n, 60)))).toEqual([]);
  });
});
