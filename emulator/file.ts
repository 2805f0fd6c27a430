// Writes a result to the disk as a whole or not at all. The text goes to a temporary file in the same directory, which then
// takes the target's name in one step. A reader, a full disk or an interrupt therefore never leaves half a file. A target that
// is no regular file (a pipe, /dev/stdout) is written directly, because a rename would replace it.

import { randomBytes } from "node:crypto";
import {
  accessSync,
  closeSync,
  constants,
  fsyncSync,
  mkdirSync,
  openSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";

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

/**
 * Writes `chunks` to `path`, replacing what was there. Throws `FileError` with the path and the reason if the file
 * system refuses; an error of `chunks` itself passes through. Either way `path` is as before and nothing is left over.
 */
export function writeWhole(path: string, chunks: Iterable<string>): void {
  write(path, chunks, undefined);
}

/** The same for a secret: nobody but its owner may read the file. Folders that are missing are made, for the owner alone. */
export function writeSecret(path: string, text: string): void {
  try {
    mkdirSync(dirname(path), { recursive: true, mode: OWNER_ONLY_FOLDER });
  } catch (error) {
    throw isSystemError(error) ? new FileError(path, reasonOf(error), error) : error;
  }
  write(path, [text], OWNER_ONLY);
}

/** Throws `FileError` when no file can be made in the folder of `path`; for a file that is written hours later. */
export function checkFolderOf(path: string): void {
  try {
    accessSync(dirname(path), constants.W_OK);
  } catch (error) {
    throw new FileError(path, "its directory does not exist or may not be written", error);
  }
}

function write(path: string, chunks: Iterable<string>, mode: number | undefined): void {
  const target = targetOf(path);
  const temporary = target.regular ? temporaryFor(target.path) : null;
  try {
    writeChunks(temporary ?? target.path, temporary === null ? "w" : "wx", chunks, mode);
    if (temporary !== null) renameSync(temporary, target.path);
  } catch (error) {
    if (temporary !== null) remove(temporary);
    throw isSystemError(error) ? new FileError(path, reasonOf(error), error) : error;
  }
}

function writeChunks(path: string, flag: "w" | "wx", chunks: Iterable<string>, mode: number | undefined): void {
  const file = openSync(path, flag, mode);
  try {
    for (const chunk of chunks) writeFileSync(file, chunk);
    if (flag === "wx") fsyncSync(file);
  } finally {
    closeSync(file);
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

/** Where a path leads: symbolic links are followed, so that a link stays a link. */
function targetOf(path: string): { path: string; regular: boolean } {
  try {
    return { path: realpathSync(path), regular: statSync(path).isFile() || statSync(path).isDirectory() };
  } catch {
    return { path, regular: true };
  }
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
    default:
      return error.message;
  }
}
