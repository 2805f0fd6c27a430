// `watchController` as a program uses it that plays its own runs with somebody's controller (EMU-7). A call that hangs waits instead
// of looping, which costs no processor time and is ended in the same way.

import { describe, expect, test } from "vitest";
import { PumpController } from "../../firmware/controller";
import { watchController } from "../../emulator/apart/watch-controller";
import { ControllerFault, scriptController, type ControllerFactory } from "../../emulator/machine/controller-host";
import { Machine } from "../../emulator/machine/machine";
import { ScenarioRun } from "../../emulator/run/run";
import { scenarioOf } from "../../emulator/scenario/load";

const scenario = scenarioOf(
  {
    duration: "1 h",
    drugs: [{ name: "saline", concentration: "10 mg/mL" }],
    prescription: { basal: { mode: "continuous", rate: "1 mL/day" } },
  },
  "watched",
);

type Call = "construction" | "boot" | "tick" | "idle" | "skip";

/** The reference controller, which hangs in that call of it when it is the `nth`. */
function hangingIn(place: Call | null, nth = 1): ControllerFactory {
  const word = new Int32Array(new SharedArrayBuffer(4));
  const enter = (call: Call, count: number): void => {
    if (call === place && count === nth) Atomics.wait(word, 0, 0);
  };
  class Hanging extends PumpController {
    calls = { boot: 0, tick: 0, idle: 0, skip: 0 };
    override boot(): void {
      enter("boot", ++this.calls.boot);
      super.boot();
    }
    override tick(): void {
      enter("tick", ++this.calls.tick);
      super.tick();
    }
    override idle(): number {
      enter("idle", ++this.calls.idle);
      return super.idle();
    }
    override skip(ticks: number): void {
      enter("skip", ++this.calls.skip);
      super.skip(ticks);
    }
  }
  return scriptController("hangs", (hal) => {
    enter("construction", 1);
    return new Hanging(hal);
  });
}

function played(controller: ControllerFactory): ScenarioRun {
  const run = new ScenarioRun(scenario, { gear: "leap", controller, tracks: false });
  run.advance(run.end_ticks);
  return run;
}

function complaint(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    if (error instanceof ControllerFault) return error.message;
    throw error;
  }
  throw new Error("nothing was wrong with the controller");
}

describe("EMU-7: a run under a watch", () => {
  test("is the run that it is without one, and the work gives what it gives", () => {
    const free = played(hangingIn(null)).report(0);
    expect(watchController(hangingIn(null), (guest) => played(guest).report(0))).toMatchObject({
      ...{ verdict: "pass", controller: "hangs", fingerprint: free.fingerprint, delivered: free.delivered },
    });
  });

  test.each([
    ["construction", "hangs: cannot load this controller: its construction did not return within 1 s"],
    ["boot", /^hangs: the controller did not return from tick 0 within 1 s$/],
    ["idle", /^hangs: the controller did not return from tick \d+ within 1 s$/],
    ["skip", /^hangs: the controller did not return from tick \d+ within 1 s$/],
  ] as const)("ends when the controller's %s does not return", (call, words) => {
    const hanging = hangingIn(call);
    expect(complaint(() => watchController(hanging, played))).toMatch(words);
  });

  test("names the tick of the machine that hangs, of several", () => {
    const controller = hangingIn("tick", 301);
    const [one, two] = watchController(hangingIn(null), (guest) => [new Machine(scenario, guest, null), played(guest)]);
    expect([one.tick, two.machine.tick]).toEqual([0, 360_000]);
    const why = complaint(() =>
      watchController(controller, (guest) => {
        const [late, early] = [new Machine(scenario, guest, null), new Machine(scenario, guest, null)];
        late.run(299);
        early.run(200);
        late.run(2);
      }),
    );
    expect(why).toBe("hangs: the controller did not return from tick 300 within 1 s");
  });
});

describe("EMU-7: after a watch", () => {
  test("what the controller changed in the language is named and put back", () => {
    const { hypot } = Math;
    const patching = scriptController("patches", (hal) => {
      Math.hypot = () => 0;
      return new PumpController(hal);
    });
    expect(complaint(() => watchController(patching, (guest) => new Machine(scenario, guest, null)))).toBe(
      "patches: the controller changed the language around it: Math.hypot was replaced",
    );
    expect(Math.hypot).toBe(hypot);
  });

  test("what the controller left open is named", () => {
    const timers: NodeJS.Timeout[] = [];
    const ticking = scriptController("ticks by itself", (hal) => {
      timers.push(setInterval(() => undefined, 60_000));
      return new PumpController(hal);
    });
    expect(complaint(() => watchController(ticking, (guest) => new Machine(scenario, guest, null)))).toBe(
      "ticks by itself: the controller left a timer open in this process",
    );
    for (const timer of timers) clearInterval(timer);
  });

  test("an error of the work itself comes out as it is, and a promise of it is refused", () => {
    const error = new RangeError("mine");
    const failing = (): never => {
      throw error;
    };
    expect(() => watchController(hangingIn(null), failing)).toThrow(error);
    expect(() => watchController(hangingIn(null), async () => undefined)).toThrow("the work gave a promise");
  });
});
