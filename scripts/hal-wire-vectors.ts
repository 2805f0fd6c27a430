// Writes test/vectors/hal-wire.json: frames of every type and with every call on the hal wire, as values and as bytes. They are
// for the tests here and for authors of another end. The file is written only once and never overwritten, because other
// programs rely on these bytes: a codec that does not make them has broken the wire.

import { existsSync, writeFileSync } from "node:fs";
import { encodeVector, type Vector } from "../test/hal-wire/vector";

const FILE = new URL("../test/vectors/hal-wire.json", import.meta.url);

const call = (name: string, values: number[] = [], bytes?: string) =>
  bytes === undefined ? { call: name, values } : { call: name, values, bytes };

const hello = {
  session: 0x12345678,
  contract: 1,
  role: 2,
  ports: 0x1fff,
  flags: 2,
  capacity_mL: 0,
  external: 0,
  name: "tiny 1.0",
  scenario: "",
};
const quiet = { tick: 1000, epoch: 1, heard: 7, leapt: 0, age_ms: 0, registers: {}, received: null, nvm: [] };

const VECTORS: Omit<Vector, "wire" | "plain">[] = [
  { name: "a controller greets", type: "hello", sequence: 0, body: hello },
  {
    name: "a board answers: lockstep, leap, scenario",
    type: "hello",
    sequence: 0,
    body: {
      ...hello,
      role: 1,
      flags: 7,
      capacity_mL: 20,
      name: "cistern 0.1.0",
      scenario: "A day with breakthrough pain",
    },
  },
  {
    name: "a refusal",
    type: "refuse",
    sequence: 0,
    body: { code: 1, text: "this board speaks version 1 of the hal wire, not 2" },
  },
  { name: "the image of an empty memory", type: "image", sequence: 1, body: { anew: true, runs: [] } },
  {
    name: "a later piece of the image",
    type: "image",
    sequence: 2,
    body: {
      anew: false,
      runs: [
        { at: 0x10, bytes: "c157" },
        { at: 0x1ff00, bytes: "00ff00" },
      ],
    },
  },
  { name: "taken", type: "ack", sequence: 1, body: {} },
  {
    name: "the first tick: every register",
    type: "sense",
    sequence: 3,
    body: {
      ...quiet,
      tick: 0,
      heard: 0,
      registers: {
        motion: 0,
        lines: 5,
        minute: 0,
        offset: 0,
        cell_mv: 3600,
        temperature_mC: 37000,
        limit: 4000,
        cause: 0,
        free: 512,
      },
    },
  },
  { name: "a quiet tick", type: "sense", sequence: 0xe9, body: quiet },
  {
    name: "a tick in which the rotor turned",
    type: "sense",
    sequence: 0xea,
    body: { ...quiet, tick: 1001, registers: { motion: 4711 } },
  },
  {
    name: "a tick after a leap",
    type: "sense",
    sequence: 0xeb,
    body: { ...quiet, tick: 7001, leapt: 5999, registers: { minute: 1 } },
  },
  {
    name: "negative registers",
    type: "sense",
    sequence: 0xec,
    body: { ...quiet, registers: { motion: -3, offset: -1440, temperature_mC: -500 } },
  },
  {
    name: "telemetry has come",
    type: "sense",
    sequence: 0xed,
    body: { ...quiet, received: { at: 65534, bytes: "0004010101" } },
  },
  {
    name: "a bit of the memory has flipped, and the board is late",
    type: "sense",
    sequence: 0xee,
    body: { ...quiet, age_ms: 12, nvm: [{ at: 4660, bytes: "81" }] },
  },
  { name: "a quiet answer", type: "act", sequence: 8, body: { tick: 1000, epoch: 1, calls: [call("watchdog.kick")] } },
  {
    name: "a quiet answer of a controller that can leap",
    type: "act",
    sequence: 9,
    body: { tick: 1000, epoch: 1, calls: [call("watchdog.kick"), call("idle", [4999])] },
  },
  {
    name: "a pulse, and what is remembered of it",
    type: "act",
    sequence: 10,
    body: {
      tick: 1000,
      epoch: 1,
      calls: [
        call("motor.setPower", [1]),
        call("trace.publish", [0, 1]),
        call("motor.pulse"),
        call("nvm.write", [0x100], "0001020304"),
        call("watchdog.kick"),
      ],
    },
  },
  {
    name: "every call without a result",
    type: "act",
    sequence: 11,
    body: {
      tick: 0x01020304,
      epoch: 255,
      calls: [
        call("watchdog.kick"),
        call("motor.pulse"),
        call("motor.setPower", [0]),
        call("sounder.setTone", [2]),
        call("clock.setOffset", [-60]),
        call("guard.setLimit", [4000]),
        call("guard.rearm"),
        call("link.receive", [3]),
        call("link.send", [], "00048101010375f600"),
        call("nvm.write", [131071], "7f"),
        call("trace.event", [13, -1, 2, 0]),
        call("trace.publish", [5, 1048576]),
        call("crypto.put", [13], "aabbcc"),
        call("crypto.storeKey", [2]),
        call("idle", [360000]),
        call("nvm.write again", [0x200, 474]),
      ],
    },
  },
  {
    name: "a conversion is asked for",
    type: "call",
    sequence: 12,
    body: { tick: 1000, epoch: 1, calls: [call("reservoir.level")] },
  },
  {
    name: "every call with a result",
    type: "call",
    sequence: 13,
    body: {
      tick: 1000,
      epoch: 1,
      calls: [
        call("reservoir.level"),
        call("reservoir.pressure"),
        call("crypto.random", [16]),
        call("crypto.seal", [0, 10, 17]),
        call("crypto.open", [7, 10, 17]),
        call("crypto.agree", [1]),
        call("crypto.derive", [1, 2, 36]),
      ],
    },
  },
  {
    name: "memory is read",
    type: "call",
    sequence: 15,
    body: { tick: 1000, epoch: 1, calls: [call("nvm.read", [0x100, 4])] },
  },
  { name: "the memory's result: four bytes", type: "result", sequence: 15, body: { content: "0400010203" } },
  { name: "the conversion's result: code 1440", type: "result", sequence: 12, body: { content: "a005" } },
  {
    name: "a cipher's result: true, one piece of the buffer changed",
    type: "result",
    sequence: 13,
    body: { content: "01010d03a1b2c3" },
  },
  {
    name: "the end",
    type: "end",
    sequence: 0xef,
    body: { verdict: "pass", ticks: 8640000, fingerprint: "3c610a705fe6f3e3", reason: "" },
  },
  { name: "the controller failed", type: "fault", sequence: 14, body: { text: "index out of range" } },
];

if (existsSync(FILE)) {
  throw new Error("test/vectors/hal-wire.json is there already; it is written once");
} else {
  writeFileSync(FILE, `${JSON.stringify(VECTORS.map(encodeVector), null, 2)}\n`);
}
