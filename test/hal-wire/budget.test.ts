// Room on the line at 115,200 baud: what ticks of the reference controller cost on the hal wire, each way, delimiters
// included. The figures are in docs/hal-wire.md, and a tick that needs more than its figure is a failure.

import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { decodeWireFrame, FRAME_ACT, FRAME_CALL, FRAME_RESULT, FRAME_SENSE } from "../../emulator/hal-wire/frame";
import { ByteReader } from "../../emulator/hal-wire/bytes";
import { decodeSense } from "../../emulator/hal-wire/messages";
import { codeOf, OP_KICK, OP_SEND, OP_TAKE, readOps } from "../../emulator/hal-wire/ops";
import { both, lockstepBoard, writeScenario } from "./bench";
import { cable, type Middle } from "./cable";

const folder = mkdtempSync(join(tmpdir(), "cistern-budget-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const TICK_BYTES = 115.2;

interface TickCost {
  tick: number;
  down: number;
  up: number;
  calls: number[];
}

/** One minute of a pump at 500 uL/h, with its commissioning and one INTERROGATE, tick by tick. */
async function measure(): Promise<TickCost[]> {
  const rest = "duration: 70 s\ntimeline:\n  - { at: 5 s, do: interrogate }\n";
  const scenario = writeScenario(join(folder, "minute.yaml"), "A minute", rest);
  const costs: TickCost[] = [];
  const down: Middle = (bytes) => {
    const frame = decodeWireFrame(bytes.subarray(1, -1));
    const sense = frame?.type === FRAME_SENSE ? decodeSense(frame.body) : null;
    if (sense) costs.push({ tick: sense.tick, down: 0, up: 0, calls: [] });
    const cost = costs.at(-1);
    if (cost && (sense || frame?.type === FRAME_RESULT)) cost.down += bytes.length;
    return [bytes];
  };
  const up: Middle = (bytes) => {
    const frame = decodeWireFrame(bytes.subarray(1, -1));
    const cost = costs.at(-1);
    if (cost && (frame?.type === FRAME_ACT || frame?.type === FRAME_CALL)) {
      cost.up += bytes.length;
      cost.calls.push(...(readOps(new ByteReader(frame.body.subarray(5))) ?? []).map(({ code }) => code));
    }
    return [bytes];
  };
  await both(cable(down, up), lockstepBoard(scenario, { gear: "lockstep" }));
  return costs;
}

test("a tick costs the bytes that docs/hal-wire.md states, and most of the line is free", async () => {
  const costs = await measure();
  const most = (kind: (cost: TickCost) => boolean): [number, number] => {
    const found = costs.filter(kind);
    expect(found.length).toBeGreaterThan(0);
    return [Math.max(...found.map(({ down }) => down)), Math.max(...found.map(({ up }) => up))];
  };
  const later = ({ tick }: TickCost) => tick >= 100;
  const quiet = costs.filter(({ calls }) => calls.length === 1 && calls[0] === OP_KICK);
  const figures = {
    quiet: [Math.min(...quiet.map(({ down }) => down)), Math.max(...quiet.map(({ up }) => up))],
    conversion: most((cost) => later(cost) && cost.calls.includes(codeOf("reservoir.level"))),
    pulse: most((cost) => later(cost) && cost.calls.includes(codeOf("motor.pulse"))),
    telemetry: most((cost) => later(cost) && (cost.calls.includes(OP_TAKE) || cost.calls.includes(OP_SEND))),
    commit: most((cost) => !later(cost)),
  };
  expect(quiet.length / costs.length).toBeGreaterThan(0.95);
  expect(figures.quiet).toEqual([16, 14]);
  expect(figures.pulse[1]).toBeLessThan(TICK_BYTES);
  // 20 ticks until the watchdog bites: a commit must be through in half of them.
  expect(figures.commit[1]).toBeLessThan(10 * TICK_BYTES);
  const page = readFileSync(new URL("../../docs/hal-wire.md", import.meta.url), "utf8");
  for (const [name, [down, up]] of Object.entries(figures)) {
    const row = new RegExp(`^\\| ${name}\\b[^|]*\\| +(\\d+) +\\| +(\\d+) +\\|`, "m").exec(page);
    expect(down, `${name}, from the board`).toBeLessThanOrEqual(Number(row?.[1]));
    expect(up, `${name}, from the controller`).toBeLessThanOrEqual(Number(row?.[2]));
  }
});
