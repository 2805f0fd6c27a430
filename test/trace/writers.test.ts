// The ending of a trace file chooses its writer.

import { describe, expect, test } from "vitest";
import { csvOf } from "../../emulator/trace/csv";
import { vcdOf } from "../../emulator/trace/vcd";
import { traceWriterFor } from "../../emulator/trace/writers";
import { UsageError } from "../../emulator/usage-error";

describe("the writer of a trace", () => {
  test.each([
    ["a.csv", csvOf],
    ["b/c.CSV", csvOf],
    ["a.b.vcd", vcdOf],
    ["A.VCD", vcdOf],
  ])("of %s is chosen by the ending", (path, writer) => {
    expect(traceWriterFor(path)).toBe(writer);
  });

  test.each([
    ["run.txt", "run.txt: found .txt, expected a trace file that ends in .csv or .vcd"],
    ["trace", "trace: found no ending, expected a trace file that ends in .csv or .vcd"],
    [".vcd", ".vcd: found no ending, expected a trace file that ends in .csv or .vcd"],
    ["a.constructor", "a.constructor: found .constructor, expected a trace file that ends in .csv or .vcd"],
  ])("is a usage error that names the known endings for %s", (path, message) => {
    expect(() => traceWriterFor(path)).toThrow(new UsageError(message));
  });
});
