// The hal wire in real time, where no end waits for the other. The tests assert what happens in which tick of the board,
// and never how long anything took: a busy machine makes misses, and misses are allowed. The pump runs at a quarter of real
// time, so that a stall of the host must last nine tenths of a second before the watchdog resets it. The tests run side by side,
// because they mostly wait.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { TICK_MS } from "../../hal/units";
import type { BoardJob, BoardOutcome } from "../../emulator/hal-wire/board-job";
import { decodeWireFrame, FRAME_SENSE } from "../../emulator/hal-wire/frame";
import { decodeSense } from "../../emulator/hal-wire/messages";
import { both, controllerJob, lockstepBoard, writeScenario, startWire } from "./bench";
import { cable, type Middle } from "./cable";

const SPEED = 0.25;
const TICK_HOST_MS = TICK_MS / SPEED;

const folder = mkdtempSync(join(tmpdir(), "cistern-real-time-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const scenario = (seconds: number) =>
  writeScenario(join(folder, `${seconds}.yaml`), `${seconds} seconds`, `duration: ${seconds} s\n`);
const timedBoard = (path: string): BoardJob =>
  lockstepBoard(path, { lockstep: false, speed: SPEED, gear: "lockstep", tracks: true });

/** Passes everything on until `from`, nothing until `until`, in ticks of the board. */
function gap(from: number, until: number): { down: Middle; up: Middle } {
  let tick = 0;
  const shut = () => tick >= from && tick < until;
  return {
    down: (bytes) => {
      const frame = decodeWireFrame(bytes.subarray(1, -1));
      const sense = frame?.type === FRAME_SENSE ? decodeSense(frame.body) : null;
      tick = sense?.tick ?? tick;
      return shut() ? [] : [bytes];
    },
    up: (bytes) => (shut() ? [] : [bytes]),
  };
}

/** The outcome of a board whose controller goes at tick 400 for good. */
async function deserted(job: BoardJob): Promise<BoardOutcome> {
  const { down, up } = gap(400, Infinity);
  const line = cable(down, up);
  const controller = startWire(controllerJob(), line.controller);
  const outcome = (await startWire(job, line.board).outcome) as BoardOutcome;
  controller.interrupt();
  await controller.outcome;
  return outcome;
}

function valueAt({ tracks }: BoardOutcome, name: string, tick: number): number {
  const track = tracks.find((each) => each.name === name)!;
  const next = track.ticks.findIndex((each) => each > tick);
  return track.values[(next < 0 ? track.ticks.length : next) - 1];
}

const eventsOf = ({ report }: BoardOutcome, name: string) => report.events.filter((each) => each.name === name);

test.concurrent("each tick of a running pump is asked for and timed, and both ends name one fingerprint", async () => {
  const [board, controller] = await both(cable(), timedBoard(scenario(6)));
  expect(board.counts.asked).toBe(600);
  expect(board.report.speed.ticks_executed).toBe(600);
  expect(valueAt(board, "motor.pulses", 600)).toBeGreaterThan(0);
  expect(controller.lockstep).toBe(false);
  expect(controller.end?.fingerprint).toBe(board.report.fingerprint);
  expect(board.paced?.timed).toBe(600);
});

test.concurrent("a lost line stops the pump within 200 ms, and the pump names the cause when the line is back", async () => {
  const [from, until] = [400, 700];
  const { down, up } = gap(from, until);
  const [board, controller] = await both(cable(down, up), timedBoard(scenario(12)));
  const before = valueAt(board, "motor.pulses", from + 20);
  expect(before).toBeGreaterThan(0);
  expect(valueAt(board, "motor.pulses", until)).toBe(before);
  expect(valueAt(board, "motor.motion", until)).toBe(valueAt(board, "motor.motion", from + 40));
  // The watchdog bites again and again for as long as nobody answers.
  const resets = eventsOf(board, "reset").filter(({ tick }) => tick >= from && tick < until + 30);
  expect(resets.length).toBeGreaterThan(5);
  expect(new Set(resets.map((each) => each["cause"]))).toEqual(new Set(["watchdog"]));
  const boots = eventsOf(board, "boot").filter(({ tick }) => tick >= until);
  expect(boots[0]?.["cause"]).toBe("watchdog");
  // Therapy goes on: a pulse every 1.8 s.
  expect(valueAt(board, "motor.pulses", 1200)).toBeGreaterThan(before);
  expect(board.counts.missed_most).toBeGreaterThan(200);
  expect(controller.counts.silences).toBeGreaterThan(0);
});

test.concurrent("HIL-6: a controller that is gone when the run ends makes it invalid, from the tick on in which it went", async () => {
  const board = await deserted(timedBoard(scenario(6)));
  const text = expect.stringMatching(/^the controller has not answered since 4 s/) as string;
  expect(board.report.findings).toContainEqual(expect.objectContaining({ kind: "end", weight: "invalid", text }));
  // A stall of the host may have broken an invariant before.
  expect(board.report.verdict).not.toBe("pass");
  expect([board.brokenOff, board.report.ended.tick]).toEqual([null, 600]);
});

test.concurrent("HIL-6: a controller that stays away for the time of --greeting ends the run, with all that was recorded", async () => {
  const board = await deserted({ ...timedBoard(scenario(12)), greeting_ms: 3_000 });
  expect(board.report.verdict).not.toBe("pass");
  expect(board.brokenOff).toEqual({ why: "the controller has not answered for 3 s", isPort: false });
  const { tick } = board.report.ended;
  expect([tick >= 475, tick < 1200, valueAt(board, "motor.pulses", tick) > 0]).toEqual([true, true, true]);
});

test.concurrent("answers that are three ticks late are carried out late, each once", async () => {
  const line = cable();
  const prompt = line.controller.write.bind(line.controller);
  line.controller.write = (bytes) => {
    setTimeout(() => prompt(bytes), 3 * TICK_HOST_MS);
    return true;
  };
  const [board] = await both(line, timedBoard(scenario(8)));
  expect(board.counts.late).toBeGreaterThan(200);
  expect(valueAt(board, "motor.pulses", 800)).toBeGreaterThan(1);
  expect(eventsOf(board, "boot")).toHaveLength(1);
});

test.concurrent("calls that were sent before a reset are void after it", async () => {
  // From tick 300 on the controller's bytes are kept for as long as the watchdog needs, and then come all at once.
  let tick = 0;
  let kept: Uint8Array[] = [];
  const down: Middle = (bytes) => {
    const frame = decodeWireFrame(bytes.subarray(1, -1));
    const sense = frame?.type === FRAME_SENSE ? decodeSense(frame.body) : null;
    tick = sense?.tick ?? tick;
    return [bytes];
  };
  const up: Middle = (bytes) => {
    kept.push(bytes);
    if (tick >= 300 && tick < 323) return [];
    const all = kept;
    kept = [];
    return all;
  };
  const [board] = await both(cable(down, up), timedBoard(scenario(8)));
  expect(eventsOf(board, "reset").length).toBeGreaterThan(0);
  expect(board.counts.stale).toBeGreaterThan(0);
  expect(valueAt(board, "motor.pulses", 800)).toBeGreaterThan(0);
});

test.concurrent("another controller may take the place of one that left", async () => {
  const line = cable();
  const board = startWire(timedBoard(scenario(10)), line.board);
  const first = startWire(controllerJob(), line.controller);
  await new Promise<void>((resolve) => {
    const seen = line.controller.onBytes!;
    line.controller.onBytes = (bytes) => {
      seen(bytes);
      const frame = decodeWireFrame(bytes.subarray(1, -1));
      const sense = frame?.type === FRAME_SENSE ? decodeSense(frame.body) : null;
      if (sense && sense.tick >= 200) resolve();
    };
  });
  first.interrupt();
  expect((await first.outcome).brokenOff).toEqual({ by: "interrupt", why: "interrupted" });
  const second = await startWire(controllerJob(), line.controller).outcome;
  const { counts, report, tracks } = await board.outcome;
  expect(counts.links).toBeGreaterThanOrEqual(2);
  expect(second.end?.fingerprint).toBe(report.fingerprint);
  expect(second.counts.boots).toBeGreaterThan(0);
  const pulses = tracks.find(({ name }) => name === "motor.pulses")!;
  expect(pulses.ticks.at(-1)).toBeGreaterThan(300);
});
