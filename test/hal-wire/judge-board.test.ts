// The verdict of this end of the hal wire on a board's word: a table of boards, honest and not, with what was seen of them.

import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { BoardWatch, type BoardSeen } from "../../emulator/hal-wire/board-watch";
import type { ControllerOutcome } from "../../emulator/hal-wire/controller-job";
import { judgeBoard } from "../../emulator/hal-wire/judge-board";
import { parseScenario } from "../../emulator/scenario/load";
import type { Hal } from "../../hal/hal";
import { EVENT_ALARM_RAISED, EVENT_BOLUS_STARTED, CAUSE_PATIENT_BOLUS } from "../../hal/trace";
import { loadScenario } from "../../emulator/scenario/load";

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const impossible = loadScenario(join(root, "test", "cases", "impossible.yaml"));
const ALARM_EMPTY = 1;

function scenario(expectations: string) {
  const text = `
name: minute
duration: 1 min
drugs: [{ name: morphine, concentration: 10 mg/mL }]
prescription: { basal: { mode: continuous, rate: 100 uL/day } }
expect: ${expectations}`;
  return parseScenario(text, "minute.yaml");
}

function outcome(more: Partial<ControllerOutcome> = {}, seen: Partial<BoardSeen> = {}): ControllerOutcome {
  return {
    kind: "controller",
    failure: null,
    end: { verdict: "pass", ticks: 6000, fingerprint: "0123456789abcdef", reason: "" },
    brokenOff: null,
    bench: null,
    seen: { events: [], steps: [{ tick: 0, steps: 0 }], lastTick: 5999, idle: 0, ...seen },
    playsScenario: true,
    board: "a board",
    scenario: "minute",
    lockstep: true,
    counts: {} as ControllerOutcome["counts"],
    ...more,
  };
}

const end = (ticks: number, verdict: "pass" | "fail" | "invalid" | "interrupted" = "pass", reason = "") => ({
  end: { verdict, ticks, fingerprint: "0123456789abcdef", reason },
});

describe("the board's word", () => {
  const dose = scenario("[{ dose: { drug: morphine, to: 1 min, max: 1 mg } }]");

  test.each<[string, ControllerOutcome, string, RegExp | null]>([
    ["counts for a whole run of a board that plays the scenario", outcome(), "pass", null],
    ["counts after a leap that the controller allowed", outcome({}, { lastTick: 99, idle: 5900 }), "pass", null],
    ["is nothing from a board that plays no scenario", outcome({ playsScenario: false }), "invalid", /^nobody played/],
    [
      "is nothing when it ends the run at its first tick",
      outcome(end(0), { lastTick: -1 }),
      "invalid",
      /^the run ended at 0 s of 1 min, and the board calls it a pass$/,
    ],
    [
      "is nothing for time of which no inputs came",
      outcome(end(6000), { lastTick: 99, idle: 100 }),
      "invalid",
      /^the board says that it ran for 1 min, and sent the inputs of 2 s$/,
    ],
    [
      "is nothing when it never came",
      outcome({ end: null, brokenOff: { by: "silence", why: "quiet" } }),
      "invalid",
      /quiet$/,
    ],
    ["is a fail when it says so", outcome(end(6000, "fail", "LIM-1")), "fail", /^the board says: fail, LIM-1$/],
    ["is invalid when it says so", outcome(end(6000, "invalid", "idle")), "invalid", /^the board says: invalid, idle$/],
    ["is an interrupt when it was interrupted", outcome(end(10, "interrupted")), "interrupted", /^interrupted$/],
  ])("EMU-6: %s", (_, given, verdict, reason) => {
    const judgement = judgeBoard(dose, given, Infinity);
    expect(judgement.verdict).toBe(verdict);
    if (reason === null) expect(judgement.reason).toBeNull();
    else expect(judgement.reason).toMatch(reason);
    const [row] = judgement.expectations;
    expect([row.judged, row.ok, row.by]).toEqual([false, ...(verdict === "pass" ? [true, "board"] : [false, null])]);
    expect(judgement.not_judged).toEqual([row.text, "faults", "harms", "invariants"]);
  });

  test("EMU-6: past the time limit the run is invalid, and the limit is the reason", () => {
    const late = outcome({ end: null, brokenOff: { by: "limit", why: "late" } }, { lastTick: 299 });
    const { verdict, reason } = judgeBoard(dose, late, 2000);
    expect([verdict, reason]).toEqual(["invalid", "the time limit of 2 s was over at 3 s of 1 min"]);
  });
});

describe("what this end saw itself", () => {
  const alarm = [100, EVENT_ALARM_RAISED, ALARM_EMPTY, 0, 0] as const;
  const bolus = [2000, EVENT_BOLUS_STARTED, CAUSE_PATIENT_BOLUS, 20, 0] as const;

  test.each<[string, BoardSeen["events"], boolean]>([
    ["{ never: { alarm: empty_reservoir } }", [], true],
    ["{ never: { alarm: empty_reservoir } }", [alarm], false],
    ["{ alarm: { name: empty_reservoir, raised: { after: 0 s, within: 5 s } } }", [alarm], true],
    ["{ alarm: { name: empty_reservoir, raised: { after: 0 s, within: 5 s } } }", [], false],
    ["{ event: { name: bolus_started, between: [10 s, 30 s], count: 1 } }", [bolus], true],
    ["{ event: { name: bolus_started, between: [30 s, 40 s], count: 1 } }", [bolus], false],
  ])("EMU-6: %s with the events %j is judged here: %s", (expectation, events, ok) => {
    const { expectations, verdict } = judgeBoard(scenario(`[${expectation}]`), outcome({}, { events }), Infinity);
    expect(expectations).toMatchObject([{ judged: true, ok, by: "here" }]);
    expect(verdict).toBe(ok ? "pass" : "fail");
  });

  test("EMU-6: in real time only what must never happen is judged here, because ticks differ at the two ends", () => {
    const both = scenario("[{ never: { alarm: empty_reservoir } }, { event: { name: bolus_started } }]");
    const { expectations } = judgeBoard(both, outcome({ lockstep: false }), Infinity);
    expect(expectations.map(({ by }) => by)).toEqual(["here", "board"]);
  });

  test("EMU-6: 1 mL of a rotor that hardly turned is a fail, whatever the board says", () => {
    const steps = [
      { tick: 0, steps: 7 },
      { tick: 300, steps: 9 },
    ];
    const given = outcome(end(800), { lastTick: 799, steps });
    const { verdict, reason, findings } = judgeBoard(impossible, given, Infinity);
    expect(verdict).toBe("fail");
    expect(reason).toBe(
      "expected delivered 0 s to 8 s: at least 1 mL, at most 2 mL; seen: the rotor turned by 2 steps, nominally 0.5 uL",
    );
    expect(findings[0].at_s).toBe(8);
  });

  test("EMU-6: a head that may be worn is left to the board", () => {
    const text = "[{ delivered: { to: 1 min, min: 2.9 uL } }]";
    const steps = [
      { tick: 0, steps: 0 },
      { tick: 10, steps: 6 },
    ];
    expect(judgeBoard(scenario(text), outcome({}, { steps }), Infinity).expectations[0].by).toBe("board");
    const few = [
      { tick: 0, steps: 0 },
      { tick: 10, steps: 5 },
    ];
    expect(judgeBoard(scenario(text), outcome({}, { steps: few }), Infinity).expectations[0]).toMatchObject({
      ok: false,
      by: "here",
    });
  });
});

describe("the watch", () => {
  test("EMU-6: keeps the events that left this end, with the tick of their inputs, and none of a tick that was void", () => {
    const watch = new BoardWatch();
    const given: unknown[] = [];
    const hal = watch.watched({
      trace: { event: (...event: number[]) => given.push(event), publish: () => undefined },
    } as unknown as Hal);
    watch.sensed(4, 0);
    hal.trace.event(1, 2, 3, 4);
    watch.sent();
    watch.sensed(5, 0);
    hal.trace.event(5, 0, 0, 0);
    watch.sensed(6, 1);
    watch.allowed(30);
    expect(given).toHaveLength(2);
    expect(watch.seen).toEqual({
      events: [[4, 1, 2, 3, 4]],
      steps: [
        { tick: 4, steps: 0 },
        { tick: 6, steps: 1 },
      ],
      lastTick: 6,
      idle: 30,
    });
  });
});
