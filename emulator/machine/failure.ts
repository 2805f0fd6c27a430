// The failure of a controller in one line: the message of an error or a trap, and the place of the controller's own code at
// which it was thrown. The place is read from the stack. Frames of this project and of Node do not belong to the controller and
// are left out. With source maps on, the place is one of the controller's source.

import { dirname, join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";

/** A frame of a stack with a file, and the file's line and column. */
const FRAME = /^\s+at .*?\(?((?:file:\/\/|\/|[A-Za-z]:\\)[^()]*:\d+:\d+)\)?$/;

/** The message of an error and the place at which a controller threw it, if the stack names one. */
export function whatFailed(error: unknown): string {
  const place = error instanceof Error ? placeOf(error) : null;
  const message = messageOf(error).replace(/\s*\n\s*/g, " ");
  return place === null || message.includes(place) ? message : `${message} (${place})`;
}

function messageOf(error: unknown): string {
  try {
    return error instanceof Error ? error.message : String(error);
  } catch {
    return "something that cannot be written as text";
  }
}

/** `file:line:column` of the topmost frame that is the controller's; for WebAssembly the function and the byte. */
function placeOf({ stack }: Error): string | null {
  if (typeof stack !== "string") return null;
  const lines = stack.split("\n");
  // The stack of a syntax error begins with the place at which parsing ended.
  const parsed = /^(file:\/\/\S+:\d+)$/.exec(lines[0]);
  if (parsed) return shortened(parsed[1]);
  const ours = ourFolders();
  for (const line of lines) {
    const wasm = /(?:at (\S+) \()?wasm:\/\/\S*?(wasm-function\[\d+\]:0x[0-9a-f]+)/.exec(line);
    if (wasm) return wasm[1] === undefined ? wasm[2] : `${wasm[1]}, ${wasm[2]}`;
    const place = FRAME.exec(line)?.[1];
    if (place !== undefined && !ours.some((folder) => fileOf(place).startsWith(folder))) return shortened(place);
  }
  return null;
}

/** The folders of this project's code, as stacks name them now: its sources, or the folder of a bundle without source maps. */
function ourFolders(): string[] {
  const here = FRAME.exec(new Error().stack?.split("\n")[1] ?? "")?.[1];
  if (here === undefined) return [];
  const folder = dirname(fileOf(here));
  if (!here.includes("failure.ts")) return [folder + sep];
  return ["emulator", "firmware", "hal"].map((name) => join(folder, "..", "..", name) + sep);
}

function fileOf(place: string): string {
  if (!place.startsWith("file://")) return place;
  const [, url, at] = /^(.*?)((?::\d+)+)$/.exec(place)!;
  return fileURLToPath(url.replace(/\?.*$/, "")) + at;
}

/** The place with its file as seen from the present folder, if it lies in that. */
function shortened(place: string): string {
  const file = fileOf(place);
  const near = relative(process.cwd(), file);
  return near.startsWith("..") ? file : near;
}
