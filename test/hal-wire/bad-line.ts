// A hal wire in lockstep over real pseudo-terminals, with a bad cable in the middle, for tests: its ends, and what either says at the
// end of a run of 15 s.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, type TestContext } from "vitest";
import { type BytePort, makePty, openSerial } from "../../emulator/port/port";
import { layCable, type LaidCable } from "../programmer/bad-cable";
import { whenFree } from "../when-free";
import { controllerJob, fingerprintHere, lockstepBoard, startWire, writeScenario } from "./bench";

export const folder = mkdtempSync(join(tmpdir(), "cistern-bad-hal-"));
const scenario = writeScenario(
  join(folder, "short.yaml"),
  "A short one for a bad line",
  "\nduration: 15 s\ntimeline:\n  - { at: 5 s, do: interrogate }\n  - { at: 7 s, fault: brownout }\n  - { at: 10 s, do: patient_bolus }\n",
);
/** The fingerprint of the run in one process. */
export const here = fingerprintHere(scenario);

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A port that is closed when its test is over. */
export async function kept(opening: Promise<BytePort>, { onTestFinished }: TestContext): Promise<BytePort> {
  const port = await opening;
  onTestFinished(() => port.close());
  return port;
}

export interface Ends {
  board: BytePort;
  controller: BytePort;
  cable: LaidCable;
}

export async function lay(seed: number, context: TestContext): Promise<Ends> {
  const [board, middle] = [await kept(makePty(), context), await kept(makePty(), context)];
  const toBoard = await kept(
    whenFree(() => openSerial(board.path, 115_200)),
    context,
  );
  const controller = await kept(
    whenFree(() => openSerial(middle.path, 115_200)),
    context,
  );
  return { board, controller, cable: layCable(toBoard, middle, seed) };
}

/** Both ends to their end: the fingerprint that both name, or why each gave up. */
export async function outcome({ board, controller }: Pick<Ends, "board" | "controller">) {
  // 4 s of silence are the end, which no crowded machine needs; every tick is on the wire.
  const patience = { resend_ms: 200 };
  const ends = await Promise.allSettled([
    startWire(lockstepBoard(scenario, { ...patience, gear: "lockstep" }), board).outcome,
    startWire(controllerJob(patience), controller).outcome,
  ]);
  const fingerprints: string[] = [];
  const failures: string[] = [];
  for (const end of ends) {
    if (end.status === "rejected") {
      expect((end.reason as Error).name).toBe("PortError");
      failures.push((end.reason as Error).message);
    } else if (end.value.brokenOff) failures.push(end.value.brokenOff.why);
    else fingerprints.push(end.value.kind === "board" ? end.value.report.fingerprint : end.value.end!.fingerprint);
  }
  return { fingerprints, failures };
}

/** A side that came to an end has the right fingerprint. A side that did not says so in one line. */
export function expectRightOrClear({ fingerprints, failures }: Awaited<ReturnType<typeof outcome>>): void {
  for (const fingerprint of fingerprints) expect(fingerprint).toBe(here);
  for (const message of failures) expect(message).not.toContain("\n");
}

/** A board waits for a controller until somebody ends it. */
export async function expectNobodyThere(ends: Ends): Promise<void> {
  const board = startWire(lockstepBoard(scenario), ends.board);
  const controller = startWire(controllerJob({ greeting_ms: 1000 }), ends.controller).outcome;
  await expect(controller).rejects.toThrow("no board answers");
  board.interrupt();
  expect((await board.outcome).report.verdict).toBe("interrupted");
}

/** From some byte on nothing goes that way, and each end gives up with one line. */
export async function expectGivesUp(ends: Ends, dead: keyof LaidCable): Promise<void> {
  ends.cable[dead].play({ dead: [3000, Infinity] });
  const result = await outcome(ends);
  expectRightOrClear(result);
  expect(result.fingerprints).toEqual([]);
  expect(result.failures).toHaveLength(2);
}
