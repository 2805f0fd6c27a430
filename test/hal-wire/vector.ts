// The golden vectors of the hal wire in their JSON form: names for numbers, hex for bytes. A vector's values are encoded by
// the coder under test, and its bytes are decoded back into values of the same form, so that both directions can be
// compared.

import { readFileSync } from "node:fs";
import { REGISTERS } from "../../emulator/contract/calls";
import { decodeCobs } from "../../emulator/telemetry/frame";
import { ByteReader, ByteWriter } from "../../emulator/hal-wire/bytes";
import * as frame from "../../emulator/hal-wire/frame";
import * as message from "../../emulator/hal-wire/messages";
import { OPS, readOps, writeOp } from "../../emulator/hal-wire/ops";

export interface Vector {
  name: string;
  type: keyof typeof CODERS;
  sequence: number;
  body: unknown;
  /** Header, body and CRC, before COBS. */
  plain: string;
  /** On the wire, delimiters included. */
  wire: string;
}

interface Coder {
  code: number;
  encode(body: never): Uint8Array;
  decode(bytes: Uint8Array): unknown;
}

interface HexRun {
  at: number;
  bytes: string;
}

interface NamedCall {
  call: string;
  values: number[];
  bytes?: string;
}

interface Acts {
  tick: number;
  epoch: number;
  calls: NamedCall[];
}

type NamedSense = Omit<message.Sense, "registers" | "received" | "nvm"> & {
  registers: Record<string, number>;
  received: HexRun | null;
  nvm: HexRun[];
};

const REGISTER_NAMES: readonly string[] = REGISTERS.map(({ name }) => name);

export const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");
export const unhex = (text: string) => Uint8Array.from(Buffer.from(text, "hex"));
const plainRun = ({ at, bytes }: HexRun) => ({ at, bytes: unhex(bytes) });
const hexRun = ({ at, bytes }: { at: number; bytes: Uint8Array }) => ({ at, bytes: hex(bytes) });

const acts = {
  encode: ({ tick, epoch, calls }: Acts) => {
    const out = new ByteWriter(frame.BODY_BYTES_MAX).u32(tick).u8(epoch);
    for (const { call, values, bytes } of calls) {
      const row = OPS.find((each) => each.name === call);
      writeOp(out, row?.code ?? -1, values, unhex(bytes ?? ""));
    }
    return out.done();
  },
  decode: (body: Uint8Array): Acts | null => {
    const from = new ByteReader(body);
    const [tick, epoch] = [from.u32(), from.u8()];
    const calls = readOps(from)?.map(({ code, values, bytes }) => {
      const row = OPS.find((each) => each.code === code)!;
      const named = { call: row.name, values: [...values] };
      return row.arguments.some(({ field }) => field === "bytes") ? { ...named, bytes: hex(bytes) } : named;
    });
    return calls ? { tick, epoch, calls } : null;
  },
};

const sense = {
  encode: (body: NamedSense) =>
    message.encodeSense({
      ...body,
      registers: Object.entries(body.registers).map(([name, value]) => [REGISTER_NAMES.indexOf(name), value] as const),
      received: body.received ? plainRun(body.received) : null,
      nvm: body.nvm.map(plainRun),
    }),
  decode: (bytes: Uint8Array): NamedSense | null => {
    const found = message.decodeSense(bytes);
    if (!found) return null;
    return {
      ...found,
      registers: Object.fromEntries(found.registers.map(([register, value]) => [REGISTER_NAMES[register], value])),
      received: found.received ? hexRun(found.received) : null,
      nvm: found.nvm.map(hexRun),
    };
  },
};

const image = {
  encode: ({ anew, runs }: { anew: boolean; runs: HexRun[] }) =>
    message.encodeImage({ anew, runs: runs.map(plainRun) }),
  decode: (bytes: Uint8Array) => {
    const found = message.decodeImage(bytes);
    return found && { anew: found.anew, runs: found.runs.map(hexRun) };
  },
};

const CODERS = {
  hello: { code: frame.FRAME_HELLO, encode: message.encodeHello, decode: message.decodeHello },
  refuse: { code: frame.FRAME_REFUSE, encode: message.encodeRefusal, decode: message.decodeRefusal },
  image: { code: frame.FRAME_IMAGE, ...image },
  ack: { code: frame.FRAME_ACK, encode: () => new Uint8Array(0), decode: () => ({}) },
  sense: { code: frame.FRAME_SENSE, ...sense },
  act: { code: frame.FRAME_ACT, ...acts },
  call: { code: frame.FRAME_CALL, ...acts },
  result: {
    code: frame.FRAME_RESULT,
    encode: ({ content }: { content: string }) => unhex(content),
    decode: (bytes: Uint8Array) => ({ content: hex(bytes) }),
  },
  end: { code: frame.FRAME_END, encode: message.encodeEnd, decode: message.decodeEnd },
  fault: {
    code: frame.FRAME_FAULT,
    encode: ({ text }: { text: string }) => message.encodeFault(text),
    decode: (bytes: Uint8Array) => ({ text: message.decodeFault(bytes) }),
  },
} satisfies Record<string, Coder>;

/** The golden vectors, as they were written once. */
export function halWireVectors(): Vector[] {
  return JSON.parse(readFileSync(new URL("../vectors/hal-wire.json", import.meta.url), "utf8")) as Vector[];
}

/** The vector with its bytes, made from its values. */
export function encodeVector(vector: Omit<Vector, "wire" | "plain">): Vector {
  const coder: Coder = CODERS[vector.type];
  const wire = frame.encodeWireFrame(coder.code, vector.sequence, coder.encode(vector.body as never));
  return { ...vector, plain: hex(decodeCobs(wire.subarray(1, -1))!), wire: hex(wire) };
}

/** The values in a vector's bytes. */
export function decodeVector(wire: string): Pick<Vector, "sequence" | "body"> & { type: string | undefined } {
  const found = frame.decodeWireFrame(unhex(wire).subarray(1, -1))!;
  const entry = Object.entries(CODERS).find(([, coder]) => coder.code === found.type);
  return { type: entry?.[0], sequence: found.sequence, body: entry?.[1].decode(found.body) };
}
