// Writes a result to the disk as a whole or not at all. The text goes to a temporary file in the same directory, which then
// takes the target's name in one step. A reader, a full disk or an interrupt therefore never leaves half a file. A target that
// is no regular file (a pipe, /dev/stdout) is written directly, because a rename would replace it.

import { randomBytes } from "node:crypto";
import { closeSync, fsyncSync, openSync, realpathSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** A file could not be written. The command line exits with code 3. */
export class FileError extends Error {
  readonly path: string;
  readonly exitCode = 3;

  constructor(path: string, reason: string, cause: unknown) {
    super(`cannot write ${path}: ${reason}`, { cause });
    this.name = "FileError";
    this.path = path;
  }
}

/**
 * Writes `chunks` to `path`, replacing what was there. Throws `FileError` with the path and the reason if the file
 * system refuses; an error of `chunks` itself passes through. Either way `path` is as before and nothing is left over.
 */
export function writeWhole(path: string, chunks: Iterable<string>): void {
  const target = targetOf(path);
  const temporary = target.regular ? temporaryFor(target.path) : null;
  try {
    writeChunks(temporary ?? target.path, temporary === null ? "w" : "wx", chunks);
    if (temporary !== null) renameSync(temporary, target.path);
  } catch (error) {
    if (temporary !== null) remove(temporary);
    throw isSystemError(error) ? new FileError(path, reasonOf(error), error) : error;
  }
}

function writeChunks(path: string, flag: "w" | "wx", chunks: Iterable<string>): void {
  const file = openSync(path, flag);
  try {
    for (const chunk of chunks) writeFileSync(file, chunk);
    if (flag === "wx") fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

/** The failure that led here is the one to report, so a failure to clean up is not. */
function remove(path: string): void {
  try {
    rmSync(path, { force: true });
  } catch {
    return;
  }
}

/** Follows symbolic links, so that a link stays a link. */
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

function reasonOf(error: NodeJS.ErrnoException): string {
  switch (error.code) {
    case "ENOENT":
      return "the directory does not exist";
    case "ENOTDIR":
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
