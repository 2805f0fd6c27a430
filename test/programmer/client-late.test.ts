// Answers that come late, twice or not at all, so that the client might take one for the answer to another frame (LNK-3). A
// command that was carried out is never told as refused, and a pairing is the one that the pump keeps.

import { expect, test } from "vitest";
import { TelemetryClient } from "../../emulator/programmer/client";
import { PairingBook } from "../../emulator/programmer/pairing-file";
import { COMMAND_STOP, ROLE_CLINICIAN } from "../../hal/telemetry";
import { Pump } from "../pump";
import { PumpPort } from "./pump-port";

function bench() {
  const pump = new Pump();
  const port = new PumpPort(pump.machine);
  pump.machine.board.link.programmingHead = true;
  return { pump, port, client: new TelemetryClient(port, { timeout_ms: 20, tries: 3 }) };
}

async function pair(client: TelemetryClient): Promise<void> {
  const answer = await client.pair(ROLE_CLINICIAN);
  if (answer.kind !== "paired") throw new Error(answer.kind);
  client.use(new PairingBook(answer.kept));
}

test("LNK-3: a command that was carried out, and whose copy was refused as a replay, is not reported as refused", async () => {
  const { pump, port, client } = bench();
  await pair(client);
  await client.status();
  // The first frame comes twice and its answer is lost; then the line is dead.
  let sent = 0;
  port.toPump = (bytes) => (sent++ === 0 ? [bytes, bytes] : []);
  port.fromPump = (bytes) => {
    const ends = [...bytes.keys()].filter((i) => bytes[i] === 0);
    return ends.length > 2 ? [bytes.subarray(ends[1] + 1)] : [];
  };
  const answer = await client.ask(COMMAND_STOP);
  expect(pump.heard("stopped", { by: "command" })).toHaveLength(1);
  expect(answer.kind).toBe("notAcknowledged");
});

test("SEC-1: of two answers to PAIR that are late the last one counts, as it does at the pump", async () => {
  const { port, client } = bench();
  await client.version();
  // The answer to the first try is held back until the second try has its own; then both come, in their order.
  const late: Uint8Array[] = [];
  port.fromPump = (bytes) => (late.push(bytes) < 2 ? [] : late);
  await pair(client);
  expect(late).toHaveLength(2);
  port.fromPump = (bytes) => [bytes];
  expect((await client.status()).kind).toBe("status");
});
