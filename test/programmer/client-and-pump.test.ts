// The programmer's client against the pump itself: commands, roles and third outcomes, with the reference controller at the
// other end of a bad cable (LNK-3, LNK-5, SEC-1, SEC-2).

import { describe, expect, test } from "vitest";
import { TelemetryClient } from "../../emulator/programmer/client";
import { PairingBook } from "../../emulator/programmer/pairing-file";
import { RESET_EXTERNAL } from "../../hal/reset";
import {
  COMMAND_CLINICIAN_BOLUS,
  COMMAND_PATIENT_BOLUS,
  COMMAND_START,
  COMMAND_STOP,
  OUTCOME_ACCEPTED,
  OUTCOME_LOCKOUT,
  OUTCOME_NOT_AUTHORISED,
  FRAME_VERSION,
  ROLE_CLINICIAN,
  ROLE_OBSERVER,
  ROLE_PATIENT,
  SESSION_MINUTES,
} from "../../hal/telemetry";
import { words } from "../../emulator/telemetry/messages";
import { MINUTE, Pump } from "../pump";
import { PumpPort } from "./pump-port";

const QUICK = { timeout_ms: 15, tries: 3 };
const once = (lost: number) => {
  let count = 0;
  return (bytes: Uint8Array) => (count++ < lost ? [] : [bytes]);
};

async function paired(role = ROLE_CLINICIAN, pump = new Pump()) {
  const port = new PumpPort(pump.machine);
  const client = new TelemetryClient(port, QUICK);
  pump.machine.board.link.programmingHead = true;
  const answer = await client.pair(role);
  if (answer.kind !== "paired") throw new Error(answer.kind);
  client.use(new PairingBook(answer.kept));
  await client.status();
  return { pump, port, client, kept: answer.kept };
}

const accepted = { kind: "answered", outcome: OUTCOME_ACCEPTED };

describe("a healthy cable", () => {
  test("a clinician stops and starts the pump and reads its version", async () => {
    const { pump, client } = await paired();
    expect(await client.version()).toEqual({
      kind: "version",
      hello: { frameVersion: FRAME_VERSION, controllerVersion: 3, libraryVersion: 1 },
    });
    expect(await client.ask(COMMAND_STOP)).toMatchObject(accepted);
    expect(await client.ask(COMMAND_START)).toMatchObject(accepted);
    expect([pump.heard("stopped").length, pump.heard("started").length]).toEqual([1, 1]);
  });

  test("SEC-1: a patient may have the bolus and the status, an observer the status", async () => {
    const pump = new Pump();
    const patient = await paired(ROLE_PATIENT, pump);
    expect(await patient.client.ask(COMMAND_STOP)).toMatchObject({ outcome: OUTCOME_NOT_AUTHORISED });
    expect(await patient.client.ask(COMMAND_PATIENT_BOLUS)).toMatchObject(accepted);
    expect(await patient.client.ask(COMMAND_PATIENT_BOLUS)).toMatchObject({ kind: "answered" });
    const observer = await paired(ROLE_OBSERVER, pump);
    expect(await observer.client.ask(COMMAND_PATIENT_BOLUS)).toMatchObject({ outcome: OUTCOME_NOT_AUTHORISED });
    expect(await observer.client.status()).toMatchObject({ kind: "status", status: { granted: 1 } });
    expect(pump.heard("stopped")).toEqual([]);
  });

  test("a pairing without the programming head is refused with the reason", async () => {
    const pump = new Pump();
    const client = new TelemetryClient(new PumpPort(pump.machine), QUICK);
    expect(await client.pair(ROLE_CLINICIAN)).toEqual({ kind: "refused", outcome: OUTCOME_NOT_AUTHORISED });
  });

  test("LNK-5: after ten minutes of silence the session has ended; the next command opens another", async () => {
    const { pump, client } = await paired();
    pump.wait((SESSION_MINUTES + 2) * MINUTE);
    expect(pump.heard("session_closed", { reason: "time_out" })).toHaveLength(1);
    expect(await client.ask(COMMAND_STOP)).toMatchObject(accepted);
  });

  test("two programmers with the same sequences do not disturb each other", async () => {
    const pump = new Pump();
    const clinician = await paired(ROLE_CLINICIAN, pump);
    const patient = await paired(ROLE_PATIENT, pump);
    expect(await clinician.client.ask(COMMAND_CLINICIAN_BOLUS, words(4, 60))).toMatchObject(accepted);
    pump.wait(3 * MINUTE);
    expect(await patient.client.ask(COMMAND_PATIENT_BOLUS)).toMatchObject(accepted);
    expect(pump.heard("bolus_started")).toHaveLength(2);
  });
});

describe("LNK-3: a bad cable", () => {
  test("a command whose answer is lost is acknowledged again and carried out once", async () => {
    const { pump, port, client } = await paired();
    port.fromPump = once(1);
    expect(await client.ask(COMMAND_PATIENT_BOLUS)).toMatchObject(accepted);
    expect(pump.heard("bolus_started")).toHaveLength(1);
    expect(pump.heard("bolus_denied")).toEqual([]);
    expect(await client.ask(COMMAND_PATIENT_BOLUS)).toMatchObject({ kind: "answered" });
    expect(pump.heard("bolus_denied")).toHaveLength(1);
  });

  test("a denial whose answer is lost gives the first reason again and is counted once", async () => {
    const { pump, port, client } = await paired();
    await client.ask(COMMAND_PATIENT_BOLUS);
    pump.wait(6 * MINUTE);
    port.fromPump = once(1);
    expect(await client.ask(COMMAND_PATIENT_BOLUS)).toMatchObject({ kind: "answered", outcome: OUTCOME_LOCKOUT });
    expect(pump.heard("bolus_denied")).toHaveLength(1);
  });

  test("after a reset between command and answer the command is acknowledged and not carried out again", async () => {
    const { pump, port, client } = await paired();
    let resets = 0;
    port.beforeAnswer = () => {
      if (pump.heard("stopped").length > 0 && resets++ === 0) pump.machine.board.reset.pull(RESET_EXTERNAL);
    };
    expect(await client.ask(COMMAND_STOP)).toMatchObject(accepted);
    expect(resets).toBeGreaterThan(0);
    expect(pump.heard("boot")).toHaveLength(2);
    expect(pump.heard("stopped", { by: "command" })).toHaveLength(1);
  });

  test("a command that was never acknowledged was accepted when the status says so", async () => {
    const { pump, port, client } = await paired();
    port.fromPump = once(3);
    const answer = await client.ask(COMMAND_STOP);
    expect(answer).toEqual({ kind: "notAcknowledged", status: "accepted", outcome: OUTCOME_ACCEPTED });
    expect(pump.heard("stopped")).toHaveLength(1);
  });

  test("a command that was never acknowledged was not accepted when the status names another one", async () => {
    const { pump, port, client } = await paired();
    port.toPump = once(3);
    const answer = await client.ask(COMMAND_STOP);
    expect(answer).toEqual({ kind: "notAcknowledged", status: "notAccepted", outcome: null });
    expect(pump.heard("stopped")).toEqual([]);
  });

  test("a command that was never acknowledged is unknown while the pump is silent, and known by a later status", async () => {
    const { pump, port, client } = await paired();
    port.fromPump = () => [];
    expect(await client.ask(COMMAND_STOP)).toEqual({ kind: "notAcknowledged", status: "unknown", outcome: null });
    port.fromPump = (bytes) => [bytes];
    pump.wait(2 * MINUTE);
    expect(await client.status()).toMatchObject({
      status: { lastCommand: COMMAND_STOP, lastOutcome: OUTCOME_ACCEPTED },
    });
  });

  test("SEC-3: a command is carried out after the pause that the pump makes after many forgeries", async () => {
    const { pump, port, client } = await paired();
    const forged = pump.programmer.sealed(COMMAND_STOP, 9).map((byte, i) => (i === 12 ? byte ^ 1 : byte));
    for (let i = 0; i < 12; i++) port.write(Uint8Array.from(forged));
    // Longer than the longest pause: 1,024 ticks.
    port.ticks = 1100;
    expect(await client.ask(COMMAND_STOP)).toMatchObject(accepted);
    expect(pump.heard("stopped")).toHaveLength(1);
  });
});

describe("a pairing that the pump no longer has", () => {
  test("a clinician whose place two others have taken is refused, and the pump does as before", async () => {
    const pump = new Pump();
    const first = await paired(ROLE_CLINICIAN, pump);
    await paired(ROLE_CLINICIAN, pump);
    await paired(ROLE_CLINICIAN, pump);
    first.port.ticks = 1100;
    expect(await first.client.ask(COMMAND_STOP)).toMatchObject({ kind: "refused" });
    expect(pump.heard("stopped")).toEqual([]);
  });
});
