// The page docs/life-of-a-bolus.md follows a command of the golden conversation from its bytes to the last step of the rotor.
// Here the conversation is repeated, and every byte and every tick on that page is found in it.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { describeEvent } from "../emulator/machine/events";
import type { Machine } from "../emulator/machine/machine";
import { CAUSE_BASAL, CAUSE_PATIENT_BOLUS, CHANNEL_CAUSE } from "../hal/trace";
import { departed, say } from "./listen";
import { answerOf, bytes, type Exchange, pumpOfTheVectors, telemetryVectors } from "./telemetry/vector";

const root = join(import.meta.dirname, "..");
const page = readFileSync(join(root, "docs/life-of-a-bolus.md"), "utf8");
const blocks = [...page.matchAll(/^ *```\n([^]*?)^ *```$/gm)].map(([, block]) => block!);
const { exchanges } = telemetryVectors();
const at = exchanges.findIndex(({ name }) => name === "patient_bolus");
const exchange = exchanges[at]!;
const CAUSES = new Map([
  [CAUSE_PATIENT_BOLUS, "the patient bolus"],
  [CAUSE_BASAL, "basal"],
]);
/** The bolus lasts 30,000. */
const TICKS = 31_000;

/** The events from the arrival of the request on, a line each. */
function story(machine: Machine, { to, head, wait_ticks }: Exchange): string[] {
  machine.leap(wait_ticks);
  const { board } = machine;
  const lines: string[] = [];
  const first = machine.tick;
  const note = (what: string): unknown => lines.push(`tick ${machine.tick - first}: ${what}`);
  let { pulses, steps, rxBytes } = {
    pulses: board.motor.pulses,
    steps: board.motor.steps,
    rxBytes: board.link.rxBytes,
  };
  let delivered_nl = machine.signal("head.delivered_nl");
  const events: string[] = [];
  machine.listener = {
    event: (...traced) => {
      const { name, fields } = describeEvent(...traced)!;
      const words = Object.entries(fields).map(([field, value]) => `${field}=${value}`);
      events.push(["event", name, ...words].join(" "));
    },
    reset: () => note("reset"),
    ticked: () => {
      if (board.link.rxBytes > rxBytes) note(`${board.link.rxBytes - rxBytes} bytes to the pump`);
      if (board.motor.pulses > pulses) note(`pulse for ${CAUSES.get(board.trace.channels[CHANNEL_CAUSE]!)}`);
      const moved_nl = machine.signal("head.delivered_nl") - delivered_nl;
      if (board.motor.steps > steps) note(`step, ${moved_nl} nL leave the head`);
      for (const event of events.splice(0)) note(event);
      const answered = departed(board.link).length;
      if (answered > 0) note(`${answered} bytes from the pump`);
      ({ pulses, steps } = board.motor);
      rxBytes = board.link.rxBytes;
      delivered_nl += moved_nl;
    },
  };
  board.link.programmingHead = head;
  say(machine, bytes(to.air));
  for (let i = 0; i < TICKS; i++) machine.step();
  machine.listener = null;
  return lines;
}

test("every tick on the page of a bolus's life is one of the golden conversation, in that order", () => {
  const machine = pumpOfTheVectors();
  for (const { to, wait_ticks, head } of exchanges.slice(0, at)) answerOf(machine, bytes(to.air), wait_ticks, head);
  const lines = story(machine, exchange);
  const stated = blocks.flatMap((block) => block.split("\n")).filter((line) => line.startsWith("tick "));
  expect(stated.length).toBeGreaterThan(10);
  expect(stated.filter((line) => !lines.includes(line))).toEqual([]);
  expect(stated.map((line) => lines.indexOf(line))).toEqual(
    stated.map((line) => lines.indexOf(line)).sort((a, b) => a - b),
  );
  expect(lines.filter((line) => line.endsWith("pulse for the patient bolus"))).toHaveLength(20);
});

test("every byte on the page of a bolus's life is one of the golden exchange", () => {
  const known = [exchange.to, exchange.from!]
    .flatMap(({ air, sealing }) => [air, ...Object.values(sealing!)])
    .map(String);
  const shown = blocks
    .flatMap((block) => block.split("\n"))
    .map((line) => /^ *[a-z ]+? {2,}((?:[0-9a-f]{2} ?)+)$/.exec(line)?.[1]?.replaceAll(" ", ""))
    .filter((each) => each !== undefined);
  expect(shown).toHaveLength(7);
  expect(shown.filter((each) => !known.includes(each))).toEqual([]);
});
