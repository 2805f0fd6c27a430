// The table of hal calls against the board that answers them and the controller that makes them: every call keeps to its
// bounds on both sides, a call that only reads changes nothing, and a WebAssembly controller gets these calls and no others.

import { describe, expect, test } from "vitest";
import { CALLS, functionOf, PORTS, SENT, type Call, type Field, type Value } from "../../emulator/contract/calls";
import { loadScenario, parseScenario } from "../../emulator/run/open";
import { ScenarioRun } from "../../emulator/run/run";
import { Machine } from "../../emulator/machine/machine";
import {
  ControllerFault,
  referenceController,
  wasmController,
  type ControllerFactory,
} from "../../emulator/machine/controller-host";
import { Hal } from "../../hal/hal";
import type { Scenario } from "../../emulator/scenario/scenario";
import { NVM_BYTES } from "../../hal/nvm";
import { HOUR } from "../pump";
import { minimal } from "../scenario/example";

const nameOf = ({ port, name }: Call) => `${port}.${name}`;
const named = CALLS.map((call) => [nameOf(call), call] as const);
const FIELD_BOUNDS: Record<Exclude<Field, "bytes">, [number, number]> = {
  u8: [0, 0xff],
  u16: [0, 0xffff],
  u32: [0, 0xffffffff],
  i32: [-0x80000000, 0x7fffffff],
};

function isWithin({ type, min = -0x80000000, max = 0x7fffffff, choices, codes }: Value, value: unknown): boolean {
  if (type === "bool") return typeof value === "boolean";
  if (typeof value !== "number" || !Number.isInteger(value)) return false;
  if (codes) return codes.rows.some(({ code }) => code === value);
  return choices ? choices.includes(value) : value >= min && value <= max;
}

/** A board of which each call is held against its row; what does not keep to it is written down. */
function watched(hal: Hal, made: Map<string, number>, wrong: string[]): Hal {
  const port = (name: (typeof PORTS)[number]) =>
    Object.fromEntries(
      CALLS.filter((call) => call.port === name).map((call) => {
        const real = functionOf(hal, call);
        const held = (...given: (number | boolean)[]) => {
          made.set(nameOf(call), (made.get(nameOf(call)) ?? 0) + 1);
          call.parameters.forEach((parameter, i) => {
            if (!isWithin(parameter, given[i])) wrong.push(`${nameOf(call)}: ${parameter.name} is ${String(given[i])}`);
          });
          const result = real(...given);
          const fits = call.result === null ? result === undefined : isWithin(call.result, result);
          if (!fits) wrong.push(`${nameOf(call)} gives ${String(result)}`);
          return result;
        };
        return [call.name, held];
      }),
    );
  return new Hal(...(PORTS.map(port) as unknown as ConstructorParameters<typeof Hal>));
}

/** Runs a scenario of which every call is watched. */
function runWatched(scenario: Scenario, guardRegister?: number): { made: Map<string, number>; wrong: string[] } {
  const made = new Map<string, number>();
  const wrong: string[] = [];
  const controller: ControllerFactory = {
    name: "reference",
    mount: (hal) => referenceController.mount(watched(hal, made, wrong)),
  };
  const run = new ScenarioRun(scenario, { gear: "leap", controller, tracks: false });
  run.advance(HOUR);
  if (guardRegister !== undefined) run.machine.board.guard.register = guardRegister;
  run.advance(run.end_ticks);
  return { made, wrong };
}

/** A clinician closes the guard's switch again, five hours after the start. */
const GUARD_TRIPS = minimal("timeline: [{ at: 5 h, do: acknowledge, alarm: dose_guard }]\n");

describe("the table of calls", () => {
  test("has each call, each port and each code of the wire once", () => {
    expect(new Set(named.map(([name]) => name)).size).toBe(CALLS.length);
    expect([...new Set(CALLS.map(({ port }) => port))]).toEqual([...PORTS]);
    const codes = SENT.map(({ call }) => call.code);
    expect(new Set(codes).size).toBe(codes.length);
  });

  test.each(named)("gives %s a code that says whether its result is waited for", (_, { way }) => {
    if (way.by !== "post" && way.by !== "wait") return;
    expect(way.call.code >= 32).toBe(way.by === "wait");
    expect(way.call.result !== undefined).toBe(way.by === "wait");
  });

  test.each(named)("gives %s arguments that fit their fields on the wire", (_, { way, parameters }) => {
    if (way.by !== "post" && way.by !== "wait") return;
    for (const { name, field } of way.call.arguments) {
      const parameter = parameters.find((each) => each.name === name);
      if (field === "bytes" || !parameter || parameter.type === "bool") continue;
      const [min, max] = FIELD_BOUNDS[field];
      expect([min <= (parameter.min ?? 0), max >= (parameter.max ?? 0)]).toEqual([true, true]);
    }
  });
});

describe("the reference controller and the virtual board", () => {
  const made = new Set<string>();

  test.each([
    ["breakthrough-pain", () => loadScenario("scenarios/breakthrough-pain.yaml")],
    ["brownout-during-bolus", () => loadScenario("scenarios/brownout-during-bolus.yaml")],
    ["clock-changes", () => loadScenario("scenarios/clock-changes.yaml")],
    ["bits-that-flip", () => loadScenario("scenarios/bits-that-flip.yaml")],
    ["screening-trial", () => loadScenario("scenarios/screening-trial.yaml")],
    ["a guard that trips", () => parseScenario(GUARD_TRIPS, "guard-trips.yaml"), 1],
  ])("keep within the bounds of every call in %s", (_, scenario, guardRegister?: number) => {
    const seen = runWatched(scenario(), guardRegister);
    expect(seen.wrong).toEqual([]);
    for (const name of seen.made.keys()) made.add(name);
  });

  test("made every call in those runs but two: this controller derives its keys and stores none, and its records are whole words", () => {
    const never = named.map(([name]) => name).filter((name) => !made.has(name));
    expect(never).toEqual(["crypto.storeKey", "crc.addByte"]);
  });

  test("are found out of bounds when the controller writes beyond the memory or the board gives a code of 4,096", () => {
    const wrong: string[] = [];
    const { board } = new Machine(parseScenario(minimal(), "t.yaml"));
    const hal = watched(board.hal(), new Map(), wrong);
    hal.nvm.write(NVM_BYTES, 0);
    board.reservoir.pressure = () => 4096;
    watched(board.hal(), new Map(), wrong).reservoir.pressure();
    expect(wrong).toEqual([`nvm.write: address is ${NVM_BYTES}`, "reservoir.pressure gives 4096"]);
  });
});

describe("a WebAssembly controller", () => {
  /** A module that imports one function and exports what the contract asks for. */
  const importing = (port: string, call: string) => {
    const name = (text: string) => [text.length, ...Buffer.from(text)];
    const section = (id: number, ...bytes: number[]) => [id, bytes.length, ...bytes];
    const exported = (text: string, kind: number, index: number) => [...name(text), kind, index];
    return Uint8Array.from([
      ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
      ...section(1, 1, 0x60, 0, 0),
      ...section(2, 1, ...name(port), ...name(call), 0, 0),
      ...section(3, 1, 0),
      ...section(5, 1, 1, 1, 1),
      ...section(7, 3, ...exported("boot", 0, 1), ...exported("tick", 0, 1), ...exported("memory", 2, 0)),
      ...section(10, 1, 2, 0, 0x0b),
    ]);
  };
  const mount = (port: string, call: string) => {
    const { board } = new Machine(parseScenario(minimal(), "t.yaml"));
    return wasmController("one import", new WebAssembly.Module(importing(port, call))).mount(board.hal());
  };

  test.each(named)("may import %s", (_, { port, name }) => {
    expect(mount(port, name).canLeap).toBe(false);
  });

  test.each([
    ["clock", "jump"],
    ["nvm", "flip"],
    ["crypto", "chance"],
    ["motor", "step"],
  ])("may not import %s.%s, which the virtual part has and the contract has not", (port, name) => {
    expect(() => mount(port, name)).toThrow(ControllerFault);
  });
});

describe("a call that only reads", () => {
  const machine = new Machine(parseScenario(minimal(), "t.yaml"));
  const hal = machine.board.hal();
  const given = ({ parameters }: Call) => parameters.map(({ type, min = 1 }) => (type === "bool" ? true : min));
  machine.run(500);

  test.each(named.filter(([, { reads }]) => reads))("%s changes nothing on the board", (_, call) => {
    const before = machine.fingerprint();
    functionOf(hal, call)(...given(call));
    expect(machine.fingerprint()).toBe(before);
  });

  test("is none of those that start a pulse, send a byte or write memory, because these change the fingerprint", () => {
    for (const name of ["motor.setPower", "motor.pulse", "link.send", "nvm.write", "trace.event"]) {
      const before = machine.fingerprint();
      const call = CALLS.find((each) => nameOf(each) === name)!;
      functionOf(hal, call)(...given(call));
      expect([name, machine.fingerprint() === before]).toEqual([name, false]);
    }
  });
});
