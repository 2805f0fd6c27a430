// Commands at TCP ports (HIL-5, HIL-8): a pump that is served there and a programmer, and both ends of the hal wire with a programmer at
// the board's own link. Each listening end is a process of its own.

import { spawn, type ChildProcess } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, expect, test } from "vitest";
import { fingerprintHere, writeScenario } from "../hal-wire/bench";
import { cisternHere, cisternPath } from "../program";
import { until } from "../until";

const folder = mkdtempSync(join(tmpdir(), "cistern-tcp-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const short = writeScenario(join(folder, "short.yaml"), "Half a minute", "duration: 30 s\n");

const children: ChildProcess[] = [];
afterEach(() => children.splice(0).forEach((child) => child.kill("SIGKILL")));

interface Listening {
  said(): string;
  code: Promise<number | null>;
  /** The addresses that it prints, once it has printed so many. */
  addresses(count: number): Promise<string[]>;
}

function listening(...args: string[]): Listening {
  const child = spawn(process.execPath, [cisternPath, ...args], { cwd: folder, stdio: ["ignore", "pipe", "pipe"] });
  children.push(child);
  let said = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (bytes: Buffer) => (said += bytes.toString()));
  const addresses = () => [...said.matchAll(/tcp:127\.0\.0\.1:\d+/g)].map(([address]) => address);
  return {
    said: () => said,
    code: new Promise((resolve) => child.once("close", resolve)),
    addresses: async (count) => {
      await until(`${count} addresses`, () => addresses().length >= count);
      return addresses();
    },
  };
}

const here = (...args: string[]) => cisternHere(folder, args);

test("HIL-8: a programmer talks to a pump that is served at a TCP port, one after the other", async () => {
  const pump = listening("serve", short, "--tcp", "0", "--until", "1 d");
  const [address] = await pump.addresses(1);
  expect(pump.said()).toBe(`${address}\n`);
  for (let i = 0; i < 2; i++) {
    const { code, out } = await here("programmer", "version", "--serial", address, "--json");
    expect([code, out]).toEqual([0, expect.stringContaining('"version"')]);
  }
});

test("HIL-3, HIL-8: lockstep over TCP has the fingerprint of one process", async () => {
  const board = listening("board", short, "--tcp", "127.0.0.1:0", "--lockstep", "--json");
  const [address] = await board.addresses(1);
  const { code, out } = await here("run", short, "--board", address, "--json");
  expect([code, (JSON.parse(out) as { fingerprint: string }).fingerprint]).toEqual([0, fingerprintHere(short)]);
  expect(await board.code).toBe(0);
});

test("HIL-5: a programmer reaches the controller under test at the board's own TCP port", async () => {
  const board = listening("board", short, "--tcp", "0", "--link-tcp", "0");
  const [port] = await board.addresses(1);
  const run = here("run", short, "--board", port);
  const link = (await board.addresses(2)).at(-1)!;
  expect(board.said()).toContain(`link ${link}\n`);
  // The run takes turns with what is called in this process, so the programmer is a process of its own.
  const programmer = listening("programmer", "version", "--serial", link, "--tries", "20");
  expect([await programmer.code, programmer.said()]).toEqual([0, expect.stringMatching(/controller +3/)]);
  children.splice(0).forEach((child) => child.kill("SIGTERM"));
  await run;
});
