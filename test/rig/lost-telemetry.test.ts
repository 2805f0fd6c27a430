// A served pump whose cable is pulled out in the middle of a frame and put back, and one whose host asks and never reads:
// therapy goes on pulse for pulse as if nobody spoke, queues stay bounded, what is lost is counted. Linux only; the cable
// that is pulled is socat's, where it is installed.

import { spawn, type ChildProcess } from "node:child_process";
import { closeSync, constants, existsSync, mkdtempSync, openSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, describe, expect, test } from "vitest";
import { hasPty, hasSocat } from "../machine-here";
import { COMMAND_INTERROGATE, COMMAND_SET_CLOCK, OUTCOME_ACCEPTED, ROLE_OBSERVER } from "../../hal/telemetry";
import { QUEUE_BYTES } from "../../emulator/port/byte-ring";
import { type Frame, telemetryReader } from "../../emulator/telemetry/frame";
import { words } from "../../emulator/telemetry/messages";
import { makePty, openSerial } from "../../emulator/port/port";
import { SecureChannel } from "../../emulator/telemetry/secure";
import { programmerAt, type ServedPump, servePump } from "./served-line";
import { until } from "../until";
import { whenFree } from "../when-free";
import { versionQuestion } from "./version-frame";

const folder = mkdtempSync(join(tmpdir(), "cistern-lost-"));
const [pumpEnd, hostEnd] = [join(folder, "pump"), join(folder, "host")];
const children: ChildProcess[] = [];
const open: { close(): Promise<void> }[] = [];

afterEach(async () => {
  for (const each of open.splice(0)) await each.close();
  for (const child of children.splice(0)) child.kill("SIGKILL");
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function plugIn(): Promise<ChildProcess> {
  const ends = [pumpEnd, hostEnd].map((link) => `pty,raw,echo=0,link=${link}`);
  const cable = spawn("socat", ends, { stdio: "ignore" });
  children.push(cable);
  await until("the cable is in", () => existsSync(pumpEnd) && existsSync(hostEnd));
  return cable;
}

/** Removes its ends first, because the system gives the numbers of dead pseudo-terminals to the next that is opened. */
function pullOut(cable: ChildProcess): void {
  for (const end of [pumpEnd, hostEnd]) rmSync(end, { force: true });
  cable.kill("SIGKILL");
}

async function expectUndisturbed(pump: ServedPump): Promise<void> {
  await until("therapy has gone on", () => pump.pulses().here.length > 20);
  const { here, alone } = pump.pulses();
  expect(here).toEqual(alone);
}

const inAnHour = (minutes: number) => words((Date.UTC(2026, 2, 2, 9) - Date.UTC(2000, 0, 1)) / 60_000 + minutes);

describe.runIf(hasSocat)("a cable that is pulled out and put back", () => {
  test("in the middle of a frame to the pump lets the next whole frame be understood (HIL-2, LNK-1)", async () => {
    const cable = await plugIn();
    const pump = await servePump(await whenFree(() => openSerial(pumpEnd, 115_200, { reopen: true })));
    open.push({ close: () => pump.stop() });
    const host = await whenFree(() => openSerial(hostEnd, 115_200, { reopen: true }));
    open.push(host);
    const programmer = await programmerAt(host);
    const client = await programmer.impatient();
    const before = pump.served.carried.rx_bytes;
    host.write(versionQuestion().subarray(0, 4));
    await until("half a frame is with the pump", () => pump.served.carried.rx_bytes === before + 4);
    pullOut(cable);
    await until("both have lost it", () => !pump.served.port.isOpen && !host.isOpen);
    expect(await client.ask(COMMAND_SET_CLOCK, inAnHour(1))).toMatchObject({ kind: "notAcknowledged" });
    await plugIn();
    await until("both have it back", () => pump.served.port.isOpen && host.isOpen);
    expect(await programmer.patient().ask(COMMAND_SET_CLOCK, inAnHour(2))).toMatchObject({
      kind: "answered",
      outcome: OUTCOME_ACCEPTED,
    });
    expect(pump.served.carried).toMatchObject({ losses: 1, returns: 1 });
    expect(pump.run.countEvents("clock_set")).toBe(2);
    await expectUndisturbed(pump);
  });

  test("between a command and its answer has the command carried out once and named by the status (HIL-2, LNK-3)", async () => {
    const cable = await plugIn();
    let pull = Infinity;
    const port = await whenFree(() => openSerial(pumpEnd, 115_200, { reopen: true }));
    let look = () => undefined as unknown;
    const pump = await servePump(port, () => look());
    // As soon as the command has been carried out; the answer may be on its way by then.
    look = () => pump.run.countEvents("clock_set") > pull && pullOut(cable);
    open.push({ close: () => pump.stop() });
    const host = await whenFree(() => openSerial(hostEnd, 115_200, { reopen: true }));
    open.push(host);
    const programmer = await programmerAt(host);
    const client = await programmer.impatient();
    pull = pump.run.countEvents("clock_set");
    const answer = await client.ask(COMMAND_SET_CLOCK, inAnHour(3));
    await until("the pump has lost it", () => !port.isOpen);
    pull = Infinity;
    await plugIn();
    await until("both have it back", () => port.isOpen && host.isOpen);
    const { status } = (await programmer.patient().status()) as {
      status: { lastCommand: number; lastOutcome: number };
    };
    expect(status).toMatchObject({ lastCommand: COMMAND_SET_CLOCK, lastOutcome: OUTCOME_ACCEPTED });
    expect(pump.run.countEvents("clock_set")).toBe(2);
    if (answer.kind === "notAcknowledged") expect(answer.status).not.toBe("notAccepted");
    await expectUndisturbed(pump);
  });
});

/** Pairs and opens a session at a port, reading; then the port is left and the session goes on. */
async function sessionAt(path: string): Promise<SecureChannel> {
  const port = await whenFree(() => openSerial(path, 115_200));
  const channel = new SecureChannel();
  const exchange = async (request: Uint8Array, take: (frame: Frame) => number | null) => {
    const reader = telemetryReader();
    let outcome: number | null = null;
    port.onBytes = (bytes) => {
      for (const byte of bytes) {
        const frame = reader.take(byte);
        if (frame) outcome = take(frame);
      }
    };
    port.write(request);
    await until("an answer", () => outcome !== null);
    expect(outcome).toBe(OUTCOME_ACCEPTED);
  };
  await exchange(channel.pairRequest(ROLE_OBSERVER, new Uint8Array(32).fill(7)), (frame) => channel.takePair(frame));
  await exchange(channel.openRequest(new Uint8Array(16).fill(9)), (frame) => channel.takeOpen(frame));
  await port.close();
  return channel;
}

describe.runIf(hasPty)("a host that asks and never reads", () => {
  test("has a bounded queue and counted losses, while therapy goes on, and is answered once it reads", async () => {
    const pump = await servePump(await makePty());
    open.push({ close: () => pump.stop() });
    const { port } = pump.served;
    const channel = await sessionAt(port.path);
    const { O_RDWR, O_NOCTTY, O_NONBLOCK } = constants;
    const deaf = openSync(port.path, O_RDWR | O_NOCTTY | O_NONBLOCK);
    try {
      await until("there is no room any more", () => {
        for (let i = 0; i < 20; i++) say(deaf, channel.seal(COMMAND_INTERROGATE, 0));
        return pump.served.carried.tx_dropped > 1000;
      });
    } finally {
      closeSync(deaf);
    }
    const { carried } = pump.served;
    expect(carried.tx_queue_most).toBeLessThanOrEqual(QUEUE_BYTES);
    expect(carried.tx_queue_most).toBeGreaterThan(QUEUE_BYTES - 1000);
    expect(carried.rx_queue_most).toBeLessThanOrEqual(QUEUE_BYTES);
    await expectUndisturbed(pump);
    const host = await whenFree(() => openSerial(port.path, 115_200));
    open.push(host);
    host.onBytes = () => undefined;
    await until("what waited has been read", () => port.queued === 0);
    const programmer = await programmerAt(host);
    expect((await programmer.patient().status()).kind).toBe("status");
  });
});

/** As much as the terminal takes: one that is full takes nothing, and a frame may be cut. */
function say(file: number, bytes: Uint8Array): void {
  try {
    writeSync(file, bytes);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EAGAIN") throw error;
  }
}
