// The bare board of examples/bare-board/ on a real pseudo-terminal: a bench in another language, written by docs/hal-wire.md.

import { spawn, type ChildProcess } from "node:child_process";
import { join } from "node:path";
import { afterEach, beforeAll, describe, expect, test } from "vitest";
import { makePty, type BytePort } from "../../emulator/port/port";
import { hasPty } from "../machine-here";
import { cisternHere } from "../program";
import { root } from "./example";
import { pythonForBenches } from "./python";

const folder = join(root, "examples", "bare-board");
const ports: BytePort[] = [];
const children: ChildProcess[] = [];
let python: string;

beforeAll(() => {
  python = pythonForBenches();
});
afterEach(async () => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
  for (const port of ports.splice(0)) await port.close();
});

/** The board at one end of a cable, and the path of the other end. */
async function boardOnCable(): Promise<string> {
  const [one, other] = [await makePty(), await makePty()];
  ports.push(one, other);
  other.onBytes = (bytes) => void one.write(bytes);
  one.onBytes = (bytes) => void other.write(bytes);
  children.push(spawn(python, [join(folder, "bare_board.py"), one.path], { stdio: "inherit" }));
  return other.path;
}

describe.runIf(hasPty)("HIL-4: the bare board in Python", () => {
  test.each([
    ["passes.yaml", 0, "PASS  Forty seconds on a bench\n"],
    [
      "fails.yaml",
      1,
      "FAIL  More than the bench can give: expected delivered 10 s to 40 s: at least 6 uL, at most 8 uL; seen: 4.25 uL\n",
    ],
  ])("carries a motor, a level sensor and a link through %s", async (scenario, code, last) => {
    const path = await boardOnCable();
    const ended = await cisternHere(root, ["run", join(folder, scenario), "--board", `serial:${path}`]);
    expect(ended.out).toMatch(/^bench bare board: its own motor, reservoir, link; virtual here: clock, nvm, /);
    expect(ended.out.endsWith(last), ended.out).toBe(true);
    expect(ended.code).toBe(code);
  });
});
