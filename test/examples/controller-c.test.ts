// The controller in C, built as its Makefile says and run against `cistern board` over a pseudo-terminal, by the same command
// line that its README shows. What it must satisfy stands in the scenarios.

import { type ChildProcess, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import {
  encodeWireFrame,
  FRAME_ACK,
  FRAME_ACT,
  FRAME_CALL,
  FRAME_END,
  FRAME_HELLO,
  FRAME_IMAGE,
  FRAME_RESULT,
  FRAME_SENSE,
  wireReader,
  type WireFrame,
} from "../../emulator/hal-wire/frame";
import { codeOf } from "../../emulator/hal-wire/ops";
import * as message from "../../emulator/hal-wire/messages";
import { makePty, type BytePort } from "../../emulator/port/port";
import { RandomStream } from "../../emulator/random";
import type { RunReport } from "../../emulator/run/report";
import { encodeFrame } from "../../emulator/telemetry/frame";
import { FRAME_OPEN } from "../../hal/telemetry";
import { EVENT_BOOT } from "../../hal/trace";
import { hasClang, hasPty } from "../machine-here";
import { cisternIn } from "../program";
import { until } from "../until";
import { appears, cisternWords, endAll, needTool, root, start, type Running } from "./example";

const example = join(root, "examples", "controller-c");
const folder = mkdtempSync(join(tmpdir(), "cistern-controller-c-"));
const controller = join(folder, "controller");
const children: ChildProcess[] = [];
let lines = 0;
/** On the bad line one piece of so many is lost, and one has a bit flipped. */
const ONE_IN = 1000;

beforeAll(() => {
  needTool("gcc", "gcc and libc6-dev");
  needTool("make", "make");
  const files = [controller, ...(hasClang ? [`${controller}.wasm`] : [])];
  const built = spawnSync("make", ["-C", example, `OUT=${folder}`, ...files], { encoding: "utf8", timeout: 100_000 });
  expect([built.status, built.stderr]).toEqual([0, ""]);
});
afterEach(() => endAll(children));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Played {
  board: Running;
  code: number | null;
  report: RunReport;
  said: string;
}

async function play(scenario: string): Promise<Played> {
  const link = join(folder, `line-${++lines}`);
  const board = start(children, [...cisternWords, "board", scenario, "--pty", link, "--lockstep", "--json"]);
  if (!(await appears(link, board))) throw new Error(`no board: ${board.err}`);
  const pump = start(children, [controller, link]);
  expect([await pump.over, pump.err]).toEqual([0, ""]);
  const code = await board.over;
  return { board, code, report: JSON.parse(board.out) as RunReport, said: pump.out };
}

/** The day with breakthrough pain up to 9 h 30 min, without the stall at noon. */
function morning(): string {
  const path = join(folder, "morning.yaml");
  const text = readFileSync(join(root, "scenarios", "breakthrough-pain.yaml"), "utf8");
  const lines = text.split("\n").filter((line) => !line.includes("motor_stall"));
  writeFileSync(path, lines.join("\n").replace("duration: 24 h", "duration: 9 h 30 min"));
  return path;
}

/** Its run as a module of WebAssembly, in both gears. */
async function asModule(scenario: string): Promise<RunReport> {
  const { code, out } = await cisternIn(root, [
    "run",
    scenario,
    "--controller",
    `${controller}.wasm`,
    "--twice",
    "--json",
  ]);
  const report = JSON.parse(out) as RunReport;
  expect([code, report.verdict, report.twice?.equal]).toEqual([0, "pass", true]);
  return report;
}

/** A board of single frames, at the other end of whose line the controller starts. */
async function boardByHand() {
  const line = await makePty();
  const frames: WireFrame[] = [];
  const reader = wireReader();
  line.onBytes = (bytes) => {
    for (const byte of bytes) {
      const got = reader.take(byte);
      if (got) frames.push(got);
    }
  };
  const next = async (type: number): Promise<WireFrame> => {
    await until(`a frame of type ${type}`, () => frames.some((each) => each.type === type));
    return frames.splice(0, frames.findIndex((each) => each.type === type) + 1).at(-1)!;
  };
  const send = (type: number, sequence: number, body: Uint8Array) => line.write(encodeWireFrame(type, sequence, body));
  const registers = Array.from({ length: message.REGISTERS }, (_, i) => [i, i === message.REGISTER["free"] ? 64 : 0]);
  const sense = (tick: number, epoch: number, bytes: Uint8Array | null) =>
    send(
      FRAME_SENSE,
      tick,
      message.encodeSense({
        tick,
        epoch,
        heard: 0,
        leapt: 0,
        age_ms: 0,
        registers: registers as [number, number][],
        received: bytes && { at: 0, bytes },
        nvm: [],
      }),
    );
  const greet = async (flags: number) => {
    const { session } = message.decodeHello((await next(FRAME_HELLO)).body)!;
    const hello = { contract: message.HAL_CONTRACT, role: message.ROLE_BOARD, ports: message.ALL_PORTS };
    const rest = { capacity_mL: 20, external: 0, name: "by hand", scenario: "" };
    send(FRAME_HELLO, 0, message.encodeHello({ session, flags, ...hello, ...rest }));
  };
  return { line, next, send, sense, greet };
}

describe.runIf(hasPty)("the example of a controller in C", () => {
  test("passes a day with breakthrough pain", async () => {
    const { code, report, said } = await play(join(root, "scenarios", "breakthrough-pain.yaml"));
    expect(report.expectations.filter((each) => !each.ok)).toEqual([]);
    expect(report.invariants.filter((each) => !each.ok)).toEqual([]);
    expect([code, report.verdict, said]).toEqual([0, "pass", "the board says: pass\n"]);
    expect(report.controller).toContain("controller-c");
    expect(report.delivered.by_cause).toMatchObject({ patient_bolus: 5000 });
    const names = report.events.map((event) => event.name);
    for (const name of [
      "boot",
      "program_accepted",
      "basal_rate",
      "bolus_started",
      "bolus_finished",
      "stall_detected",
    ]) {
      expect(names).toContain(name);
    }
  });

  test("SIL-2: does in its own scenario what its README promises, over the wire and as a module alike", async () => {
    const { code, report } = await play(join(example, "a-day-in-c.yaml"));
    expect(report.expectations.filter((each) => !each.ok)).toEqual([]);
    expect(report.invariants.filter((each) => !each.ok)).toEqual([]);
    expect([code, report.verdict]).toEqual([0, "pass"]);
    if (!hasClang) return;
    const { events, delivered, alarms } = await asModule(join(example, "a-day-in-c.yaml"));
    expect({ events, delivered, alarms }).toEqual({
      events: report.events,
      delivered: report.delivered,
      alarms: report.alarms,
    });
  });

  test("has the same run over a line that loses and damages bytes", async () => {
    const scenario = morning();
    const clean = await play(scenario);
    const [toBoard, toPump] = [await makePty(), await makePty()];
    const chance = new RandomStream(1, "line");
    let damaged = 0;
    const carry = (from: BytePort, to: BytePort) => {
      from.onBytes = (bytes) => {
        const piece = Uint8Array.from(bytes);
        const fate = (chance.bits() >>> 0) % ONE_IN;
        if (fate === 0 || fate === 1) damaged++;
        if (fate === 0) return;
        if (fate === 1) piece[piece.length >> 1] ^= 16;
        to.write(piece);
      };
    };
    carry(toBoard, toPump);
    carry(toPump, toBoard);
    try {
      const ends = ["--serial", toBoard.path, "--lockstep", "--json"];
      const board = start(children, [...cisternWords, "board", scenario, ...ends]);
      const pump = start(children, [controller, toPump.path]);
      expect([await pump.over, pump.err]).toEqual([0, ""]);
      await board.over;
      const report = JSON.parse(board.out) as RunReport;
      expect(damaged).toBeGreaterThan(0);
      expect(report.fingerprint).toBe(clean.report.fingerprint);
    } finally {
      await toBoard.close();
      await toPump.close();
    }
  });

  test("reports a verdict that is not a pass", async () => {
    const path = join(folder, "too-much.yaml");
    const text = readFileSync(morning(), "utf8");
    expect(text).toContain("volume: 37.5 uL");
    writeFileSync(path, text.replace("volume: 37.5 uL", "volume: 40 uL"));
    const { code, said } = await play(path);
    expect([code, said]).toEqual([1, "the board says: fail\n"]);
  });

  test("in real time boots again after a reset in the run, and counts what the board counts", async () => {
    const path = join(folder, "real-time.yaml");
    writeFileSync(
      path,
      "duration: 3 s\ndrugs: [{ name: morphine, concentration: 10 mg/mL }]\n" +
        "prescription: { basal: { mode: continuous, rate: 100 uL/day } }\ntimeline: [{ at: 2 s, fault: reset }]\n",
    );
    const link = join(folder, "real-time");
    const board = start(children, [...cisternWords, "board", path, "--pty", link, "--json"]);
    if (!(await appears(link, board))) throw new Error(`no board: ${board.err}`);
    const pump = start(children, [controller, link]);
    expect([await pump.over, pump.err]).toEqual([0, ""]);
    await board.over;
    const report = JSON.parse(board.out) as RunReport & { wire: { asked: number; missed: number } };
    const boots = report.events.filter(({ name }) => name === "boot").map((event) => event["cause"]);
    expect([boots[0], boots.includes("external")]).toEqual(["power_on", true]);
    expect(report.events.map(({ name }) => name)).toContain("paired");
    expect(report.wire.asked).toBeGreaterThan(report.wire.missed);
  });

  // A session's answer needs the number of the one before it from the memory, and then random bytes: two calls with a result.
  test.each([
    ["bytes of the memory, of which it has no copy", 1],
    ["random bytes", 2],
  ])("leaves a tick that waits for %s when the board resets meanwhile, and boots", async (_, waits) => {
    const { line, next, send, sense, greet } = await boardByHand();
    try {
      const pump = start(children, [controller, line.path]);
      await greet(message.FLAG_READS);
      send(FRAME_IMAGE, 1, message.encodeImage({ anew: true, runs: [] }));
      await next(FRAME_ACK);
      sense(1, 0, encodeFrame(FRAME_OPEN, new Uint8Array(17)));
      let call = await next(FRAME_CALL);
      expect(call.body.at(-6)).toBe(codeOf("nvm.read"));
      if (waits === 2) {
        send(FRAME_RESULT, call.sequence, Uint8Array.of(4, 9, 0, 0, 0));
        call = await next(FRAME_CALL);
        expect(call.body.at(-2)).toBe(codeOf("crypto.random"));
      }
      sense(2, 1, null);
      const { body } = await next(FRAME_ACT);
      expect([body[0], body[4]]).toEqual([2, 1]);
      // The event in the calls of that tick: its code u32, and the cause power_on.
      expect(Buffer.from(body).includes(Buffer.from([EVENT_BOOT, 0, 0, 0, 0, 0, 0, 0]))).toBe(true);
      // A RESULT that belongs to the tick before comes too late and changes nothing.
      send(FRAME_RESULT, call.sequence, Uint8Array.of(4, 1, 2, 3, 4));
      sense(3, 1, null);
      expect((await next(FRAME_ACT)).body[0]).toBe(3);
      send(
        FRAME_END,
        9,
        message.encodeEnd({ verdict: "interrupted", ticks: 3, fingerprint: "00".repeat(8), reason: "" }),
      );
      expect([await pump.over, pump.out]).toEqual([0, "the board says: interrupted\n"]);
    } finally {
      await line.close();
    }
  });

  test("ends with a sentence on a board that has no call for the memory, of which it keeps no copy", async () => {
    const { line, greet } = await boardByHand();
    try {
      const pump = start(children, [controller, line.path]);
      await greet(0);
      expect(await pump.over).toBe(3);
      expect(pump.err).toBe(
        `controller: ${line.path}: this end keeps no copy of the memory, and the board has no call that reads it\n`,
      );
    } finally {
      await line.close();
    }
  });

  test.each([
    ["a line that is not there", join(folder, "nowhere"), /^controller: .*nowhere: No such file or directory\n$/],
    ["a file that is no line", "/dev/null", /^controller: \/dev\/null: it is no serial port\n$/],
  ])("names in one sentence the mistake of %s", async (_, path, sentence) => {
    const pump = start(children, [controller, path]);
    expect(await pump.over).toBe(3);
    expect(pump.err).toMatch(sentence);
  });
});
