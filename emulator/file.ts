// Writes a result to the disk as a whole or not at all. The text goes to a temporary file in the same directory, which is
// flushed to the disk and then takes the target's name in one step. A reader, a full disk, a power cut or an interrupt therefore
// never leaves half a file. A symbolic link stays a link, whether or not its target exists, and a file that is replaced keeps its
// mode. A target that is no regular file (a pipe, a device) and an open file of this program (/dev/stdout, /dev/fd/3) are
// written directly, because a rename would replace them.

import { randomBytes } from "node:crypto";
import {
  accessSync,
  closeSync,
  constants,
  fchmodSync,
  fsyncSync,
  lstatSync,
  mkdirSync,
  openSync,
  readlinkSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { basename, dirname, join, resolve } from "node:path";

/** A file could not be written. */
export class FileError extends Error {
  readonly path: string;

  constructor(path: string, reason: string, cause: unknown) {
    super(`cannot write ${path}: ${reason}`, { cause });
    this.name = "FileError";
    this.path = path;
  }
}

const OWNER_ONLY = 0o600;
const OWNER_ONLY_FOLDER = 0o700;
const PERMISSIONS = 0o777;
/** The number of symbolic links that lead to a file at most, as in Linux. */
const LINKS_MAX = 40;
const RETRY_MS = 5;

/**
 * Writes `chunks` to `path`, replacing what was there. Throws `FileError` with the path and the reason if the file
 * system refuses; an error of `chunks` itself passes through. Either way `path` is as before and nothing is left over.
 */
export function writeWhole(path: string, chunks: Iterable<string>): void {
  write(path, chunks, PERMISSIONS);
}

/**
 * The same for a secret: nobody but its owner may read the file, even when the file that it replaces was wider. Folders that
 * are missing are made, for the owner alone.
 */
export function writeSecret(path: string, text: string): void {
  try {
    mkdirSync(dirname(path), { recursive: true, mode: OWNER_ONLY_FOLDER });
  } catch (error) {
    throw isSystemError(error) ? new FileError(path, reasonOf(error), error) : error;
  }
  writeForOwner(path, [text]);
}

/** The same for the owner alone, in a folder that exists: for a file that holds keys beside other things. */
export function writeForOwner(path: string, chunks: Iterable<string>): void {
  write(path, chunks, OWNER_ONLY);
}

/** Throws `FileError` when no file can be made at `path`; for a file that is written hours later. */
export function checkWritable(path: string): void {
  const target = targetOf(path);
  if (target.kind !== "file") return;
  if (statSync(target.path, { throwIfNoEntry: false })?.isDirectory()) {
    throw new FileError(path, "it is a directory", undefined);
  }
  try {
    accessSync(dirname(target.path), constants.W_OK);
  } catch (error) {
    throw new FileError(path, "its directory does not exist or may not be written", error);
  }
}

/**
 * The absolute path of the regular file that a write to `path` makes or replaces, with all symbolic links followed. Null for a
 * device, a pipe or an open file, which keep nothing that could be replaced. Throws `FileError`.
 */
export function fileBehind(path: string): string | null {
  const target = targetOf(path);
  return target.kind === "file" ? entryOf(target.path) : null;
}

/** The absolute path of a name in its folder, without following the name itself. */
export function entryOf(path: string): string {
  try {
    return join(realpathSync(dirname(path)), basename(path));
  } catch {
    return resolve(path);
  }
}

/** Writes with the mode of the file that is replaced, or that of a new file, but never with more than `modeMost`. */
function write(path: string, chunks: Iterable<string>, modeMost: number): void {
  try {
    const target = targetOf(path);
    if (target.kind === "file") replace(target.path, chunks, modeMost);
    else writeChunks(target.kind === "descriptor" ? target.descriptor : openSync(target.path, "w"), chunks);
  } catch (error) {
    throw isSystemError(error) ? new FileError(path, reasonOf(error), error) : error;
  }
}

function replace(path: string, chunks: Iterable<string>, modeMost: number): void {
  const replaced = statSync(path, { throwIfNoEntry: false });
  const temporary = temporaryFor(path);
  try {
    const file = openSync(temporary, "wx", modeMost === OWNER_ONLY ? OWNER_ONLY : undefined);
    try {
      if (replaced) fchmodSync(file, replaced.mode & modeMost);
      for (const chunk of chunks) writeFileSync(file, chunk);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(temporary, path);
  } catch (error) {
    remove(temporary);
    throw error;
  }
  syncFolder(dirname(path));
}

/** Writes to an open file, and closes it unless it is one of the three that belong to the whole program. */
function writeChunks(file: number, chunks: Iterable<string>): void {
  try {
    for (const chunk of chunks) writeAll(file, Buffer.from(chunk));
  } finally {
    if (file > 2) closeSync(file);
  }
}

/** Writes every byte. A pipe that does not block is tried again until its reader has made room. */
function writeAll(file: number, bytes: Uint8Array): void {
  for (let written = 0; written < bytes.length;) {
    try {
      written += writeSync(file, bytes, written);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EAGAIN") throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, RETRY_MS);
    }
  }
}

/** Flushes a folder, so that a renamed file keeps its new name over a power cut. Some systems cannot do it and need not. */
function syncFolder(path: string): void {
  try {
    const folder = openSync(path, "r");
    try {
      fsyncSync(folder);
    } finally {
      closeSync(folder);
    }
  } catch {
    return;
  }
}

/** Removes a file. A failure to do so is not reported, because the failure that led here is. */
function remove(path: string): void {
  try {
    rmSync(path, { force: true });
  } catch {
    return;
  }
}

type Target =
  | { kind: "file"; path: string }
  | { kind: "special"; path: string }
  | { kind: "descriptor"; descriptor: number };

/** Where a path leads. Symbolic links are followed, also one whose target does not exist yet. Throws `FileError`. */
function targetOf(path: string): Target {
  try {
    return follow(path);
  } catch (error) {
    throw isSystemError(error) ? new FileError(path, reasonOf(error), error) : error;
  }
}

function follow(path: string): Target {
  const open = /^\/dev\/(?:fd\/(\d+)|(stdout)|(stderr))$/.exec(path);
  if (open) return { kind: "descriptor", descriptor: open[2] ? 1 : open[3] ? 2 : Number(open[1]) };
  let followed = path;
  for (let links = 0; links < LINKS_MAX; links++) {
    const found = lstatSync(followed, { throwIfNoEntry: false });
    if (!found || found.isFile() || found.isDirectory()) return { kind: "file", path: followed };
    if (!found.isSymbolicLink()) return { kind: "special", path: followed };
    followed = resolve(dirname(followed), readlinkSync(followed));
  }
  throw Object.assign(new Error("too many symbolic links"), { code: "ELOOP", syscall: "readlink" });
}

function temporaryFor(path: string): string {
  return join(dirname(path), `.cistern-${randomBytes(6).toString("hex")}.tmp`);
}

function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && "syscall" in error;
}

/** Why the operating system refused a path, in words. */
export function reasonOf(error: NodeJS.ErrnoException): string {
  switch (error.code) {
    case "ENOENT":
      return "the directory does not exist";
    case "ENOTDIR":
    case "EEXIST":
      return "a part of the path is not a directory";
    case "EISDIR":
    case "ENOTEMPTY":
      return "it is a directory";
    case "EACCES":
    case "EPERM":
      return "permission denied";
    case "EROFS":
      return "the file system is read-only";
    case "ENOSPC":
    case "EDQUOT":
      return "no space left";
    case "ENAMETOOLONG":
      return "the name is too long";
    case "ELOOP":
      return "its symbolic links lead back to it";
    case "EBADF":
      return "no file is open there";
    default:
      return error.message;
  }
}
