// The hal wire in lockstep over real pseudo-terminals and a bad cable. The run has the fingerprint of one process or fails
// clearly at both ends, and never has another result. Linux only.

import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, type TestContext } from "vitest";
import { type BytePort, makePty, openSerial } from "../../emulator/port/port";
import { layCable, type LaidCable, STRIKES } from "../programmer/bad-cable";
import { controllerJob, fingerprintHere, lockstepBoard, writeScenario, startWire } from "./bench";
import { hasPty, hasSocat } from "../machine-here";
import { until } from "../until";
import { whenFree } from "../when-free";

const folder = mkdtempSync(join(tmpdir(), "cistern-bad-hal-"));
const scenario = writeScenario(
  join(folder, "short.yaml"),
  "A short one for a bad line",
  "\nduration: 15 s\ntimeline:\n  - { at: 5 s, do: interrogate }\n  - { at: 7 s, fault: brownout }\n  - { at: 10 s, do: patient_bolus }\n",
);
let here = "";

/** A port that is closed when its test is over. */
async function kept(opening: Promise<BytePort>, { onTestFinished }: TestContext): Promise<BytePort> {
  const port = await opening;
  onTestFinished(() => port.close());
  return port;
}

beforeAll(() => void (here = fingerprintHere(scenario)));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Ends {
  board: BytePort;
  controller: BytePort;
  cable: LaidCable;
}

async function lay(seed: number, context: TestContext): Promise<Ends> {
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
async function outcome({ board, controller }: Pick<Ends, "board" | "controller">) {
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
function expectRightOrClear({ fingerprints, failures }: Awaited<ReturnType<typeof outcome>>): void {
  for (const fingerprint of fingerprints) expect(fingerprint).toBe(here);
  for (const message of failures) expect(message).not.toContain("\n");
}

/** A board waits for a controller until somebody ends it. */
async function expectNobodyThere(ends: Ends): Promise<void> {
  const board = startWire(lockstepBoard(scenario), ends.board);
  const controller = startWire(controllerJob({ greeting_ms: 1000 }), ends.controller).outcome;
  await expect(controller).rejects.toThrow("no board answers");
  board.interrupt();
  expect((await board.outcome).report.verdict).toBe("interrupted");
}

describe.runIf(hasPty).concurrent("lockstep over a cable that", () => {
  test("HIL-3: is good gives the fingerprint of one process", async (context) => {
    expect(await outcome(await lay(1, context))).toEqual({ fingerprints: [here, here], failures: [] });
  });

  test.for(STRIKES)("HIL-3: strikes with %s gives that fingerprint or a clear failure", async (strike, context) => {
    const ends = await lay(2, context);
    for (const wire of [ends.cable.there, ends.cable.back]) wire.play({ strikes: [strike], every: 1500 });
    const result = await outcome(ends);
    expectRightOrClear(result);
    expect(ends.cable.there.struck + ends.cable.back.struck).toBeGreaterThan(5);
    // About one frame in twenty is damaged, which is no reason to give up.
    expect(result.fingerprints.length).toBeGreaterThan(0);
  });

  test("HIL-3: strikes with everything gives that fingerprint or a clear failure", async (context) => {
    const ends = await lay(6, context);
    for (const wire of [ends.cable.there, ends.cable.back]) wire.play({ strikes: STRIKES, every: 600 });
    const result = await outcome(ends);
    expectRightOrClear(result);
    expect(result.fingerprints.length).toBeGreaterThan(0);
  });

  test("leaves no frame whole lets no board answer", async (context) => {
    const ends = await lay(7, context);
    for (const wire of [ends.cable.there, ends.cable.back]) wire.play({ strikes: STRIKES, every: 4 });
    await expectNobodyThere(ends);
  });

  test("is dead in one direction from some byte on makes both ends give up, each with one line", async (context) => {
    for (const dead of ["there", "back"] as const) {
      const ends = await lay(3, context);
      ends.cable[dead].play({ dead: [3000, Infinity] });
      const result = await outcome(ends);
      expectRightOrClear(result);
      expect(result.fingerprints).toEqual([]);
      expect(result.failures).toHaveLength(2);
    }
  });

  test("is dead for some frames and then recovers leaves the fingerprint as it is", async (context) => {
    const ends = await lay(4, context);
    ends.cable.there.play({ dead: [3000, 3080] });
    ends.cable.back.play({ dead: [5000, 5060] });
    const result = await outcome(ends);
    expect(result.fingerprints).toEqual([here, here]);
  });

  test.for([0.5, 2])(
    "reads at another rate, with bits %d times as long, lets no board answer",
    async (misread, context) => {
      const ends = await lay(5, context);
      for (const wire of [ends.cable.there, ends.cable.back]) wire.play({ misread });
      await expectNobodyThere(ends);
    },
  );
});

describe.runIf(hasSocat)("the cable is pulled out in the middle of a frame", () => {
  test("both ends say that the port went away", async (context) => {
    const [one, other] = [join(folder, "board"), join(folder, "controller")];
    const ends = [one, other].map((link) => `pty,raw,echo=0,link=${link}`);
    const socat = spawn("socat", ends, { stdio: "ignore" });
    context.onTestFinished(() => void socat.kill("SIGKILL"));
    await until("the cable is in", () => existsSync(one) && existsSync(other));
    const board = await kept(
      whenFree(() => openSerial(one, 115_200)),
      context,
    );
    const controller = await kept(
      whenFree(() => openSerial(other, 115_200)),
      context,
    );
    let bytes = 0;
    const pulling = new Proxy(controller, {
      set: (port, name, value) => {
        if (name !== "onBytes") return Reflect.set(port, name, value);
        port.onBytes = (got) => {
          bytes += got.length;
          if (bytes > 3000) socat.kill("SIGKILL");
          (value as BytePort["onBytes"])?.(got);
        };
        return true;
      },
      get: (port, name) => {
        const value: unknown = Reflect.get(port, name, port);
        return typeof value === "function" ? (value as () => unknown).bind(port) : value;
      },
    });
    const result = await outcome({ board, controller: pulling });
    expectRightOrClear(result);
    expect(result.failures).toEqual(["the port went away", "the port went away"]);
  });
});
