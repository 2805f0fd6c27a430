// `cistern programmer` when its answers get lost: the honest third outcome in words, in JSON and in the exit code, an interrupt
// in the middle, and a port at which there is no pump. The pump is a scripted one on a pseudo-terminal of this test.

import { afterEach, describe, expect, test } from "vitest";
import { hasPty } from "../machine-here";
import { readPairing } from "../../emulator/programmer/pairing-file";
import { makePty } from "../../emulator/port/port";
import {
  COMMAND_PATIENT_BOLUS,
  COMMAND_READ_PROGRAM,
  OUTCOME_LOCKOUT,
  OUTCOME_NOT_PROGRAMMED,
} from "../../hal/telemetry";
import { type Answers, ScriptedDevice } from "../port/scripted-device";
import { Desk } from "./programmer-run";
import type { Ended } from "../program";
import { until } from "../until";

const IMPATIENT = ["--timeout", "150 ms", "--tries", "3"];
const closing: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

/** A desk with a scripted pump at its port, paired as a patient. */
async function desk(answers: Answers = () => [0]) {
  const desk = new Desk();
  const device = new ScriptedDevice(({ kind, ...rest }) =>
    kind === COMMAND_READ_PROGRAM ? [OUTCOME_NOT_PROGRAMMED] : answers({ kind, ...rest }),
  );
  const pty = await makePty(desk.port);
  pty.onBytes = (bytes) => device.receive(bytes);
  device.port.onBytes = (bytes) => void pty.write(bytes);
  closing.push(async () => {
    await pty.close();
    await desk.close();
  });
  const paired = await desk.programmer("patient", "pair", "--role", "patient");
  expect(paired.code).toBe(0);
  return { desk, device };
}

/** A bolus of which the first answers to sealed frames and requests are lost. */
async function bolus(lost: number, answers?: Answers): Promise<Ended & { value: object; carriedOut: number }> {
  const { desk: one, device } = await desk(answers);
  let dropping = false;
  let count = 0;
  device.afterCommand = () => (dropping = true);
  device.fromPump = (bytes) => (dropping && count++ < lost ? [] : [bytes]);
  const result = await one.programmer("patient", "bolus", "--json", ...IMPATIENT);
  return { ...result, value: JSON.parse(result.out) as object, carriedOut: device.carriedOut.length };
}

describe.runIf(hasPty)("LNK-3: a command that is sent and not acknowledged", () => {
  test("is sent again after one lost answer, and exits with 0", async () => {
    const { code, value, err, carriedOut } = await bolus(1);
    expect([code, carriedOut]).toEqual([0, 1]);
    expect(value).toMatchObject({ result: "accepted", outcome: "accepted" });
    expect(err).toContain("no answer; try 2 of 3");
  });

  test("exits with 0 when the status says that it was accepted", async () => {
    const { code, value, carriedOut } = await bolus(3);
    expect([code, carriedOut]).toEqual([0, 1]);
    expect(value).toMatchObject({ result: "not_acknowledged", pump_says: "accepted", outcome: "accepted", exit: 0 });
  });

  test("exits with 1 and the reason when the status says that it was refused", async () => {
    const { code, value } = await bolus(3, () => [OUTCOME_LOCKOUT]);
    expect(code).toBe(1);
    expect(value).toMatchObject({ result: "not_acknowledged", pump_says: "not_accepted", outcome: "lockout" });
  });

  test("exits with 3 as unknown when the pump does not answer", async () => {
    const { code, value, carriedOut } = await bolus(Infinity);
    expect([code, carriedOut]).toEqual([3, 1]);
    expect(value).toMatchObject({ result: "not_acknowledged", pump_says: "unknown", outcome: null });
  });

  test("is described in words in each of these cases", async () => {
    const { desk: one, device } = await desk();
    let dropping = false;
    device.afterCommand = () => (dropping = true);
    device.fromPump = (bytes) => (dropping ? [] : [bytes]);
    const { out, err } = await one.programmer("patient", "bolus", ...IMPATIENT);
    expect(out).toBe("");
    expect(err).toContain("sent, not acknowledged; the pump does not answer: unknown whether it was accepted.");
    expect(err).toContain("do not send it again before `status` answers");
  });
});

describe.runIf(hasPty)("an interrupt of a command", () => {
  test("exits with 130 and says what that means after the command was sent", async () => {
    const { desk: one, device } = await desk();
    let sent = false;
    device.afterCommand = () => (sent = true);
    device.fromPump = (bytes) => (sent ? [] : [bytes]);
    const running = one.start("patient", ["bolus", "--timeout", "20 s"]);
    await until("the bolus", () => sent);
    running.child.kill("SIGINT");
    const { code, err } = await running.over;
    expect([code, err]).toEqual([
      130,
      expect.stringContaining("interrupted after it was sent: it may have been carried out"),
    ]);
  });

  test("finds the sequence of the command on the disk, because it is kept before it is sent", async () => {
    const { desk: one, device } = await desk();
    let kept = -1;
    device.afterCommand = () => (kept = readPairing(one.file("patient.json"))?.sequence ?? -1);
    expect((await one.programmer("patient", "bolus")).code).toBe(0);
    expect(kept).toBe(device.carriedOut.find(({ kind }) => kind === COMMAND_PATIENT_BOLUS)?.sequence);
    expect(kept).toBe(1);
  });
});

describe.runIf(hasPty)("a command to a port without a pump", () => {
  test("exits with 3 and says that nothing was sent when there is silence", async () => {
    const { desk: one, device } = await desk();
    device.fromPump = () => [];
    const { code, err } = await one.programmer("patient", "bolus", ...IMPATIENT);
    expect([code, err]).toEqual([3, expect.stringContaining("no pump answers")]);
    expect(device.carriedOut).toEqual([]);
  });

  test("counts the bytes of a device that speaks another protocol", async () => {
    const { desk: one, device } = await desk();
    device.fromPump = () => [Uint8Array.from(Buffer.from("login: "))];
    const { code, err } = await one.programmer("patient", "status", ...IMPATIENT);
    expect([code, err]).toEqual([3, expect.stringMatching(/\d+ bytes came that are no answer: another baud rate/)]);
  });

  test("LNK-2: exits with 1 and names the version when the pump has another one", async () => {
    const { desk: one, device } = await desk();
    device.version = 2;
    const { code, err } = await one.programmer("patient", "bolus", ...IMPATIENT);
    expect([code, err]).toEqual([1, expect.stringContaining("speaks telemetry version 2, this programmer version 3")]);
    expect(device.carriedOut).toEqual([]);
  });
});
