// Bare benches (HIL-4): a board that has some of the ports and plays no scenario, and the rest virtual here. Its run is that of one
// process, whatever it offers; and of a bench that lies or goes, one sentence.

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { PORTS, type PortName } from "../../emulator/contract/calls";
import * as message from "../../emulator/hal-wire/messages";
import { benchWords } from "../../emulator/hal-wire/bench-run";
import { referenceController } from "../../emulator/machine/controller-host";
import type { RunReport } from "../../emulator/run/report";
import { ScenarioRun } from "../../emulator/run/run";
import { loadScenario } from "../../emulator/scenario/load";
import { both, controllerJob, lockstepBoard, writeScenario } from "./bench";
import { cable } from "./cable";
import { benchScenario, runOn, ScriptedBench } from "./scripted-bench";

const folder = mkdtempSync(join(tmpdir(), "cistern-bare-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const PLAYED = writeScenario(
  join(folder, "played.yaml"),
  "Played here",
  `
duration: 40 min
timeline:
  - { at: 5 min, do: patient_bolus }
  - { at: 10 min, fault: brownout }
  - { at: 15 min, do: interrogate }
  - { at: 20 min, do: patient_bolus }
expect:
  - { delivered: { from: 0 s, to: 40 min, min: 300 uL, max: 400 uL } }
`,
);
const OWN: readonly PortName[] = ["motor", "reservoir", "link"];

/** The scenario on a bench of our own parts, and in one process. */
async function onBoth(
  offer: readonly PortName[],
  gear: "leap" | "lockstep",
  until_ticks?: number,
): Promise<{ bench: RunReport; here: RunReport }> {
  const until = until_ticks === undefined ? {} : { until_ticks };
  const scenario = loadScenario(PLAYED);
  const play = { scenario, bench: { gear, tracks: false, saves: false, ...until }, options: [] };
  const board = lockstepBoard(PLAYED.replace("played", "bench"), { gear, offer });
  const [, { bench }] = await both(cable(), board, controllerJob({ play }));
  const run = new ScenarioRun(scenario, { gear, controller: referenceController, tracks: false, ...until });
  run.advance(run.end_ticks);
  return { bench: bench!.report, here: run.report(0) };
}

// The same pump, on which nothing happens but what the other end asks for.
writeFileSync(
  join(folder, "bench.yaml"),
  `name: The bench\nduration: 1 min\npump: { model: implant-20, fill: 18 mL, catheter: { length: 89 cm, volume: 2.2 uL/cm } }\n` +
    `drugs: [{ name: morphine, concentration: 0.5 mg/mL }]\nprescription: { basal: { mode: continuous, rate: 500 uL/day } }\n`,
);

describe("HIL-4: a run on a bare bench of our own parts", () => {
  test("has the events, the pulses and the verdict of one process, with people, a patient's boluses and a reset", async () => {
    const { bench, here } = await onBoth(OWN, "leap");
    expect(bench.events).toEqual(here.events);
    expect(bench.delivered).toEqual(here.delivered);
    expect(bench.delivered.pulses).toBeGreaterThan(1300);
    expect([bench.verdict, here.verdict]).toEqual(["pass", "pass"]);
    expect(bench.speed.ticks_leapt).toBeGreaterThan(200_000);
  });

  test("has them also when every tick is executed", async () => {
    const { bench, here } = await onBoth(OWN, "lockstep", 2000);
    expect(bench.events).toEqual(here.events);
    expect(bench.speed.ticks_leapt).toBe(0);
  });

  // The ports vanish one by one, from the last; and each of the three that a bare bench has is alone once.
  const offers = [PORTS, PORTS.slice(0, 12), PORTS.slice(0, 9), PORTS.slice(0, 5), ...OWN.map((port) => [port])];
  test.each(offers.map((offer) => [offer.length === 1 ? offer[0] : `${offer.length} ports`, offer] as const))(
    "has them whatever the bench offers: %s",
    async (_, offer) => {
      // To the reset, after a bolus.
      const { bench, here } = await onBoth(offer, "leap", 62_000);
      expect(bench.events).toEqual(here.events);
      expect(bench.delivered).toEqual(here.delivered);
    },
  );
});

const SHORT = "duration: 30 s\n";
const delivered = (least: string) => `expect:\n  - { delivered: { from: 0 s, to: 30 s, min: ${least}, max: 8 uL } }\n`;

describe("HIL-4: on a bare bench", () => {
  test("people, expectations and a snapshot are here, and the first line says what the bench has and what is virtual", () => {
    const board = new ScriptedBench();
    const { bench } = runOn(board, `${SHORT}${delivered("6 uL")}`, { saves: true, tracks: true });
    expect([bench.report.verdict, bench.report.reason]).toEqual(["pass", null]);
    expect(benchWords(bench.bench)).toBe(
      "bench scripted: its own motor, reservoir, link; virtual here: clock, nvm, battery, thermometer, sounder, watchdog, reset, guard, crypto, trace, crc",
    );
    expect(bench.report.events.map(({ name }) => name)).toContain("program_accepted");
    expect(bench.report.delivered.pulses).toBe(board.steps);
    expect(bench.saved).toContain('"schema"');
    expect(bench.tracks.find(({ name }) => name === "motor.motion")?.values.at(-1)).toBe(board.steps);
    // The pump's answers to its people go out at the bench's link too.
    expect(board.sent).toBeGreaterThan(100);
    expect(board.leftWith).toBe("the run is over");
    // Calls of other ports stay here.
    expect(board.count("watchdog.kick") + board.count("nvm.write") + board.count("trace.event")).toBe(0);
  });

  test("an expectation that does not hold fails the run", () => {
    const { bench } = runOn(new ScriptedBench(), `${SHORT}${delivered("7.9 uL")}`);
    expect([bench.report.verdict, bench.report.reason]).toEqual([
      "fail",
      "expected delivered 0 s to 30 s: at least 7.9 uL, at most 8 uL; seen: 7.25 uL",
    ]);
  });

  test("what the bench alone knows is named and not judged, so a run that asks for it proves nothing (EMU-6)", () => {
    const level = "expect:\n  - signal: { name: reservoir.level_nl, between: [1 s, 30 s], min: 1000000 }\n";
    const { bench } = runOn(new ScriptedBench(), `${SHORT}${level}`);
    expect(bench.bench.not_judged).toEqual(["reservoir.level_nl", "reservoir.pressure_mmHg", "dry"]);
    expect(bench.report.expectations).toMatchObject([
      { judged: false, seen: "the bench alone knows reservoir.level_nl" },
    ]);
    expect(bench.report.verdict).toBe("invalid");
    const motor = runOn(Object.assign(new ScriptedBench(), { ports: ["motor"] }), `${SHORT}${level}`).bench;
    expect([motor.bench.not_judged, motor.report.verdict]).toEqual([[], "pass"]);
  });

  test("the virtual dose guard sees a rotor that turns by itself, and cuts the bench's power (LIM-7)", () => {
    const board = new ScriptedBench();
    // From 10 s on the driver steps every half second while it has power.
    board.onTick = (tick) => void (tick > 1000 && tick % 50 === 0 && board.power && board.steps++);
    const { bench } = runOn(board, SHORT);
    const tripped = bench.report.events.find(
      ({ name, ...fields }) => name === "alarm_raised" && fields["alarm"] === "dose_guard",
    );
    expect(tripped?.time_s).toBeLessThan(12);
    expect(board.power).toBe(false);
    const cut = board.calls.findLast(({ op }) => op.code === 3)!;
    expect(cut.tick).toBeLessThan(1200);
    expect(bench.report.delivered.pulses).toBeLessThan(15);
  });

  test("a fault of the timeline that would act on the bench's own motor never acts, and the run proves nothing (EMU-4)", () => {
    const { bench } = runOn(new ScriptedBench(), `${SHORT}timeline:\n  - { at: 10 s, fault: motor_stall }\n`);
    expect(bench.report.reason).toBe("the fault motor_stall of 10 s never acted");
    expect(bench.report.verdict).toBe("invalid");
  });

  test("a bench that resets its controller resets the pump", () => {
    const board = new ScriptedBench();
    board.onTick = (tick) => void (tick === 1500 && board.epoch++);
    const { bench } = runOn(board, SHORT);
    expect(bench.report.events.filter(({ name }) => name === "reset").map((each) => each["cause"])).toEqual([
      "external",
    ]);
    expect([bench.report.verdict, bench.bench.lies]).toEqual(["pass", []]);
  });
});

describe("HIL-4: of a bench that claims what cannot be there is one sentence, and the run is invalid unless it is allowed", () => {
  const lies: [string, string, (board: ScriptedBench) => void, RegExp][] = [
    [
      "whose rotor jumps",
      "motion",
      (board) => void (board.onTick = (tick) => void (tick === 2000 && (board.steps += 1000))),
      /^the rotor's count changed by 100[01] in a tick, and a step takes 20 ticks$/,
    ],
    [
      "whose ticks jump",
      "ticks",
      (board) => void (board.onTick = (tick) => void (tick === 50 && (board.tick = 5_000_000))),
      /^its tick went to 5000000, and 50 was next: the pump stood still meanwhile$/,
    ],
    [
      "whose ticks go back",
      "ticks",
      (board) => void (board.onTick = (tick) => void (tick === 500 && (board.tick = 3))),
      /^its tick went to 3, and 500 was next/,
    ],
    [
      "whose level has a code of 13 bits",
      "sensors",
      (board) => void (board.level = () => 5000),
      /^the level has the code 5000, and a converter's last is 4095$/,
    ],
    [
      "that greets again with fewer ports",
      "ports",
      (board) =>
        void (board.onTick = (tick) => {
          if (tick !== 1000) return;
          board.ports = ["motor"];
          board.greet();
        }),
      /^it greeted again, with the ports motor instead of motor, reservoir, link$/,
    ],
  ];
  test.each(lies)("one %s (%s)", (_, kind, lie, text) => {
    const liar = (): ScriptedBench => {
      const board = new ScriptedBench();
      lie(board);
      return board;
    };
    const { bench } = runOn(liar(), SHORT);
    expect(bench.bench.lies).toMatchObject([{ kind, text: expect.stringMatching(text) as string, allowed: false }]);
    expect(bench.report.findings.find((each) => each.kind === "board")?.text).toContain(
      `the bench claims what cannot be (${kind}): `,
    );
    expect(bench.report.verdict).not.toBe("pass");
    const allowed = runOn(liar(), SHORT, { allowClaims: [kind as "motion"] }).bench;
    expect(allowed.bench.lies).toMatchObject([{ kind, allowed: true }]);
    expect(allowed.report.findings.filter((each) => each.kind === "board")).toEqual([]);
  });

  test("one whose steps did not happen, or whose level is frozen: the rotor turns, and the level stays (sensors)", () => {
    const board = new ScriptedBench();
    board.level = () => 1440;
    const { bench } = runOn(board, "duration: 8 min\n");
    expect(bench.bench.lies).toMatchObject([
      { kind: "sensors", text: "the level kept the code 1440 over 400 steps of the rotor, which are 8 codes" },
    ]);
  });
});

describe("HIL-4: a bench that goes", () => {
  test("in a bolus ends the run as invalid, with all that was seen", () => {
    const board = new ScriptedBench();
    board.onTick = (tick) => void (board.isSilent = tick === 2200);
    const bolus = "timeline:\n  - { at: 15 s, do: clinician_bolus, volume: 1 uL, duration: 1 min }\n";
    const { bench, brokenOff } = runOn(board, `${SHORT}${bolus}`, { tracks: true, saves: true });
    expect(brokenOff).toMatchObject({ by: "silence" });
    expect(bench.report).toMatchObject({ verdict: "invalid", ended: { tick: 2200 } });
    expect(bench.report.reason).toMatch(/^the run broke off at 22 s of 30 s: the board has been silent for /);
    expect(bench.report.events.map(({ name }) => name)).toContain("bolus_started");
    expect(bench.report.delivered.pulses).toBeGreaterThan(15);
    expect(bench.saved).not.toBeNull();
    expect(bench.tracks.find(({ name }) => name === "motor.pulses")?.ticks.at(-1)).toBeGreaterThan(2000);
  });

  test("in the middle of a conversion ends the run in the same way", () => {
    const board = new ScriptedBench();
    board.level = () => {
      board.isSilent = true;
      return 1440;
    };
    const { bench, brokenOff } = runOn(board, SHORT);
    expect([bench.report.verdict, brokenOff?.by]).toEqual(["invalid", "silence"]);
  });

  test("by its own word ends the run as invalid", () => {
    const board = new ScriptedBench();
    board.onTick = (tick) => void (tick === 1000 && board.end());
    const { bench } = runOn(board, SHORT);
    expect(bench.report.reason).toMatch(/^the run broke off at 10 s(?: 10 ms)? of 30 s: the bench ended it$/);
  });
});

const PLAYS = message.FLAG_LOCKSTEP | message.FLAG_SCENARIO;

describe("EMU-3: a greeting that no bench can send is refused in one sentence", () => {
  const refused: [string, Partial<ScriptedBench>, string][] = [
    [
      "of ports that hal/ does not have",
      { hello: { ports: 0b1100_0000_0000_0111 } },
      "the board offers ports that hal/ does not have: bit 14, bit 15; the last is 13",
    ],
    [
      "of the one port of which nothing is on the line",
      { ports: ["crc"] },
      "the board offers no port at all, so nothing of the run would be on it",
    ],
    [
      "that plays the scenario and lacks what the line carries",
      { hello: { flags: PLAYS, ports: message.portsOf(PORTS.slice(0, 12)) } },
      "the board does not offer trace",
    ],
    ["of no port", { ports: [] }, "the board offers no port at all, so nothing of the run would be on it"],
    [
      "of another reservoir",
      { hello: { capacity_mL: 40 } },
      "the board's reservoir holds 40 mL, and the scenario's pump 20 mL",
    ],
  ];
  test.each(refused)("one %s", (_, greeting, sentence) => {
    expect(() => runOn(Object.assign(new ScriptedBench(), greeting), SHORT)).toThrow(sentence);
  });

  test("and a board that plays the scenario without a CRC unit, as the controller's end has one, is not refused", () => {
    const ports = message.portsOf(PORTS.filter((port) => port !== "crc"));
    const board = Object.assign(new ScriptedBench(), { hello: { flags: PLAYS, ports } });
    board.onTick = (tick) => void (tick === 100 && board.end());
    const { playsScenario, end } = runOn(board, SHORT);
    expect([playsScenario, end?.ticks, board.count("nvm.write") > 0]).toEqual([true, 100, true]);
  });

  test("and a bench that never greets is given up", () => {
    const board = Object.assign(new ScriptedBench(), { isSilent: true });
    expect(() => runOn(board, SHORT)).toThrow("no board answers: nothing that is a frame of the hal wire in 0.05 s");
  });

  test("the scenario of these tests is one that the language takes", () => {
    expect(benchScenario(SHORT).warnings ?? []).toEqual([]);
  });
});
