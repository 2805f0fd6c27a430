// `cistern/rig`: the pump and the board as processes of their own, started, asked and ended.

import { afterEach, describe, expect, test } from "vitest";
import { RigError, startBoard, startPump, type Started } from "../../emulator/rig";
import { cisternPath } from "../program";

const command = [process.execPath, cisternPath];
const quiet = "examples/rig-python/quiet-pump.yaml";
const started: Started[] = [];
const kept = async (starting: Promise<Started>) => {
  const running = await starting;
  started.push(running);
  return running;
};
afterEach(async () => {
  await Promise.all(started.splice(0).map((each) => each.end()));
});

describe("a started program (HIL-8)", () => {
  test("is a pump that listens at TCP, answers on its control channel in order, and gives its report at its end", async () => {
    const pump = await kept(startPump(quiet, { speed: "max", tcp: true, command }));
    expect(pump.port).toMatch(/^tcp:127\.0\.0\.1:\d+$/);
    const [waited, got, status] = await Promise.all(
      ["wait 6 min", "get motor.pulses", "status"].map((line) => pump.ask(line)),
    );
    expect(waited).not.toHaveProperty("values");
    expect(got).toHaveProperty(["values", "motor.pulses"]);
    expect(status).toHaveProperty("speed");
    expect(await pump.end()).toMatchObject({ schema: "cistern.serve/1", verdict: "pass" });
  });

  test("rejects a line that the channel refuses with the channel's sentence, and a line after its end", async () => {
    const board = await kept(startBoard(quiet, { tcp: true, command }));
    await expect(board.ask("inject nothing")).rejects.toThrow(/^inject nothing: .+/);
    await expect(board.ask("two\nlines")).rejects.toThrow(RigError);
    await board.end();
    await expect(board.ask("status")).rejects.toThrow("cistern ended at: status");
  });

  test("that does not start is told in its own words", async () => {
    await expect(startPump("no-such.yaml", { command })).rejects.toThrow(/did not start: [^]*no-such\.yaml/);
    await expect(startPump(quiet, { command: ["no-such-program"] })).rejects.toThrow(/did not start: [^]*ENOENT/);
  });
});
