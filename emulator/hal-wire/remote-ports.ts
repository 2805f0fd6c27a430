// The ports of hal/ for a controller whose board is at the other end of the hal wire. Most calls follow from their row in the
// table of calls: they are posted, wait for a code, or read a register. The other calls are written out here. Their result is
// computed at this end, because the contract fixes it (a full FIFO, a guard without a head), or they change a copy of the
// board's memory.

import { CRYPTO_BUFFER_BYTES, CRYPTO_KEY_BYTES, fitsCryptoBuffer, isKeySlot } from "../../hal/crypto";
import { GUARD_PULSES_PER_HOUR_MAX } from "../../hal/guard";
import { Hal } from "../../hal/hal";
import { NVM_BYTES } from "../../hal/nvm";
import { CALLS, LINE_HEAD, LINE_TRIPPED, PORTS, type Call, type PortFunction, type PortName } from "../contract/calls";
import { VirtualCrc } from "../board/crc";
import { ByteReader } from "./bytes";
import { decodeBufferResult } from "./messages";
import * as op from "./ops";
import type { Posts } from "./posts";
import type { RemoteBoard } from "./remote-board";

/** The wire as a port uses it. */
export interface Caller {
  readonly posts: Posts;
  /** Adds this call to the gathered ones, sends them, and waits for its result. */
  call(code: number, values: readonly number[]): Uint8Array;
  /** Sends the gathered calls when there is no room for another one. */
  makeRoom(): void;
  /** Adds a call to the gathered ones. Sends these first when there is no room. */
  post(code: number, ...values: number[]): void;
}

interface Straps {
  capacity_mL: number;
  external: boolean;
}

/** Some calls of a port. */
type PartOf<N extends PortName> = Partial<Hal[N]>;

/** The board as a controller sees it. Throws RangeError on a call of the table that this file cannot make. */
export function remoteHal(board: RemoteBoard, caller: Caller, straps: Straps): Hal {
  const byHand: { [N in PortName]?: PartOf<N> } = {
    link: linkPart(board, caller),
    clock: clockPart(board, caller),
    nvm: nvmPart(board, caller),
    watchdog: watchdogPart(board, caller),
    guard: guardPart(board, caller),
    crypto: cryptoPart(board, caller),
    crc: new VirtualCrc(),
  };
  const port = (name: PortName) => {
    const written = byHand[name] as Record<string, PortFunction> | undefined;
    const calls = CALLS.filter((call) => call.port === name);
    return Object.fromEntries(
      calls.map((call) => [call.name, written?.[call.name] ?? plainCall(call, board, caller, straps)]),
    );
  };
  return new Hal(...(PORTS.map(port) as unknown as ConstructorParameters<typeof Hal>));
}

/** A call that follows from its row. */
function plainCall(call: Call, board: RemoteBoard, caller: Caller, straps: Straps): PortFunction {
  const { way, parameters, result } = call;
  if (way.by === "register") {
    const { register, bit } = way;
    return bit === undefined ? () => board.read(register) : () => board.line(bit);
  }
  if (way.by === "strap") return () => straps[call.name as keyof Straps];
  if (way.by === "wait" && way.call.result === "code") {
    return () => new ByteReader(caller.call(way.call.code, [])).u16();
  }
  const isPosted = way.by === "post" && result === null && way.call.arguments.length === parameters.length;
  if (!isPosted || way.call.arguments.some(({ field }) => field === "bytes")) {
    throw new RangeError(`a remote board does not know how to make the call ${call.port}.${call.name}`);
  }
  return (...given) => {
    if (!call.ignoresOutside || isWithin(call, given)) caller.post(way.call.code, ...given.map(Number));
  };
}

function isWithin({ parameters }: Call, given: readonly (number | boolean)[]): boolean {
  return parameters.every(({ min = -Infinity, max = Infinity }, i) => {
    const value = Number(given[i]);
    return value >= min && value <= max;
  });
}

function linkPart(board: RemoteBoard, caller: Caller): PartOf<"link"> {
  return {
    receive: () => {
      const byte = board.received.shift();
      if (byte === undefined) return -1;
      caller.posts.take(1);
      return byte;
    },
    send: (byte) => {
      if (!board.queue()) return false;
      caller.makeRoom();
      caller.posts.postByte(op.OP_SEND, null, byte & 255);
      return true;
    },
  };
}

function clockPart(board: RemoteBoard, caller: Caller): PartOf<"clock"> {
  return {
    setOffset: (minutes) => {
      caller.post(op.OP_OFFSET, minutes | 0);
      board.expect("offset", minutes | 0);
    },
  };
}

function nvmPart(board: RemoteBoard, caller: Caller): PartOf<"nvm"> {
  const isWord = (address: number) => address >= 0 && address <= NVM_BYTES - 4;
  const write = (address: number, value: number) => {
    if (!(address >= 0 && address < NVM_BYTES)) return;
    caller.makeRoom();
    // The frame under construction will have the next sequence.
    const same = board.write((caller.posts.sequence + 1) & 255, address, value & 255);
    caller.posts.postWrite(address, value & 255, same);
  };
  return {
    read: (address) => board.nvm[address] ?? 0,
    write,
    readWord: (address) => (isWord(address) ? board.nvmView.getInt32(address, true) : 0),
    writeWord: (address, word) => {
      if (isWord(address)) for (let i = 0; i < 4; i++) write(address + i, word >> (8 * i));
    },
  };
}

function watchdogPart(board: RemoteBoard, caller: Caller): PartOf<"watchdog"> {
  return {
    kick: () => {
      caller.post(op.OP_KICK);
      board.kick();
    },
    since: () => board.since(),
  };
}

function guardPart(board: RemoteBoard, caller: Caller): PartOf<"guard"> {
  return {
    setLimit: (pulsesPerHour) => {
      const limit = pulsesPerHour | 0;
      if (!board.line(LINE_HEAD) || limit < 1 || limit > GUARD_PULSES_PER_HOUR_MAX) return false;
      caller.post(op.OP_LIMIT, limit);
      board.expect("limit", limit);
      return true;
    },
    rearm: () => {
      if (!board.line(LINE_HEAD)) return false;
      caller.post(op.OP_REARM);
      board.expect("lines", board.read("lines") & ~LINE_TRIPPED);
      return true;
    },
  };
}

function cryptoPart(board: RemoteBoard, caller: Caller): PartOf<"crypto"> {
  /** The board carries out the operation in its buffer, and its result has the bytes that changed. */
  const operate = (name: string, ...values: number[]): boolean => {
    const result = decodeBufferResult(caller.call(op.codeOf(`crypto.${name}`), values));
    if (!result) return false;
    for (const { at, bytes } of result.runs) board.buffer.set(bytes.subarray(0, CRYPTO_BUFFER_BYTES - at), at);
    return result.ok;
  };
  return {
    put: (index, value) => {
      if (!(index >= 0 && index < CRYPTO_BUFFER_BYTES)) return;
      caller.makeRoom();
      board.buffer[index] = value;
      caller.posts.postByte(op.OP_PUT, index, value & 255);
    },
    get: (index) => board.buffer[index] ?? 0,
    storeKey: (slot) => {
      if (!isKeySlot(slot)) return;
      caller.post(op.codeOf("crypto.storeKey"), slot);
      board.buffer.fill(0, 0, CRYPTO_KEY_BYTES);
    },
    seal: (slot, associated, text) =>
      isKeySlot(slot) && fitsCryptoBuffer(associated, text) && operate("seal", slot, associated, text),
    open: (slot, associated, text) =>
      isKeySlot(slot) && fitsCryptoBuffer(associated, text) && operate("open", slot, associated, text),
    agree: (slot) => isByte(slot) && operate("agree", slot),
    derive: (from, to, salt) => isByte(from) && isByte(to) && isByte(salt) && operate("derive", from, to, salt),
    random: (count) => {
      if (isByte(count)) operate("random", count);
    },
  };
}

/** True when the value fits into one byte. */
function isByte(value: number): boolean {
  return value >= 0 && value <= 255;
}
