// The law of CHANGED_ bits (firmware/changes.ts): a bit is a reason to look again and never an event. A controller that looks at
// everything in every tick does what the reference controller does, in both gears; and each bit decides, for a controller that
// never marks it does something else in a generated scenario.

import { createHash } from "node:crypto";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { arbitraries } from "../../emulator/campaign/arbitraries";
import { referenceController, type ControllerFactory } from "../../emulator/machine/controller-host";
import { ScenarioRun } from "../../emulator/run/run";
import type { Scenario, TimelineEntry } from "../../emulator/scenario/scenario";
import * as changes from "../../firmware/changes";
import { ALARM_CLOCK_FAULT } from "../../hal/alarms";
import { COMMAND_ACKNOWLEDGE, COMMAND_STOP } from "../../hal/telemetry";
import { IS_PROOF, runs } from "../effort";
import { mutant, replace } from "../mutant";
import { HOUR, MINUTE, Pump, SECOND } from "../pump";

const BITS = Object.entries(changes).filter((entry): entry is [string, number] => entry[0].startsWith("CHANGED_"));
const ALL = BITS.reduce((bits, [, bit]) => bits | bit, 0);
/**
 * The bits for which the store writes, where one is forced in every tick: a restart then finds newer records. CHANGED_WALL is
 * one, because a schedule that is asked in every tick finds sooner that a stopped pump in periodic mode has no rate.
 */
const WRITTEN =
  changes.CHANGED_WALL |
  changes.CHANGED_MINUTE |
  changes.CHANGED_ROTOR |
  changes.CHANGED_CAUSE |
  changes.CHANGED_ORDERS |
  changes.CHANGED_SESSION |
  changes.CHANGED_THERAPY |
  changes.CHANGED_LIFE |
  changes.CHANGED_ALARMS;
/**
 * Without them every word of memory is compared, and a restart is the reference's. CHANGED_START is left out too: a start publishes at
 * once what the windows hold, which is else published at a minute of its own.
 */
const UNWRITTEN = ALL & ~WRITTEN & ~changes.CHANGED_START;

/** A controller whose every executed tick begins with these bits marked. `idle` does not see them. */
function forced(bits: number): ControllerFactory {
  return mutant("forced", (controller) => {
    const { tick } = controller;
    replace(controller, "tick", () => {
      controller.changes.mark(bits);
      tick.call(controller);
    });
  });
}

/** A controller that never marks a bit. */
function without(bit: number): ControllerFactory {
  return mutant("without", (controller) => {
    const { mark } = controller.changes;
    replace(controller.changes, "mark", (bits) => mark.call(controller.changes, bits & ~bit));
  });
}

interface Deeds {
  run: ScenarioRun;
  /** Events, pulses and telemetry bytes with their ticks, in order. */
  lines: string[];
  /** Where in `lines` the first restart after switching on lies. */
  restart: number;
}

/** In tick `trips` the guard's own sensor sees two steps at once; null for no such tick. */
function deeds(
  scenario: Scenario,
  controller: ControllerFactory,
  gear: "leap" | "lockstep" = "leap",
  trips: number | null = null,
): Deeds {
  const run = new ScenarioRun(scenario, { gear, controller, tracks: false });
  const { machine } = run;
  const { motor, link } = machine.board;
  const inner = machine.listener;
  const lines: string[] = [];
  let restart = Infinity;
  let [pulses, history] = [motor.pulses, link.history];
  machine.listener = {
    event: (code, a, b, c) => {
      lines.push(`${machine.tick} event ${code} ${a} ${b} ${c}`);
      inner?.event(code, a, b, c);
    },
    reset: (cause) => {
      if (machine.tick > 0) restart = Math.min(restart, lines.length);
      lines.push(`${machine.tick} reset ${cause}`);
      inner?.reset(cause);
    },
    ticked: () => {
      if (motor.pulses !== pulses) lines.push(`${machine.tick} pulse`);
      if (link.history !== history) lines.push(`${machine.tick} bytes ${link.history}`);
      [pulses, history] = [motor.pulses, link.history];
      inner?.ticked();
    },
  };
  if (trips !== null) {
    run.advance(trips);
    machine.board.guard.see();
    machine.board.guard.see();
  }
  run.advance(run.end_ticks);
  return { run, lines, restart };
}

/** The controller's memory, and the non-volatile memory. */
function memoryOf({ run }: Deeds) {
  const { bytes } = run.machine.board.nvm;
  return { ram: run.machine.controllerFingerprint(), nvm: createHash("sha256").update(bytes).digest("hex") };
}

describe("EMU-1, PRP-2: a CHANGED_ bit only says where to look again", () => {
  test.each(["leap", "lockstep"] as const)(
    "so that a controller that looks at everything has the same acts and the same memory in the gear %s",
    (gear) => {
      fc.assert(
        fc.property(arbitraries.scenario({ faults: true, hours: gear === "leap" ? 6 : 0.3 }), (scenario) => {
          const [one, other] = [deeds(scenario, referenceController, gear), deeds(scenario, forced(UNWRITTEN), gear)];
          expect(other.lines).toEqual(one.lines);
          expect(memoryOf(other)).toEqual(memoryOf(one));
          expect(other.run.machine.leapt).toBe(one.run.machine.leapt);
        }),
        { numRuns: runs(gear === "leap" ? 50 : 20) },
      );
    },
  );

  test.each(["leap", "lockstep"] as const)(
    "so that a controller that also writes everything has the same acts until a restart in the gear %s",
    (gear) => {
      fc.assert(
        fc.property(arbitraries.scenario({ faults: true, hours: gear === "leap" ? 4 : 0.2 }), (scenario) => {
          const [one, other] = [deeds(scenario, referenceController, gear), deeds(scenario, forced(ALL), gear)];
          const until = Math.min(one.restart, other.restart);
          expect(other.lines.slice(0, until)).toEqual(one.lines.slice(0, until));
        }),
        { numRuns: runs(gear === "leap" ? 50 : 6) },
      );
    },
  );
});

/** Scenarios in which the bits decide, and what the reference controller does in each, its trace and its memory included. */
const SCENARIOS = fc.sample(arbitraries.scenario({ faults: true, hours: 3 }), { numRuns: 60, seed: 2 });
const REFERENCE: string[] = [];

function wordsOf(done: Deeds): string {
  return [...done.lines, done.run.machine.fingerprint()].join();
}

/** A generated scenario with more in it than every scenario may have. */
type More = fc.Arbitrary<{ scenario: Scenario; trips: number | null }>;

const PLACE = { file: "generated", line: 1, column: 1 };
const plain = arbitraries.scenario({ faults: true, hours: 1 });
const at = fc.integer({ min: MINUTE / 2, max: 9 * MINUTE });

const MORE: Record<string, More> = {
  // The guard has a sensor of its own, which may see steps that the encoder does not see.
  CHANGED_GUARD: fc.record({ scenario: plain, trips: at }),
  // A case that is too hot fails the self-test, which nothing else marks.
  CHANGED_SELF_TEST: fc.record({ scenario: plain, at }).map(({ scenario, at: at_ticks }) => {
    const heat = { fault: "temperature", for_ticks: MINUTE, parameter: 60_000, field: null };
    const others = scenario.timeline.filter((each) => !("fault" in each) || each.fault.fault !== heat.fault);
    const hot: TimelineEntry[] = [
      { at_ticks, place: PLACE, fault: heat },
      { at_ticks: at_ticks + 5 * SECOND, place: PLACE, action: { do: "self_test" } },
    ];
    const timeline = [...others, ...hot].sort((one, other) => one.at_ticks - other.at_ticks);
    return { scenario: { ...scenario, timeline }, trips: null };
  }),
};

/** Lets a pump on the bench do what one reason to look is for. */
type Case = (pump: Pump) => void;

function saidBy(controller: ControllerFactory, happens: Case) {
  const pump = new Pump({}, {}, true, controller);
  happens(pump);
  return pump.said;
}

describe.skipIf(IS_PROOF)("PRP-2: a controller that never marks a bit acts differently", () => {
  test.each(BITS.filter(([name]) => !(name in MORE)))("for %s in a generated scenario", (_name, bit) => {
    const noticed = SCENARIOS.some((scenario, i) => {
      REFERENCE[i] ??= wordsOf(deeds(scenario, referenceController));
      return wordsOf(deeds(scenario, without(bit))) !== REFERENCE[i];
    });
    expect(noticed).toBe(true);
  });

  test.each(Object.entries(MORE))("for %s in a generated scenario with what only this bit tells", (name, more) => {
    const bit = BITS.find(([each]) => each === name)?.[1] ?? 0;
    const noticed = fc.sample(more, { numRuns: 20, seed: 3 }).some(({ scenario, trips }) => {
      const [one, other] = [referenceController, without(bit)].map((controller) =>
        wordsOf(deeds(scenario, controller, "leap", trips)),
      );
      return one !== other;
    });
    expect(noticed).toBe(true);
  });

  test("and so does one without the other two reasons to look, a cause of one tick and a memory fault", () => {
    const blindToCauses = mutant("looks at a passing cause once", ({ causes }) => {
      replace(causes, "heldForOneTick", () => false);
    });
    const jumps: Case = (pump) => {
      pump.machine.leap(HOUR + 10 * SECOND);
      for (let jump = 1; jump <= 2; jump++) {
        pump.machine.inject("rtc_jump", 10 * MINUTE);
        pump.machine.leap(10 * SECOND);
        pump.programmer.ask(COMMAND_ACKNOWLEDGE, Uint8Array.of(ALARM_CLOCK_FAULT));
      }
    };
    expect(saidBy(blindToCauses, jumps)).not.toEqual(saidBy(referenceController, jumps));
    const blindToMemory = mutant("looks at marked ticks alone", (controller) => {
      const open = controller as unknown as { needsWeighing(): boolean };
      replace(open, "needsWeighing", () => controller.changes.bits !== 0 || controller.causes.heldForOneTick());
    });
    const flipped: Case = (pump) => {
      // Of a pump that runs, therapy stops and marks that.
      pump.programmer.ask(COMMAND_STOP);
      pump.machine.run(MINUTE / 2);
      pump.machine.inject("ram_flip", 3, "clock.now");
      pump.machine.run(SECOND);
    };
    expect(saidBy(blindToMemory, flipped)).not.toEqual(saidBy(referenceController, flipped));
  });
});
