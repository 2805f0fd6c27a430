// The one table of the hal contract: its ports, and a row for each call with its arguments, its result, what it does and how it
// crosses the hal wire. Made from it (scripts/contract.ts): the abstract ports of hal/, the binding of the WebAssembly target,
// the C header, the tables of docs/hal.md and docs/hal-wire.md and the calls of docs/hal-wire.ksy. Read from it: the imports of a
// WebAssembly controller, the coder of the hal wire, and both of its ends. Codes of the wire are append-only; those with a result
// are 32 and above.

import {
  CRYPTO_BUFFER_BYTES,
  CRYPTO_KEY_SLOTS,
  CRYPTO_NONCE_BYTES,
  CRYPTO_PUBLIC_KEY_BYTES,
  CRYPTO_TAG_BYTES,
} from "../../hal/crypto";
import { GUARD_PULSES_PER_HOUR_MAX } from "../../hal/guard";
import type { Hal } from "../../hal/hal";
import { NVM_BYTES } from "../../hal/nvm";
import { ADC_CODE_MAX } from "../../hal/reservoir";
import { WATCHDOG_TICKS_MAX } from "../../hal/watchdog";
import { CHANNEL_LIST, EVENT_LIST, RESET_LIST, TONE_LIST, type CodeList } from "./codes";

export type PortName = keyof Hal;

/** In the order of the constructor of hal/hal.ts; bit n of a board's or a controller's `ports` on the hal wire is the nth. */
export const PORTS: readonly PortName[] = [
  "motor",
  "reservoir",
  "link",
  "clock",
  "nvm",
  "battery",
  "thermometer",
  "sounder",
  "watchdog",
  "reset",
  "guard",
  "crypto",
  "trace",
  "crc",
];

/**
 * The values that an argument or a result may have. Without bounds it is any number of its type, as far as the call uses it.
 */
export interface Value {
  type: "i32" | "bool";
  min?: number;
  max?: number;
  /** All values that it may have. */
  choices?: readonly number[];
  unit?: string;
  /** The list of codes whose values it may have. */
  codes?: CodeList;
}

export interface Parameter extends Value {
  name: string;
}

/** A little-endian number, or `bytes`: a length u8 and that many bytes. */
export type Field = "u8" | "u16" | "u32" | "i32" | "bytes";

export interface WireArgument {
  name: string;
  field: Field;
  /** Its meaning on the wire, where the call's own words do not give it. */
  note?: string;
}

/** `code`: u16. `buffer`: u8 (1: true), then the pieces of the crypto buffer that changed. `bytes`: length u8 and that many. */
export type WireResult = "code" | "buffer" | "bytes";

/** A call as it is sent: posted, or with a result for which the controller's tick waits. */
export interface WireCall {
  code: number;
  arguments: readonly WireArgument[];
  result?: WireResult;
}

/** The way in which the controller's end of the hal wire gets the result of a call. */
export type Way =
  /** It sends the call and goes on. */
  | { by: "post"; call: WireCall }
  /** It sends the call and waits for the result. */
  | { by: "wait"; call: WireCall }
  /** It reads a register, or one bit of it, from the board's last SENSE. */
  | { by: "register"; register: RegisterName; bit?: number }
  /** It reads the value in the board's HELLO. */
  | { by: "strap" }
  /** It keeps a copy of what the call reads: the memory, the cipher's buffer, its own count. */
  | { by: "copy" }
  /** It computes the result itself. */
  | { by: "own" }
  /** It makes another call of the table in its place, once for each byte. */
  | { by: "bytes"; of: string };

export interface Call {
  port: PortName;
  name: string;
  parameters: readonly Parameter[];
  /** Null when the call has no result. */
  result: Value | null;
  /** True: the call changes nothing on any board. */
  reads: boolean;
  /** True: with an argument outside its bounds the call changes nothing. */
  ignoresOutside?: boolean;
  /** Sentences. Bounds, units and codes of arguments and result are not repeated in them. */
  does: string;
  way: Way;
}

/** The registers that a board sends in SENSE, in the order of the bits of `present`. */
export const REGISTERS = [
  { name: "motion", field: "i32", means: "rotor steps since manufacture" },
  { name: "lines", field: "u8", means: "1: programming head in place. 2: guard has tripped. 4: sounder responds" },
  { name: "minute", field: "i32", means: "minutes since manufacture" },
  { name: "offset", field: "i32", means: "minutes to the wall clock" },
  { name: "cell_mv", field: "u16", means: "of the cell, mV" },
  { name: "temperature_mC", field: "i32", means: "thousandths of a degree" },
  { name: "limit", field: "u16", means: "the guard's hourly register" },
  { name: "cause", field: "u8", means: "why the controller started", codes: RESET_LIST },
  { name: "free", field: "u16", means: "bytes that `link.send` may take in this tick" },
] as const satisfies readonly { name: string; field: Field; means: string; codes?: CodeList }[];
export type RegisterName = (typeof REGISTERS)[number]["name"];

/** Bits of the register `lines`. */
export const LINE_HEAD = 1;
export const LINE_TRIPPED = 2;
const LINE_RESPONDS = 4;

/** Every number of the contract stays within this magnitude, so that it is a small integer everywhere. */
const SMALL_MAX = 0x40000000;
const SMALL: Value = { type: "i32", min: -SMALL_MAX, max: SMALL_MAX };
const BOOL: Value = { type: "bool" };
/** Any number: the call takes its low 8 bits. */
const ANY: Value = { type: "i32" };
const BYTE = between(0, 255);
const WORD_AT = between(0, NVM_BYTES - 4);
const ADC_CODE = between(0, ADC_CODE_MAX);
const CAPACITY: Value = { type: "i32", choices: [20, 40], unit: "mL" };
const KEY_SLOT = between(0, CRYPTO_KEY_SLOTS - 1);
const BUFFER_INDEX = between(0, CRYPTO_BUFFER_BYTES - 1);
/** Bytes of a seal beside nonce and tag. */
const SEALED_BYTES = between(0, CRYPTO_BUFFER_BYTES - CRYPTO_NONCE_BYTES - CRYPTO_TAG_BYTES);

function between(min: number, max: number, unit?: string): Value {
  return { type: "i32", min, max, ...(unit ? { unit } : {}) };
}

function oneOf(codes: CodeList): Value {
  return { ...between(codes.rows[0].code, codes.rows[codes.rows.length - 1].code), codes };
}

/** Name, field and note of an argument on the wire. */
type GivenField = readonly [string, Field, string?];

function fields(...given: GivenField[]): WireArgument[] {
  return given.map(([name, field, note]) => (note === undefined ? { name, field } : { name, field, note }));
}

const register = (name: RegisterName, bit?: number): Way =>
  bit === undefined ? { by: "register", register: name } : { by: "register", register: name, bit };
const post = (code: number, ...given: GivenField[]): Way => ({
  by: "post",
  call: { code, arguments: fields(...given) },
});
const wait = (code: number, result: WireResult, ...given: GivenField[]): Way => ({
  by: "wait",
  call: { code, arguments: fields(...given), result },
});
const STRAP: Way = { by: "strap" };
const COPY: Way = { by: "copy" };
const OWN: Way = { by: "own" };
const bytesOf = (of: string): Way => ({ by: "bytes", of });

/** A call that only reads. */
function reading(
  port: PortName,
  name: string,
  result: Value,
  does: string,
  way: Way,
  ...parameters: Parameter[]
): Call {
  return { port, name, parameters, result, reads: true, does, way };
}

/** A call that may change something. */
function acting(
  port: PortName,
  name: string,
  parameters: Parameter[],
  result: Value | null,
  does: string,
  way: Way,
): Call {
  return { port, name, parameters, result, reads: false, does, way };
}

/** A call that changes nothing when an argument is outside its bounds. */
function ignoring(call: Call): Call {
  return { ...call, ignoresOutside: true };
}

const argument = (name: string, value: Value): Parameter => ({ name, ...value });

export const CALLS: readonly Call[] = [
  acting(
    "motor",
    "pulse",
    [],
    null,
    "Starts one pulse. Ignored by the driver without power or while a pulse is in flight.",
    post(2),
  ),
  reading(
    "motor",
    "motion",
    { ...SMALL, unit: "steps" },
    "Rotor steps seen since manufacture: forward counts up, backward down.",
    register("motion"),
  ),
  acting(
    "motor",
    "setPower",
    [argument("on", BOOL)],
    null,
    "Closes (true) or opens the firmware's switch in the motor supply.",
    post(3, ["on", "u8"]),
  ),

  acting(
    "reservoir",
    "level",
    [],
    ADC_CODE,
    "Bellows position as a code; nominal volume is code x LEVEL_NL_PER_CODE. Each call is a conversion.",
    wait(32, "code"),
  ),
  acting(
    "reservoir",
    "pressure",
    [],
    ADC_CODE,
    "Gauge pressure as a code; (code - PRESSURE_CODE_ZERO) x PRESSURE_PA_PER_CODE pascal. Each call is a conversion.",
    wait(33, "code"),
  ),
  reading("reservoir", "capacity_mL", CAPACITY, "Nominal capacity.", STRAP),
  reading("reservoir", "external", BOOL, "True on the external pump of a trial, false on an implant.", STRAP),

  acting(
    "link",
    "receive",
    [],
    between(-1, 255),
    "Takes the oldest received byte; -1 when there is none.",
    post(8, ["count", "u16", "the number of bytes of *received* that were taken"]),
  ),
  acting(
    "link",
    "send",
    [argument("byte", ANY)],
    BOOL,
    "Queues one byte (the low 8 bits) to send. False when the FIFO is full; the byte is then not taken.",
    post(9, ["bytes", "bytes"]),
  ),
  reading("link", "headPresent", BOOL, "True while a programming head is in place.", register("lines", LINE_HEAD)),

  reading(
    "clock",
    "minute",
    between(0, SMALL_MAX, "min"),
    "Minutes since manufacture; never goes back.",
    register("minute"),
  ),
  reading(
    "clock",
    "offset",
    { ...SMALL, unit: "min" },
    "Minutes to add to `minute` for the wall clock.",
    register("offset"),
  ),
  acting(
    "clock",
    "setOffset",
    [argument("minutes", { ...SMALL, unit: "min" })],
    null,
    "Writes the offset register.",
    post(5, ["minutes", "i32"]),
  ),

  reading("nvm", "read", BYTE, "One byte.", COPY, argument("address", between(0, NVM_BYTES - 1))),
  ignoring(
    acting(
      "nvm",
      "write",
      [argument("address", between(0, NVM_BYTES - 1)), argument("value", ANY)],
      null,
      "Writes the low 8 bits of `value`.",
      post(10, ["address", "u32"], ["bytes", "bytes", "one write for each byte, from that address up"]),
    ),
  ),
  reading(
    "nvm",
    "readWord",
    ANY,
    "Four bytes in one access, the first of them lowest.",
    bytesOf("nvm.read"),
    argument("address", WORD_AT),
  ),
  ignoring(
    acting(
      "nvm",
      "writeWord",
      [argument("address", WORD_AT), argument("word", ANY)],
      null,
      "Writes four bytes in one access, from the lowest of `word` and `address` up. When power fails in it, the bytes before one are new, that one is a mixture, and those after it are old.",
      bytesOf("nvm.write"),
    ),
  ),

  reading("battery", "cell_mv", between(0, 4095, "mV"), "Cell voltage.", register("cell_mv")),

  reading(
    "thermometer",
    "temperature_mC",
    between(-40_000, 125_000, "mC"),
    "Thousandths of a degree Celsius; 37000 is body temperature.",
    register("temperature_mC"),
  ),

  acting(
    "sounder",
    "setTone",
    [argument("tone", oneOf(TONE_LIST))],
    null,
    "Holds a pattern until the next call.",
    post(4, ["tone", "u8"]),
  ),
  reading(
    "sounder",
    "responds",
    BOOL,
    "True when the transducer's impedance is in range.",
    register("lines", LINE_RESPONDS),
  ),

  acting("watchdog", "kick", [], null, "Serves the watchdog. A second kick in the same tick is too early.", post(1)),
  reading(
    "watchdog",
    "since",
    between(0, WATCHDOG_TICKS_MAX, "ticks"),
    "Ticks since the last kick, by which a self-test checks that the watchdog counts.",
    COPY,
  ),

  reading("reset", "cause", oneOf(RESET_LIST), "Why the controller started.", register("cause")),

  acting(
    "guard",
    "setLimit",
    [argument("pulsesPerHour", between(1, GUARD_PULSES_PER_HOUR_MAX, "steps"))],
    BOOL,
    "Writes the hourly register. False without a head in place or outside the range; nothing then changes.",
    post(6, ["pulsesPerHour", "u16"]),
  ),
  reading("guard", "limit", between(1, GUARD_PULSES_PER_HOUR_MAX, "steps"), "The hourly register.", register("limit")),
  reading(
    "guard",
    "tripped",
    BOOL,
    "True while the guard holds the motor supply open.",
    register("lines", LINE_TRIPPED),
  ),
  acting(
    "guard",
    "rearm",
    [],
    BOOL,
    "Closes the guard's switch again. False without a head in place; nothing then changes.",
    post(7),
  ),

  ignoring(
    acting(
      "crypto",
      "put",
      [argument("index", BUFFER_INDEX), argument("value", ANY)],
      null,
      "Writes the low 8 bits of `value` into the buffer.",
      post(13, ["index", "u8"], ["bytes", "bytes"]),
    ),
  ),
  reading("crypto", "get", BYTE, "One byte of the buffer.", COPY, argument("index", BUFFER_INDEX)),
  ignoring(
    acting(
      "crypto",
      "storeKey",
      [argument("slot", KEY_SLOT)],
      null,
      "Copies the first 16 bytes of the buffer into a key slot and clears them.",
      post(14, ["slot", "u8"]),
    ),
  ),
  acting(
    "crypto",
    "seal",
    [argument("slot", KEY_SLOT), argument("associated", SEALED_BYTES), argument("text", SEALED_BYTES)],
    BOOL,
    "Encrypts `text` bytes in place after `associated` bytes and appends the tag. False for an empty slot or too many bytes, after which the buffer is as it was.",
    wait(35, "buffer", ["slot", "u8"], ["associated", "u8"], ["text", "u8"]),
  ),
  acting(
    "crypto",
    "open",
    [argument("slot", KEY_SLOT), argument("associated", SEALED_BYTES), argument("text", SEALED_BYTES)],
    BOOL,
    "Checks the tag and decrypts in place. False for a wrong tag, after which the text is zero, and for an empty slot or too many bytes, after which the buffer is as it was.",
    wait(36, "buffer", ["slot", "u8"], ["associated", "u8"], ["text", "u8"]),
  ),
  acting(
    "crypto",
    "agree",
    [argument("slot", KEY_SLOT)],
    BOOL,
    `Agrees on a key with the other end, whose public key is the buffer's first ${CRYPTO_PUBLIC_KEY_BYTES} bytes. A fresh public key of this part replaces it there, ` +
      'and `slot` gets HKDF(shared secret, salt: their key, then this one, info: "cistern pairing"). False when the slot does not ' +
      "exist or their key gives no shared secret; these bytes are then zero and the slot is unchanged.",
    wait(37, "buffer", ["slot", "u8"]),
  ),
  acting(
    "crypto",
    "derive",
    [argument("from", KEY_SLOT), argument("to", KEY_SLOT), argument("salt", BYTE)],
    BOOL,
    'Slot `to` gets HKDF(key of `from`, salt: the buffer\'s first `salt` bytes, info: "cistern session"). False for an empty slot.',
    wait(38, "buffer", ["fromSlot", "u8"], ["toSlot", "u8"], ["salt", "u8"]),
  ),
  acting(
    "crypto",
    "random",
    [argument("count", BYTE)],
    null,
    "Puts `count` random bytes at the beginning of the buffer.",
    wait(34, "buffer", ["count", "u8"]),
  ),

  acting(
    "trace",
    "event",
    [argument("code", oneOf(EVENT_LIST)), argument("a", ANY), argument("b", ANY), argument("c", ANY)],
    null,
    "Reports an event with its three arguments, 0 where it has fewer; emulator/machine/events.ts names them.",
    post(11, ["code", "i32"], ["a", "i32"], ["b", "i32"], ["c", "i32"]),
  ),
  ignoring(
    acting(
      "trace",
      "publish",
      [argument("channel", oneOf(CHANNEL_LIST)), argument("value", ANY)],
      null,
      "Publishes the present value of a channel.",
      post(12, ["channel", "u8"], ["value", "i32"]),
    ),
  ),

  reading(
    "crc",
    "addWord",
    ANY,
    "The rest after four more bytes, of which the first is the lowest of `word`. `crc` is the rest so far.",
    OWN,
    argument("crc", ANY),
    argument("word", ANY),
  ),
  reading(
    "crc",
    "addByte",
    ANY,
    "The rest after one more byte, the low 8 bits of `byte`. `crc` is the rest so far.",
    OWN,
    argument("crc", ANY),
    argument("byte", ANY),
  ),
];

/** An entry of an ACT or CALL on the wire: a call of hal/, or another entry (`of` is null). */
export interface Sent {
  /** `motor.pulse`. */
  name: string;
  call: WireCall;
  of: Call | null;
}

const BESIDE_CALLS: readonly Sent[] = [
  {
    name: "idle",
    of: null,
    call: {
      code: 15,
      arguments: fields([
        "ticks",
        "u32",
        "the result of `idle()` after this tick; left out when it is 0 or the board does not want leaps",
      ]),
    },
  },
  {
    name: "nvm.write again",
    of: null,
    call: {
      code: 16,
      arguments: fields(
        ["address", "u32"],
        [
          "count",
          "u16",
          "this number of bytes from that address is written with the values that they have; a shorter form of call 10, which a controller may use",
        ],
      ),
    },
  },
  {
    name: "nvm.read",
    of: null,
    call: {
      code: 39,
      arguments: fields(["address", "u32"], ["count", "u8", "bytes of the memory from that address up"]),
      result: "bytes",
    },
  },
];

/** All entries that are sent, by their code. */
export const SENT: readonly Sent[] = [...CALLS.flatMap(sentBy), ...BESIDE_CALLS].sort(
  (a, b) => a.call.code - b.call.code,
);

function sentBy(call: Call): Sent[] {
  const { way } = call;
  return way.by === "post" || way.by === "wait"
    ? [{ name: `${call.port}.${call.name}`, call: way.call, of: call }]
    : [];
}

/** A call of a board as a function. */
export type PortFunction = (...given: (number | boolean)[]) => number | boolean | void;

/** The function of `hal` that is this call. */
export function functionOf(hal: Hal, { port, name }: Call): PortFunction {
  const owner = hal[port] as unknown as Record<string, PortFunction>;
  return owner[name].bind(owner);
}
