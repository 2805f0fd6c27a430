// `checkController` as tests of other people's controllers use it: bounded in time, repeated by seed and path, and apart for a
// controller that is given by its path.

import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { describe, expect, test } from "vitest";
import { PumpController } from "../../firmware/controller";
import type { Hal } from "../../hal/hal";
import { checkController } from "../../emulator/apart/check-controller";
import { CounterexampleError, type CheckOptions } from "../../emulator/campaign/controller-check";
import { scriptController } from "../../emulator/machine/controller-host";
import { parseScenario } from "../../emulator/scenario/load";
import { fromZoo, mutant } from "../mutant";
import { bundles } from "../program";
import { controllerFile } from "./compiled";

const wrong = fromZoo("no-lockout");

/** The reference controller, which loops for ever in its construction or in that tick, after `before`. */
function loopingIn(place: "construction" | "tick", tick = 0, before = () => undefined as unknown) {
  const loop = (): void => {
    before();
    for (;;);
  };
  class Looping extends PumpController {
    ticks = 0;
    /** Every tick is executed. */
    override idle(): number {
      return 0;
    }
    override tick(): void {
      if (place === "tick" && this.ticks++ === tick) loop();
      super.tick();
    }
  }
  return scriptController("loops", (hal) => {
    if (place === "construction") loop();
    return new Looping(hal);
  });
}

function foundBy(options: CheckOptions): CounterexampleError {
  try {
    checkController(options);
  } catch (error) {
    if (error instanceof CounterexampleError) return error;
    throw error;
  }
  throw new Error("no counterexample was found");
}

const SEARCH = { seed: 2, runs: 300, shrink: false };
let found: CounterexampleError | undefined;
/** The counterexample that the search finds; two tests begin with it. */
const first = () => (found ??= foundBy({ controller: wrong, ...SEARCH }));

describe("PRP-3: a check", () => {
  test("that holds returns what it tried", () => {
    const result = checkController({ runs: 3, seed: 1 });
    expect(result).toMatchObject({ controller: "reference", runs: 3, seed: 1, replay: null, why: null });
  });

  test("finds a counterexample again from its seed and path", () => {
    const options = { controller: wrong, ...SEARCH };
    const { result, message } = first();
    expect(message).toContain(`seed 2, path ${result.replay!.path}`);
    const again = foundBy({ ...options, ...result.replay! });
    expect(again.result).toMatchObject({ why: result.why, scenario: result.scenario });
    expect(again.result.runs).toBeLessThanOrEqual(result.runs);
  });

  test("that is given a time gives its best counterexample when the time is over", () => {
    const found = first().result;
    const { result } = foundBy({ controller: wrong, ...SEARCH, ...found.replay!, shrink: true, time: "30 s" });
    expect(result.why).not.toBeNull();
    const entries = (text: string | null) => parseScenario(text!, "case").timeline.length;
    expect(entries(result.scenario)).toBeLessThanOrEqual(entries(found.scenario));
  });

  test("of a factory finds what it changed in the language, and puts it back (EMU-7)", () => {
    const { hypot } = Math;
    const patching = mutant("patches", () => {
      Math.hypot = () => 0;
    });
    expect(foundBy({ controller: patching, runs: 1, seed: 1 }).result.why).toBe(
      "the controller changed the language around it: Math.hypot was replaced",
    );
    expect(Math.hypot).toBe(hypot);
  });

  test("of a factory finds what it leaves open (EMU-7)", () => {
    const timers: NodeJS.Timeout[] = [];
    const ticking = mutant("ticks by itself", () => {
      timers.push(setInterval(() => undefined, 60_000));
    });
    expect(foundBy({ controller: ticking, runs: 1, seed: 1 }).result.why).toBe(
      "the controller left a timer open in this process",
    );
    for (const timer of timers) clearInterval(timer);
  });

  test("of a factory finds a call that does not return, with its tick (EMU-7)", () => {
    const { result } = foundBy({ controller: loopingIn("tick", 499), runs: 3, seed: 1, shrink: false });
    expect(result.why).toBe("the controller did not return from tick 499 within 1 s");
    expect(parseScenario(result.scenario!, "case").duration_ticks).toBeGreaterThan(499);
  });

  test("of a factory refuses one whose construction does not return (EMU-7)", () => {
    expect(() => checkController({ controller: loopingIn("construction"), runs: 1, seed: 1 })).toThrow(
      "loops: cannot load this controller: its construction did not return within 1 s",
    );
  });

  test("of a factory that a person interrupts ends, and the process gets the signal (EMU-7)", async () => {
    let signals = 0;
    const heard = new Promise<void>((resolve) => {
      process.once("SIGINT", () => {
        signals++;
        resolve();
      });
    });
    const interrupted = loopingIn("tick", 499, () => process.kill(process.pid, "SIGINT"));
    expect(() => checkController({ controller: interrupted, runs: 1, seed: 1 })).toThrow("interrupted");
    await heard;
    expect(signals).toBe(1);
  });

  test("stops when its time is over, and says so", () => {
    const result = checkController({ runs: 1_000_000, seed: 1, time: "100 ms" });
    expect(result.isCutShort).toBe(true);
    expect(result.runs).toBeLessThan(1_000_000);
  });

  test.each([
    [{ profil: "days" }, "profile"],
    [{ time: "soon" }, "time"],
    [{ path: "16" }, "a path belongs to a seed"],
    [{ path: "1:2", seed: 1 }, "the number of a case"],
    [{ only: ["LIMM-1"] }, "LIM-1"],
    [{ profile: "weeks" as never }, "expected one of hours, days, month"],
  ])("refuses %j", (options, why) => {
    expect(() => checkController(options as CheckOptions)).toThrow(why);
  });
});

test("EMU-6: a check of a controller that answers nothing is none", () => {
  class Silent {
    hal: Hal;
    constructor(hal: Hal) {
      this.hal = hal;
    }
    boot(): void {}
    tick(): void {
      this.hal.watchdog.kick();
    }
  }
  const silent = scriptController("silent", (hal) => new Silent(hal));
  expect(foundBy({ controller: silent, runs: 1, seed: 1 }).result.why).toContain("it does not read its telemetry link");
});

describe("EMU-7: a check of a controller that is given by its path runs it in a child process", async () => {
  // From the bundle, because a process of it starts four times as fast as one through tsx.
  const door = pathToFileURL(join(bundles, "testing.js")).href;
  const { checkController } = (await import(/* @vite-ignore */ door)) as typeof import("../../emulator/testing");
  const small = { runs: 3, seed: 1, shrink: false };

  test.each([
    ["loops-in-a-tick.mjs", "the controller did not return from tick 499 within 1 s"],
    ["exits-zero.mjs", "it ended the process: process.exit(0)"],
  ])("and finds what it does to the process: %s", (name, why) => {
    expect(() => checkController({ ...small, controller: controllerFile(name) })).toThrow(why);
  });

  test("and tells the death of the process", () => {
    expect(() => checkController({ ...small, controller: controllerFile("kills-itself.mjs") })).toThrow("SIGKILL");
  });

  test("and refuses one that cannot be loaded", () => {
    expect(() => checkController({ ...small, controller: controllerFile("factory-throws.mjs") })).toThrow(
      "no board like this",
    );
  });
});
