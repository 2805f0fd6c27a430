// Two builds of a machine: TypeScript under V8, and firmware, board, world and core as one WebAssembly module. Both have the same
// state at every executed tick, path by path and bit for bit. A state that one of them saved is continued by the other.
// builds.prove.ts tries many more scenarios.

import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { arbitraries } from "../../emulator/campaign/arbitraries";
import type { SeekResult } from "../../emulator/campaign/unit";
import { workOn } from "../../emulator/campaign/work";
import { FAULTS } from "../../emulator/faults";
import {
  type ControllerFactory,
  type CoreModule,
  type CoreParts,
  referenceController,
} from "../../emulator/machine/controller-host";
import { FIGURE_GUARD_OPEN, FIGURE_TICK, FIGURES } from "../../emulator/machine/core";
import { Machine, type Snapshot } from "../../emulator/machine/machine";
import { MachineModule } from "../../emulator/machine/module";
import { parseScenario } from "../../emulator/run/open";
import { People } from "../../emulator/run/people";
import { ScenarioRun } from "../../emulator/run/run";
import { scenarioOf } from "../../emulator/scenario/load";
import type { Scenario } from "../../emulator/scenario/scenario";
import type { SecretSource } from "../../emulator/system-random";
import { machineModule } from "../../scripts/machine-module.mjs";
import { runs } from "../effort";
import { MINUTE, Pump } from "../pump";
import { minimal } from "../scenario/example";
import { BUILDS, differences, runBoth } from "./both-builds";
import { PARAMETERS } from "./fault-parameters";

/** While a fault acts in every tick, both are compared at so many of them, and then at one in so many. */
const OFTEN = 100;
const SELDOM = 211;

/** How much of a scenario is over. */
const part = fc.integer({ min: 1, max: 99 }).map((percent) => percent / 100);
const hour = arbitraries.scenario({ faults: true, hours: 1 });
const SESSION = {
  duration: "10 min",
  drugs: [{ name: "saline", concentration: "10 mg/mL" }],
  prescription: { basal: { mode: "continuous", rate: "1 mL/day" } },
};

describe("EMU-1: both builds are one machine", () => {
  test.each(["leap", "lockstep"] as const)("at every executed tick of generated scenarios, by %s", (gear) => {
    fc.assert(
      fc.property(hour, (scenario) => runBoth(scenario, gear, gear === "leap" ? 1 : 1009)),
      { numRuns: runs(gear === "leap" ? 6 : 2) },
    );
  });

  test.each(FAULTS.map(({ name }) => name))("while and after the fault %s acts", (name) => {
    const [one, other] = BUILDS.map((controller) => new Pump({ rate: 100_000, limits: [] }, {}, true, controller));
    const both = [one.machine, other.machine];
    for (const machine of both) {
      machine.leap(10 * MINUTE + 30);
      machine.inject(name, PARAMETERS[name] ?? 0, name === "ram_flip" ? "therapy.rate" : null);
    }
    expect(differences(one.machine, other.machine)).toEqual([]);
    const on = () => {
      const end = one.machine.tick + MINUTE;
      for (let hops = 0; one.machine.tick < end; hops++) {
        for (const machine of both) machine.hop(end - machine.tick);
        if (hops < OFTEN || hops % SELDOM === 0) expect(differences(one.machine, other.machine)).toEqual([]);
      }
      expect(differences(one.machine, other.machine)).toEqual([]);
    };
    on();
    for (const machine of both) machine.release(name);
    on();
    expect(one.said).toEqual(other.said);
  });

  test("a state that one build saved is continued by the other", () => {
    fc.assert(
      fc.property(hour, part, fc.boolean(), (scenario, over, swapped) => {
        const start = (index: number) =>
          new ScenarioRun(scenario, { gear: "leap", controller: BUILDS[index], tracks: false });
        const [from, to] = swapped ? [start(1), start(0)] : [start(0), start(1)];
        from.advance(Math.floor(over * scenario.duration_ticks));
        to.restore(from.save());
        expect(differences(from.machine, to.machine)).toEqual([]);
        for (const run of [from, to]) run.advance(scenario.duration_ticks);
        expect(differences(from.machine, to.machine)).toEqual([]);
      }),
      { numRuns: runs(4) },
    );
  });
});

describe("EMU-1: a snapshot in the module is a copy of its memory", () => {
  const [, reference] = BUILDS;
  const open = (scenario: Scenario) =>
    new ScenarioRun(scenario, { gear: "leap", controller: reference, tracks: false });
  /** The same without its copy, as who reads a snapshot from a file has it. */
  const plain = (snapshot: Snapshot): Snapshot => ({ ...snapshot });

  test("from which another machine goes on as from the plain state, with people and patient", () => {
    fc.assert(
      fc.property(hour, part, (scenario, over) => {
        const [from, byCopy, byState] = [0, 1, 2].map(() => open(scenario));
        from.advance(Math.floor(over * scenario.duration_ticks));
        const [saved, again] = [from.save(), from.save()];
        from.advance(scenario.duration_ticks);
        byState.restore({ ...again, machine: plain(again.machine) });
        byCopy.restore(saved);
        expect(differences(byCopy.machine, byState.machine)).toEqual([]);
        for (const run of [byCopy, byState]) run.advance(scenario.duration_ticks);
        expect(differences(byCopy.machine, byState.machine)).toEqual([]);
        expect(differences(byCopy.machine, from.machine)).toEqual([]);
      }),
      { numRuns: runs(8) },
    );
  });

  test("of which many share what did not change, and each is restored as it was", () => {
    const { machine } = new Pump({ rate: 100_000 }, {}, true, reference);
    const kept = Array.from({ length: 20 }, (_, i) => {
      machine.leap(i % 4 === 0 ? 0 : 977);
      return { snapshot: machine.snapshot(), fingerprints: [machine.fingerprint(), machine.controllerFingerprint()] };
    });
    for (const { snapshot, fingerprints } of [...kept].reverse()) {
      machine.restore(snapshot);
      expect([machine.fingerprint(), machine.controllerFingerprint()]).toEqual(fingerprints);
      expect(machine.tick).toBe(snapshot.tick);
    }
  });

  test("which is restored with what somebody wrote into it", () => {
    const { machine } = new Pump({ rate: 100_000 }, {}, true, reference);
    const snapshot = machine.snapshot();
    const at = machine.symbols.paths().indexOf("board.nvm.bytes") - snapshot.machine.scalars.length;
    (snapshot.machine.arrays[at] as Uint8Array)[7] ^= 1;
    const before = machine.board.nvm.bytes[7];
    machine.restore(snapshot);
    expect(machine.board.nvm.bytes[7]).toBe(before ^ 1);
  });

  test("which does not say who listens to the machine that restores it", () => {
    const [deaf, listening] = [0, 1].map(() => new Pump({ rate: 100_000 }, {}, true, reference).machine);
    let heard = 0;
    const nobody = { event: () => {}, reset: () => {} };
    deaf.listener = null;
    listening.listener = { ...nobody, hearsAll: true, ticked: () => void heard++ };
    listening.restore(deaf.snapshot());
    listening.run(10);
    expect(heard).toBe(10);
  });
});

/** All that people and a listener of a scenario's machine are called for, in order, with the figures of each tick. */
function calls(scenario: Scenario, controller: ControllerFactory, gathers: boolean) {
  const said: string[] = [];
  class Heard extends People {
    override act(machine: Machine): void {
      said.push(`people in ${machine.tick}`);
      super.act(machine);
    }
  }
  const machine = new Machine(scenario, controller, new Heard(scenario));
  let later = 0;
  let last = -1;
  machine.listener = {
    gathers,
    event: (...event) => said.push(`event ${String(event)} in ${(last = machine.tick)}`),
    reset: (cause) => said.push(`reset ${cause} in ${(last = machine.tick)}`),
    ticked: (at = 0) => {
      const figures = machine.figures.slice(at, at + FIGURES);
      const isAtOnce = machine.tick === figures[FIGURE_TICK];
      const mustBe = last === figures[FIGURE_TICK] || figures[FIGURE_GUARD_OPEN] !== 0;
      said.push(`${figures.join(" ")}${mustBe && !isAtOnce ? " too late" : ""}`);
      if (!isAtOnce) later++;
    },
    lived: (tick) => said.push(`patient in ${tick}`),
  };
  for (let leaps = 0; leaps < 3; leaps++) {
    machine.leap(Math.floor(scenario.duration_ticks / 6));
    said.push(`returned in ${machine.tick}`);
  }
  return { said, later };
}

/** The first place at which two lists differ, with both entries; null when none does. */
function apart(one: readonly string[], other: readonly string[]): string | null {
  const all = one.length > other.length ? one : other;
  const at = all.findIndex((_, i) => one[i] !== other[i]);
  return at < 0 ? null : `${at}: ${one[at]}; ${other[at]}`;
}

describe("PRP-1: a listener that gathers ticks hears the same in the same order", () => {
  test.each(BUILDS.map((build, i) => ({ build, name: ["TypeScript", "module"][i] })))("in $name", ({ build }) => {
    let later = 0;
    fc.assert(
      fc.property(hour, (scenario) => {
        const gathered = calls(scenario, build, true);
        expect(apart(gathered.said, calls(scenario, build, false).said)).toBeNull();
        later += gathered.later;
      }),
      { numRuns: runs(6) },
    );
    // A patient moves at each minute.
    const patient = parseScenario(minimal("patient: { indication: failed_back_surgery, weight: 70 kg }\n"), "t.yaml");
    const gathered = calls(patient, build, true);
    expect(apart(gathered.said, calls(patient, build, false).said)).toBeNull();
    expect(later + gathered.later).toBeGreaterThan(100);
  });
});

describe("EMU-1: a campaign compares both builds on a sample of its cases", () => {
  const [, reference] = BUILDS;
  const unit = { build: "b", controller: "reference", property: "all", profile: "hours", seed: 1 } as const;
  const place = { guarded: (_: unknown, piece: () => void) => (piece(), null) };
  const seek = (controller: ControllerFactory) =>
    workOn({ ...unit, kind: "seek", id: "hours 16", from: 16, count: 16 }, controller, place) as SeekResult;

  test("and finds them to be one", () => {
    const { compared, failures } = seek(reference);
    expect(compared.builds).toBeGreaterThan(0);
    expect(failures).toEqual([]);
    expect(seek(referenceController).compared.builds).toBe(0);
  });

  test("and finds a module that counts one byte more, again from the case alone", () => {
    const module: CoreModule = {
      instantiate: (...given) => {
        const parts = reference.module!.instantiate(...given);
        const leap = (ticks: number): void => {
          parts.core.leap(ticks);
          parts.core.board.link.overflows++;
        };
        const core = Object.create(parts.core, { leap: { value: leap } }) as CoreParts["core"];
        return { ...parts, core };
      },
    };
    const other = { ...reference, module };
    const signature = "builds differ";
    const found = seek(other).failures.find((each) => each.signature === signature)!;
    expect(found.text).toBe("the two builds of the controller come to two machines");
    const shrink = { ...unit, kind: "shrink", id: "shrink", signature, file: found.file, tries: 4 } as const;
    expect(workOn(shrink, other, place)).toMatchObject({ repeats: true });
    expect(workOn(shrink, reference, place)).toMatchObject({ repeats: false });
  });
});

test("a module that is not the one of its map is refused", async () => {
  const { wasm, map } = await machineModule();
  const other = wasm.slice();
  other[other.length - 1] ^= 1;
  expect(() => new MachineModule(other, map)).toThrow(/is not the one of its map/);
});

describe.each(BUILDS.map((controller) => [controller.module ? "the module" : "TypeScript", controller] as const))(
  "SEC-5: the secure element in %s",
  (_, controller) => {
    /** State after an hour with a session: the key slots, and the state of the part's own stream. */
    const after = (secrets: SecretSource) => {
      const scenario = scenarioOf({ ...SESSION, timeline: [{ at: "5 min", do: "interrogate" }] }, "session");
      const run = new ScenarioRun(scenario, { gear: "leap", controller, tracks: false, secrets });
      const stream = () => ["a", "b", "c", "d"].map((word) => run.machine.symbols.read(`board.crypto.stream.${word}`));
      const before = stream();
      run.advance(run.end_ticks);
      const { keys } = run.machine.board.crypto;
      return { keys: Buffer.from(keys).toString("hex"), moved: stream().some((word, i) => word !== before[i]) };
    };

    test("draws from its own stream in a run, which repeats", () => {
      const one = after("seed");
      expect(one.moved).toBe(true);
      expect(after("seed")).toEqual(one);
    });

    test("draws from the operating system where the keys are secret, and leaves its stream as it is", () => {
      const one = after("system");
      expect(one.moved).toBe(false);
      expect(after("system").keys).not.toBe(one.keys);
    });
  },
);
