// The hal wire in lockstep: a controller in one thread, a board in another, and the fingerprint of one process (HIL-3), also
// over a line that drops, doubles, flips, cuts and adds.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { startWire as startFromSource } from "../../emulator/hal-wire/wire-thread";
import { RandomStream } from "../../emulator/random";
import { both, controllerJob, fingerprintHere, lockstepBoard, scenarioPath, writeScenario, startWire } from "./bench";
import { cable, type Middle } from "./cable";

const folder = mkdtempSync(join(tmpdir(), "cistern-hal-wire-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const EVERYTHING = writeScenario(
  join(folder, "everything.yaml"),
  "All that a wire can carry",
  `
duration: 2 min
timeline:
  - { at: 5 s, do: interrogate }
  - { at: 10 s, fault: reservoir_sensor, noise: 0.5 mL, for: 60 s }
  - { at: 20 s, fault: nvm_flip, address: 4660, bit: 3 }
  - { at: 30 s, fault: brownout }
  - { at: 40 s, fault: hang }
  - { at: 50 s, fault: motor_stall, for: 20 s }
  - { at: 60 s, fault: reset }
  - { at: 70 s, fault: nvm_torn_write }
  - { at: 80 s, do: patient_bolus }
  - { at: 100 s, do: interrogate }
`,
);

describe("HIL-3: a run in lockstep", () => {
  test("of every tick, with resets, torn writes, flips, noise and telemetry, has the fingerprint of one process", async () => {
    const [board, controller] = await both(cable(), lockstepBoard(EVERYTHING, { gear: "lockstep" }));
    expect(board.report.fingerprint).toBe(fingerprintHere(EVERYTHING));
    expect(controller.end?.fingerprint).toBe(board.report.fingerprint);
    expect(controller.end?.verdict).toBe(board.report.verdict);
    expect(board.verdictHeard).toBe(true);
    // Pass: every fault of the timeline acted, and every request had its answer.
    expect(board.report.verdict).toBe("pass");
    const causes = board.report.events.filter(({ name }) => name === "reset").map((each) => each["cause"]);
    expect(causes).toEqual(["brownout", "watchdog", "external", "brownout"]);
    expect(board.report.speed.ticks_leapt).toBe(0);
  });

  test("with leaps has the fingerprint of one process", async () => {
    const [board] = await both(cable(), lockstepBoard(EVERYTHING));
    expect(board.report.fingerprint).toBe(fingerprintHere(EVERYTHING));
    expect(board.report.speed.ticks_leapt).toBeGreaterThan(1000);
  });

  test("whose threads are started from the sources, through tsx, has the fingerprint of one process", async () => {
    const line = cable();
    const controller = startFromSource(controllerJob(), line.controller).outcome;
    const board = await startFromSource(lockstepBoard(EVERYTHING), line.board).outcome;
    expect(board.report.fingerprint).toBe(fingerprintHere(EVERYTHING));
    expect((await controller).end?.fingerprint).toBe(board.report.fingerprint);
  });
});

test("a scenario that sends more bytes than the FIFO holds at once gives the fingerprint of one process", async () => {
  const path = scenarioPath("noisy-telemetry");
  const [board] = await both(cable(), lockstepBoard(path));
  expect(board.report.fingerprint).toBe(fingerprintHere(path));
  expect(board.report.verdict).toBe("pass");
});

/** Damages one in `rarity` of the pieces, in a way that differs each time. */
function damaging(seed: number, rarity: number): Middle & { damaged: number } {
  const chance = new RandomStream(seed, "cable");
  const middle = (bytes: Uint8Array): Uint8Array[] => {
    if (chance.fraction() * rarity >= 1) return [bytes];
    middle.damaged++;
    const at = Math.floor(chance.fraction() * bytes.length);
    const flipped = bytes.slice();
    flipped[at] ^= 1 << (chance.bits() & 7);
    const ways = [
      [],
      [bytes, bytes],
      [flipped],
      [bytes.slice(0, at)],
      [bytes.slice(0, at), bytes.slice(at)],
      [Uint8Array.from({ length: 40 }, () => chance.bits() & 255), bytes],
    ];
    return ways[chance.bits() % ways.length];
  };
  middle.damaged = 0;
  return middle;
}

describe("a bad line between the ends", () => {
  test("that drops, doubles, flips, cuts and adds bytes leaves the run the same", async () => {
    const [there, back] = [damaging(1, 10), damaging(2, 10)];
    const patient = { resend_ms: 20 };
    const [board] = await both(cable(there, back), lockstepBoard(EVERYTHING, patient), controllerJob(patient));
    expect(board.report.fingerprint).toBe(fingerprintHere(EVERYTHING));
    expect(there.damaged).toBeGreaterThan(20);
    expect(back.damaged).toBeGreaterThan(20);
    expect(board.counts.resent).toBeGreaterThan(10);
    expect(board.counts.spoilt).toBeGreaterThan(5);
  });

  test("that is cut for good makes both ends give up, each with one clear line", async () => {
    let pieces = 0;
    const cut: Middle = (bytes) => (pieces++ < 60 ? [bytes] : []);
    const patient = { resend_ms: 10 };
    const line = cable(cut);
    const [board, controller] = await Promise.allSettled([
      startWire(lockstepBoard(EVERYTHING, patient), line.board).outcome,
      startWire(controllerJob(patient), line.controller).outcome,
    ]);
    const outcome = board.status === "fulfilled" ? board.value : null;
    // The controller's side of the line still works: if it gives up first, it says so.
    expect(outcome?.brokenOff).toEqual({
      why: expect.stringMatching(/^the controller (has been silent|left: the board has been silent)/) as string,
      isPort: false,
    });
    expect(outcome?.report.verdict).toBe("invalid");
    const here = controller.status === "fulfilled" ? controller.value : null;
    expect(here?.brokenOff).toEqual({
      by: "silence",
      why: expect.stringMatching(/^the board has (been silent|not answered)/) as string,
    });
    expect(here?.end).toBeNull();
  });
});

describe("an end that does not fit is refused", () => {
  test("such as a controller that expects another scenario, with the name of the one that is played", async () => {
    const line = cable();
    const board = startWire(lockstepBoard(EVERYTHING), line.board);
    const end = startWire(controllerJob({ scenario: "Another day" }), line.controller).outcome;
    await expect(end).rejects.toThrow('the board plays "All that a wire can carry", not "Another day"');
    board.interrupt();
    expect((await board.outcome).report.verdict).toBe("interrupted");
  });

  test("such as a scenario that flips bits of a memory that is not on the wire", async () => {
    const board = startWire(lockstepBoard(scenarioPath("bits-that-flip")), cable().board);
    await expect(board.outcome).rejects.toThrow(/^ram_flip of .* a remote controller's memory is not on the wire$/);
  });

  test("and a controller without a board gives up", async () => {
    const end = startWire(controllerJob({ greeting_ms: 600 }), cable().controller).outcome;
    await expect(end).rejects.toThrow("no board answers");
  });
});
