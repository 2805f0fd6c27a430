// A listener who hears every byte learns nothing of the therapy, and no key. A whole commissioning and a day's
// conversation are recorded and searched for everything that was said in it, in every way in which it might have been
// written. The same search finds all of it in the texts before they were sealed.

import { execFileSync } from "node:child_process";
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { encodeProgram, words } from "../../emulator/telemetry/messages";
import { SecureChannel } from "../../emulator/telemetry/secure";
import type { Program } from "../../emulator/telemetry/program";
import {
  COMMAND_CLINICIAN_BOLUS,
  COMMAND_INTERROGATE,
  COMMAND_PATIENT_BOLUS,
  OUTCOME_ACCEPTED,
  ROLE_CLINICIAN,
} from "../../hal/telemetry";
import { HOUR, MINUTE, Pump } from "../pump";
import { Air, chance, opened, order, paired, send } from "./air";

const THERAPY: Program = {
  mode: "continuous",
  rate: 123_457,
  bolus: { pulses: 4_321, duration_s: 21_600, lockout_min: 437, per24h: 3 },
  limits: [{ pulses: 31_337, window_min: 1_439 }],
  low_pulses: 8_765,
  drugs: [{ id: 0, concentration: 98_765 }],
};
const FIGURES = [123_457, 4_321, 21_600, 437, 31_337, 1_439, 8_765, 98_765];

/** The ways in which a figure might be written, four bytes or more: shorter ones are found in any noise. */
function writings(value: number): Buffer[] {
  const buffers = [4, 4, 4, 4, 8, 8].map((size) => Buffer.alloc(size));
  buffers[0].writeUInt32LE(value);
  buffers[1].writeUInt32BE(value);
  buffers[2].writeFloatLE(value);
  buffers[3].writeFloatBE(value);
  buffers[4].writeDoubleLE(value);
  buffers[5].writeDoubleBE(value);
  const text = [String(value), (value / 100).toFixed(2), (value / 4).toFixed(2)].filter((each) => each.length >= 4);
  return [...buffers, ...text.map((each) => Buffer.from(each, "latin1"))];
}

/** Every run of `length` bytes in some bytes of four different values or more: session and counter are in the clear, and small. */
function runs(bytes: Uint8Array, length: number): Buffer[] {
  const found: Buffer[] = [];
  for (let at = 0; at + length <= bytes.length; at++) {
    const run = Buffer.from(bytes.subarray(at, at + length));
    if (new Set(run).size > 3) found.push(run);
  }
  return found;
}

/** All that is said in a commissioning and the hours after it: over the air, and before it was sealed. */
function conversation(program: Program = THERAPY): { air: Air; texts: Uint8Array[]; pump: Pump } {
  const texts: Uint8Array[] = [];
  const { seal, open } = SecureChannel.prototype;
  SecureChannel.prototype.seal = function (kind, sequence, payload = new Uint8Array(0)) {
    texts.push(payload);
    return seal.call(this, kind, sequence, payload);
  };
  SecureChannel.prototype.open = function (frame) {
    const reply = open.call(this, frame);
    if (reply) texts.push(reply.payload);
    return reply;
  };
  try {
    const pump = new Pump(null, {}, false);
    const air = new Air(pump.machine);
    expect(pump.programmer.commission(program)).toBe(OUTCOME_ACCEPTED);
    pump.programmer.readProgram();
    pump.programmer.ask(COMMAND_CLINICIAN_BOLUS, words(4_321, 43_000));
    pump.machine.leap(HOUR);
    pump.programmer.ask(COMMAND_PATIENT_BOLUS);
    pump.programmer.ask(COMMAND_INTERROGATE);
    pump.programmer.readLog(0);
    return { air, texts, pump };
  } finally {
    Object.assign(SecureChannel.prototype, { seal, open });
  }
}

const { air, texts, pump } = conversation();
const onAir = Buffer.concat(air.heard.map(({ bytes }) => bytes));
const decoded = Buffer.concat([...air.frames(true), ...air.frames(false)].map(({ frame }) => frame.body));
const said = Buffer.concat(texts);

describe.each(["field SEC-3 (SEC-1)", "field SEC-8 (SEC-1)"])("%s: a listener learns nothing of the therapy", () => {
  test("from a conversation that is long enough to prove it", () => {
    expect(air.heard.length).toBeGreaterThan(40);
    expect(said.length).toBeGreaterThan(1_000);
  });

  test.each(FIGURES)("because %i is found in no way of writing it, coded or decoded", (value) => {
    const found = writings(value).filter((each) => onAir.includes(each) || decoded.includes(each));
    expect(found).toEqual([]);
  });

  test("because no five bytes of any sealed text are found", () => {
    const plain = [encodeProgram(THERAPY), ...texts].flatMap((each) => runs(each, 5));
    expect(plain.length).toBeGreaterThan(100);
    expect(plain.filter((run) => onAir.includes(run) || decoded.includes(run))).toEqual([]);
  });

  test("although the same search finds the figures in the texts before they were sealed", () => {
    for (const value of [123_457, 31_337, 8_765, 98_765]) {
      expect(writings(value).some((each) => said.includes(each))).toBe(true);
    }
  });

  test("because two programs with the same number of pieces make frames of the same lengths", () => {
    const other = conversation({ ...THERAPY, rate: 54_321, low_pulses: 4_000 }).air;
    expect(other.heard.slice(0, 20).map(({ bytes }) => bytes.length)).toEqual(
      air.heard.slice(0, 20).map(({ bytes }) => bytes.length),
    );
  });
});

describe("field SEC-4 (SEC-1): every pairing has a key of its own", () => {
  const bench = () => new Pump().wait(MINUTE);

  test("which is another one at each pairing, and never zeros, with the same programmer, role and secret", () => {
    const fresh = bench();
    const keys = Array.from({ length: 8 }, () => {
      const channel = paired(fresh, ROLE_CLINICIAN, 5);
      order(fresh, opened(fresh, channel), COMMAND_INTERROGATE);
      return Buffer.from(channel.key).toString("hex");
    });
    expect(new Set(keys).size).toBe(8);
    expect(keys).not.toContain("00".repeat(16));
  });

  test("which is another one in a pump of another seed", () => {
    const keys = [1, 2, 3].map((seed) => {
      const fresh = bench();
      fresh.machine.board.crypto.stream.a = seed;
      return Buffer.from(paired(fresh, ROLE_CLINICIAN, 5).key).toString("hex");
    });
    expect(new Set(keys).size).toBe(3);
  });

  test("so that two conversations with equal inputs have no frame in common but the version query", () => {
    const fresh = bench();
    const channel = paired(fresh, ROLE_CLINICIAN, 5);
    const transcripts = [1, 2].map(() => {
      const listening = new Air(fresh.machine);
      order(fresh, opened(fresh, channel, 6), COMMAND_INTERROGATE);
      order(fresh, channel, COMMAND_CLINICIAN_BOLUS, words(10, 60));
      return listening.heard.map(({ bytes }) => Buffer.from(bytes).toString("hex"));
    });
    // The programmer's own OPEN is equal because it was given the same nonce twice; from there on nothing is.
    expect(transcripts[0][0]).toBe(transcripts[1][0]);
    expect(transcripts[0].slice(1).filter((frame) => transcripts[1].includes(frame))).toEqual([]);
  });

  test("which is in no frame, and cannot be read out of the crypto part", () => {
    const channel = pump.programmer.channel();
    for (const key of [channel.key, channel.sessionKey]) {
      expect(decoded.includes(Buffer.from(key))).toBe(false);
      expect(Buffer.from(pump.machine.board.crypto.buffer).includes(Buffer.from(key))).toBe(false);
    }
  });
});

describe("field SEC-18 (SEC-4): there is no key in the source tree, and none without a local step", () => {
  const root = join(import.meta.dirname, "..", "..");
  /** Published test vectors and the golden conversation, which say so themselves. */
  const VECTORS = /^test\/(?:board\/crypto|security\/outside-vectors|link\/)|^test\/vectors\/|^docs\/telemetry\.md$/;
  const files = execFileSync("git", ["ls-files", "-z", "--cached", "--others", "--exclude-standard"], { cwd: root })
    .toString()
    .split("\0")
    .filter((file) => /\.(?:ts|mts|mjs|js|json|ya?ml|md|ksy)$/.test(file) && !VECTORS.test(file))
    .filter((file) => file !== "package-lock.json" && statSync(join(root, file), { throwIfNoEntry: false })?.isFile());

  /** 16 or 32 bytes in hex or base64, as a word by itself; digits alone and names are none. */
  function keysIn(text: string): string[] {
    const hex = text.match(/(?<![0-9a-fA-F])(?:[0-9a-fA-F]{32}|[0-9a-fA-F]{64})(?![0-9a-fA-F])/g) ?? [];
    const base64 = text.match(/(?<![\w+/])[A-Za-z0-9+/]{22}==|(?<![\w+/])[A-Za-z0-9+/]{43}=/g) ?? [];
    const arrays = text.match(/(?:0x[0-9a-fA-F]{2}[,\s]+){15}0x[0-9a-fA-F]{2}/g) ?? [];
    return [...hex, ...base64, ...arrays];
  }

  test("as a search shows that finds a key in each way of writing it", () => {
    const key = Buffer.from(chance(3, 16));
    const array = [...key].map((byte) => `0x${byte.toString(16).padStart(2, "0")}`).join(", ");
    for (const writing of [key.toString("hex"), key.toString("base64"), array])
      expect(keysIn(`"${writing}"`)).toHaveLength(1);
  });

  test("as the same search of the tree shows", () => {
    expect(files.length).toBeGreaterThan(100);
    const found = files.flatMap((file) =>
      keysIn(readFileSync(join(root, file), "utf8")).map((key) => `${file}: ${key}`),
    );
    // The DER that goes before a raw X25519 key has exactly sixteen bytes, and no secret (RFC 8410).
    expect(found.filter((line) => !line.endsWith("302e020100300506032b656e04220420"))).toEqual([]);
  });

  test("as a pump that was never paired has no slot filled, and refuses every pairing", () => {
    const fresh = new Pump(null, {}, false);
    expect([...fresh.machine.board.crypto.filled]).toEqual(Array.from({ length: 8 }, () => 0));
    for (let id = 0; id < 256; id++) {
      const channel = new SecureChannel();
      channel.resume({ id, role: ROLE_CLINICIAN, key: new Uint8Array(16) });
      const [answer] = send(fresh.machine, channel.openRequest(chance(id, 16)), { ticks: 1_100 });
      expect(answer.body).toHaveLength(3);
    }
    expect([...fresh.machine.board.crypto.filled]).toEqual(Array.from({ length: 8 }, () => 0));
  });

  test("as a key is made with the head in place and not without it", () => {
    const fresh = new Pump(null, {}, false);
    const channel = new SecureChannel();
    const ask = channel.pairRequest(ROLE_CLINICIAN, chance(1, 32));
    expect(send(fresh.machine, ask)[0].body).toHaveLength(3);
    expect([...fresh.machine.board.crypto.filled]).toEqual(Array.from({ length: 8 }, () => 0));
    expect(channel.takePair(send(fresh.machine, ask, { head: true })[0])).toBe(OUTCOME_ACCEPTED);
    expect(fresh.machine.board.crypto.filled[0]).toBe(1);
  });
});
