// The file in which a programmer keeps its pairing with one pump, and the sequence of its last command, which must never fall.
// It is a JSON file for its owner alone (mode 0600), and it is replaced as a whole before a command is sent. A programmer that
// is restarted, or that dies at any moment, therefore never uses a sequence for a second command. The key in it is a
// development key: a file is no safe place for a key that a patient depends on (SEC-4).

import { readFileSync, statSync } from "node:fs";
import { homedir } from "node:os";
import { isAbsolute, join } from "node:path";
import { CRYPTO_KEY_BYTES } from "../../hal/crypto";
import { PAIRINGS, ROLES } from "../../hal/telemetry";
import { roleName } from "../contract/codes";
import { reasonOf, writeSecret } from "../file";
import type { Pairing } from "../telemetry/secure";

/** The file has no pairing or cannot be read. The message is one line with the place. */
export class PairingFileError extends Error {
  /** True when the file was read and its content is not a pairing. */
  readonly isContent: boolean;

  constructor(message: string, isContent: boolean) {
    super(message);
    this.name = "PairingFileError";
    this.isContent = isContent;
  }
}

/** A pairing as it is kept in a file, with the sequence that must rise. */
export interface KeptPairing extends Pairing {
  /** The first eight hex digits of the SHA-256 of the public key that the pump made for this pairing. */
  name: string;
  /** The sequence of the last command, 1 to 65,535; 0 before the first one. */
  sequence: number;
}

const SCHEMA = "cistern.pairing/1";
const SEQUENCE_MAX = 0xffff;
const NOTE = "development key: for the emulator and for test benches, never for a patient";

/**
 * The path of the pairing file when no other is given; null when the environment names no folder of the user's own. A relative
 * one would put the key into whatever folder the command is started in.
 */
export function defaultPairingPath(): string | null {
  const config = process.env["XDG_CONFIG_HOME"] || join(homedir(), ".config");
  return isAbsolute(config) ? join(config, "cistern", "pairing.json") : null;
}

/** The pairing in a file; null when there is no file. Throws PairingFileError when the file has no pairing. */
export function readPairing(path: string): KeptPairing | null {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    const failure = error as NodeJS.ErrnoException;
    if (failure.code === "ENOENT") return null;
    throw new PairingFileError(`${path} cannot be read: ${reasonOf(failure)}`, failure.code === "EISDIR");
  }
  return pairingIn(parsed(text, path), path);
}

/** A warning when others than the owner may read the file, or null. */
export function permissionsWarning(path: string): string | null {
  const mode = statSync(path, { throwIfNoEntry: false })?.mode;
  if (process.platform === "win32" || mode === undefined || (mode & 0o077) === 0) return null;
  const octal = (mode & 0o777).toString(8).padStart(4, "0");
  return `${path} holds a key and others can read or change it (mode ${octal}): chmod 600 ${path}`;
}

/** Replaces the file as a whole, or leaves it as it was and throws FileError. */
export function writePairing(path: string, kept: KeptPairing): void {
  writeSecret(path, textOf(kept));
}

/** A pairing that gives sequences. With a path, it writes each new sequence to the disk before it gives it. */
export class PairingBook {
  kept: KeptPairing;
  private readonly path: string | null;

  constructor(kept: KeptPairing, path: string | null = null) {
    this.kept = kept;
    this.path = path;
  }

  /** The sequence of one command and its repeats. It comes again only after 65,535 others. */
  nextSequence(): number {
    // Another programmer may have raised the sequence in the file since.
    const sequence = (Math.max(this.kept.sequence, this.onDisk()?.sequence ?? 0) % SEQUENCE_MAX) + 1;
    this.kept = { ...this.kept, sequence };
    if (this.path !== null) writePairing(this.path, this.kept);
    return sequence;
  }

  private onDisk(): KeptPairing | null {
    return this.path === null ? null : readPairing(this.path);
  }
}

function textOf({ name, id, role, key, sequence }: KeptPairing): string {
  const hex = Buffer.from(key).toString("hex");
  const value = { schema: SCHEMA, note: NOTE, name, pairing: id, role: roleName(role), key: hex, sequence };
  return `${JSON.stringify(value, null, 2)}\n`;
}

/**
 * The text as JSON. For a syntax error it turns the position in the engine's message, if there is one, into line and column.
 */
function parsed(text: string, path: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const message = (error as Error).message;
    const position = /at position (\d+)/.exec(message)?.[1];
    const before = text.slice(0, position === undefined ? text.length : Number(position)).split("\n");
    const place = `${path}:${before.length}:${before[before.length - 1].length + 1}`;
    throw new PairingFileError(`${place}: expected JSON, as \`pair\` writes it: ${message.split("\n")[0]}`, true);
  }
}

function pairingIn(value: unknown, path: string): KeptPairing {
  const refuse = (key: string, expected: string, found: unknown): never => {
    const shown = found === undefined ? "nothing" : JSON.stringify(found)?.slice(0, 60);
    throw new PairingFileError(
      `${path}: ${key}: expected ${expected}, found ${shown}; \`pair\` makes a new file`,
      true,
    );
  };
  if (typeof value !== "object" || value === null || Array.isArray(value)) return refuse("file", "a mapping", value);
  const given = value as Record<string, unknown>;
  const { schema, name, role, key } = given;
  if (schema !== SCHEMA) refuse("schema", `"${SCHEMA}"`, schema);
  if (typeof name !== "string" || !/^[0-9a-f]{8}$/.test(name)) return refuse("name", "eight hex digits", name);
  const code = Array.from({ length: ROLES }, (_, i) => i).findIndex((each) => each > 0 && roleName(each) === role);
  if (code < 0) refuse("role", "clinician, patient or observer", role);
  // The key itself is never part of a message.
  if (typeof key !== "string" || !/^[0-9a-f]{32}$/.test(key)) {
    return refuse("key", `${2 * CRYPTO_KEY_BYTES} hex digits`, typeof key === "string" ? `${key.length} others` : null);
  }
  const whole = (key: string, most: number): number => {
    const found = given[key];
    const fits = typeof found === "number" && Number.isInteger(found) && found >= 0 && found <= most;
    return fits ? found : refuse(key, `a whole number from 0 to ${most}`, found);
  };
  return {
    name,
    id: whole("pairing", PAIRINGS - 1),
    role: code,
    key: Uint8Array.from(Buffer.from(key, "hex")),
    sequence: whole("sequence", SEQUENCE_MAX),
  };
}
