// A command that is interrupted while it runs. From outside nobody sees when a process begins to listen for the signal, and on
// a crowded machine that is late: one that died of it is started again and given twice the time.

import { spawn } from "node:child_process";

const WAITS_MS = [2_500, 5_000, 10_000, 20_000];

/** Exit code and output of `node args`, sent SIGINT; null when it died of the signal each time. */
export async function interrupted(args: string[], cwd: string): Promise<{ code: number | null; out: string }> {
  for (const wait_ms of WAITS_MS) {
    const child = spawn(process.execPath, args, { cwd, stdio: ["ignore", "pipe", "inherit"] });
    let out = "";
    child.stdout.on("data", (chunk: Buffer) => (out += chunk.toString()));
    const timer = setTimeout(() => child.kill("SIGINT"), wait_ms);
    const code = await new Promise<number | null>((resolve) => child.on("close", resolve));
    clearTimeout(timer);
    if (code !== null) return { code, out };
  }
  return { code: null, out: "" };
}
