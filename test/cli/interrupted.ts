// A command that is interrupted while it runs, as soon as it listens for the signal.

import { spawn } from "node:child_process";
import { join } from "node:path";

const PRELOAD = join(import.meta.dirname, "says-when-it-listens.mjs");

/** Exit code and output of `node args`, sent `signal` once it listens; the code is null when it died of the signal. */
export async function interrupted(
  args: string[],
  cwd: string,
  signal: NodeJS.Signals = "SIGINT",
): Promise<{ code: number | null; out: string }> {
  const child = spawn(process.execPath, ["--import", PRELOAD, ...args], { cwd, stdio: ["ignore", "pipe", "pipe"] });
  let [out, err] = ["", ""];
  child.stdout.on("data", (chunk: Buffer) => (out += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => {
    const listened = err.includes("listens for SIGINT");
    err += chunk.toString();
    if (!listened && err.includes("listens for SIGINT")) child.kill(signal);
  });
  const code = await new Promise<number | null>((resolve) => child.on("close", resolve));
  return { code, out };
}
