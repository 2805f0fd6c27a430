// The programmer's client against a scripted pump: what it says became of a command, with everything that a cable and a
// pump can do to one (LNK-2, LNK-3, LNK-5). Waits are shortened, and none is asserted.

import { describe, expect, test } from "vitest";
import { type ClientOptions, TelemetryClient } from "../../emulator/programmer/client";
import { encodeFrame } from "../../emulator/telemetry/frame";
import { PairingBook } from "../../emulator/programmer/pairing-file";
import {
  COMMAND_INTERROGATE,
  COMMAND_PATIENT_BOLUS,
  COMMAND_START,
  COMMAND_STOP,
  OUTCOME_ACCEPTED,
  OUTCOME_LOCKOUT,
  OUTCOME_MALFORMED,
  OUTCOME_NOT_AUTHORISED,
  OUTCOME_NOT_PAIRED,
  REPLY,
  FRAME_REFUSED,
  FRAME_OPEN,
  FRAME_QUERY,
  ROLE_CLINICIAN,
  ROLE_PATIENT,
} from "../../hal/telemetry";
import { type Answers, ScriptedDevice } from "../port/scripted-device";

const QUICK: ClientOptions = { timeout_ms: 25, tries: 3 };

async function paired(answers?: Answers, options: ClientOptions = QUICK) {
  const device = new ScriptedDevice(answers);
  const client = new TelemetryClient(device.port, options);
  const answer = await client.pair(ROLE_CLINICIAN);
  if (answer.kind !== "paired") throw new Error(`not paired: ${answer.kind}`);
  const book = new PairingBook(answer.kept);
  client.use(book);
  return { device, client, book };
}

const nothing = () => [];

/** How many sessions were asked for. */
const sessionsOf = (device: ScriptedDevice) => device.arrived.filter((bytes) => bytes[3] === FRAME_OPEN).length;

describe("a healthy cable", () => {
  test("LNK-2: the version is asked for before anything else, and once", async () => {
    const { device, client } = await paired();
    await client.ask(COMMAND_STOP);
    await client.ask(COMMAND_START);
    const types = device.arrived.map((bytes) => bytes[3]);
    expect(types.filter((type) => type === FRAME_QUERY)).toHaveLength(1);
    expect(types[0]).toBe(FRAME_QUERY);
  });

  test("a command is answered with its outcome, in one session, each under the next sequence", async () => {
    const { device, client, book } = await paired(({ kind }) => [kind === COMMAND_STOP ? 0 : OUTCOME_LOCKOUT]);
    expect(await client.ask(COMMAND_STOP)).toMatchObject({ kind: "answered", outcome: OUTCOME_ACCEPTED });
    expect(await client.ask(COMMAND_PATIENT_BOLUS)).toMatchObject({ kind: "answered", outcome: OUTCOME_LOCKOUT });
    expect(device.carriedOut.map(({ sequence }) => sequence)).toEqual([1, 2]);
    expect(sessionsOf(device)).toBe(1);
    expect(book.kept).toMatchObject({ sequence: 2 });
  });

  test("a pairing is named by the key that the pump made for it", async () => {
    const { book } = await paired();
    expect(book.kept.name).toMatch(/^[0-9a-f]{8}$/);
    expect(book.kept.role).toBe(ROLE_CLINICIAN);
  });

  test("a query uses up no sequence", async () => {
    const { client, book } = await paired();
    expect(await client.status()).toMatchObject({ kind: "status" });
    expect(book.kept.sequence).toBe(0);
  });

  test("sequences wrap from 65,535 to 1", async () => {
    const { device, client, book } = await paired();
    book.kept = { ...book.kept, sequence: 0xffff };
    await client.ask(COMMAND_STOP);
    expect(device.carriedOut[0].sequence).toBe(1);
  });
});

describe("LNK-2: another version", () => {
  test.each([1, 2])("a pump of version %i is recognised, and nothing more is sent", async (version) => {
    const { device, client } = await paired();
    device.version = version;
    const other = new TelemetryClient(device.port, QUICK);
    const before = device.arrived.length;
    expect(await other.version()).toEqual({ kind: "notSent", why: { reason: "version", frameVersion: version } });
    expect(device.arrived.length).toBe(before + 1);
    expect(client).toBeDefined();
  });

  test("an answer as version 1 gave it is recognised as version 1", async () => {
    const device = new ScriptedDevice();
    device.toPump = nothing;
    const client = new TelemetryClient(device.port, QUICK);
    const asked = client.version();
    await Promise.resolve();
    device.send(Uint8Array.from(Buffer.from("00040181010103010202010336e900".replace(/^00/, "00"), "hex")));
    expect(await asked).toEqual({ kind: "notSent", why: { reason: "version", frameVersion: 1 } });
  });
});

describe("LNK-3: retries", () => {
  test("a command whose answer is lost is sent again under the same sequence in a new frame, and carried out once", async () => {
    const { device, client } = await paired();
    await client.status();
    const from = device.arrived.length;
    let lost = 0;
    device.fromPump = (bytes) => (lost++ === 0 ? [] : [bytes]);
    expect(await client.ask(COMMAND_STOP)).toMatchObject({ kind: "answered", outcome: OUTCOME_ACCEPTED });
    expect(device.carriedOut).toHaveLength(1);
    const stops = device.heard.filter(({ kind }) => kind === COMMAND_STOP);
    expect(stops.map(({ sequence }) => sequence)).toEqual([1, 1]);
    const frames = device.arrived.slice(from).map((bytes) => Buffer.from(bytes).toString("hex"));
    expect(new Set(frames).size).toBe(frames.length);
  });

  test("a lost command arrives by the next try", async () => {
    const { device, client } = await paired();
    await client.status();
    let lost = 0;
    device.toPump = (bytes) => (lost++ === 0 ? [] : [bytes]);
    expect(await client.ask(COMMAND_STOP)).toMatchObject({ kind: "answered" });
    expect(device.carriedOut).toHaveLength(1);
  });

  test("the first outcome is given again, also when it is a refusal", async () => {
    let requests = 0;
    const { device, client } = await paired(() => [requests++ === 0 ? OUTCOME_LOCKOUT : OUTCOME_ACCEPTED]);
    await client.status();
    let lost = 0;
    device.fromPump = (bytes) => (lost++ === 0 ? [] : [bytes]);
    expect(await client.ask(COMMAND_PATIENT_BOLUS)).toMatchObject({ kind: "answered", outcome: OUTCOME_LOCKOUT });
    expect(requests).toBe(1);
  });

  test("LNK-5: a session that has ended is opened again, under the same sequence", async () => {
    const { device, client } = await paired();
    await client.ask(COMMAND_STOP);
    device.reset();
    expect(await client.ask(COMMAND_START)).toMatchObject({ kind: "answered", outcome: OUTCOME_ACCEPTED });
    expect(sessionsOf(device)).toBe(2);
    expect(device.carriedOut.map(({ kind, sequence }) => [kind, sequence])).toEqual([
      [COMMAND_STOP, 1],
      [COMMAND_START, 2],
    ]);
  });

  test("after a reset between command and answer the command is acknowledged in a new session and not carried out again", async () => {
    const { device, client } = await paired();
    let resets = 0;
    device.afterCommand = ({ kind }) => {
      if (kind !== COMMAND_STOP || resets++ > 0) return;
      device.reset();
      device.fromPump = () => ((device.fromPump = (bytes) => [bytes]), []);
    };
    expect(await client.ask(COMMAND_STOP)).toMatchObject({ kind: "answered", outcome: OUTCOME_ACCEPTED });
    expect(device.carriedOut).toHaveLength(1);
  });

  test("garbage around and inside, and answers that come twice, change nothing", async () => {
    const { device, client } = await paired();
    const babble = Uint8Array.from({ length: 700 }, (_, i) => (i * 37) & 255);
    device.fromPump = (bytes) => [babble, bytes, bytes, Uint8Array.of(1, 2, 3)];
    device.toPump = (bytes) => [babble, bytes];
    for (const command of [COMMAND_STOP, COMMAND_START, COMMAND_STOP]) {
      expect(await client.ask(command)).toMatchObject({ kind: "answered", outcome: OUTCOME_ACCEPTED });
    }
    expect(device.carriedOut).toHaveLength(3);
  });

  test("an answer that comes in single bytes is understood", async () => {
    const { device, client } = await paired();
    device.fromPump = (bytes) => [...bytes].map((byte) => Uint8Array.of(byte));
    expect(await client.ask(COMMAND_STOP)).toMatchObject({ kind: "answered" });
  });

  test("a damaged answer is no answer, and the command is sent again", async () => {
    const { device, client } = await paired();
    let flipped = 0;
    device.fromPump = (bytes) => [flipped++ === 0 ? bytes.with(20, bytes[20] ^ 4) : bytes];
    expect(await client.ask(COMMAND_STOP)).toMatchObject({ kind: "answered" });
    expect(device.carriedOut).toHaveLength(1);
  });

  test("a pump that hears nothing for a while is asked again, after a longer wait each time", async () => {
    const { device, client } = await paired(undefined, { timeout_ms: 20, tries: 5 });
    const deafUntil = device.arrived.length + 3;
    device.toPump = (bytes, n) => (n < deafUntil ? [] : [bytes]);
    expect(await client.ask(COMMAND_STOP)).toMatchObject({ kind: "answered", outcome: OUTCOME_ACCEPTED });
  });

  test("a refusal in the clear of something unreadable is not the last word", async () => {
    const { device, client } = await paired();
    let strays = 0;
    device.fromPump = (bytes) =>
      strays++ < 2 ? [encodeFrame(FRAME_REFUSED | REPLY, Uint8Array.of(OUTCOME_MALFORMED)), bytes] : [bytes];
    expect(await client.ask(COMMAND_STOP)).toMatchObject({ kind: "answered", outcome: OUTCOME_ACCEPTED });
    expect(device.carriedOut).toHaveLength(1);
  });
});

describe("the third outcome", () => {
  /** From the first answer to a command on, the pump's answers are lost until `until` frames were. */
  async function unheard(answers: Answers | undefined, lost: number) {
    const { device, client } = await paired(answers);
    await client.status();
    let count = 0;
    device.fromPump = (bytes) => (count++ < lost ? [] : [bytes]);
    return { device, answer: await client.ask(COMMAND_STOP) };
  }

  test("a command that was never acknowledged was accepted when the status says so", async () => {
    // A try that loses its answer, then two that get no session.
    const { device, answer } = await unheard(undefined, 3);
    expect(answer).toEqual({ kind: "notAcknowledged", status: "accepted", outcome: OUTCOME_ACCEPTED });
    expect(device.carriedOut).toHaveLength(1);
  });

  test("a command that was never acknowledged was not accepted when the status has its refusal", async () => {
    const { answer } = await unheard(() => [OUTCOME_NOT_AUTHORISED], 3);
    expect(answer).toEqual({ kind: "notAcknowledged", status: "notAccepted", outcome: OUTCOME_NOT_AUTHORISED });
  });

  test("a command that was never acknowledged did not arrive when the status names another command", async () => {
    const { device, client } = await paired();
    await client.ask(COMMAND_START);
    let count = 0;
    device.toPump = (bytes) => (count++ < 3 ? [] : [bytes]);
    const answer = await client.ask(COMMAND_STOP);
    expect(answer).toEqual({ kind: "notAcknowledged", status: "notAccepted", outcome: null });
    expect(device.carriedOut.map(({ kind }) => kind)).toEqual([COMMAND_START]);
  });

  test("a command that was never acknowledged did not arrive when the status names an earlier one of its kind", async () => {
    const { device, client } = await paired();
    await client.ask(COMMAND_PATIENT_BOLUS);
    let count = 0;
    device.toPump = (bytes) => (count++ < 3 ? [] : [bytes]);
    const answer = await client.ask(COMMAND_PATIENT_BOLUS);
    expect(answer).toEqual({ kind: "notAcknowledged", status: "notAccepted", outcome: null });
    expect(device.carriedOut).toHaveLength(1);
  });

  test("a command whose answer was lost and whose copy was refused in the clear is unknown and not refused", async () => {
    const { device, client } = await paired();
    await client.status();
    let answers = 0;
    const refusal = encodeFrame(FRAME_REFUSED | REPLY, Uint8Array.of(OUTCOME_MALFORMED));
    device.fromPump = () => (answers++ === 0 ? [] : [refusal]);
    const answer = await client.ask(COMMAND_STOP);
    expect(answer).toEqual({ kind: "notAcknowledged", status: "unknown", outcome: null });
    expect(device.carriedOut).toHaveLength(1);
  });

  test("a command that was never acknowledged is unknown when the pump is silent", async () => {
    const { device, answer } = await unheard(undefined, Infinity);
    expect(answer).toEqual({ kind: "notAcknowledged", status: "unknown", outcome: null });
    expect(device.carriedOut).toHaveLength(1);
  });

  test("the first command of a pairing did not arrive when the status names none", async () => {
    const { device, client } = await paired();
    await client.status();
    let count = 0;
    device.toPump = (bytes) => (count++ < 3 ? [] : [bytes]);
    expect(await client.ask(COMMAND_STOP)).toEqual({ kind: "notAcknowledged", status: "notAccepted", outcome: null });
    expect(device.carriedOut).toEqual([]);
  });

  test("a query that nobody answers is not a command in doubt", async () => {
    const { device, client } = await paired();
    await client.status();
    device.fromPump = nothing;
    expect(await client.ask(COMMAND_INTERROGATE)).toEqual({
      kind: "notAcknowledged",
      status: "unknown",
      outcome: null,
    });
  });
});

describe("a command that is never sent", () => {
  test("a command to nobody is not sent, and no bytes were heard", async () => {
    const device = new ScriptedDevice();
    device.toPump = nothing;
    const answer = await new TelemetryClient(device.port, QUICK).pair(ROLE_PATIENT);
    expect(answer).toEqual({ kind: "notSent", why: { reason: "silent", bytes: 0 } });
  });

  test("a command to a device that is no pump is not sent, and its bytes are counted", async () => {
    const device = new ScriptedDevice();
    device.toPump = () => (device.send(Uint8Array.from(Buffer.from("login: "))), []);
    const answer = await new TelemetryClient(device.port, QUICK).version();
    expect(answer).toEqual({ kind: "notSent", why: { reason: "silent", bytes: 21 } });
  });

  test("a command to a peer that stopped reading is not sent and uses up no sequence", async () => {
    const { device, client, book } = await paired();
    device.toPump = nothing;
    device.port.write = () => false;
    expect(await client.ask(COMMAND_STOP)).toMatchObject({ kind: "notSent", why: { reason: "silent" } });
    expect(book.kept.sequence).toBe(0);
  });

  test("a command under a pairing that the pump does not have is refused", async () => {
    const { client, book, device } = await paired();
    client.use(new PairingBook({ ...book.kept, id: 4 }));
    expect(await client.ask(COMMAND_STOP)).toEqual({ kind: "refused", outcome: OUTCOME_NOT_PAIRED });
    expect(device.heard).toEqual([]);
  });

  test("a command under a key that is not the pump's is refused and not carried out", async () => {
    const { client, book, device } = await paired();
    client.use(new PairingBook({ ...book.kept, key: new Uint8Array(16) }));
    expect(await client.ask(COMMAND_STOP)).toMatchObject({ kind: "refused" });
    expect(device.carriedOut).toEqual([]);
  });

  test("a pairing without the programming head is refused", async () => {
    const device = new ScriptedDevice();
    device.head = false;
    const answer = await new TelemetryClient(device.port, QUICK).pair(ROLE_CLINICIAN);
    expect(answer).toEqual({ kind: "refused", outcome: OUTCOME_NOT_AUTHORISED });
  });
});

describe("a cancelled command", () => {
  test("a command that is cancelled before anything was sent says so", async () => {
    const device = new ScriptedDevice();
    device.toPump = nothing;
    const stop = new AbortController();
    const client = new TelemetryClient(device.port, { ...QUICK, timeout_ms: 20_000, signal: stop.signal });
    const asked = client.version();
    stop.abort();
    expect(await asked).toEqual({ kind: "cancelled", sent: false });
  });

  test("a command that is cancelled after it was sent says so", async () => {
    const stop = new AbortController();
    const { device, client } = await paired(undefined, { timeout_ms: 20_000, signal: stop.signal });
    await client.status();
    device.fromPump = () => (stop.abort(), []);
    expect(await client.ask(COMMAND_STOP)).toEqual({ kind: "cancelled", sent: true });
    expect(await client.ask(COMMAND_STOP)).toEqual({ kind: "cancelled", sent: false });
  });
});
