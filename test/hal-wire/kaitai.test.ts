// The definition docs/hal-wire.ksy, compiled by kaitai-struct-compiler, reads every golden vector of the hal wire as it was
// meant. It is a third reader, made from neither end's code.

import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, test } from "vitest";
import { REGISTERS } from "../../emulator/contract/calls";
import { OPS } from "../../emulator/hal-wire/ops";
import { halWireVectors, unhex } from "../hal-wire/vector";
import { compiled, read, type Reader } from "../telemetry/kaitai";

type Fields = Record<string, unknown>;

const vectors = halWireVectors();
const TYPES = ["", "hello", "refuse", "image", "ack", "sense", "act", "call", "result", "end", "fault"];
const VERDICTS = ["pass", "fail", "invalid", "interrupted"];

let halWire: Reader;
beforeAll(async () => {
  halWire = await compiled("hal-wire");
});

const textIn = (fields: Fields, name: string) => (fields[name] as Fields)["value"];
const runsIn = (fields: unknown) =>
  ((fields as Fields)["run"] as Fields[]).map(({ address, bytes }) => ({ at: address, bytes }));

/** A call's arguments in the vectors' form: numbers in their order, bytes apart. */
function callOf({ code, arguments: given }: Fields) {
  const row = OPS.find((each) => each.code === code)!;
  const values = Object.entries((given ?? {}) as Fields).filter(([name]) => name !== "length" && name !== "bytes");
  const named = { call: row.name, values: values.map(([, value]) => value) };
  return row.arguments.some(({ field }) => field === "bytes") ? { ...named, bytes: (given as Fields)["bytes"] } : named;
}

function senseOf(body: Fields) {
  const { tick, epoch, heard, leapt = 0, age_ms = 0, received, nvm } = body;
  const named = REGISTERS.map(({ name }) => [name, body[name.toLowerCase()]] as const);
  const came = received as Fields | undefined;
  return {
    tick,
    epoch,
    heard,
    leapt,
    age_ms,
    registers: Object.fromEntries(named.filter(([, value]) => value !== undefined)),
    received: came ? { at: came["place"], bytes: came["bytes"] } : null,
    nvm: nvm ? runsIn(nvm) : [],
  };
}

/** A body as Kaitai reads it, in the vectors' form. */
function bodyOf(type: string, body: Fields): unknown {
  switch (type) {
    case "hello": {
      const { capacity_ml, ...rest } = body;
      return { ...rest, capacity_mL: capacity_ml, name: textIn(body, "name"), scenario: textIn(body, "scenario") };
    }
    case "refuse":
      return { code: body["code"], text: textIn(body, "text") };
    case "image":
      return { anew: body["anew"] === 1, runs: runsIn(body["runs"]) };
    case "sense":
      return senseOf(body);
    case "act":
    case "call":
      return { tick: body["tick"], epoch: body["epoch"], calls: (body["calls"] as Fields[]).map(callOf) };
    case "end":
      return { ...body, verdict: VERDICTS[Number(body["verdict"])], reason: textIn(body, "reason") };
    case "fault":
      return { text: textIn(body, "text") };
    default:
      return body;
  }
}

describe("docs/hal-wire.ksy", () => {
  test.each(vectors.map((vector) => [vector.name, vector] as const))("reads %s", (_, vector) => {
    const frame = read(halWire, null, unhex(vector.plain));
    const type = TYPES[Number(frame["type"])];
    expect([type, frame["sequence"]]).toEqual([vector.type, vector.sequence]);
    expect(bodyOf(type, frame["body"] as Fields)).toEqual(vector.body);
  });

  test("reads a result by the call that it answers", () => {
    expect(read(halWire, "CodeResult", unhex("a005"))).toEqual({ code: 1440 });
    const runs = [{ index: 13, length: 3, bytes: "a1b2c3" }];
    expect(read(halWire, "BufferResult", unhex("01010d03a1b2c3"))).toEqual({ ok: 1, count: 1, run: runs });
  });

  test("refuses a frame of telemetry", () => {
    expect(() => read(halWire, null, unhex("0201000000"))).toThrow();
  });

  test("names every call of the table", () => {
    const page = readFileSync(new URL("../../docs/hal-wire.ksy", import.meta.url), "utf8");
    const codes = page.slice(page.indexOf("  call_code:"), page.indexOf("\ntypes:"));
    const listed = [...codes.matchAll(/^ {4}(\d+): /gm)].map(([, code]) => Number(code));
    expect(listed).toEqual(OPS.map(({ code }) => code));
  });
});
