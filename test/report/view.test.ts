// The range in view and the cursor of a page: bounds, zoom and pan, and the listeners that hear of them.

import { describe, expect, test } from "vitest";

import { View } from "../../emulator/report/page/view";

const DAY_S = 86400;

describe("a view of a day", () => {
  test.each<[string, (view: View) => void, [number, number]]>([
    ["begins with all of it", () => undefined, [0, DAY_S]],
    ["shows the range that it is set to", (view) => view.show(100, 200), [100, 200]],
    ["moves a range that begins before the run", (view) => view.show(-50, 50), [0, 100]],
    ["moves a range that ends after the run", (view) => view.show(DAY_S - 50, DAY_S + 50), [DAY_S - 100, DAY_S]],
    ["widens a range of no length to a second", (view) => view.show(100, 100), [100, 101]],
    ["widens a range that runs backwards to a second", (view) => view.show(200, 100), [200, 201]],
    ["shows no more than the run", (view) => view.show(-DAY_S, 2 * DAY_S), [0, DAY_S]],
    [
      "zooms in around a moment that keeps its place",
      (view) => view.zoom(0.5, DAY_S / 4),
      [DAY_S / 8, (5 * DAY_S) / 8],
    ],
    ["zooms out to all at most", (view) => view.zoom(2, 0), [0, DAY_S]],
    ["does not pan beyond its ends", (view) => view.pan(0.25), [0, DAY_S]],
  ])("%s", (_, act, range) => {
    const view = new View(DAY_S);
    act(view);
    expect([view.from_s, view.to_s]).toEqual(range);
  });

  test("pans by a share of the range in view", () => {
    const view = new View(DAY_S);
    view.show(3600, 7200);
    view.pan(0.5);
    expect([view.from_s, view.to_s]).toEqual([5400, 9000]);
    view.pan(-2);
    expect([view.from_s, view.to_s]).toEqual([0, 3600]);
  });

  test("counts as all in view up to rounding, and keeps its ends", () => {
    const view = new View(DAY_S);
    expect([view.isAll(), view.holds(0), view.holds(DAY_S)]).toEqual([true, true, true]);
    view.show(10, DAY_S);
    expect([view.isAll(), view.holds(9.99), view.holds(10)]).toEqual([false, false, true]);
    view.showAll();
    expect(view.isAll()).toBe(true);
  });

  test("zooms around the cursor, or around its middle without one", () => {
    const view = new View(DAY_S);
    expect(view.focus_s()).toBe(DAY_S / 2);
    view.setCursor(1000);
    expect(view.focus_s()).toBe(1000);
    view.showAround(view.focus_s(), 600);
    expect([view.from_s, view.to_s]).toEqual([700, 1300]);
    view.setCursor(null);
    expect(view.focus_s()).toBe(1000);
  });

  test("reads whole seconds while more than a minute is in view", () => {
    const view = new View(DAY_S);
    view.show(0, 61);
    expect(view.readable(12.34)).toBe(12);
    view.show(0, 60);
    expect(view.readable(12.34)).toBe(12.34);
  });

  test("notifies each listener after a change, for range and cursor apart", () => {
    const view = new View(DAY_S);
    const heard: string[] = [];
    view.onRange(() => heard.push(`range ${view.from_s} ${view.to_s}`));
    view.onRange(() => heard.push("second"));
    view.onCursor(() => heard.push(`cursor ${view.cursor_s}`));
    view.show(10, 20);
    view.setCursor(15);
    expect(heard).toEqual(["range 10 20", "second", "cursor 15"]);
  });
});

test("a view of a run that is shorter than a second shows all of it", () => {
  const view = new View(0.5);
  view.show(0.2, 0.3);
  expect([view.from_s, view.to_s]).toEqual([0, 0.5]);
});
