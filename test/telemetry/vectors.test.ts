// The golden conversation of test/vectors/telemetry.json against everything that speaks the protocol: the host's coders,
// the firmware on the virtual board, and docs/telemetry.ksy. The file is never made anew here: a coder that does not agree
// with it has changed the wire. It has the values of each payload beside the bytes, and the tests encode the ones and
// decode the others.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { decodeCobs, decodeFrame, encodeFrame } from "../../emulator/telemetry/frame";
import * as messages from "../../emulator/telemetry/messages";
import { SecureChannel } from "../../emulator/telemetry/secure";
import { derivedKey, publicKeyOf, sharedSecret } from "../../emulator/key-agreement";
import * as telemetry from "../../hal/telemetry";
import {
  COMMAND_ACKNOWLEDGE,
  COMMAND_BRIDGE,
  COMMAND_CLINICIAN_BOLUS,
  COMMAND_COMMIT,
  COMMAND_IMPLANT,
  COMMAND_INTERROGATE,
  COMMAND_PRIME,
  COMMAND_READ_LOG,
  COMMAND_READ_PROGRAM,
  COMMAND_REFILL,
  COMMAND_SET_CLOCK,
  COMMAND_STAGE,
  FRAME_OPEN,
  FRAME_PAIR,
  FRAME_QUERY,
  FRAME_REFUSED,
  FRAME_SEALED,
  OUTCOME_ACCEPTED,
  PROGRAM_BYTES,
  REPLY,
} from "../../hal/telemetry";
import { MODE_FLEX } from "../../hal/trace";
import { compiled, read, type Reader } from "./kaitai";
import {
  answerOf,
  bytes,
  type Exchange,
  type Fields,
  frameIn,
  type Half,
  hex,
  pumpOfTheVectors,
  telemetryVectors,
} from "./vector";

const { keys, exchanges } = telemetryVectors();
const halves = exchanges.flatMap(({ name, to, from }) =>
  [to, from].flatMap((half, i) =>
    half === null ? [] : [{ name: `${name}: ${i === 0 ? "asked" : "answered"}`, half }],
  ),
);
const isOurs = ({ half }: { half: Half }) => half.sealing !== undefined && half.sealing.text !== "";
const sealedHalves = halves.filter(isOurs);
const commands = exchanges.filter(({ to }) => isOurs({ half: to }));
const replies = exchanges.filter((each): each is Exchange & { from: Half } => each.from?.sealing !== undefined);
const word = (name: string, fields: Fields) => Number(fields[name]);
const words = (fields: Fields, ...names: string[]) => names.map((name) => word(name, fields));

test("the golden conversation has every type of frame and every command, with their answers", () => {
  const asked = new Set(exchanges.map(({ to }) => to.type));
  const answered = new Set(exchanges.map(({ from }) => from?.type));
  for (const type of [FRAME_QUERY, FRAME_PAIR, FRAME_OPEN, FRAME_SEALED]) {
    expect([type, asked.has(type), answered.has(type | REPLY)]).toEqual([type, true, true]);
  }
  expect(answered.has(FRAME_REFUSED | REPLY)).toBe(true);
  const every = Object.entries(telemetry)
    .filter(([name]) => name.startsWith("COMMAND_"))
    .map(([, code]) => Number(code));
  for (const kind of every) {
    expect([kind, commands.some(({ to }) => to.fields["command"] === kind)]).toEqual([kind, true]);
    expect([kind, replies.some(({ from }) => from.fields["command"] === kind)]).toEqual([kind, true]);
  }
});

describe("SEC-4: the keys of the golden conversation follow from its secrets", () => {
  test.each(keys.pairings)("for pairing $pairing", (each) => {
    const secret = bytes(each.programmer_secret);
    expect(hex(publicKeyOf(secret))).toBe(each.programmer_public);
    const shared = sharedSecret(secret, bytes(each.pump_public))!;
    expect(hex(shared)).toBe(each.shared_secret);
    expect(each.salt).toBe(each.programmer_public + each.pump_public);
    expect(hex(derivedKey(shared, bytes(each.salt), each.info))).toBe(each.key);
  });

  test.each(keys.sessions)("for session $session", (each) => {
    const { key } = keys.pairings.find(({ pairing }) => pairing === each.pairing)!;
    const number = Buffer.alloc(4);
    number.writeUInt32LE(each.session);
    expect(each.salt).toBe(each.programmer_nonce + each.pump_nonce + hex(number));
    expect(hex(derivedKey(bytes(key), bytes(each.salt), each.info))).toBe(each.key);
  });
});

/** A programmer's end in the middle of a recorded session. */
function channelAt({ session, counter }: { session: number; counter: number }): SecureChannel {
  const known = keys.sessions.find((each) => each.session === session)!;
  const channel = new SecureChannel();
  channel.session = session;
  channel.counter = counter;
  channel.sessionKey.set(bytes(known.key));
  return channel;
}

describe("the host", () => {
  test.each(halves)("frames $name", ({ half }) => {
    expect(hex(encodeFrame(half.type, bytes(half.body), half.version))).toBe(half.air);
    const coded = bytes(half.air).subarray(1, -1);
    expect(hex(decodeCobs(coded)!)).toBe(half.decoded);
    expect(decodeFrame(coded)).toEqual({ version: half.version, type: half.type, body: bytes(half.body) });
  });

  test.each(keys.pairings)("asks for pairing $pairing and takes it", (each) => {
    const { to, from } = exchanges.find(
      (one) => one.to.fields["public_key"] === each.programmer_public && one.from?.fields["pairing"] === each.pairing,
    )!;
    const channel = new SecureChannel();
    expect(hex(channel.pairRequest(each.role, bytes(each.programmer_secret)))).toBe(to.air);
    expect(channel.takePair(frameIn(bytes(from!.air)))).toBe(OUTCOME_ACCEPTED);
    expect(channel.pairing()).toEqual({ id: each.pairing, role: each.role, key: bytes(each.key) });
  });

  test.each(keys.sessions)("asks for session $session and takes it", (each) => {
    const { to, from } = exchanges.find((one) => one.to.fields["nonce"] === each.programmer_nonce)!;
    const pairing = keys.pairings.find(({ pairing: id }) => id === each.pairing)!;
    const channel = new SecureChannel();
    channel.resume({ id: each.pairing, role: pairing.role, key: bytes(pairing.key) });
    expect(hex(channel.openRequest(bytes(each.programmer_nonce)))).toBe(to.air);
    expect(channel.takeOpen(frameIn(bytes(from!.air)))).toBe(OUTCOME_ACCEPTED);
    expect([channel.session, hex(channel.sessionKey)]).toEqual([each.session, each.key]);
  });

  test.each(commands)("seals the command of $name", ({ to: { air, sealing, fields } }) => {
    const { session, counter, text } = sealing!;
    const payload = bytes(text).subarray(3);
    const channel = channelAt({ session, counter: counter - 1 });
    expect(hex(channel.seal(word("command", fields), word("sequence", fields), payload))).toBe(air);
  });

  test.each(replies)("opens the answer to $name", ({ from: { air, sealing, fields } }) => {
    const reply = channelAt(sealing!).open(frameIn(bytes(air)));
    expect(reply).toEqual({
      kind: word("command", fields) | REPLY,
      sequence: word("sequence", fields),
      payload: bytes(sealing!.text).subarray(3),
    });
  });

  /** By command, its payload made of its fields by the host's own encoder. */
  const ENCODERS: Record<number, (fields: Fields) => Uint8Array> = {
    [COMMAND_STAGE]: (f) =>
      Uint8Array.of(...messages.words(word("offset", f)).subarray(0, 2), ...bytes(String(f["piece"]))),
    [COMMAND_COMMIT]: (f) =>
      messages.encodeCommit(...(words(f, "digest", "confirm", "reason", "total") as [number, number, number, number])),
    [COMMAND_CLINICIAN_BOLUS]: (f) => messages.words(...words(f, "pulses", "duration_s")),
    [COMMAND_REFILL]: (f) =>
      messages.encodeRefill(
        (word("flags", f) & 1) > 0,
        word("aspirated", f),
        word("filled", f),
        (word("flags", f) & 2) > 0,
      ),
    [COMMAND_SET_CLOCK]: (f) => messages.words(word("wall_minute", f)),
    [COMMAND_ACKNOWLEDGE]: (f) => Uint8Array.of(word("alarm", f)),
    [COMMAND_PRIME]: (f) => messages.encodePrime(word("pulses", f), word("confirm", f) > 0),
    [COMMAND_BRIDGE]: (f) => messages.encodeBridge(word("old_concentration", f), word("pulses", f)),
    [COMMAND_IMPLANT]: (f) =>
      messages.encodeImplant(word("catheter_mm", f), word("catheter_nl", f), word("flags", f) > 0),
    [COMMAND_READ_LOG]: (f) => messages.encodeReadLog(word("ring", f), word("first", f)),
    [COMMAND_READ_PROGRAM]: (f) => messages.encodeReadProgram(word("offset", f)),
  };

  test.each(commands)("writes the payload of $name", ({ to: { sealing, fields } }) => {
    const encode = ENCODERS[word("command", fields)] ?? ((f: Fields) => bytes(String(f["payload"] ?? "")));
    expect(hex(encode(fields))).toBe(sealing!.text.slice(6));
  });

  /** By command, what the host reads out of an answer. */
  const DECODERS: Record<number, (payload: Uint8Array) => object> = {
    [COMMAND_INTERROGATE]: (payload) => snake(messages.decodeStatus(payload)!),
    [COMMAND_STAGE]: (payload) => ({ digest: new DataView(payload.buffer).getUint32(1, true) }),
    [COMMAND_COMMIT]: (payload) => messages.decodeCommit(payload)!,
    [COMMAND_REFILL]: (payload) => messages.decodeRefill(payload)!,
    [COMMAND_READ_LOG]: (payload) => ({ entries: messages.decodeLog(payload) }),
    [COMMAND_READ_PROGRAM]: (payload) => ({ piece: hex(payload.subarray(1)) }),
  };

  test.each(replies)("reads the payload of the answer to $name", ({ from: { sealing, fields } }) => {
    const payload = bytes(sealing!.text).slice(3);
    const { command, sequence, outcome, ...content } = fields;
    expect([command, sequence, payload[0]]).toEqual([command, sequence, outcome]);
    if (payload.length > 1) expect(DECODERS[Number(command)](payload)).toEqual(content);
    else expect(content).toEqual({});
  });
});

function snake(record: object): object {
  return Object.fromEntries(
    Object.entries(record).map(([name, value]) => [
      name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
      value,
    ]),
  );
}

describe("the firmware on the virtual board", () => {
  const machine = pumpOfTheVectors();
  // In their order: each goes on from the one before.
  test.each(exchanges)("answers $name", ({ wait_ticks, head, to, from }) => {
    expect(hex(answerOf(machine, bytes(to.air), wait_ticks, head))).toBe(from?.air ?? "");
  });
});

describe("docs/telemetry.ksy, compiled by kaitai-struct-compiler", () => {
  let telemetryFrame: Reader;
  beforeAll(async () => {
    telemetryFrame = await compiled("telemetry");
  });

  test.each(halves)("reads the frame of $name", ({ half }) => {
    const frame = read(telemetryFrame, null, bytes(half.decoded));
    expect([frame["version"], frame["type"]]).toEqual([half.version, half.type]);
    const body = frame["body"] as object;
    if (half.sealing) {
      const { session, counter, sealed, tag } = half.sealing;
      expect(body).toEqual({ session, counter, text: sealed, tag });
    } else if (half.type === FRAME_QUERY) expect(body).toEqual({ rest: "" });
    else expect(body).toEqual(half.fields);
  });

  test.each(sealedHalves)("reads the text of $name", ({ half: { type, sealing, fields } }) => {
    const isReply = (type & REPLY) > 0;
    const text = read(telemetryFrame, isReply ? "ReplyText" : "CommandText", bytes(sealing!.text));
    const { command, sequence, outcome, payload, ...said } = fields;
    expect([text["sequence"], text["outcome"]]).toEqual([sequence, outcome]);
    expect(text[isReply ? "command_and_reply" : "command"]).toBe(isReply ? Number(command) | REPLY : command);
    const { count: _, rest, ...content } = (text["content"] ?? text["payload"] ?? {}) as Record<string, unknown>;
    expect(content).toEqual(said);
    if (rest !== undefined) expect(rest).toBe(payload ?? "");
  });

  test("reads the program record that was read back piece by piece", () => {
    const pieces = exchanges.filter(
      ({ name, from }) => name.startsWith("read_program from") && from?.fields["outcome"] === 0,
    );
    const record = new Uint8Array(PROGRAM_BYTES);
    for (const { to, from } of pieces) record.set(bytes(String(from!.fields["piece"])), word("offset", to.fields));
    const program = messages.decodeProgram(record)!;
    const seen = read(telemetryFrame, "ProgramRecord", record) as Record<string, number & unknown[]>;
    const { per24h, pulses, duration_s, lockout_min } = program.bolus!;
    expect(seen).toMatchObject({
      mode: MODE_FLEX,
      limit_count: program.limits.length,
      drug_count: program.drugs!.length,
      cap_per_day: per24h,
      rate: program.rate,
      bolus_pulses: pulses,
      bolus_s: duration_s,
      lockout_min,
      low_pulses: program.low_pulses,
      library: program.library,
      refill_days: program.refill_days,
      weekdays: program.flex!.weekdays,
      pattern_count: program.flex!.patterns.length,
    });
    expect(seen["limits"].slice(0, 2)).toEqual(program.limits);
    expect(seen["drugs"].slice(0, 1)).toEqual(program.drugs);
    const patterns = (seen["patterns"] as { step_count: number; steps: unknown[] }[]).slice(0, seen["pattern_count"]);
    expect(patterns.map(({ step_count, steps }) => steps.slice(0, step_count))).toEqual(program.flex!.patterns);
  });

  test("does not read a frame that is cut short", () => {
    for (const { half } of halves.filter(({ half: { type } }) => type !== FRAME_QUERY && type !== 9)) {
      if (half.body.length <= 2) continue;
      const short = bytes(half.decoded);
      const cut = Uint8Array.of(...short.subarray(0, 3), ...short.subarray(-2));
      if ((half.type & ~REPLY) === FRAME_SEALED || half.type < REPLY)
        expect(() => read(telemetryFrame, null, cut)).toThrow();
    }
  });

  test("has every command, outcome and field of the status that the code has", () => {
    const definition = readFileSync(join(import.meta.dirname, "..", "..", "docs", "telemetry.ksy"), "utf8");
    const names = (prefix: string) =>
      Object.entries(telemetry)
        .filter(
          ([name, value]) => name.startsWith(`${prefix}_`) && typeof value === "number" && !name.endsWith("_BYTES"),
        )
        .map(([name, value]) => `${String(value)}: ${name.slice(prefix.length + 1).toLowerCase()}`);
    const rows = [...names("COMMAND"), ...names("OUTCOME"), ...names("LIFE"), ...names("ROLE")];
    expect(rows.length).toBeGreaterThan(45);
    expect(rows.filter((row) => !definition.includes(`    ${row}`))).toEqual([]);
  });
});
