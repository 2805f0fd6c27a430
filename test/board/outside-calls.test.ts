// Calls outside of the contract: each argument beyond its range, each count of arguments, a pulse and a byte too many. They are
// counted by class with the first one, and passed on as the contract's types. The reference controller makes none in any
// scenario that ships (test/stories/scenarios.test.ts).

import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { countedHal, OUTSIDE_CLASSES, outsideRows } from "../../emulator/board/counted";
import { CALLS, functionOf, type Call } from "../../emulator/contract/calls";
import { referenceController, type ControllerFactory } from "../../emulator/machine/controller-host";
import { Machine } from "../../emulator/machine/machine";
import { loadScenario, parseScenario } from "../../emulator/run/open";
import { ScenarioRun } from "../../emulator/run/run";
import { root } from "../examples/example";
import { minimal } from "../scenario/example";

const named = CALLS.map((call) => [`${call.port}.${call.name}`, call] as const);
const within = ({ parameters }: Call): (number | boolean)[] =>
  parameters.map(({ type, min = 0 }) => (type === "bool" ? true : min));

function bench() {
  const { board } = new Machine(parseScenario(minimal(), "t.yaml"));
  const hal = countedHal(board);
  const make = (call: Call, given: unknown[]) => functionOf(hal, call)(...(given as number[]));
  return { board, hal, make, rows: () => outsideRows(board.outsideCalls) };
}

describe("HIL-5: a call within the contract is not counted", () => {
  test.each(named.filter(([name]) => name !== "motor.pulse"))("%s", (_, call) => {
    const { make, rows } = bench();
    make(call, within(call));
    expect(rows()).toEqual([]);
  });
});

const bounded = named.flatMap(([name, call]) =>
  call.parameters.flatMap(({ name: parameter, min, max }, at) =>
    [min === undefined ? null : min - 1, max === undefined ? null : max + 1].flatMap((value) =>
      value === null ? [] : [[`${name} with ${parameter} ${value}`, call, at, value] as const],
    ),
  ),
);

describe("HIL-5: an argument beyond its range is counted once, with the call", () => {
  test.each(bounded)("%s", (_, call, at, value) => {
    const { make, rows } = bench();
    make(call, within(call).with(at, value));
    expect(rows().map(({ count, call: first, tick }) => [count, first, tick])).toEqual([
      [1, `${call.port}.${call.name}`, 0],
    ]);
  });

  test("in its class", () => {
    const { hal, rows } = bench();
    hal.nvm.read(-1);
    hal.crypto.put(256, 0);
    hal.crypto.derive(99, 99, 0);
    hal.crypto.seal(0, 256, 0);
    expect(rows().map(({ kind, count, call }) => [kind, count, call])).toEqual([
      ["addresses", 2, "nvm.read"],
      ["slots", 2, "crypto.derive"],
      ["counts", 1, "crypto.seal"],
    ]);
  });
});

describe("HIL-5: an argument that is missing, too many or of another type is counted", () => {
  test.each(named.filter(([, { parameters }]) => parameters.length > 0))("%s without its last argument", (_, call) => {
    const { make, rows } = bench();
    make(call, within(call).slice(0, -1));
    expect(rows().find(({ kind }) => kind === "counts")?.count).toBeGreaterThan(0);
  });

  test.each(named.filter(([name]) => name !== "motor.pulse"))("%s with one more", (_, call) => {
    const { make, rows } = bench();
    make(call, [...within(call), 0]);
    expect(rows()).toMatchObject([{ kind: "counts", count: 1 }]);
  });

  test.each([[0.5], [NaN], ["1"], [undefined], [2 ** 40]])(
    "a clock offset of %s, which the board gets as a word",
    (value) => {
      const { board, make, rows } = bench();
      make(named.find(([name]) => name === "clock.setOffset")![1], [value]);
      expect(rows()).toMatchObject([{ kind: "counts", call: "clock.setOffset" }]);
      expect(Number.isInteger(board.clock.offset())).toBe(true);
    },
  );
});

test("HIL-5: a pulse without power and one while another is in flight are counted, and one that starts is not", () => {
  const { hal, rows } = bench();
  hal.motor.setPower(true);
  hal.motor.pulse();
  expect(rows()).toEqual([]);
  hal.motor.pulse();
  hal.motor.setPower(false);
  hal.motor.pulse();
  expect(rows()).toMatchObject([{ kind: "pulses", count: 2, call: "motor.pulse" }]);
});

test("HIL-5: a byte for which the FIFO has no room is counted", () => {
  const { hal, rows } = bench();
  let sent = 0;
  while (hal.link.send(sent & 255)) sent++;
  expect(sent).toBeGreaterThan(0);
  expect(rows()).toMatchObject([{ kind: "free", count: 1, call: "link.send" }]);
});

test("HIL-5: the counts are state: a snapshot restores them", () => {
  const machine = new Machine(parseScenario(minimal(), "t.yaml"));
  const clean = machine.snapshot();
  countedHal(machine.board).nvm.read(-1);
  const dirty = machine.snapshot();
  machine.restore(clean);
  expect(outsideRows(machine.board.outsideCalls)).toEqual([]);
  machine.restore(dirty);
  expect(outsideRows(machine.board.outsideCalls)).toHaveLength(1);
});

test("HIL-5: a run on counted ports is the run on plain ones", () => {
  const ran = (controller: ControllerFactory) => {
    const scenario = loadScenario(join(root, "scenarios", "breakthrough-pain.yaml"));
    const run = new ScenarioRun(scenario, { gear: "leap", controller, tracks: false });
    run.advance(run.end_ticks);
    return [run.machine.fingerprint(), run.machine.controllerFingerprint()];
  };
  expect(ran({ ...referenceController, ports: "counted" })).toEqual(ran(referenceController));
});

test("the classes are those of the command line, in its order", () => {
  expect(OUTSIDE_CLASSES).toEqual(["addresses", "slots", "counts", "pulses", "free"]);
});
