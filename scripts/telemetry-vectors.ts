// Writes test/vectors/telemetry.json: a conversation of three programmers with the virtual pump. It has every type of frame and
// every command with its answer, and the keys to check them. The file is written only once and never overwritten, because other
// programs rely on these bytes: an end that does not make or accept them has broken the protocol.

import { createDecipheriv } from "node:crypto";
import { existsSync, writeFileSync } from "node:fs";
import { decodeCobs, encodeFrame, type Frame } from "../emulator/telemetry/frame";
import {
  decodeCommit,
  decodeLog,
  decodeRefill,
  decodeStatus,
  digestOf,
  encodeBridge,
  encodeCommit,
  encodeImplant,
  encodePrime,
  encodeProgram,
  encodeReadLog,
  encodeReadProgram,
  encodeRefill,
  stagePieces,
  words,
} from "../emulator/telemetry/messages";
import { SecureChannel } from "../emulator/telemetry/secure";
import { PAIRING_INFO, publicKeyOf, SESSION_INFO, sharedSecret } from "../emulator/key-agreement";
import type { Program } from "../emulator/telemetry/program";
import { RandomStream } from "../emulator/random";
import {
  COMMAND_ACKNOWLEDGE,
  COMMAND_BRIDGE,
  COMMAND_CLINICIAN_BOLUS,
  COMMAND_COMMIT,
  COMMAND_EXPLANT,
  COMMAND_IMPLANT,
  COMMAND_INTERROGATE,
  COMMAND_PATIENT_BOLUS,
  COMMAND_PRIME,
  COMMAND_READ_LOG,
  COMMAND_READ_PROGRAM,
  COMMAND_REFILL,
  COMMAND_SELF_TEST,
  COMMAND_SET_CLOCK,
  COMMAND_STAGE,
  COMMAND_START,
  COMMAND_STOP,
  ECHO_BYTES,
  FRAME_OPEN,
  FRAME_PAIR,
  FRAME_QUERY,
  FRAME_SEALED,
  FRAME_VERSION,
  REPLY,
  ROLE_CLINICIAN,
  ROLE_OBSERVER,
  ROLE_PATIENT,
} from "../hal/telemetry";
import {
  answerOf,
  type Exchange,
  type Fields,
  frameIn,
  type Half,
  hex,
  pumpOfTheVectors,
  type Vectors,
} from "../test/telemetry/vector";
import { TICKS_PER_MINUTE as MINUTE } from "../hal/units";

const FILE = new URL("../test/vectors/telemetry.json", import.meta.url);

const DAYTIME: Program = {
  mode: "flex",
  rate: 0,
  bolus: { pulses: 20, duration_s: 300, lockout_min: 60, per24h: 8 },
  limits: [
    { pulses: 400, window_min: 60 },
    { pulses: 2_000, window_min: 1_440 },
  ],
  low_pulses: 8_000,
  drugs: [{ id: 1, concentration: 100_000 }],
  refill_days: 60,
  flex: {
    weekdays: [0, 0, 0, 0, 0, 1, 1],
    patterns: [
      [
        { minute: 420, rate: 12_000 },
        { minute: 1_320, rate: 9_000 },
      ],
      [{ minute: 0, rate: 10_000 }],
    ],
  },
};
const CONTINUOUS: Program = { ...DAYTIME, mode: "continuous", rate: 10_000 };
delete CONTINUOUS.flex;
const DOUBLED: Program = { ...CONTINUOUS, rate: 60_000 };
const STRONGER: Program = { ...CONTINUOUS, drugs: [{ id: 1, concentration: 200_000 }] };

const machine = pumpOfTheVectors();
const chance = new RandomStream(0, "telemetry vectors");
const random = (count: number) => Uint8Array.from({ length: count }, () => chance.bits() & 255);
const vectors: Vectors = {
  about:
    "A conversation with the virtual pump: frames, keys and nonces. Test vectors: every secret in this file is published and nobody's.",
  keys: { pairings: [], sessions: [] },
  exchanges: [],
};

interface Options {
  wait_ticks?: number;
  head?: boolean;
}

/** Sends a frame and records it with its answer. */
function say(
  name: string,
  air: Uint8Array,
  fields: Fields,
  { wait_ticks = 200, head = false }: Options = {},
): Frame | null {
  const answer = answerOf(machine, air, wait_ticks, head);
  const to = halfOf(air, fields);
  const from = answer.length > 0 ? halfOf(answer, null) : null;
  vectors.exchanges.push({ name, wait_ticks, head, to, from } satisfies Exchange);
  return from === null ? null : frameIn(answer);
}

function halfOf(air: Uint8Array, fields: Fields | null): Half {
  const { version, type, body } = frameIn(air);
  const half = { air: hex(air), decoded: hex(decodeCobs(air.subarray(1, -1))!), version, type, body: hex(body) };
  if ((type & ~REPLY) !== FRAME_SEALED) return { ...half, fields: fields ?? answered(type, body) };
  const view = new DataView(body.buffer, body.byteOffset);
  const [session, counter] = [view.getUint32(0, true), view.getUint32(4, true)];
  const [sealed, tag] = [body.subarray(8, -8), body.subarray(-8)];
  const associated = Uint8Array.of(version, type, ...body.subarray(0, 8));
  const nonce = Uint8Array.of(type & REPLY ? 1 : 0, ...body.subarray(0, 8), 0, 0, 0, 0);
  const text = unsealed(session, nonce, associated, sealed, tag);
  const sealing = {
    session,
    counter,
    nonce: hex(nonce),
    associated: hex(associated),
    text: hex(text),
    sealed: hex(sealed),
    tag: hex(tag),
  };
  return { ...half, sealing, fields: fields ?? answeredText(text) };
}

/** The text under the seal of one of this file's sessions; empty for another session. */
function unsealed(
  session: number,
  nonce: Uint8Array,
  associated: Uint8Array,
  sealed: Uint8Array,
  tag: Uint8Array,
): Uint8Array {
  const known = vectors.keys.sessions.find((each) => each.session === session);
  if (!known) return new Uint8Array(0);
  const decipher = createDecipheriv("aes-128-ccm", Buffer.from(known.key, "hex"), nonce, { authTagLength: 8 });
  decipher.setAuthTag(tag);
  decipher.setAAD(associated, { plaintextLength: sealed.length });
  const text = Uint8Array.from(decipher.update(sealed));
  try {
    decipher.final();
    return text;
  } catch {
    return new Uint8Array(0);
  }
}

/** The fields of an answer in the clear. */
function answered(type: number, body: Uint8Array): Fields {
  const [outcome] = body;
  const echo = hex(body.subarray(1, 1 + ECHO_BYTES));
  if (type === (FRAME_QUERY | REPLY)) {
    return {
      outcome,
      frame_version: body[1],
      controller_version: body[2] | (body[3] << 8),
      library_version: body[4] | (body[5] << 8),
    };
  }
  if (body.length === 1 + ECHO_BYTES) return { outcome, echo };
  if (type === (FRAME_PAIR | REPLY)) return { outcome, echo, pairing: body[3], public_key: hex(body.subarray(4)) };
  return {
    outcome,
    echo,
    session: new DataView(body.buffer, body.byteOffset).getUint32(3, true),
    nonce: hex(body.subarray(7)),
  };
}

/** The fields of a sealed answer. */
function answeredText(text: Uint8Array): Fields {
  const payload = text.slice(3);
  const fields: Fields = { command: text[0] & ~REPLY, sequence: text[1] | (text[2] << 8), outcome: payload[0] };
  if (payload.length === 1) return fields;
  switch (fields["command"]) {
    case COMMAND_INTERROGATE:
      return { ...fields, ...snake({ ...decodeStatus(payload)! }) };
    case COMMAND_STAGE:
      return { ...fields, digest: new DataView(payload.buffer).getUint32(1, true) };
    case COMMAND_COMMIT:
      return { ...fields, ...decodeCommit(payload)! };
    case COMMAND_REFILL:
      return { ...fields, ...decodeRefill(payload)! };
    case COMMAND_READ_LOG:
      return { ...fields, entries: decodeLog(payload)!.map((entry) => ({ ...entry })) };
    default:
      return { ...fields, piece: hex(payload.subarray(1)) };
  }
}

function snake(record: Record<string, number | number[]>): Fields {
  return Object.fromEntries(
    Object.entries(record).map(([name, value]) => [
      name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
      value,
    ]),
  );
}

/** Pairs, and records the secrets. */
function pair(name: string, role: number): SecureChannel {
  const channel = new SecureChannel();
  const secret = random(32);
  const ours = publicKeyOf(secret);
  const answer = say(name, channel.pairRequest(role, secret), { role, public_key: hex(ours) }, { head: true })!;
  channel.takePair(answer);
  const theirs = answer.body.subarray(2 + ECHO_BYTES);
  vectors.keys.pairings.push({
    role,
    pairing: channel.id,
    programmer_secret: hex(secret),
    programmer_public: hex(ours),
    pump_public: hex(theirs),
    shared_secret: hex(sharedSecret(secret, theirs)!),
    salt: hex([...ours, ...theirs]),
    info: PAIRING_INFO,
    key: hex(channel.key),
  });
  return channel;
}

function open(name: string, channel: SecureChannel): void {
  const nonce = random(16);
  const answer = say(name, channel.openRequest(nonce), { pairing: channel.id, nonce: hex(nonce) })!;
  channel.takeOpen(answer);
  vectors.keys.sessions.push({
    session: channel.session,
    pairing: channel.id,
    programmer_nonce: hex(nonce),
    pump_nonce: hex(answer.body.subarray(7)),
    salt: hex([...nonce, ...answer.body.subarray(7), ...answer.body.subarray(3, 7)]),
    info: SESSION_INFO,
    key: hex(channel.sessionKey),
  });
}

let sequence = 100;
function order(
  name: string,
  channel: SecureChannel,
  kind: number,
  payload: Uint8Array = new Uint8Array(0),
  fields: Fields = {},
  options: Options & { again?: boolean } = {},
): void {
  if (options.again !== true) sequence++;
  const { wait_ticks = 200, head = true } = options;
  say(name, channel.seal(kind, sequence, payload), { command: kind, sequence, ...fields }, { wait_ticks, head });
}

function stage(channel: SecureChannel, program: Program, name: string): number {
  const record = encodeProgram(program);
  stagePieces(record).forEach((piece, i) => {
    const offset = piece[0] | (piece[1] << 8);
    order(`${name}, piece ${i}`, channel, COMMAND_STAGE, piece, { offset, piece: hex(piece.subarray(2)) });
  });
  return digestOf(record);
}

function commit(name: string, channel: SecureChannel, digest: number, confirm = 0, reason = 0, total = 0): void {
  order(name, channel, COMMAND_COMMIT, encodeCommit(digest, confirm, reason, total), {
    digest,
    confirm,
    reason,
    total,
  });
}

function record(): void {
  say("version query", encodeFrame(FRAME_QUERY, new Uint8Array(0)), {}, { wait_ticks: 20 });
  say("version query in another version", encodeFrame(FRAME_QUERY, new Uint8Array(0), 9), {});
  const nonce = random(16);
  const ask = encodeFrame(FRAME_OPEN, Uint8Array.of(0, ...nonce));
  say("a session before any pairing", ask, { pairing: 0, nonce: hex(nonce) });
  const key = publicKeyOf(random(32));
  say("a pairing without the programming head", encodeFrame(FRAME_PAIR, Uint8Array.of(1, ...key)), {
    role: 1,
    public_key: hex(key),
  });
  say(
    "a pairing in a role that is none",
    encodeFrame(FRAME_PAIR, Uint8Array.of(4, ...key)),
    { role: 4, public_key: hex(key) },
    { head: true },
  );

  const clinician = pair("a clinician is paired", ROLE_CLINICIAN);
  open("the clinician opens a session", clinician);
  order("interrogate: a pump out of its box", clinician, COMMAND_INTERROGATE);
  order("set_clock to 2026-03-02T08:00", clinician, COMMAND_SET_CLOCK, words(13_762_560), { wall_minute: 13_762_560 });
  order("implant", clinician, COMMAND_IMPLANT, encodeImplant(890, 195_800, true), {
    catheter_mm: 890,
    catheter_nl: 195_800,
    flags: 1,
  });
  order("refill, everything aspirated", clinician, COMMAND_REFILL, encodeRefill(true, 0, 72_000), {
    flags: 3,
    aspirated: 0,
    filled: 72_000,
  });
  order("read_program without one", clinician, COMMAND_READ_PROGRAM, encodeReadProgram(0), { offset: 0 });
  const daytime = stage(clinician, DAYTIME, "stage a flex program");
  commit("commit with another digest", clinician, (daytime ^ 1) >>> 0);
  commit("commit it", clinician, daytime);
  for (const offset of [0, 94, 188]) {
    order(`read_program from ${offset}`, clinician, COMMAND_READ_PROGRAM, encodeReadProgram(offset), { offset });
  }
  commit("commit what is no longer staged", clinician, daytime);
  const doubled = stage(clinician, DOUBLED, "stage six times the rate");
  commit("commit it without confirming the total", clinician, doubled);
  const stronger = stage(clinician, STRONGER, "stage twice the concentration");
  commit("commit it without a bridge", clinician, stronger);
  order("bridge", clinician, COMMAND_BRIDGE, encodeBridge(100_000, 800), { old_concentration: 100_000, pulses: 800 });
  const continuous = stage(clinician, CONTINUOUS, "stage a continuous program");
  commit("commit it with a reason", clinician, continuous, 1, 1);
  const bolus = { pulses: 40, duration_s: 600 };
  order("clinician_bolus", clinician, COMMAND_CLINICIAN_BOLUS, words(40, 600), bolus, { wait_ticks: MINUTE });
  order(
    "the same again under the same sequence: acknowledged, not given again",
    clinician,
    COMMAND_CLINICIAN_BOLUS,
    words(40, 600),
    bolus,
    { again: true },
  );
  order("self_test during a bolus", clinician, COMMAND_SELF_TEST);
  order("interrogate during it", clinician, COMMAND_INTERROGATE, undefined, {}, { wait_ticks: MINUTE });
  order("stop", clinician, COMMAND_STOP);
  order("prime of more than the path", clinician, COMMAND_PRIME, encodePrime(3_000), { pulses: 3_000, confirm: 0 });
  order("prime", clinician, COMMAND_PRIME, encodePrime(8, true), { pulses: 8, confirm: 8 });
  order("start", clinician, COMMAND_START, undefined, {}, { wait_ticks: MINUTE });
  order("self_test", clinician, COMMAND_SELF_TEST);
  order("acknowledge what is no alarm", clinician, COMMAND_ACKNOWLEDGE, Uint8Array.of(3), { alarm: 3 });
  order("stop without the programming head", clinician, COMMAND_STOP, undefined, {}, { head: false });
  order("a command that is none", clinician, 77, Uint8Array.of(1, 2, 3), { payload: "010203" });
  order("read_log", clinician, COMMAND_READ_LOG, encodeReadLog(0, 1), { ring: 0, first: 1 });
  order("read_log, further on", clinician, COMMAND_READ_LOG, encodeReadLog(0, 5), { ring: 0, first: 5 });
  order("read_log of faults", clinician, COMMAND_READ_LOG, encodeReadLog(1, 1), { ring: 1, first: 1 });
  order("read_log of a ring that is none", clinician, COMMAND_READ_LOG, encodeReadLog(2, 1), { ring: 2, first: 1 });
  order("explant of a pump that runs", clinician, COMMAND_EXPLANT);

  const patient = pair("a patient's handset is paired", ROLE_PATIENT);
  open("the handset opens a session", patient);
  order("patient_bolus", patient, COMMAND_PATIENT_BOLUS, undefined, {}, { head: false, wait_ticks: 8 * MINUTE });
}

/** Records openings that fail. They come last, because each lengthens the pause of the pump. */
function recordRefusals(): void {
  const handset = new SecureChannel();
  const { pairing: id, key } = vectors.keys.pairings[1];
  handset.resume({ id, role: ROLE_PATIENT, key: Uint8Array.from(Buffer.from(key, "hex")) });
  open("the handset opens another session in place of the first", handset);
  order("patient_bolus at once", handset, COMMAND_PATIENT_BOLUS, undefined, {}, { head: false });
  order(
    "patient_bolus again, within the lockout",
    handset,
    COMMAND_PATIENT_BOLUS,
    undefined,
    {},
    { head: false, wait_ticks: 8 * MINUTE },
  );
  order("stop, from a patient", handset, COMMAND_STOP);
  order("interrogate, from a patient", handset, COMMAND_INTERROGATE, undefined, {}, { head: false });
  const observer = pair("an observer is paired", ROLE_OBSERVER);
  open("the observer opens a session", observer);
  order(
    "read_log, from an observer",
    observer,
    COMMAND_READ_LOG,
    encodeReadLog(0, 9),
    { ring: 0, first: 9 },
    { head: false },
  );
  order("patient_bolus, from an observer", observer, COMMAND_PATIENT_BOLUS, undefined, {}, { head: false });

  const last = observer.seal(COMMAND_INTERROGATE, ++sequence);
  say("interrogate, from an observer", last, { command: COMMAND_INTERROGATE, sequence });
  say("the same frame, replayed", last, { command: COMMAND_INTERROGATE, sequence });
  const damaged = frameIn(observer.seal(COMMAND_INTERROGATE, ++sequence)).body;
  damaged[damaged.length - 1] ^= 1;
  say("a tag with one bit changed", encodeFrame(FRAME_SEALED, damaged), {});
  say("a frame type that is none", encodeFrame(9, Uint8Array.of(1, 2, 3)), { rest: "010203" });
  say("a sealed frame in another version", encodeFrame(FRAME_SEALED, damaged, FRAME_VERSION + 1), {});
  say(
    "a frame for a session that is not",
    encodeFrame(FRAME_SEALED, Uint8Array.of(99, 0, 0, 0, ...damaged.subarray(4))),
    {},
  );
  const nonceOfNobody = random(16);
  const zeros = encodeFrame(FRAME_PAIR, Uint8Array.of(1, ...new Uint8Array(32)));
  say("a pairing with a key that leaves no secret", zeros, { role: 1, public_key: "00".repeat(32) }, { head: true });
  for (const pairing of [5, 6]) {
    const ask = encodeFrame(FRAME_OPEN, Uint8Array.of(pairing, ...nonceOfNobody));
    say(`a session for pairing ${pairing}, which nobody has`, ask, { pairing, nonce: hex(nonceOfNobody) });
  }
  const again = encodeFrame(FRAME_OPEN, Uint8Array.of(5, ...nonceOfNobody));
  for (const time of ["third", "fourth", "fifth", "sixth", "seventh", "eighth"]) {
    say(`a session of nobody for the ${time} time`, again, { pairing: 5, nonce: hex(nonceOfNobody) });
  }
  const ignored = { pairing: 5, nonce: hex(nonceOfNobody) };
  say("an opening in the pause that these brought: nothing answers", again, ignored, { wait_ticks: 0 });
  say("a version query in that pause, which is answered", encodeFrame(FRAME_QUERY, new Uint8Array(0)), {});
}

if (existsSync(FILE)) throw new Error("test/vectors/telemetry.json is there already; it is written once");
record();
recordRefusals();
writeFileSync(FILE, `${JSON.stringify(vectors, null, 2)}\n`);
