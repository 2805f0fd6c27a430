// The keys and nonces of a pump that is served (SEC-5): its next random numbers, as its secure element draws them.

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { referenceController } from "../../emulator/machine/controller-host";
import { Service } from "../../emulator/rig/service";
import { parseScenario } from "../../emulator/scenario/load";
import { minimal } from "../scenario/example";

const scenario = parseScenario(minimal("", "basal: { mode: continuous, rate: 600 uL/day }"), "t.yaml");
const folder = mkdtempSync(join(tmpdir(), "cistern-service-"));
const snapshot = join(folder, "a.snapshot");
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function served(seed: number | undefined, from: string | null): Service {
  const options = seed === undefined ? {} : { seed };
  return new Service({ scenario, from, speed: Infinity, head: true, ...options }, referenceController);
}

function drawn({ run }: Service): number[] {
  run.machine.board.crypto.random(16);
  return [...run.machine.board.crypto.buffer.slice(0, 16)];
}

describe("SEC-5: the next random numbers of a pump that is served", () => {
  test("follow from its seed, and without one from nothing", () => {
    expect(drawn(served(7, null))).toEqual(drawn(served(7, null)));
    expect(drawn(served(undefined, null))).not.toEqual(drawn(served(undefined, null)));
  });

  test("are new ones in each pump that continues from a snapshot, also with its seed, so that nothing recorded plays again", () => {
    const saved = served(7, null);
    saved.run.advance(1_000);
    writeFileSync(snapshot, saved.savedText());
    const after = [saved, served(7, snapshot), served(7, snapshot)].map((service) => drawn(service).join());
    expect(new Set(after).size).toBe(3);
  });

  test("give a session no number that was given after the snapshot", () => {
    const saved = served(7, null);
    saved.run.advance(1_000);
    writeFileSync(snapshot, saved.savedText());
    const issued = (service: Service) => service.run.machine.firmware.read("session.issued")!;
    expect(issued(saved)).toBeLessThan(10);
    expect(issued(served(7, snapshot))).toBeGreaterThan((Date.now() - Date.UTC(2026, 0, 1)) / 1000 - 3600);
  });
});
