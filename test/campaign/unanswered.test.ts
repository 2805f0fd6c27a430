// Pumps that never answer their commissioning. A controller without telemetry is not judged, and the campaign says at once what is
// missing; a controller that is mute at times fails.

import { expect, test } from "vitest";
import type { Hal } from "../../hal/hal";
import { checkController } from "../../emulator/apart/check-controller";
import { type Ending, merge } from "../../emulator/campaign/merge";
import type { SeekResult, SeekUnit } from "../../emulator/campaign/unit";
import { workOn } from "../../emulator/campaign/work";
import { type ControllerFactory, referenceController, scriptController } from "../../emulator/machine/controller-host";
import { parseScenario } from "../../emulator/scenario/load";
import { textOfCase } from "../../emulator/campaign/case-file";
import { ROOT } from "../../scripts/sources.mjs";
import { cisternHere } from "../program";

const COMMON = { build: "b", controller: "c", property: "all" };
const HEAD = {
  ...COMMON,
  version: "v",
  machine: "typescript",
  controller: { name: "mine", hash: "c" },
  seed: 1,
  profile: "hours",
} as const;
const ENDING: Ending = { host_s: 1, interrupted: false, controllerPath: null, losses: [], flaws: [] };

/** A controller that does one thing in each tick, and cannot leap. */
function controllerThat(tick: (hal: Hal) => void): ControllerFactory {
  class Mine {
    readonly hal: Hal;

    constructor(hal: Hal) {
      this.hal = hal;
    }

    boot(): void {}

    tick(): void {
      this.hal.watchdog.kick();
      tick(this.hal);
    }
  }
  return scriptController("mine", (hal) => new Mine(hal));
}

function unitOf(controller: ControllerFactory, from = 0): SeekResult {
  const id = `hours ${String(from).padStart(7, "0")}`;
  const unit: SeekUnit = { ...COMMON, kind: "seek", id, profile: "hours", seed: 1, from, count: 2 };
  return workOn(unit, controller, { guarded: (_, piece) => (piece(), null) }) as SeekResult;
}

const deaf = controllerThat(() => undefined);

test.each<[string, ControllerFactory]>([
  ["it does not read its telemetry link", deaf],
  ["it sends nothing on its telemetry link", controllerThat(({ link }) => void link.receive())],
  [
    "what it sends on its telemetry link answers no frame",
    controllerThat(({ link }) => void link.send(link.receive())),
  ],
])("a pump is not judged, because %s", (text, controller) => {
  const result = unitOf(controller);
  expect(result).toMatchObject({ cases: 1, served: 0, unanswered: { text }, failures: [] });
  const { verdict, reason, failures } = merge(HEAD, new Map([[result.unit, result]]), ENDING);
  expect([verdict, failures]).toEqual(["invalid", []]);
  expect(reason).toBe(`the pump was commissioned in no case, so no dose was judged: ${text}`);
});

test("a controller fails by its commissioning, if its pump answers another one", () => {
  const results = [unitOf(referenceController), unitOf(deaf, 16)];
  const { verdict, failures } = merge(HEAD, new Map(results.map((each) => [each.unit, each])), ENDING);
  expect(verdict).toBe("fail");
  expect(failures).toMatchObject([{ id: "commissioning", case: 16, units: 1, entries: 0 }]);
  expect(parseScenario(failures[0].text_yaml, "case").timeline).toEqual([]);
});

test("checkController throws it with its case, at the first unit", () => {
  let error: unknown;
  try {
    checkController({ controller: deaf, seed: 1 });
  } catch (thrown) {
    error = thrown;
  }
  const scenario = textOfCase(unitOf(deaf).unanswered!.file);
  const why = "the pump never answered its commissioning: it does not read its telemetry link";
  expect(error).toMatchObject({ result: { why, replay: { path: "0" }, scenario } });
});

test("EMU-6: `check` of the smallest controller ends long before its time, with exit code 4 and in words", async () => {
  const controller = "examples/minimal-controller/steady.mjs";
  const { code, out } = await cisternHere(ROOT, [
    "check",
    "--controller",
    controller,
    "--time",
    "1 d",
    "--workers",
    "1",
  ]);
  expect(code).toBe(4);
  expect(out).toContain(
    "INVALID  check: the pump was commissioned in no case, so no dose was judged: it does not read",
  );
});
