// One name for each symbol of a machine: as it is listed it is read, written, flipped and found (STP-1).

import { beforeAll, describe, expect, test } from "vitest";
import {
  referenceController,
  scriptController,
  wasmController,
  type ControllerFactory,
} from "../../emulator/machine/controller-host";
import { Machine } from "../../emulator/machine/machine";
import { findSymbol, nearestSymbol, symbolNames, writeSymbol } from "../../emulator/machine/symbols";
import { parseScenario } from "../../emulator/run/open";
import { compileController, SHIPPED_FLAGS } from "../../scripts/dialect.mjs";
import { minimal } from "../scenario/example";

const machineWith = (controller: ControllerFactory = referenceController) => {
  const machine = new Machine(parseScenario(minimal(), "t.yaml"), controller);
  machine.run(100);
  return machine;
};

describe("STP-1: the name of a symbol", () => {
  const machine = machineWith();
  const names = symbolNames(machine);

  test("is listed once, as therapy.rate is, and stands for both halves of a value", () => {
    expect(new Set(names).size).toBe(names.length);
    expect(names.filter((name) => /\.(?:value|inverse)s?$/.test(name))).toEqual([]);
    expect(names).toContain("therapy.rate");
    expect(names.filter((name) => name.startsWith("firmware."))).toEqual(["firmware.motor.motion"]);
  });

  test("leads to a value or to a list of values", () => {
    for (const name of names) {
      expect([name, findSymbol(machine, name) ?? findSymbol(machine, `${name}[0]`)]).not.toEqual([name, null]);
    }
  });

  test("of the controller is the name by which ram_flip and the package know the field", () => {
    for (const name of machine.firmware.names()) {
      const field = machine.firmware.read(name) === undefined ? `${name}[0]` : name;
      const before = machine.firmware.read(field)!;
      machine.inject("ram_flip", 0, field);
      expect([name, machine.firmware.read(field)]).not.toEqual([name, before]);
      machine.inject("ram_flip", 0, field);
      expect([name, machine.firmware.read(field)]).toEqual([name, before]);
    }
  });

  test("may have the prefix `firmware.`, which leads past a signal of the same name", () => {
    const twin = findSymbol(machine, "firmware.therapy.rate")!;
    expect([twin.read(), twin.signal]).toEqual([findSymbol(machine, "therapy.rate")!.read(), null]);
    expect(findSymbol(machine, "motor.motion")!.signal?.name).toBe("motor.motion");
    expect(findSymbol(machine, "firmware.motor.motion")!.signal).toBeNull();
    expect(findSymbol(machine, "firmware.board.motor.steps")).toBeNull();
  });

  test("has, in the raw list, both halves of its value, which can be read and written", () => {
    const raw = symbolNames(machine, "therapy.rate", true);
    expect(raw).toEqual(["therapy.rate.value", "therapy.rate.inverse"]);
    expect(raw.map((name) => findSymbol(machine, name)!.read())).toEqual([
      machine.firmware.read("therapy.rate"),
      ~machine.firmware.read("therapy.rate")!,
    ]);
  });

  test("is found by a pattern, and a pattern with the prefix finds only those of the controller", () => {
    expect(symbolNames(machine, "firmware.therapy.rate")).toEqual(["therapy.rate"]);
    const all = symbolNames(machine, "firmware.");
    expect(all.length).toBe(machine.firmware.names().length);
  });

  test.each([
    ["therapy.rat", "therapy.rate"],
    ["firmware.therapy.rat", "therapy.rate"],
    ["therapy.rate.valu", "therapy.rate"],
    ["log.sequenc[1]", "log.sequence"],
    ["motor.puls", "motor.pulses"],
    ["board.motor.step", "board.motor.steps"],
  ])("that is written as %s has %s as its nearest known one", (unknown, nearest) =>
    expect(nearestSymbol(machine, unknown)).toBe(nearest),
  );
});

describe("RAM-1: a value that the controller's memory cannot hold is stored through no door", () => {
  const word = "expected a whole number of 32 bits: the firmware has no other";

  test.each<[unknown, string]>([
    [1.5, `found 1.5, ${word}`],
    [NaN, `found NaN, ${word}`],
    [Infinity, `found Infinity, ${word}`],
    [2 ** 31, `found 2147483648, ${word}`],
    [-(2 ** 31) - 1, `found -2147483649, ${word}`],
    [true, `found true, ${word}`],
    ["5", `found 5, ${word}`],
  ])("%s is refused for therapy.rate", (value, sentence) => {
    const machine = machineWith();
    const before = machine.controllerFingerprint();
    const write = () => machine.firmware.write("therapy.rate", value as number);
    expect(write).toThrow(RangeError);
    expect(write).toThrow(sentence);
    expect(() => writeSymbol(machine, "therapy.rate", value as number)).toThrow(sentence);
    expect(machine.controllerFingerprint()).toBe(before);
  });

  test.each([2 ** 31 - 1, -(2 ** 31), 0, -1])("%d is stored in therapy.rate with its complement", (value) => {
    const { firmware } = machineWith();
    expect(firmware.write("therapy.rate", value)).toBe(true);
    expect([firmware.read("therapy.rate.value"), firmware.read("therapy.rate.inverse")]).toEqual([value, ~value]);
  });

  test("a number of another maker's controller takes words of 32 bits alone", () => {
    const own = scriptController("own", () => ({ count: 0, boot: () => undefined, tick: () => undefined }));
    expect(() => machineWith(own)).toThrow(/boot/);
    class Counter {
      count = 0;
      boot() {
        this.count = 0;
      }
      tick() {
        this.count = (this.count + 1) | 0;
      }
    }
    const { firmware } = machineWith(scriptController("own", () => new Counter()));
    expect(firmware.names()).toEqual(["count"]);
    expect(() => firmware.write("count", 0.5)).toThrow(word);
    expect(firmware.write("count", 5)).toBe(true);
  });

  describe("a byte of a WebAssembly controller", () => {
    let machine: Machine;
    beforeAll(async () => {
      const bytes = await compileController(SHIPPED_FLAGS, { names: false });
      machine = machineWith(wasmController("module", new WebAssembly.Module(bytes)));
    });

    test.each([256, -1, 0.5, NaN])("refuses %d", (value) => {
      const before = machine.controllerFingerprint();
      expect(() => machine.firmware.write("memory[1000]", value)).toThrow(
        `found ${value}, expected a whole number from 0 to 255`,
      );
      expect(machine.controllerFingerprint()).toBe(before);
    });

    test("takes a value that fits, and does not exist outside the memory", () => {
      expect(machine.firmware.write("memory[1000]", 255)).toBe(true);
      expect(machine.firmware.read("memory[1000]")).toBe(255);
      expect(machine.firmware.write("memory[100000000]", 1)).toBe(false);
    });
  });
});
