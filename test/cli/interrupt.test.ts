// Interrupts of a command: the first ends it in order, a second one at once, and after `stop` nobody listens.

import { afterEach, expect, test, vi } from "vitest";
import { watchInterrupts } from "../../emulator/cli/interrupt";

/** Not SIGINT, which the test runner listens for itself. */
const SIGNAL = "SIGUSR2";

afterEach(() => vi.restoreAllMocks());

test("the first interrupt is heard and told once, the second one ends the program with 130", () => {
  const exit = vi.spyOn(process, "exit").mockImplementation((() => undefined) as () => never);
  const onFirst = vi.fn();
  const interrupts = watchInterrupts(onFirst, [SIGNAL]);
  expect([interrupts.heard, onFirst.mock.calls.length]).toEqual([false, 0]);
  process.emit(SIGNAL);
  expect([interrupts.heard, onFirst.mock.calls.length, exit.mock.calls]).toEqual([true, 1, []]);
  process.emit(SIGNAL);
  expect(exit).toHaveBeenCalledWith(130);
  interrupts.stop();
});

test("after stop a signal is nobody's, so that it does what it does by default", () => {
  const before = process.listenerCount(SIGNAL);
  const interrupts = watchInterrupts(undefined, [SIGNAL, "SIGTERM"]);
  expect(process.listenerCount(SIGNAL)).toBe(before + 1);
  interrupts.stop();
  expect(process.listenerCount(SIGNAL)).toBe(before);
  expect(interrupts.heard).toBe(false);
});
