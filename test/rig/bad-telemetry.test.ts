// Telemetry over a bad cable, pump and programmer at real pseudo-terminals: therapy goes on pulse for pulse as if nobody
// spoke; no command is carried out twice; what the programmer says became of it is so; and the next exchange on a good
// cable works. The commands set the clock, each to a minute of its own, so that the log tells them apart. Linux only.

import { describe, expect, test } from "vitest";
import { hasPty } from "../machine-here";
import { COMMAND_SET_CLOCK, OUTCOME_ACCEPTED } from "../../hal/telemetry";
import type { Answer } from "../../emulator/programmer/client";
import { words } from "../../emulator/telemetry/messages";
import { type Script, STRIKES } from "../programmer/bad-cable";
import { layLine, type Line } from "./served-line";
import { until } from "../until";

const COMMANDS = 8;
const EVENTS = 1000;
/** An hour after the scenario begins. */
const FIRST_MINUTE = (Date.UTC(2026, 2, 2, 9) - Date.UTC(2000, 0, 1)) / 60_000;

/** How often the pump set its clock to a minute since 2000. */
function executions({ run }: Line, minute: number): number {
  const to = new Date(Date.UTC(2000, 0, 1) + minute * 60_000).toISOString().slice(0, 16);
  return run.lastEvents(EVENTS).filter((event) => event.name === "clock_set" && event["to"] === to).length;
}

/** Compares the programmer's answer with what the pump did. */
function checkTruth(answer: Answer, executed: number): void {
  expect(executed, JSON.stringify(answer)).toBeLessThan(2);
  if (answer.kind === "answered") expect([answer.outcome, executed]).toEqual([OUTCOME_ACCEPTED, 1]);
  if (answer.kind === "notSent") expect(executed).toBe(0);
  if (answer.kind === "notAcknowledged" && answer.status === "accepted") expect(executed).toBe(1);
  if (answer.kind === "notAcknowledged" && answer.status === "notAccepted") expect(executed).toBe(0);
}

/** Some commands over a bad cable, then one over a good cable. */
async function trouble(line: Line, there: Script, back: Script): Promise<Answer[]> {
  const client = await line.programmer.impatient();
  line.cable.there.play(there);
  line.cable.back.play(back);
  const answers: Answer[] = [];
  for (let i = 0; i < COMMANDS; i++) answers.push(await client.ask(COMMAND_SET_CLOCK, words(FIRST_MINUTE + i)));
  const struck = line.cable.there.struck + line.cable.back.struck;
  line.cable.there.play({});
  line.cable.back.play({});
  await healed(line);
  answers.forEach((answer, i) => checkTruth(answer, executions(line, FIRST_MINUTE + i)));
  expect(struck).toBeGreaterThan(3);
  return answers;
}

/** The pump may be in a pause after what it could not trust, so the first question may take its time. */
async function healed({ programmer }: Line): Promise<void> {
  const client = programmer.patient();
  for (let i = 0; i < 5; i++) {
    const { kind } = await client.status();
    if (kind === "status") break;
  }
  expect((await client.status()).kind).toBe("status");
}

async function withLine(seed: number, act: (line: Line) => Promise<void>): Promise<void> {
  const line = await layLine(seed);
  try {
    await act(line);
    await until("therapy has gone on", () => line.pulses().here.length > 20);
    const { here, alone } = line.pulses();
    expect(here).toEqual(alone);
  } finally {
    await line.stop();
  }
}

describe.runIf(hasPty)("telemetry over a cable that", () => {
  test.each(STRIKES)("has the fault %s leaves every answer true (LNK-1, LNK-3)", async (strike) => {
    await withLine(11, async (line) => {
      const script = { strikes: [strike], every: 90 };
      await trouble(line, script, script);
    });
  });

  test("has all these faults leaves every answer true (LNK-1, LNK-3)", async () => {
    await withLine(12, async (line) => {
      const script = { strikes: STRIKES, every: 70 };
      const answers = await trouble(line, script, script);
      expect(answers.filter(({ kind }) => kind === "answered").length).toBeGreaterThan(0);
    });
  });

  test("carries no answers has the command carried out once and reported as unknown, until a status names it (LNK-3)", async () => {
    await withLine(13, async (line) => {
      const client = await line.programmer.impatient();
      line.cable.back.play({ dead: [0, Infinity] });
      const minute = FIRST_MINUTE + 77;
      const answer = await client.ask(COMMAND_SET_CLOCK, words(minute));
      expect(answer).toEqual({ kind: "notAcknowledged", status: "unknown", outcome: null });
      await until("it is carried out", () => executions(line, minute) > 0);
      line.cable.back.play({});
      await healed(line);
      expect(await line.programmer.patient().status()).toMatchObject({
        status: { lastCommand: COMMAND_SET_CLOCK, lastOutcome: OUTCOME_ACCEPTED },
      });
      expect(executions(line, minute)).toBe(1);
    });
  });

  test("carries nothing to the pump has the command neither carried out nor reported as accepted (LNK-3)", async () => {
    await withLine(14, async (line) => {
      const client = await line.programmer.impatient();
      line.cable.there.play({ dead: [0, Infinity] });
      const minute = FIRST_MINUTE + 78;
      const answer = await client.ask(COMMAND_SET_CLOCK, words(minute));
      expect(answer).toEqual({ kind: "notAcknowledged", status: "unknown", outcome: null });
      line.cable.there.play({});
      await healed(line);
      expect(executions(line, minute)).toBe(0);
    });
  });

  test.each([0.5, 2, 12])(
    "is read at another rate, with bits %d times as long, does nothing, and works again afterwards (LNK-1)",
    async (misread) => {
      await withLine(15, async (line) => {
        const client = await line.programmer.impatient();
        line.cable.there.play({ misread });
        line.cable.back.play({ misread });
        const minute = FIRST_MINUTE + 79;
        expect((await client.ask(COMMAND_SET_CLOCK, words(minute))).kind).not.toBe("answered");
        line.cable.there.play({});
        line.cable.back.play({});
        await healed(line);
        expect(executions(line, minute)).toBe(0);
      });
    },
  );
});
