// State by reflection: what it finds, by which names, what it refuses, and that saving and restoring is exact (EMU-5).

import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { nameOf, StateView } from "../../emulator/machine/state";

class Part {
  count = 1;
  ready = false;
  ratio = 0.5;
  bytes = new Uint8Array([1, 2, 3]);
  inner = { depth: 2, times: new Float64Array([0.25, -1]) };
  setting = Object.freeze([1, 2]);
}

function refuses(_: string, root: object, path: string): void {
  const attempt = () => new StateView({ r: root });
  expect(attempt).toThrow(TypeError);
  expect(attempt).toThrow(path);
}

describe("the fields that a view of the state finds", () => {
  test("are scalars and then arrays, in the order of their fields and under dotted names, without settings", () => {
    const paths = ["a.count", "a.ready", "a.ratio", "a.inner.depth", "a.bytes", "a.inner.times"];
    expect(new StateView({ a: new Part() }).paths()).toEqual(paths);
    expect(new StateView({ "": new Part() }).paths()).toEqual(paths.map((path) => path.slice(2)));
  });

  test("include an object or array that is reached twice only once, and none that stands apart", () => {
    const [shared, apart, bytes] = [{ x: 1 }, { y: 1 }, new Uint8Array(1)];
    const view = new StateView({ a: { shared, bytes }, b: { shared, apart, again: bytes, z: 1 } }, [apart]);
    expect(view.paths()).toEqual(["a.shared.x", "b.z", "a.bytes"]);
  });

  test.each([
    ["a function", { f: () => 1 }, "r.f"],
    ["a Map", { deep: { map: new Map() } }, "r.deep.map"],
    ["a Date", { when: new Date(0) }, "r.when"],
    ["a plain array", { list: [1] }, "r.list"],
    ["an array of another kind", { small: new Int16Array(1) }, "r.small"],
  ])("cannot be %s, which is a programmer's error that is named by its path", refuses);

  // Known: Object.isFrozen is true of every primitive, so these pass for settings: neither saved nor complained of.
  test.each([
    ["a string", { name: "x" }, "r.name"],
    ["a big integer", { big: 1n }, "r.big"],
    ["nothing", { gone: null }, "r.gone"],
    ["undefined", { gone: undefined }, "r.gone"],
  ])("cannot hold %s, which is a programmer's error too", refuses);
});

describe("STP-1: a symbol of the state", () => {
  test.each([
    ["a.count", 1],
    ["a.ready", 0],
    ["a.ratio", 0.5],
    ["a.bytes[2]", 3],
    ["a.inner.times[1]", -1],
    ["a.bytes[3]", undefined],
    ["a.bytes", undefined],
    ["a.bytes[-1]", undefined],
    ["a.count[0]", undefined],
    ["a.setting[0]", undefined],
    ["a.nothing", undefined],
    ["a", undefined],
    ["", undefined],
  ])("%s reads %s", (path, value) => expect(new StateView({ a: new Part() }).read(path)).toBe(value));

  test.each([
    ["a.count", 7, true, 7],
    ["a.count", -0.25, true, -0.25],
    ["a.ready", 1, true, 1],
    ["a.bytes[0]", 255, true, 255],
    ["a.inner.times[0]", -0.125, true, -0.125],
    ["a.bytes[3]", 1, false, undefined],
    ["a.bytes", 1, false, undefined],
    ["a.count[0]", 1, false, undefined],
    ["a.nothing", 1, false, undefined],
  ])("%s that is set to %d takes it: %s, and then reads as %s", (path, value, taken, after) => {
    const part = new Part();
    const view = new StateView({ a: part });
    expect(view.write(path, value)).toBe(taken);
    expect(view.read(path)).toBe(after);
    expect(typeof part.ready).toBe("boolean");
  });
});

describe("EMU-3: a value that a field cannot hold is refused and changes nothing", () => {
  const part = () => ({ ...new Part(), halves: new Uint16Array(1), words: new Int32Array(1) });
  const whole = (least: number, most: number) => `expected a whole number from ${least} to ${most}`;

  test.each([
    ["a.ready", 5, "expected 0 or 1"],
    ["a.ready", 0.5, "expected 0 or 1"],
    ["a.bytes[0]", 256, whole(0, 255)],
    ["a.bytes[0]", -1, whole(0, 255)],
    ["a.bytes[0]", 0.5, whole(0, 255)],
    ["a.halves[0]", 65_536, whole(0, 65_535)],
    ["a.words[0]", 2 ** 31, whole(-2147483648, 2147483647)],
    ["a.words[0]", NaN, whole(-2147483648, 2147483647)],
    ["a.inner.times[0]", NaN, "expected a finite number"],
    ["a.count", Infinity, "expected a finite number"],
  ])("%s refuses %d", (path, value, expected) => {
    const view = new StateView({ a: part() });
    const before = view.fingerprint();
    expect(() => view.write(path, value)).toThrow(RangeError);
    expect(() => view.write(path, value)).toThrow(`found ${value}, ${expected}`);
    expect(view.fingerprint()).toBe(before);
  });

  test("a number of a controller refuses a value that is no word of 32 bits", () => {
    const view = new StateView({ a: part() }, [], "firmwareWord");
    for (const path of ["a.count", "a.words[0]"]) {
      expect(() => view.write(path, 0.5)).toThrow("a whole number of 32 bits: the firmware has no other");
      expect(view.write(path, -(2 ** 31))).toBe(true);
    }
  });
});

// Without a negative zero among the scalars: restoring makes it a small integer, which has none.
const anyNumber = fc.oneof(fc.integer(), fc.double(), fc.constantFrom(NaN, Infinity, 2 ** 31, -(2 ** 31)));
const scalar = anyNumber.map((value) => (value === 0 ? 0 : value));
const values = fc.record({
  count: scalar,
  ready: fc.boolean(),
  ratio: scalar,
  bytes: fc.uint8Array({ minLength: 3, maxLength: 3 }),
  times: fc.array(anyNumber, { minLength: 2, maxLength: 2 }),
});

interface Values {
  count: number;
  ready: boolean;
  ratio: number;
  bytes: Uint8Array;
  times: number[];
}

function fill(part: Part, { count, ready, ratio, bytes, times }: Values): Part {
  Object.assign(part, { count, ready, ratio });
  part.bytes.set(bytes);
  part.inner.times.set(times);
  return part;
}

describe("EMU-5: a state that is saved and restored", () => {
  test("law: is as it was when it was saved, whatever was written since, and the copy shares no buffer with it", () => {
    fc.assert(
      fc.property(values, values, (before, since) => {
        const part = fill(new Part(), before);
        const view = new StateView({ a: part });
        const [saved, print] = [view.save(), view.fingerprint()];
        const other = fill(new Part(), since);
        fill(part, since);
        expect(view.fingerprint()).toBe(new StateView({ a: other }).fingerprint());
        view.restore(saved);
        expect(part).toEqual(fill(new Part(), before));
        expect(view.fingerprint()).toBe(print);
      }),
    );
  });

  test("holds small integers for whole numbers, and booleans for switches", () => {
    const part = new Part();
    const view = new StateView({ a: part });
    part.ready = true;
    const saved = view.save();
    part.ready = false;
    view.restore(saved);
    expect([part.ready, part.count]).toEqual([true, 1]);
  });
});

describe("a value that is kept with its complement", () => {
  const twins = () => ({
    rate: { value: 5, inverse: ~5 },
    counts: { values: new Int32Array([5, 0]), inverses: new Int32Array([~5, ~0]) },
  });

  test.each(["rate", "counts[0]"])("%s is read and written under the name of both halves", (path) => {
    const view = new StateView({ "": twins() });
    expect(view.write(path, 9)).toBe(true);
    expect(view.read(path)).toBe(9);
    const state = twins();
    const both = new StateView({ "": state });
    both.write(path, 9);
    expect([state.rate.inverse, state.counts.inverses[0]]).toContain(~9);
  });

  test.each(["rate", "counts[0]"])("EMU-4: a bit of %s flips in one of its halves only", (path) => {
    const state = twins();
    const view = new StateView({ "": state });
    expect(view.flip(path, 1)).toBe(true);
    expect(view.read(path)).toBe(7);
    expect([state.rate.inverse, state.counts.inverses[0]]).toEqual([~5, ~5]);
  });

  test("EMU-4: a flip of no field, or of the second bit of a switch, says that it changed nothing", () => {
    const view = new StateView({ "": { on: true } });
    expect([view.flip("off", 0), view.flip("on", 1), view.flip("on", 0)]).toEqual([false, false, true]);
  });

  test("is listed once under the name of both halves, and each half has a path", () => {
    const view = new StateView({ "": { ...twins(), alone: { value: 1 }, plain: 2 } });
    expect(view.names()).toEqual(["rate", "alone.value", "plain", "counts"]);
    expect(view.paths()).toEqual([
      "rate.value",
      "rate.inverse",
      "alone.value",
      "plain",
      "counts.values",
      "counts.inverses",
    ]);
    expect([view.read("alone"), view.write("alone", 1)]).toEqual([undefined, false]);
  });

  test("has both halves among its words under the name of both", () => {
    expect(["a.rate.value", "a.counts.inverses", "a.value.b"].map(nameOf)).toEqual(["a.rate", "a.counts", "a.value.b"]);
  });
});

describe("EMU-1: the fingerprint", () => {
  test("has 16 hex digits and differs after a change of any single field", () => {
    const part = new Part();
    const view = new StateView({ a: part });
    const seen = new Set([view.fingerprint()]);
    for (const path of [
      "a.count",
      "a.ready",
      "a.ratio",
      "a.bytes[0]",
      "a.bytes[2]",
      "a.inner.depth",
      "a.inner.times[1]",
    ]) {
      view.write(path, (view.read(path) ?? 0) + 1);
      seen.add(view.fingerprint());
    }
    expect(seen.size).toBe(8);
    for (const print of seen) expect(print).toMatch(/^[0-9a-f]{16}$/);
  });

  test("hashes only the bytes of an array that is a part of a larger buffer", () => {
    const buffer = new Uint8Array([9, 1, 2, 9]);
    const inside = new StateView({ a: { x: buffer.subarray(1, 3) } });
    expect(inside.fingerprint()).toBe(new StateView({ a: { x: new Uint8Array([1, 2]) } }).fingerprint());
  });
});
