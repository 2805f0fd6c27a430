// `cistern board` and `cistern run --board` as their users see them: two processes on a pseudo-terminal or on a cable
// that this process lays, exit codes, one clear line each.

import { execFile, type ChildProcess } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, afterEach, describe, expect, test } from "vitest";
import { encodeWireFrame, FRAME_END, FRAME_HELLO, FRAME_SENSE, wireReader } from "../../emulator/hal-wire/frame";
import {
  decodeHello,
  decodeSense,
  encodeEnd,
  encodeHello,
  FLAG_LOCKSTEP,
  FLAG_SCENARIO,
  REGISTER,
  ROLE_BOARD,
} from "../../emulator/hal-wire/messages";
import type { RunReport } from "../../emulator/run/report";
import { makePty, type BytePort } from "../../emulator/port/port";
import { fingerprintHere, writeScenario } from "../hal-wire/bench";
import { controllerFile } from "../cases/compiled";
import { hasPty } from "../machine-here";
import { cisternHere, cisternPath, type Ended } from "../program";
import { until } from "../until";

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const folder = mkdtempSync(join(tmpdir(), "cistern-board-"));
const inFolder = (name: string) => join(folder, name);
const short = writeScenario(inFolder("short.yaml"), "Half a minute", "duration: 30 s\n");
const long = writeScenario(inFolder("long.yaml"), "Two hours", "duration: 2 h\n");
const few = writeScenario(inFolder("few.yaml"), "A few seconds", "duration: 6 s\n");
/** The same by its name, so that it cannot end before it is killed. */
const endless = writeScenario(inFolder("endless.yaml"), "A few seconds", "duration: 2 h\n");

/** The speed of a board that does not come to its end: it waits for each tick, and takes no core. */
const PACED = ["--speed", "1"];

const children: ChildProcess[] = [];
const ports: BytePort[] = [];
afterEach(async () => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
  for (const port of ports.splice(0)) await port.close();
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Running {
  child: ChildProcess;
  done: Promise<Ended>;
  /** stderr so far. */
  said: () => string;
}

function cistern(...args: string[]): Running {
  const command = [cisternPath, ...args];
  const options = { cwd: root, env: { ...process.env, NO_COLOR: "1" }, maxBuffer: 1 << 26 };
  let child: ChildProcess | null = null;
  let said = "";
  const done = new Promise<Ended>((resolve) => {
    child = execFile(process.execPath, command, options, (error, out, err) =>
      resolve({ code: error ? Number(error.code ?? -1) : 0, out, err }),
    );
  });
  children.push(child!);
  child!.stderr!.on("data", (text: string) => (said += text));
  return { child: child!, done, said: () => said };
}

/** The same in this process, once it has ended. */
const ended = (...args: string[]) => cisternHere(root, args);

let links = 0;

/** A board on a pseudo-terminal of its own, and where. */
async function boardOnPty(...args: string[]): Promise<Running & { path: string }> {
  const path = inFolder(`pty${links++}`);
  const board = cistern("board", ...args, "--pty", path);
  await until("the board's port", () => existsSync(path));
  return { ...board, path };
}

/** A cable between two serial ports. */
interface Cable {
  one: string;
  other: string;
  /** The rotor has turned since the board at `one` was started. */
  hasTurned(): boolean;
}

async function cable(): Promise<Cable> {
  const [one, other] = [await makePty(), await makePty()];
  ports.push(one, other);
  const reader = wireReader();
  let turned = false;
  other.onBytes = (bytes) => void one.write(bytes);
  one.onBytes = (bytes) => {
    other.write(bytes);
    for (const byte of bytes) {
      const frame = reader.take(byte);
      const sense = frame?.type === FRAME_SENSE ? decodeSense(frame.body) : null;
      turned ||= sense?.registers.some(([register, value]) => register === REGISTER.motion && value > 0) ?? false;
    }
  };
  return { one: one.path, other: other.path, hasTurned: () => turned };
}

const jsonOf = (result: Ended) => JSON.parse(result.out) as Record<string, unknown>;

describe.runIf(hasPty)("EMU-7: `cistern run --board` with a controller that is not ours", () => {
  const onBoard = async (controller: string): Promise<string[]> => {
    const board = await boardOnPty(short, "--lockstep", "--json");
    return ["run", short, "--board", `serial:${board.path}`, "--controller", controller];
  };

  test("EMU-1: has the fingerprint of the same firmware in one process", async () => {
    const firmware = inFolder("firmware.ts");
    const entry = join(root, "firmware", "controller.ts");
    writeFileSync(firmware, `export { createController } from ${JSON.stringify(entry)};\n`);
    const result = await ended(...(await onBoard(firmware)), "--json");
    expect([result.code, jsonOf(result)["fingerprint"]]).toEqual([0, fingerprintHere(short)]);
    expect(result.err).not.toContain("port:");
  });

  test.each([
    ["loops-in-a-tick.mjs", "the controller failed in tick 499: it did not return within 1 s"],
    ["exits-zero.mjs", "the controller failed in tick 99: it ended the process: process.exit(0)"],
    ["leaves-a-timer.mjs", "the controller left a timer open"],
    ["kills-itself.mjs", "the controller failed: its process was ended by SIGKILL"],
  ])("EMU-6: is invalid when the controller breaks its contract: %s", async (name, why) => {
    const result = await ended(...(await onBoard(controllerFile(name))), "--json");
    expect([result.code, jsonOf(result)["verdict"]]).toEqual([4, "invalid"]);
    expect(jsonOf(result)["findings"]).toContainEqual(
      expect.objectContaining({ kind: "controller", weight: "invalid", text: expect.stringContaining(why) as string }),
    );
  });

  test("a module with state outside of its memory is refused, and so is one that the scenario names", async () => {
    const named = inFolder("named.yaml");
    writeFileSync(named, `controller: ${controllerFile("global-state.wat")}\n${readFileSync(short, "utf8")}`);
    const board = await boardOnPty(named, "--lockstep");
    const { code, err } = await ended("run", named, "--board", `serial:${board.path}`);
    expect(code).toBe(2);
    expect(err).toContain("some of its state is not in its memory");
  });

  test("EMU-9: SIGINT ends it while its controller hangs", async () => {
    const run = cistern(...(await onBoard(controllerFile("tick-never-returns.wat"))));
    await until("the controller is on the board", () => run.said().includes("board: "));
    run.child.kill("SIGINT");
    const { code } = await run.done;
    expect(code).toBe(130);
  });
});

describe.runIf(hasPty)("`cistern board` in lockstep", () => {
  test("gives the fingerprint and verdict of a run in one process, and one JSON value at either end, over a pseudo-terminal", async () => {
    const board = await boardOnPty(short, "--lockstep", "--json");
    const [there, here] = await Promise.all([
      board.done,
      ended("run", short, "--board", `serial:${board.path}`, "--json"),
    ]);
    expect([there.code, here.code]).toEqual([0, 0]);
    const fingerprint = fingerprintHere(short);
    expect(jsonOf(there)).toMatchObject({ schema: "cistern.run/1", verdict: "pass", fingerprint });
    expect(jsonOf(there)["controller"]).toMatch(/^remote: cistern .* reference$/);
    expect(jsonOf(here)).toMatchObject({
      schema: "cistern.on-board/1",
      scenario: "Half a minute",
      verdict: "pass",
      fingerprint,
    });
    expect(existsSync(board.path)).toBe(false);
  });

  test("EMU-11: traces the signals that --signals names, and refuses a name that its end does not have", async () => {
    const traced = ["--trace", inFolder("board.csv"), "--signals"];
    const refused = await ended("board", few, "--lockstep", "--pty", inFolder("none"), ...traced, "therapy.rate");
    expect([refused.code, refused.err]).toEqual([
      2,
      expect.stringContaining(
        "--signals: no signal or symbol is called therapy.rate; the nearest known one is therapy.mode",
      ),
    ]);
    const board = await boardOnPty(few, "--lockstep", ...traced, "therapy.mode,board.motor.*");
    await Promise.all([board.done, ended("run", few, "--board", `serial:${board.path}`)]);
    const rows = readFileSync(inFolder("board.csv"), "utf8").trimEnd().split("\n").slice(1);
    const names = new Set(rows.map((row) => row.split(",")[2]));
    expect(names).toContain("therapy.mode");
    expect(names).toContain("board.motor.steps");
    expect([...names].filter((name) => name !== "therapy.mode" && !name.startsWith("board.motor."))).toEqual([]);
  });

  test("runs another controller, with every tick, over a cable between two serial ports", async () => {
    const { one, other } = await cable();
    const tiny = join(root, "test", "tiny-controller.mjs");
    const here = cistern("run", few, "--board", `serial:${other}`, "--controller", tiny);
    const board = cistern("board", few, "--serial", one, "--lockstep", "--gear", "lockstep", "--json");
    const [there, end] = await Promise.all([board.done, here.done]);
    const alone = await ended("run", few, "--controller", tiny, "--json");
    expect(jsonOf(there)["fingerprint"]).toBe(jsonOf(alone)["fingerprint"]);
    expect([there.code, end.code]).toEqual([alone.code, alone.code]);
    expect(end.out).toContain(`fingerprint ${String(jsonOf(alone)["fingerprint"])}`);
  });

  test("EMU-6: is invalid when the controller is killed, with one clear line and all outputs as far as the run came", async () => {
    const outputs = ["silent.csv", "silent.html", "silent.xml"].map(inFolder);
    const [trace, report, junit] = outputs;
    const files = ["--trace", trace, "--report", report, "--junit", junit];
    const board = await boardOnPty(long, "--lockstep", ...PACED, "--json", ...files);
    const controller = cistern("run", long, "--board", `serial:${board.path}`);
    await until("the greeting", () => board.said().includes("controller: "));
    controller.child.kill("SIGKILL");
    const there = await board.done;
    expect(there.code).toBe(4);
    expect(there.err.trim().split("\n").at(-1)).toBe("cistern: the controller has been silent for 5 s");
    expect(jsonOf(there)).toMatchObject({
      verdict: "invalid",
      reason: expect.stringMatching(
        /^the run broke off at .* of 2 h: the controller has been silent for 5 s$/,
      ) as string,
    });
    for (const file of outputs) expect(readFileSync(file, "utf8").length).toBeGreaterThan(500);
  });

  test("EMU-6: takes a controller that was killed and started anew as one that the watchdog reset, and counts it", async () => {
    const minutes = writeScenario(inFolder("minutes.yaml"), "Minutes", "duration: 40 s\n");
    const board = await boardOnPty(minutes, "--lockstep", "--speed", "20", "--json");
    const first = cistern("run", minutes, "--board", `serial:${board.path}`);
    await until("both greetings", () => board.said().includes("controller: ") && first.said().includes("board: "));
    first.child.kill("SIGKILL");
    const second = cistern("run", minutes, "--board", `serial:${board.path}`);
    const [there, here] = await Promise.all([board.done, second.done]);
    const report = JSON.parse(there.out) as RunReport & { wire: { links: number } };
    expect(report.events.filter((event) => event.name === "reset")).toMatchObject([{ cause: "watchdog" }]);
    expect(report.wire.links).toBe(2);
    expect(report.ended.time_s).toBe(40);
    expect(here.code).toBe(there.code);
  });

  test("EMU-6: past --time-limit the run is invalid at both ends, also while the board waits for a controller", async () => {
    const board = await boardOnPty(long, "--lockstep", ...PACED, "--json", "--time-limit", "3 s");
    const controller = cistern("run", long, "--board", `serial:${board.path}`);
    const [there, here] = await Promise.all([board.done, controller.done]);
    expect([there.code, here.code]).toEqual([4, 4]);
    expect(jsonOf(there)["reason"]).toMatch(/^the time limit of 3 s was over at .* of 2 h$/);
    const alone = await ended(
      "board",
      long,
      "--lockstep",
      "--json",
      "--pty",
      inFolder("alone"),
      "--time-limit",
      "300 ms",
    );
    expect([alone.code, jsonOf(alone)["reason"]]).toEqual([4, "the time limit of 300 ms was over at 0 s of 2 h"]);
  });

  test("ends both sides in order at its interrupt, with the results so far", async () => {
    const board = await boardOnPty(long, "--lockstep", ...PACED, "--json");
    const controller = cistern("run", long, "--board", `serial:${board.path}`);
    await until("both greetings", () => board.said().includes("controller: ") && controller.said().includes("board: "));
    board.child.kill("SIGINT");
    const [there, here] = await Promise.all([board.done, controller.done]);
    expect([there.code, here.code]).toEqual([130, 130]);
    expect(jsonOf(there)).toMatchObject({ verdict: "interrupted" });
  });

  test("ends at once, and says why, at an interrupt of the controller", async () => {
    const board = await boardOnPty(long, "--lockstep", ...PACED);
    const controller = cistern("run", long, "--board", `serial:${board.path}`);
    await until("both greetings", () => board.said().includes("controller: ") && controller.said().includes("board: "));
    controller.child.kill("SIGINT");
    const [there, here] = await Promise.all([board.done, controller.done]);
    expect([there.code, here.code]).toEqual([4, 130]);
    expect(there.err).toContain("cistern: the controller left: interrupted");
  });
});

describe.runIf(hasPty)("`cistern board` with a rig beside it", () => {
  test("HIL-5: a rig gives the controller under test a fault, and a programmer reaches it at a port of its own", async () => {
    const [socket, link] = [inFolder("hands"), inFolder("link")];
    const ways = ["--control", socket, "--link-pty", link, "--json"];
    const board = await boardOnPty(endless, "--lockstep", "--speed", "20", ...ways);
    const controller = cistern("run", endless, "--board", `serial:${board.path}`);
    await until("the channel", () => existsSync(socket));
    const rig = connect(socket);
    let said = "";
    rig.on("data", (bytes: Buffer) => (said += bytes.toString()));
    const answers = () =>
      said
        .split("\n")
        .slice(0, -1)
        .map((line) => JSON.parse(line) as Record<string, unknown>);
    rig.write("wait 2 s\ninject motor_stall\nsave x\npause\nget motor.pulses\npause off\n");
    await until("six answers", () => answers().length === 6);
    expect(answers().map(({ ok }) => ok)).toEqual([true, true, false, true, true, true]);
    expect(answers()[2]["error"]).toContain("a remote controller cannot be saved");
    const version = await ended("programmer", "version", "--serial", link);
    expect([version.code, version.err]).toEqual([0, ""]);
    rig.write("quit\n");
    const [there] = await Promise.all([board.done, controller.done]);
    const report = JSON.parse(there.out) as RunReport & { link: { rx_bytes: number; tx_bytes: number } };
    expect([there.code, report.verdict]).toEqual([130, "interrupted"]);
    expect(report.link.rx_bytes).toBeGreaterThan(0);
    expect(report.link.tx_bytes).toBeGreaterThan(0);
    expect([existsSync(socket), existsSync(link)]).toEqual([false, false]);
  });

  test("HIL-6: a controller that never greets is given up after the stated time, with the report", async () => {
    const alone = ["--lockstep", "--json", "--pty", inFolder("ungreeted"), "--greeting", "300 ms"];
    const { code, out } = await ended("board", long, ...alone);
    expect(code).toBe(4);
    expect((JSON.parse(out) as RunReport).reason).toContain("no controller greeted within 0.3 s");
  });
});

/** A board at one end of a pseudo-terminal that answers the greeting and then says that all is well. */
async function lyingBoard(ticks: number, flags: number): Promise<string> {
  const port = await makePty();
  ports.push(port);
  const reader = wireReader();
  port.onBytes = (bytes) => {
    for (const byte of bytes) {
      const frame = reader.take(byte);
      const hello = frame?.type === FRAME_HELLO ? decodeHello(frame.body) : null;
      if (hello === null) continue;
      const answer = { ...hello, role: ROLE_BOARD, flags, capacity_mL: 20, external: 0, name: "liar" };
      port.write(encodeWireFrame(FRAME_HELLO, 0, encodeHello(answer)));
      const end = { verdict: "pass", ticks, fingerprint: "00".repeat(8), reason: "" } as const;
      // A board repeats its END, because the first may come before the other end listens for it.
      for (let times = 0; times < 3; times++) port.write(encodeWireFrame(FRAME_END, 1, encodeEnd(end)));
    }
  };
  return port.path;
}

describe.runIf(hasPty)("HIL-4: `cistern run --board` with a bare bench", () => {
  const bare = ["--offer", "motor,reservoir,link"];

  test("says first what the bench has, judges here, and writes every file", async () => {
    const board = await boardOnPty(short, "--lockstep", ...bare);
    const files = ["csv", "html", "xml", "run"].map((end) => inFolder(`bench.${end}`));
    const [trace, report, junit, saved] = files;
    const written = ["--trace", trace, "--report", report, "--junit", junit, "--save", saved];
    const { code, out } = await ended("run", short, "--board", `serial:${board.path}`, ...written);
    expect(out).toMatch(
      /^bench cistern [\d.]+: its own motor, reservoir, link; virtual here: clock, nvm, .*\nHalf a minute {2}PASS\n/,
    );
    expect(out).toContain(
      "not judged, because the bench alone knows it\n    reservoir.level_nl, reservoir.pressure_mmHg, dry\n",
    );
    expect(code).toBe(0);
    expect(files.map((file) => existsSync(file))).toEqual([true, true, true, true]);
    expect((await board.done).code).toBe(0);
    const again = await ended("run", short, "--from", saved, "--json");
    expect(jsonOf(again)).toMatchObject({ verdict: "pass" });
  });

  test("that is killed is invalid, with one clear line and the report", async () => {
    const board = await boardOnPty(long, "--lockstep", "--gear", "lockstep", ...bare);
    const junit = inFolder("killed.xml");
    const run = cistern("run", long, "--board", `serial:${board.path}`, "--json", "--junit", junit);
    await until("the greeting", () => run.said().includes("board: "));
    board.child.kill("SIGKILL");
    const { code, out, err } = await run.done;
    expect([3, 4]).toContain(code);
    expect(JSON.parse(out)).toMatchObject({ verdict: "invalid", bench: { own: ["motor", "reservoir", "link"] } });
    expect(err.split("\n").filter((line) => line.startsWith("cistern: "))).toHaveLength(1);
    expect(readFileSync(junit, "utf8")).toContain('type="invalid"');
  });

  test("that plays the scenario itself is told which options are its own", async () => {
    const board = await boardOnPty(few, "--lockstep");
    const save = ["--save", inFolder("there.run")];
    const { code, err } = await ended("run", few, "--board", `serial:${board.path}`, ...save);
    expect([code, err]).toEqual([
      2,
      expect.stringContaining("--save: the board plays the scenario, so give it to the board's end"),
    ]);
  });

  test("runs a controller that is not ours", async () => {
    const board = await boardOnPty(few, "--lockstep", ...bare);
    const tiny = join(root, "test", "tiny-controller.mjs");
    const { out } = await ended("run", few, "--board", `serial:${board.path}`, "--controller", tiny, "--json");
    expect(jsonOf({ code: 0, out, err: "" })).toMatchObject({
      bench: { own: ["motor", "reservoir", "link"] },
      verdict: "pass",
    });
  });

  test("EMU-3: and a port that no board has is refused", async () => {
    const { code, err } = await ended("board", few, "--lockstep", "--pty", "--offer", "motor,pump");
    expect([code, err]).toEqual([2, expect.stringContaining("--offer: unknown port `pump`: the nearest known one is")]);
  });
});

describe.runIf(hasPty)("`cistern run --board` judges for itself", () => {
  const impossible = join(root, "test", "cases", "impossible.yaml");

  test.each([
    [
      "says pass at tick 0",
      0,
      FLAG_LOCKSTEP | FLAG_SCENARIO,
      /^the run ended at 0 s of 8 s, and the board calls it a pass$/,
    ],
    [
      "says pass for 8 s that it never sensed",
      800,
      FLAG_LOCKSTEP | FLAG_SCENARIO,
      /^the board says that it ran for 8 s, /,
    ],
  ])("EMU-6: and a board that %s proves nothing", async (_, ticks, flags, reason) => {
    const junit = inFolder(`liar-${ticks}-${flags}.xml`);
    const path = await lyingBoard(ticks, flags);
    const { code, out } = await cistern("run", impossible, "--board", `serial:${path}`, "--json", "--junit", junit)
      .done;
    const said = JSON.parse(out) as { verdict: string; reason: string; board_verdict: string };
    expect([code, said.verdict, said.board_verdict]).toEqual([4, "invalid", "pass"]);
    expect(said.reason).toMatch(reason);
    expect(readFileSync(junit, "utf8")).toContain('type="invalid"');
  });

  test("EMU-6: and fails at both ends what cannot be", async () => {
    const board = await boardOnPty(impossible, "--lockstep", "--json");
    const run = ended("run", impossible, "--board", `serial:${board.path}`, "--json");
    const [there, end] = await Promise.all([board.done, run]);
    expect([there.code, end.code]).toEqual([1, 1]);
    expect(jsonOf(end)).toMatchObject({
      verdict: "fail",
      reason: expect.stringMatching(/^expected delivered 0 s to 8 s: .*; seen: the rotor turned by/) as string,
      expectations: [{ judged: true, ok: false, by: "here" }],
    });
  });

  test("EMU-6: and is invalid, with what was judged, when the board is killed", async () => {
    const board = await boardOnPty(long, "--lockstep", ...PACED);
    const controller = cistern("run", long, "--board", `serial:${board.path}`, "--json", "--time-limit", "10 s");
    await until("both greetings", () => board.said().includes("controller: ") && controller.said().includes("board: "));
    board.child.kill("SIGKILL");
    const { code, out } = await controller.done;
    expect([3, 4]).toContain(code);
    expect(JSON.parse(out)).toMatchObject({ verdict: "invalid", fingerprint: null, board_verdict: null });
  });
});

test.runIf(hasPty)(
  "`cistern board` in real time gets its controller back after it was killed and started anew",
  async () => {
    const { one, other, hasTurned } = await cable();
    const first = cistern("board", endless, "--serial", one);
    const controller = cistern("run", few, "--board", `serial:${other}`, "--json");
    // Then the commissioning is over, in which a controller often waits for a result; without one it gives up after 5 s.
    await until("the first pulse", hasTurned);
    first.child.kill("SIGKILL");
    await until("the silence", () => controller.said().includes("the board is silent"));
    const second = await cistern("board", few, "--serial", one, "--json").done;
    const end = await controller.done;
    // A crowded host makes ticks late, and the scenario of it what it may: both ends tell the one verdict.
    expect([0, 1, 4]).toContain(second.code);
    expect(end.code).toBe(second.code);
    expect(controller.said()).toContain("the board is heard again");
    expect(jsonOf(end)["fingerprint"]).toBe(jsonOf(second)["fingerprint"]);
  },
);

describe.runIf(hasPty)(
  "`cistern board` exits with the right code and one clear line for bad usage and bad ports",
  () => {
    writeFileSync(inFolder("file"), "");
    test.each([
      [2, ["board", short], "expected --serial <path>, --pty [link] or --tcp"],
      [2, ["board", short, "--pty", "--speed", "max"], "--speed max needs --lockstep"],
      [2, ["board", short, "--pty", "--speed", "fast"], "--speed: found fast"],
      [2, ["board", short, "--pty", "--until", "1 d"], "--until: found 1 d, expected at most the scenario's"],
      [3, ["board", short, "--serial", "/dev/nothing"], "there is no port /dev/nothing"],
      [3, ["board", short, "--serial", "FILE"], "is a regular file, expected a serial port"],
      [
        2,
        ["board", short, "--serial", "/dev/null", "--baud", "many"],
        "--baud: found many, expected an integer from 50",
      ],
      [
        2,
        ["board", short, "--serial", "/dev/null", "--pty"],
        "expected one of --serial <path>, --pty [link] or --tcp <[host:]port>, and no more",
      ],
      [2, ["run", short, "--board", "serial:/dev/null", "--baud", "0"], "--baud: found 0, expected an integer from 50"],
      [
        2,
        ["programmer", "version", "--serial", "/dev/null", "--baud", "x"],
        "--baud: found x, expected an integer from 50",
      ],
      [
        2,
        ["run", short, "--board", "/dev/ttyUSB0"],
        "--board: found /dev/ttyUSB0, expected serial:PATH, tcp:HOST:PORT or rfc2217:HOST:PORT",
      ],
      [3, ["run", short, "--board", "serial:/dev/nothing"], "there is no port /dev/nothing"],
      [
        2,
        ["run", short, "--board", "serial:/dev/nothing", "--twice"],
        "--twice: found --board, whose state is not all here",
      ],
      [
        2,
        ["run", short, "--board", "serial:/dev/nothing", "--allow", "motor"],
        "--allow: unknown class `motor`: the nearest known one is `motion`",
      ],
    ])("%i for %j", async (code, args, text) => {
      const result = await ended(...args.map((arg) => (arg === "FILE" ? inFolder("file") : arg)));
      expect([result.code, result.out]).toEqual([code, ""]);
      expect(result.err).toMatch(/^cistern: [^\n]+\n$/);
      expect(result.err).toContain(text);
    });
  },
);
