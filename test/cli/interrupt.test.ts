// Signals that end a command: the first ends it in order, a second one at once, and after `stop` nobody listens.

import { afterEach, expect, test, vi } from "vitest";
import { exitCodeOfSignal, watchInterrupts } from "../../emulator/cli/interrupt";

afterEach(() => vi.restoreAllMocks());

/** SIGINT is left out, because the test runner listens for it itself. */
test("EMU-9: the first signal is announced once, and the second one ends the program with the code of the first", () => {
  const exit = vi.spyOn(process, "exit").mockImplementation(() => {
    throw new Error("ended");
  });
  const onFirst = vi.fn();
  const interrupts = watchInterrupts(onFirst);
  expect([interrupts.heard, onFirst.mock.calls.length]).toEqual([false, 0]);
  process.emit("SIGTERM", "SIGTERM");
  expect([interrupts.heard, onFirst.mock.calls.length, exit.mock.calls]).toEqual([true, 1, []]);
  expect(() => process.emit("SIGHUP", "SIGHUP")).toThrow("ended");
  expect(exit).toHaveBeenCalledWith(143);
  expect(exitCodeOfSignal()).toBe(143);
  expect(onFirst).toHaveBeenCalledOnce();
  interrupts.stop();
});

test.each(["SIGINT", "SIGTERM", "SIGHUP"] as const)("after `stop` %s has its default effect", (signal) => {
  const before = process.listenerCount(signal);
  const interrupts = watchInterrupts();
  expect(process.listenerCount(signal)).toBe(before + 1);
  interrupts.stop();
  expect(process.listenerCount(signal)).toBe(before);
  expect(interrupts.heard).toBe(false);
});
