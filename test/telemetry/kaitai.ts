// Compiles a definition for machines, docs/*.ksy, with the Kaitai Struct compiler into a class that reads bytes. It is a
// third reader of the wire, made from neither end's code. Its names are in camel case; `plain` gives them back as they are
// in the definition.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { compileFunction } from "node:vm";
import KaitaiStream from "kaitai-struct/KaitaiStream";
import compiler from "kaitai-struct-compiler";
import { parse } from "yaml";

/** A compiled type: reads itself out of a stream; its own types are its fields. */
export interface Reader {
  new (stream: object): object;
  [type: string]: unknown;
}

/** The root type of docs/`name`.ksy, and the types in it by name. */
export async function compiled(name: string): Promise<Reader> {
  const file = join(import.meta.dirname, "..", "..", "docs", `${name}.ksy`);
  const files = await compiler.compile("javascript", parse(readFileSync(file, "utf8")), null, false);
  const [[root, code]] = Object.entries(files).map(([path, text]) => [path.replace(".js", ""), text]);
  const exported: Record<string, Reader> = {};
  compileFunction(code, ["exports", "require", "define"])(exported, () => KaitaiStream, undefined);
  return exported[root];
}

/** The fields that a type reads from exactly these bytes; bytes as hexadecimal text. Throws when some are left over or lacking. */
export function read(reader: Reader, type: string | null, bytes: Uint8Array): Record<string, unknown> {
  const stream = new KaitaiStream(Uint8Array.from(bytes).buffer);
  const Type = type === null ? reader : (reader[type] as Reader);
  const value = plain(new Type(stream));
  if (!stream.isEof()) throw new RangeError("bytes are left over");
  return value as Record<string, unknown>;
}

function plain(value: unknown): unknown {
  if (value instanceof Uint8Array) return Buffer.from(value).toString("hex");
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== "object" || value === null) return value;
  const fields = Object.entries(value).filter(([name, each]) => !name.startsWith("_") && each !== undefined);
  return Object.fromEntries(fields.map(([name, each]) => [snake(name), plain(each)]));
}

function snake(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
