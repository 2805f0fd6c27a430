// The address of a report: what it says of the view, and what is made of one that anybody may have typed.

import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { hashOf, placeOf, START, type Place } from "../../emulator/report/place";

describe("the address of a report", () => {
  test.each<[string, Partial<Place>]>([
    ["", {}],
    ["#at=33600.01", { at_s: 33600.01 }],
    ["#from=0&to=3600&at=12", { from_s: 0, to_s: 3600, at_s: 12 }],
    ["#open=findings.harms", { open: ["findings", "harms"] }],
    ["#find=bolus+denied+%26+%23&only=view&rows=600", { find: "bolus denied & #", inView: true, rows: 600 }],
  ])("%s says the place, and the place says the same address", (hash, place) => {
    expect(hashOf({ ...START, ...place })).toBe(hash);
    expect(placeOf(hash)).toEqual({ ...START, ...place });
  });

  test("gives back every place to the tick, whatever is in it", () => {
    const time = fc.integer({ min: 0, max: 30_000_000_000 }).map((ticks) => ticks / 100);
    const range = fc.tuple(time, time).filter(([a, b]) => a !== b);
    fc.assert(
      fc.property(
        fc.option(range),
        fc.option(time),
        fc.subarray(["expectations", "findings", "harms"]),
        fc.string({ unit: "grapheme" }),
        fc.boolean(),
        fc.nat(),
        (between, at_s, open, find, inView, rows) => {
          const [from_s, to_s] = between === null ? [null, null] : [Math.min(...between), Math.max(...between)];
          const place = { from_s, to_s, at_s, open, find, inView, rows };
          expect(placeOf(hashOf(place))).toEqual(place);
        },
      ),
    );
  });

  test.each([
    ["#plots"],
    ["#from=10"],
    ["#from=20&to=10"],
    ["#from=-1&to=10"],
    ["#at=NaN"],
    ["#at=1e9"],
    ["#at=&open=&rows=x"],
    ["#%E0%A4%A"],
    ["#__proto__=1"],
  ])("%s says nothing that can be shown, and is the whole run", (hash) => {
    expect(placeOf(hash)).toEqual(START);
  });
});
