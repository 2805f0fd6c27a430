// `cistern serve` and `cistern ports` as their users see them: a process of its own, a client of node-serialport at its
// port, Ctrl-C, and socat as the cable that is pulled out where socat is installed.

import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { existsSync, lstatSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { SerialPort } from "serialport";
import { afterAll, afterEach, describe, expect, test } from "vitest";
import type { ServeReport, ServeStatus } from "../../emulator/rig/serve-report";
import { hasPty, hasSocat } from "../machine-here";
import { cisternHere, cisternPath } from "../program";
import { versionAnswers, versionQuestion } from "../rig/version-frame";
import { until } from "../until";
import { whenFree } from "../when-free";

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const scenario = join(root, "scenarios", "breakthrough-pain.yaml");
const tiny = join(root, "test", "tiny-controller.mjs");
const folder = mkdtempSync(join(tmpdir(), "cistern-serve-"));
const inFolder = (name: string) => join(folder, name);
const children: ChildProcess[] = [];

afterEach(() => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Running {
  child: ChildProcess;
  out: string;
  err: string;
  /** Its exit code, once it is over. */
  over: Promise<number | null>;
}

function cistern(...args: string[]): Running {
  const child = spawn(process.execPath, [cisternPath, ...args], {
    cwd: root,
    env: { ...process.env, NO_COLOR: "1" },
    stdio: ["ignore", "pipe", "pipe"],
  });
  children.push(child);
  const over = new Promise<number | null>((resolve) => child.once("close", (code) => resolve(code)));
  const running: Running = { child, out: "", err: "", over };
  child.stdout.on("data", (bytes: Buffer) => (running.out += bytes.toString()));
  child.stderr.on("data", (bytes: Buffer) => (running.err += bytes.toString()));
  return running;
}

/** The path that it prints, once it does. */
async function pathOf(running: Running, what: "port" | "control"): Promise<string> {
  const line = what === "port" ? /^(\/\S+)$/m : /^control (\S+)$/m;
  await until(`${what} is printed`, () => line.test(running.out + running.err) || running.child.exitCode !== null);
  const found = line.exec(running.out + running.err);
  if (found === null) throw new Error(`the command ended before it printed its ${what}: ${running.out}${running.err}`);
  return found[1];
}

/** A port that a host has opened with node-serialport alone. */
function client(path: string, baudRate: number): Promise<SerialPort> {
  const port = new SerialPort({ path, baudRate, autoOpen: false });
  return whenFree(
    () => new Promise((resolve, reject) => port.open((error) => (error ? reject(error) : resolve(port)))),
  );
}

/** A host at a port: asks for the version once, waits for the answer, leaves. */
async function askVersion(path: string): Promise<void> {
  const port = await client(path, 115_200);
  const got: number[] = [];
  port.on("data", (bytes: Buffer) => got.push(...bytes));
  port.write(Buffer.from(versionQuestion()));
  await until("the pump answers", () => versionAnswers(got) === 1);
  await new Promise<void>((resolve) => port.close(() => resolve()));
}

type Answer = Record<string, unknown>;

const control = async (path: string, line: string): Promise<Answer> => (await ask(path, [line]))[0];

/** Requests to a control socket, in one go, and their answers. */
async function ask(path: string, lines: string[]): Promise<Answer[]> {
  let text = "";
  const socket = connect(path);
  socket.on("data", (bytes: Buffer) => (text += bytes.toString()));
  socket.end(lines.map((line) => `${line}\n`).join(""));
  await new Promise((resolve, reject) => {
    socket.once("close", resolve);
    socket.once("error", reject);
  });
  return text
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Answer);
}

describe.runIf(hasPty)("`cistern serve`", () => {
  describe("SEC-5: keys and nonces", () => {
    const once = async (...more: string[]) => {
      const hour = ["--pty", "--speed", "max", "--until", "1 h", "--json"];
      const { code, out, err } = await cisternHere(root, ["serve", scenario, ...hour, ...more]);
      expect(code).toBe(0);
      return { fingerprint: (JSON.parse(out) as ServeReport).fingerprint, err };
    };

    test("are others in each service, because they come from the operating system", async () => {
      const [one, other] = [await once(), await once()];
      expect(one.fingerprint).not.toBe(other.fingerprint);
      expect(one.err).not.toContain("development keys");
    });

    test("are the same with the same seed, and a line on stderr says that anybody can compute them", async () => {
      const [one, other] = [await once("--seed", "7"), await once("--seed", "7")];
      expect(one.fingerprint).toBe(other.fingerprint);
      expect(one.err).toContain("cistern: the keys of this pump follow from --seed: they are development keys");
    });

    test("follow session numbers that go on, after --from, above every number that was given before", async () => {
      const saved = inFolder("sessions.snapshot");
      await once("--seed", "7", "--save", saved);
      const later = inFolder("later.snapshot");
      await once("--seed", "7", "--from", saved, "--save", later);
      const stepper = spawnSync(process.execPath, [cisternPath, "step", scenario, "--from", later], {
        input: "show session.issued\n",
        encoding: "utf8",
      });
      const issued = Number(/session\.issued\s+=?\s*(\d+)/.exec(stepper.stdout)?.[1]);
      const seconds = (Date.now() - Date.UTC(2026, 0, 1)) / 1000;
      expect(issued).toBeGreaterThan(seconds - 3600);
    });
  });

  test("prints its port at once, answers there, and ends in order at Ctrl-C", async () => {
    const saved = inFolder("saved.json");
    const socket = inFolder("first");
    const pump = cistern("serve", scenario, "--pty", "--save", saved, "--control", socket);
    const path = await pathOf(pump, "port");
    await pathOf(pump, "control");
    expect(pump.out).toBe(`${path}\ncontrol ${socket}\n`);
    // The pump is commissioned in its first second.
    await control(socket, "wait 1 s");
    await askVersion(path);
    await askVersion(path);
    pump.child.kill("SIGINT");
    expect(await pump.over).toBe(130);
    expect(pump.err).toBe("");
    expect(pump.out).toContain("PASS  ended by interrupt at");
    expect(pump.out).toMatch(/from the host {3}\d+ bytes, 2 frames, 0 bytes dropped/);
    expect(pump.out).toMatch(/to the host {5}\d+ bytes, 2 frames, 0 bytes dropped/);
    expect(pump.out).toMatch(/deadlines missed of [\d,]+, 0 ticks slipped/);
    expect(readFileSync(saved, "utf8")).toMatch(/^\{"schema":"cistern.snapshot\/4"/);

    const hour = ["--speed", "max", "--until", "1 h", "--json"];
    const again = await cisternHere(root, ["serve", scenario, "--pty", "--from", saved, ...hour]);
    expect(again.code).toBe(0);
    const report = JSON.parse(again.out) as ServeReport;
    expect(report.ended).toMatchObject({ tick: 360_000, by: "until" });
    expect(report.speed.simulated_s).toBeLessThan(3600);
  });

  test("EMU-1: has the fingerprint of `run` without a client, prints one JSON value, and removes its link at the end", async () => {
    const link = inFolder("pump");
    const hours = ["--until", "10 h", "--json"];
    const pump = await cisternHere(root, ["serve", scenario, "--pty", link, "--speed", "max", "--seed", "7", ...hours]);
    expect(pump.code).toBe(0);
    expect(pump.err).toContain(`${link}\n`);
    expect(lstatSync(link, { throwIfNoEntry: false })).toBeUndefined();
    expect(pump.out.trim().split("\n")).toHaveLength(1);
    const report = JSON.parse(pump.out) as ServeReport;
    expect(report).toMatchObject({ schema: "cistern.serve/1", verdict: "pass", pacing: { timed: 0, misses: 0 } });
    const run = await cisternHere(root, ["run", scenario, ...hours]);
    expect(report.fingerprint).toBe((JSON.parse(run.out) as { fingerprint: string }).fingerprint);
  });

  test("ends in order at SIGTERM, and exits with 143", async () => {
    const pump = cistern("serve", scenario, "--pty", "--control", inFolder("term"));
    await pathOf(pump, "control");
    pump.child.kill("SIGTERM");
    expect(await pump.over).toBe(143);
    expect(pump.out).toContain("ended by interrupt");
    expect(existsSync(inFolder("term"))).toBe(false);
  });

  test("injects faults through the control channel, and exits with 0 at `quit`", async () => {
    const socket = inFolder("control");
    const pump = cistern("serve", scenario, "--pty", "--control", socket, "--speed", "max");
    expect(await pathOf(pump, "control")).toBe(socket);
    expect(await control(socket, "wait 1 h")).toMatchObject({ ok: true });
    // In one go: at this speed days pass between two connections.
    const lines = ["release motor_stall", "inject motor_stall", "wait event alarm_raised within 10 d", "quit"];
    expect(await ask(socket, lines)).toEqual([
      { ok: false, error: "the fault motor_stall is not on" },
      expect.objectContaining({ ok: true, does: "the rotor does not turn" }),
      expect.objectContaining({ ok: true, seen: expect.objectContaining({ alarm: "motor_stall" }) as unknown }),
      expect.objectContaining({ ok: true }),
    ]);
    expect(await pump.over).toBe(0);
    expect(pump.out).toMatch(/faults +motor_stall acted \d+ \(on\)/);
  });

  test("offers the control channel at a second pseudo-terminal", async () => {
    const pump = cistern("serve", scenario, "--pty", "--control-pty", inFolder("tty"), "--head", "away");
    const port = await client(await pathOf(pump, "control"), 9600);
    let text = "";
    port.on("data", (bytes: Buffer) => (text += bytes.toString()));
    port.write("status\n");
    await until("an answer", () => text.endsWith("\n"));
    expect(JSON.parse(text)).toMatchObject({ ok: true, head: "away", speed: "1" });
    // The pump is commissioned in its first second.
    port.write("wait 1 s\nquit\n");
    expect(await pump.over).toBe(0);
  });

  test("LIM-1: exits with 1 when an invariant broke", async () => {
    const tight = inFolder("tight.yaml");
    writeFileSync(
      tight,
      readFileSync(scenario, "utf8").replace("volume: 25 uL, window: 1 h", "volume: 2 uL, window: 1 h"),
    );
    const hours = ["--speed", "max", "--until", "3 h"];
    const pump = await cisternHere(root, ["serve", tight, "--pty", "--controller", tiny, ...hours]);
    expect(pump.code).toBe(1);
    expect(pump.out).toContain("LIM-1 broke: ");
  });

  test.runIf(hasSocat)("HIL-2: goes on without its cable, and answers when it is back", async () => {
    const [a, b] = [inFolder("pump-end"), inFolder("host-end")];
    const plugIn = async () => {
      const cable = spawn("socat", [`pty,raw,echo=0,link=${a}`, `pty,raw,echo=0,link=${b}`], { stdio: "ignore" });
      children.push(cable);
      await until("the cable is in", () => existsSync(a) && existsSync(b));
      return cable;
    };
    const cable = await plugIn();
    const socket = inFolder("hil-2");
    // A pulse every 216 s of the pump, 0.7 s here.
    const pump = cistern("serve", scenario, "--serial", a, "--speed", "300", "--control", socket);
    expect(await pathOf(pump, "port")).toBe(a);
    await askVersion(b);
    const isOut = new Promise((resolve) => cable.once("close", resolve));
    cable.kill();
    await isOut;
    const status = async () => (await control(socket, "status")) as unknown as ServeStatus;
    const wait = async (line: string) => expect(await control(socket, line)).toMatchObject({ ok: true });
    await wait("wait 5 min");
    const before = await status();
    await wait("wait 10 min");
    const lost = await status();
    expect(lost.port).toMatchObject({ open: false, losses: 1, returns: 0 });
    expect(lost.signals["motor.pulses"] - before.signals["motor.pulses"]).toBeGreaterThan(1);
    await plugIn();
    while (!(await status()).port.open) await wait("wait 1 min");
    await askVersion(b);
    const back = await status();
    expect(back.port).toMatchObject({ open: true, losses: 1, returns: 1, rx_frames: 2, tx_frames: 2 });
    pump.child.kill("SIGINT");
    expect(await pump.over).toBe(130);
    expect(pump.out).toContain("lost 1 times and back 1 times");
  });

  test("does not fail when the reader of its output closes it", async () => {
    const pump = cistern("serve", scenario, "--pty", "--until", "1 s");
    await pathOf(pump, "port");
    pump.child.stdout!.destroy();
    expect([await pump.over, pump.err]).toEqual([0, ""]);
  });

  test("refuses a snapshot whose folder does not exist before anything begins", async () => {
    const args = ["serve", scenario, "--pty", "--save", inFolder("no/such/folder.json")];
    const { code, out, err } = await cisternHere(root, args);
    expect([code, out]).toEqual([3, ""]);
    expect(err).toContain("its directory does not exist or may not be written");
  });

  test("refuses a port in use in one line", async () => {
    const pump = cistern("serve", scenario, "--pty");
    const path = await pathOf(pump, "port");
    const first = await client(path, 9600);
    const second = cistern("serve", scenario, "--serial", path);
    expect([await second.over, second.out, second.err]).toEqual([
      3,
      "",
      `cistern: ${path} is in use by another program\n`,
    ]);
    await new Promise<void>((resolve) => first.close(() => resolve()));
  });

  test.each([
    [["--serial", "/dev/ttyNoSuch0"], 3, "there is no port /dev/ttyNoSuch0"],
    [["--serial", "/dev/ttyS0", "--baud", "fast"], 2, "--baud: found fast, expected an integer from 50 to 12000000"],
    [["--pty", cisternPath], 3, `${cisternPath} exists and is no symbolic link; it is left as it is`],
    [["--serial", "/dev/ttyS0", "--baud", "49"], 2, "--baud: found 49, expected an integer from 50 to 12000000"],
    [[], 2, "expected --serial <path>, --pty [link] or --tcp <[host:]port>: no port was given"],
    [["--tcp", "70000"], 2, "--tcp: found 70000, expected PORT or HOST:PORT, with a port from 0 to 65535"],
    [
      ["--serial", "rfc2217:box"],
      2,
      "--serial: found rfc2217:box, expected rfc2217:HOST:PORT, with a port from 1 to 65535",
    ],
    [["--serial", "tcp:127.0.0.1:1"], 3, "tcp:127.0.0.1:1: nobody listens there"],
    [
      ["--serial", "/dev/ttyS0", "--pty"],
      2,
      "expected one of --serial <path>, --pty [link] or --tcp <[host:]port>, and no more",
    ],
    [["--pty", "--control", "x", "--control-pty"], 2, "expected --control or --control-pty, and not both"],
    [["--pty", "--speed", "0"], 2, "--speed: found 0, expected a number from 0.01 to 1000000, or max"],
  ] as [string[], number, string][])("with %j exits with %d and one line", async (args, code, message) => {
    const ended = await cisternHere(root, ["serve", scenario, ...args]);
    expect([ended.code, ended.out]).toEqual([code, ""]);
    expect(ended.err).toContain(message);
    expect(ended.err.trim().split("\n")).toHaveLength(1);
  });
});

describe("`cistern ports`", () => {
  test("lists the ports, or says that there are none", async () => {
    const [text, json] = [await cisternHere(root, ["ports"]), await cisternHere(root, ["ports", "--json"])];
    expect([text.code, json.code]).toEqual([0, 0]);
    const { schema, ports } = JSON.parse(json.out) as { schema: string; ports: { path: string }[] };
    expect(schema).toBe("cistern.ports/1");
    if (ports.length === 0) expect(text.out).toBe("no serial ports\n");
    for (const { path } of ports) expect(text.out).toContain(path);
  });
});

test.each([["serve"], ["ports"]])("`cistern %s --help` exits with 0", async (command) => {
  const help = await cisternHere(root, [command, "--help"]);
  expect(help.code).toBe(0);
  expect(help.out).toContain(`cistern ${command}`);
});
