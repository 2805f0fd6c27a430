// Measures round trips on the wires, side by side in one run: bytes there and back through a bare pseudo-terminal (the peer), a
// sealed INTERROGATE to `cistern serve` in another process and its answer, in real time and at full speed, and the ticks of the
// hal wire in lockstep over a pseudo-terminal. In real time an answer waits for two ticks of 10 ms, so the ratio to the peer
// means little; at full speed it is the cost of pump, cipher and client. It runs on Linux only. bench.ts starts it; it prints
// JSON.

import { spawn } from "node:child_process";
import { join } from "node:path";
import { ROLE_OBSERVER } from "../hal/telemetry";
import { TelemetryClient } from "../emulator/programmer/client";
import { PairingBook } from "../emulator/programmer/pairing-file";
import { type BytePort, makePty, openSerial } from "../emulator/port/port";
import { startWire } from "../emulator/hal-wire/wire-thread";

const ROOT = join(import.meta.dirname, "..");
const SCENARIO = join(ROOT, "scenarios", "breakthrough-pain.yaml");
const BAUD = 115_200;
const WARM_UP = 50;
const TRIPS = 1000;
/** Fewer trips, because each takes 20 ms. */
const TRIPS_IN_REAL_TIME = 200;
/** About as many bytes as a sealed INTERROGATE has on the air. */
const ECHO_BYTES = 32;
const HAL_TICKS = 3000;

interface Trips {
  name: string;
  trips: number;
  p50_us: number;
  p99_us: number;
}

async function timed(name: string, trips: number, once: () => Promise<void>): Promise<Trips> {
  for (let i = 0; i < WARM_UP; i++) await once();
  const all_us: number[] = [];
  for (let i = 0; i < trips; i++) {
    const began = performance.now();
    await once();
    all_us.push((performance.now() - began) * 1000);
  }
  all_us.sort((a, b) => a - b);
  const of = (share: number) => Math.round(all_us[Math.min(trips - 1, Math.ceil(share * trips) - 1)]);
  return { name, trips, p50_us: of(0.5), p99_us: of(0.99) };
}

/** Round trips of bytes through a pseudo-terminal to another process and back. */
async function echo(): Promise<Trips> {
  const pty = await makePty();
  const cat = spawn("sh", ["-c", `exec cat <${pty.path} >${pty.path}`], { stdio: "ignore" });
  const bytes = new Uint8Array(ECHO_BYTES).fill(7);
  try {
    return await timed("bare pseudo-terminal", TRIPS, () => {
      let left = bytes.length;
      return new Promise((resolve) => {
        pty.onBytes = (got) => {
          left -= got.length;
          if (left <= 0) resolve();
        };
        pty.write(bytes);
      });
    });
  } finally {
    cat.kill();
    await pty.close();
  }
}

async function interrogate(speed: string, trips: number): Promise<Trips> {
  const pump = spawn(
    process.execPath,
    [join(ROOT, "dist", "cistern.js"), "serve", SCENARIO, "--pty", "--speed", speed],
    {
      stdio: ["ignore", "pipe", "inherit"],
    },
  );
  const path = await new Promise<string>((resolve, reject) => {
    pump.stdout.once("data", (bytes: Buffer) => resolve(/^(\S+)\n/.exec(bytes.toString())![1]));
    pump.once("close", () => reject(new Error("serve ended")));
  });
  const port = await openSerial(path, BAUD);
  try {
    const client = new TelemetryClient(port);
    const pairing = await client.pair(ROLE_OBSERVER);
    if (pairing.kind !== "paired") throw new Error(`no pairing: ${pairing.kind}`);
    client.use(new PairingBook(pairing.kept));
    return await timed(`INTERROGATE at --speed ${speed}`, trips, async () => {
      const answer = await client.status();
      if (answer.kind !== "status") throw new Error(answer.kind);
    });
  } finally {
    await port.close();
    pump.kill("SIGKILL");
  }
}

/** Ticks on the hal wire in lockstep. Each has a SENSE and an ACT, and CALLs between them. */
async function lockstep(): Promise<{ ticks: number; exchanges_per_s: number }> {
  const board: BytePort = await makePty();
  const controller = await openSerial(board.path, BAUD);
  const common = { baud: BAUD };
  let linked_ms = 0;
  const controls = startWire(
    { ...common, kind: "controller", controller: null, scenario: "", greeting_ms: 30_000 },
    controller,
    { onNotice: () => (linked_ms ||= performance.now()) },
  );
  const plays = startWire(
    {
      ...common,
      kind: "board",
      scenario: SCENARIO,
      gear: "lockstep",
      lockstep: true,
      speed: Infinity,
      tracks: false,
      until_ticks: HAL_TICKS,
    },
    board,
  );
  await Promise.all([controls.outcome, plays.outcome]);
  const took_s = (performance.now() - linked_ms) / 1000;
  await controller.close();
  await board.close();
  return { ticks: HAL_TICKS, exchanges_per_s: Math.round(HAL_TICKS / took_s) };
}

const peer = await echo();
// At full speed a pump without a programmer leaps over its whole life. The programmer must be quick enough, and it is.
const trips = [
  peer,
  await interrogate("1", TRIPS_IN_REAL_TIME),
  await interrogate("300", TRIPS),
  await interrogate("max", TRIPS),
];
const rows = trips.map((row) => ({ ...row, ratio: row.p50_us / peer.p50_us }));
console.log(JSON.stringify({ trips: rows, hal: await lockstep() }));
