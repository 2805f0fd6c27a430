// The hal wire in lockstep over real pseudo-terminals and a bad cable. The run has the fingerprint of one process or fails
// clearly at both ends, and never has another result. Each kind of damage alone is in bad-line.prove.ts. Linux only.

import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { type BytePort, openSerial } from "../../emulator/port/port";
import { hasPty, hasSocat } from "../machine-here";
import { STRIKES } from "../programmer/bad-cable";
import { until } from "../until";
import { whenFree } from "../when-free";
import { expectGivesUp, expectNobodyThere, expectRightOrClear, folder, here, kept, lay, outcome } from "./bad-line";

describe.runIf(hasPty).concurrent("lockstep over a cable that", () => {
  test("HIL-3: is good gives the fingerprint of one process", async (context) => {
    expect(await outcome(await lay(1, context))).toEqual({ fingerprints: [here, here], failures: [] });
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

  test("is dead to the controller from some byte on makes both ends give up, each with one line", async (context) => {
    await expectGivesUp(await lay(3, context), "there");
  });

  test("is dead for some frames and then recovers leaves the fingerprint as it is", async (context) => {
    const ends = await lay(4, context);
    ends.cable.there.play({ dead: [3000, 3080] });
    ends.cable.back.play({ dead: [5000, 5060] });
    const result = await outcome(ends);
    expect(result.fingerprints).toEqual([here, here]);
  });

  test("reads at another rate, with bits twice as long, lets no board answer", async (context) => {
    const ends = await lay(5, context);
    for (const wire of [ends.cable.there, ends.cable.back]) wire.play({ misread: 2 });
    await expectNobodyThere(ends);
  });
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
