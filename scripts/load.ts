// Loads the served pump with a programmer that asks without a pause: `npx tsx scripts/load.ts [--hours 24] [--speed max]`,
// after `npm run build`. Two processes, `cistern serve` and load-poller.ts, share a real pseudo-terminal. The script reads
// memory and processor time of both from /proc (Linux only), and every frame is counted at both ends. It prints a table and
// exits with 1 when a frame was lost and no counter shows it. The pump keeps real time until the programmer has paired, because
// at full speed it would leap over its whole life meanwhile.

import { fork, spawn, type ChildProcess } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import type { ServeReport } from "../emulator/rig/serve-report";
import type { FromPoller, Polled, ToPoller } from "./load-poller";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const SCENARIO = join(ROOT, "scenarios", "breakthrough-pain.yaml");
const SAMPLE_MS = 250;
const START_MS_MAX = 60_000;
/** The unit of processor time in /proc of Linux, on every architecture. */
const CLOCK_TICKS_PER_S = 100;
const PARTS = 4;

export interface LoadOptions {
  hours: number;
  /** The value of `cistern serve --speed`. */
  speed: string;
  /** The arguments of node that start `cistern`: the bundle, or the source through tsx. */
  cistern: readonly string[];
  onProgress?: (polled: Polled) => void;
}

export interface Sampled {
  /** Processor time, in seconds and in cores. */
  cpu_s: number;
  cores: number;
  /** Resident memory: the median of each quarter of the run, MB. */
  rss_mb: number[];
}

export interface Loaded {
  host_s: number;
  polled: Polled;
  report: ServeReport;
  pump: Sampled;
  programmer: Sampled;
  /** Frames that the programmer wrote and the pump did not receive. */
  lostThere: number;
  /** Frames that the pump wrote and the programmer did not receive. */
  lostBack: number;
  /** Frames that the pump received and did not answer. */
  silent: number;
}

/** Runs both processes. Throws when one of them fails. */
export async function load(options: LoadOptions): Promise<Loaded> {
  const folder = mkdtempSync(join(tmpdir(), "cistern-load-"));
  const socket = join(folder, "control");
  const serving = [...options.cistern, "serve", SCENARIO, "--pty", "--control", socket, "--json"];
  const pump = spawn(process.execPath, serving, { cwd: ROOT, stdio: ["ignore", "pipe", "pipe"] });
  let programmer: ChildProcess | null = null;
  try {
    const out = textOf(pump.stdout);
    const path = await portOf(pump);
    programmer = fork(join(ROOT, "scripts", "load-poller.ts"), [path], { execArgv: ["--import", "tsx"] });
    await heard(programmer, (message) => "paired" in message);
    await control(socket, `speed ${options.speed}`);
    const samplers = [new Sampler(pump.pid!), new Sampler(programmer.pid!)];
    const timer = setInterval(() => samplers.forEach((each) => each.sample()), SAMPLE_MS);
    programmer.on("message", (message: FromPoller) => {
      if ("polled" in message) options.onProgress?.(message.polled);
    });
    const began = performance.now();
    programmer.send({ hours: options.hours } satisfies ToPoller);
    const last = await heard(programmer, (message) => "over" in message && message.over);
    const host_s = (performance.now() - began) / 1000;
    clearInterval(timer);
    const [ofPump, ofProgrammer] = samplers.map((each) => each.sampled(host_s));
    pump.kill("SIGINT");
    await new Promise((resolve) => pump.once("close", resolve));
    const report = JSON.parse(out.text) as ServeReport;
    const { polled } = last as Extract<FromPoller, { polled: Polled }>;
    return {
      host_s,
      polled,
      report,
      pump: ofPump,
      programmer: ofProgrammer,
      lostThere: polled.sent - report.port.rx_frames,
      lostBack: report.port.tx_frames - polled.heard,
      silent: report.port.rx_frames - report.port.tx_frames,
    };
  } finally {
    for (const child of [pump, programmer]) child?.kill("SIGKILL");
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A line for each mistake in the figures; empty when every frame is accounted for. */
export function unaccounted({ polled, report, lostThere, lostBack, silent }: Loaded): string[] {
  const { rx_dropped, tx_dropped, link_overflows } = report.port;
  const wrong: string[] = [];
  if (polled.sent !== polled.heard - polled.unasked + polled.unanswered) {
    wrong.push(`${polled.sent} sent, but ${polled.heard} heard and ${polled.unanswered} unanswered`);
  }
  if (lostThere !== 0 && rx_dropped === 0 && link_overflows === 0) wrong.push(`${lostThere} frames lost to the pump`);
  if (lostBack !== 0 && tx_dropped === 0) wrong.push(`${lostBack} frames lost from the pump`);
  if (silent < 0) wrong.push(`${-silent} answers that nobody asked for`);
  if (report.verdict !== "pass") wrong.push(`the pump: ${report.reason}`);
  return wrong;
}

/** Memory and processor time of a process. */
class Sampler {
  private readonly pid: number;
  private readonly rss_mb: number[] = [];
  private readonly began_s: number;
  private cpu_s: number;

  constructor(pid: number) {
    this.pid = pid;
    this.began_s = cpuOf(pid);
    this.cpu_s = this.began_s;
    this.sample();
  }

  sample(): void {
    try {
      const kb = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${this.pid}/status`, "utf8"));
      if (kb) this.rss_mb.push(Number(kb[1]) / 1024);
      this.cpu_s = cpuOf(this.pid);
    } catch {
      // The process has just ended; the samples so far count.
    }
  }

  sampled(host_s: number): Sampled {
    const cpu_s = this.cpu_s - this.began_s;
    const { length } = this.rss_mb;
    const parts = Array.from({ length: PARTS }, (_, i) =>
      this.rss_mb.slice(Math.floor((i * length) / PARTS), Math.max(1, Math.floor(((i + 1) * length) / PARTS))),
    );
    return { cpu_s, cores: cpu_s / host_s, rss_mb: parts.map(median) };
  }
}

function cpuOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  // User and system time are the 12th and 13th field after the name, which may contain any character.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) / CLOCK_TICKS_PER_S;
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}

function textOf(stream: NodeJS.ReadableStream): { text: string } {
  const state = { text: "" };
  stream.on("data", (bytes: Buffer) => (state.text += bytes.toString()));
  return state;
}

/** The path of the port, which `serve --json` prints on stderr. */
function portOf(pump: ChildProcess): Promise<string> {
  const said = textOf(pump.stderr!);
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`serve does not start: ${said.text}`)), START_MS_MAX);
    pump.stderr!.on("data", () => {
      const path = /^(\S+)\ncontrol /m.exec(said.text)?.[1];
      if (path === undefined) return;
      clearTimeout(timer);
      resolve(path);
    });
    pump.once("close", () => reject(new Error(`serve ended: ${said.text}`)));
  });
}

function heard(programmer: ChildProcess, is: (message: FromPoller) => boolean): Promise<FromPoller> {
  return new Promise((resolve, reject) => {
    programmer.on("message", (message: FromPoller) => {
      if (is(message)) resolve(message);
    });
    programmer.once("exit", (code) => reject(new Error(`the programmer ended with ${code}`)));
  });
}

/** One line to the control channel, and its answer. */
function control(socket: string, line: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const connection = connect(socket);
    let text = "";
    connection.on("data", (bytes: Buffer) => (text += bytes.toString()));
    connection.once("close", () => resolve(text));
    connection.once("error", reject);
    connection.end(`${line}\n`);
  });
}

function tableOf({ host_s, polled, report, pump, programmer, lostThere, lostBack, silent }: Loaded): string {
  const { port, pacing, speed } = report;
  const number = (value: number) => Math.round(value).toLocaleString("en");
  const mb = (values: readonly number[]) => values.map((value) => value.toFixed(1)).join(", ");
  const rows: [string, string][] = [
    ["the pump's time", `${(polled.minutes / 60).toFixed(1)} h in ${host_s.toFixed(1)} s of the host`],
    ["", `${number((polled.minutes * 60) / host_s)} simulated seconds a second, asked: ${speed.asked}`],
    ["ticks", `${number(speed.ticks_executed)} executed, ${number(speed.ticks_leapt)} leapt`],
    [
      "pacing",
      `${number(pacing.misses)} deadlines missed of ${number(pacing.timed)}, ${number(pacing.slipped)} slipped`,
    ],
    [
      "lateness",
      `p50 ${number(pacing.lateness.p50_us)} us, p99 ${number(pacing.lateness.p99_us)} us, p99.9 ${number(pacing.lateness.p999_us)} us, most ${number(pacing.lateness.most_us)} us`,
    ],
    [
      "",
      pacing.histogram
        .filter(({ count }) => count > 0)
        .map(({ most_us, count }) => `<= ${most_us ?? "more"}: ${number(count)}`)
        .join(", "),
    ],
    ["exchanges", `${number(polled.exchanges)}, ${number(polled.exchanges / host_s)} a second`],
    ["other ends", JSON.stringify(polled.others)],
    [
      "round trip",
      `p50 ${number(polled.trip.p50_us)} us, p99 ${number(polled.trip.p99_us)} us, most ${number(polled.trip.most_us)} us`,
    ],
    [
      "frames",
      `${number(polled.sent)} sent, ${number(polled.heard)} heard, ${polled.unanswered} unanswered, ${polled.unasked} unasked`,
    ],
    ["of the pump", `${number(port.rx_frames)} heard, ${number(port.tx_frames)} sent, ${silent} not answered`],
    ["lost", `${lostThere} to the pump, ${lostBack} from it`],
    [
      "dropped bytes",
      `${port.rx_dropped} to the pump, ${port.tx_dropped} from it, ${port.link_overflows} link overflows`,
    ],
    ["queues, most", `${port.rx_queue_most} bytes to the pump, ${port.tx_queue_most} from it`],
    [
      "pump",
      `${mb(pump.rss_mb)} MB by quarters, ${pump.cpu_s.toFixed(1)} s of processor, ${pump.cores.toFixed(2)} cores`,
    ],
    [
      "programmer",
      `${mb(programmer.rss_mb)} MB by quarters, ${programmer.cpu_s.toFixed(1)} s of processor, ${programmer.cores.toFixed(2)} cores`,
    ],
    ["delivered", `${number(report.delivered.pulses)} pulses, verdict ${report.verdict}`],
  ];
  return rows.map(([name, text]) => `${name.padEnd(16)} ${text}\n`).join("");
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { hours: { type: "string", default: "24" }, speed: { type: "string", default: "max" } },
  });
  const loaded = await load({
    hours: Number(values.hours),
    speed: values.speed,
    cistern: [join(ROOT, "dist", "cistern.js")],
    onProgress: ({ minutes, exchanges }) =>
      process.stderr.write(`\r${(minutes / 60).toFixed(1)} h, ${exchanges} exchanges `),
  });
  process.stderr.write("\r\x1b[K");
  process.stdout.write(tableOf(loaded));
  const wrong = unaccounted(loaded);
  for (const line of wrong) process.stdout.write(`WRONG: ${line}\n`);
  process.exitCode = wrong.length > 0 ? 1 : 0;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) await main();
