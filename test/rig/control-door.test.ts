// Both doors of the control channel with real clients, among them some that do not read, and what stands in their place.

import { once } from "node:events";
import { spawnSync } from "node:child_process";
import {
  closeSync,
  constants,
  existsSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { connect, createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, describe, expect, test } from "vitest";
import { faultIndex } from "../../emulator/faults";
import { QUEUE_BYTES } from "../../emulator/port/byte-ring";
import { openSerial, PortError } from "../../emulator/port/port";
import type { Control } from "../../emulator/rig/control";
import { openControlPty, openControlSocket, type ControlDoor } from "../../emulator/rig/control-door";
import type { ScenarioRun } from "../../emulator/run/run";
import { serve } from "../../emulator/rig/serve";
import { hasPty, hasUnixSockets } from "../machine-here";
import { until } from "../until";
import { whenFree } from "../when-free";
import { type Answer, controlled } from "./controlled";

/** More than Linux keeps of what nobody reads from a pseudo-terminal. */
const TERMINAL_BYTES_MAX = 65_536;

const folder = mkdtempSync(join(tmpdir(), "cistern-door-"));
const inFolder = (name: string) => join(folder, name);
const doors: ControlDoor[] = [];
const files: number[] = [];
afterEach(async () => {
  for (const file of files.splice(0)) closeSync(file);
  for (const door of doors.splice(0)) await door.close();
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe.runIf(hasUnixSockets)("a control channel at a Unix socket", () => {
  async function door(name: string, control = controlled().control): Promise<ControlDoor> {
    const opened = await openControlSocket(control, inFolder(name));
    doors.push(opened);
    return opened;
  }

  async function guest(path: string): Promise<{ socket: Socket; lines(): Answer[]; text(): string }> {
    const socket = connect(path);
    let text = "";
    socket.on("data", (bytes: Buffer) => (text += bytes.toString()));
    socket.on("error", () => undefined);
    await new Promise((resolve) => socket.once("connect", resolve));
    const lines = () =>
      text
        .split("\n")
        .slice(0, -1)
        .map((line) => JSON.parse(line) as Answer);
    return { socket, lines, text: () => text };
  }

  test("HIL-7: answers several clients, whose lines may come in pieces, together, empty, and with any line end", async () => {
    const { path } = await door("s1");
    const [one, other] = [await guest(path), await guest(path)];
    one.socket.write("head a");
    other.socket.write("status\r\nget motor.pulses\n\nspeed 1\r");
    await until("an answer to each line, and to the empty one", () => other.lines().length === 4);
    one.socket.write("way\n");
    await until("one answer", () => one.lines().length === 1);
    expect(one.lines()).toEqual([{ ok: true, head: "away" }]);
    expect(other.lines().map(({ ok }) => ok)).toEqual([true, true, true, true]);
    expect(other.lines()[2]).toEqual({ ok: true, tick: 1000 });
  });

  test("keeps room for others when clients who were turned away leave at once", async () => {
    const { path } = await door("s16");
    const held = [];
    for (let i = 0; i < 16; i++) held.push(await guest(path));
    for (let i = 0; i < 16; i++) {
      const one = await guest(path);
      one.socket.write("status\n");
      await until("it is turned away", () => one.text() !== "");
      one.socket.destroy();
    }
    for (const { socket } of held) socket.destroy();
    await until("another guest is welcome", async () => {
      const last = await guest(path);
      last.socket.write("head away\n");
      await until("an answer", () => last.text() !== "");
      last.socket.destroy();
      return last.text().includes('"ok":true');
    });
  });

  test("answers the lines that came before the client closed its side", async () => {
    const { path } = await door("s2");
    const one = await guest(path);
    one.socket.end("speed 3\nspeed 4");
    await new Promise((resolve) => one.socket.once("close", resolve));
    expect(one.lines()).toEqual([
      { ok: true, speed: "3" },
      { ok: true, speed: "4" },
    ]);
  });

  test("answers the lines behind a `wait` after it, in order", async () => {
    const { control, served } = controlled();
    const { path } = await door("s3", control);
    const one = await guest(path);
    one.socket.write("speed max\nwait 5 s\nhead away\nquit\n");
    await until("the wait has begun", () => one.lines().length === 1);
    await serve(served);
    await until("all answers", () => one.lines().length === 4);
    expect(one.lines().slice(1)).toEqual([
      { ok: true, tick: 1500, time_s: 15 },
      { ok: true, head: "away" },
      expect.objectContaining({ ok: true }),
    ]);
    expect(served.ending).toBe("quit");
  });

  test("stops reading from a client that does not read its answers, and gives it every answer once it does", async () => {
    const { path } = await door("s4");
    const rude = connect(path);
    await new Promise((resolve) => rude.once("connect", resolve));
    const asked = 2000;
    const blank = `${" ".repeat(999)}\n`.repeat(4000);
    rude.write("status\n".repeat(asked));
    rude.end(blank);
    const polite = await guest(path);
    polite.socket.write("speed 1\n");
    await until("others are served", () => polite.lines().length === 1);
    // The system takes some 200 kB between the two; the rest still waits at the client.
    expect(rude.writableLength).toBeGreaterThan(blank.length / 2);
    let text = "";
    rude.on("data", (bytes: Buffer) => (text += bytes.toString()));
    await new Promise((resolve) => rude.once("close", resolve));
    expect(text.split("\n").length - 1).toBe(asked + 4000);
  });

  test("keeps a bounded part of a line without an end, and refuses the line when it ends", async () => {
    const { path } = await door("s5");
    const one = await guest(path);
    for (let i = 0; i < 50; i++) one.socket.write("x".repeat(100_000));
    one.socket.write("\nspeed 1\n");
    await until("two answers", () => one.lines().length === 2);
    expect(one.lines()[0].error).toContain("a line has at most");
    expect(one.lines()[1]).toEqual({ ok: true, speed: "1" });
  });

  test("EMU-9: is made for its owner alone from its first moment, whatever the umask, which stays as it was", async () => {
    const before = process.umask(0);
    const opening = door("s7");
    try {
      // A path that is free is bound in the next turn, and nothing changes the mode afterwards.
      await new Promise((resolve) => setImmediate(resolve));
      expect(statSync(inFolder("s7")).mode & 0o777).toBe(0o600);
      expect(process.umask()).toBe(0);
    } finally {
      process.umask(before);
      await opening;
    }
  });

  test.each([
    ["too long", "x".repeat(300)],
    ["in a folder that does not exist", join("none", "s")],
  ])("a path that is %s is a PortError of one line", async (_, name) => {
    const refused = openControlSocket(controlled().control, inFolder(name));
    await expect(refused).rejects.toThrow(PortError);
    await expect(refused).rejects.toThrow(/^the control socket .* cannot be made: [^\n]*$/);
  });

  test("admits its owner alone, and removes the socket on close", async () => {
    const opened = await openControlSocket(controlled().control, inFolder("s6"));
    expect(statSync(opened.path).mode & 0o777).toBe(0o600);
    await opened.close();
    expect(existsSync(opened.path)).toBe(false);
  });

  test("leaves alone a socket in use and a file that is no socket", async () => {
    const used = inFolder("s9");
    const server = createServer();
    await once(server.listen(used), "listening");
    await expect(openControlSocket(controlled().control, used)).rejects.toThrow(`${used} is in use by another program`);
    writeFileSync(inFolder("file"), "mine");
    await expect(openControlSocket(controlled().control, inFolder("file"))).rejects.toThrow(PortError);
    expect(readFileSync(inFolder("file"), "utf8")).toBe("mine");
    await expect(openControlSocket(controlled().control, inFolder("no/such/folder"))).rejects.toThrow(/cannot be made/);
    await new Promise((resolve) => server.close(resolve));
  });

  test("replaces a socket that a killed program left behind", async () => {
    const path = inFolder("s8");
    const listens = `require("node:net").createServer().listen(process.argv[1], () => process.kill(process.pid, "SIGKILL"))`;
    spawnSync(process.execPath, ["-e", listens, path]);
    expect(statSync(path).isSocket()).toBe(true);
    await door("s8");
    const one = await guest(path);
    one.socket.write("speed 1\n");
    await until("an answer", () => one.lines().length === 1);
  });
});

describe.runIf(hasPty)("a control channel at a pseudo-terminal", () => {
  test("answers the same lines, to one client after another", async () => {
    const opened = await openControlPty(controlled().control, inFolder("tty"));
    doors.push(opened);
    expect(opened.path).toBe(inFolder("tty"));
    for (let i = 1; i <= 2; i++) {
      const port = await whenFree(() => openSerial(opened.path, 115_200));
      let text = "";
      port.onBytes = (bytes) => (text += Buffer.from(bytes).toString());
      port.write(Buffer.from(`speed ${i}\r\n`));
      await until("an answer", () => text.endsWith("\n"));
      expect(JSON.parse(text)).toEqual({ ok: true, speed: String(i) });
      await port.close();
    }
  });

  describe("with a client that never reads", () => {
    /** The lines that the client finds when it reads at last, up to the answer to a last request. */
    async function unread(client: number, last: string, answer: Answer): Promise<string[]> {
      const bytes = Buffer.alloc(1 << 16);
      let text = "";
      const takeAll = () => {
        for (let count = readSome(client, bytes); count > 0; count = readSome(client, bytes)) {
          text += bytes.toString("latin1", 0, count);
        }
      };
      await until("what waited has been read", () => {
        takeAll();
        return text.endsWith("\n");
      });
      writeSync(client, `${last}\n`);
      await until("it is answered again", () => {
        takeAll();
        return text.endsWith(`${JSON.stringify(answer)}\n`);
      });
      return text.trimEnd().split("\n");
    }

    async function deafClient(control: Control): Promise<number> {
      const opened = await openControlPty(control);
      doors.push(opened);
      const client = openSync(opened.path, constants.O_RDWR | constants.O_NOCTTY | constants.O_NONBLOCK);
      files.push(client);
      return client;
    }

    test("loses whole answers, and keeps no more than the queue and the terminal hold", async () => {
      const { control, run } = controlled();
      const client = await deafClient(control);
      const asked = 300;
      for (let i = 0; i < asked; i++) writeSync(client, "help\n");
      writeSync(client, "inject motor_stall\n");
      await until("the last line is heard", () => isOn(run, "motor_stall"));
      const lines = await unread(client, "speed 7", { ok: true, speed: "7" });
      const answers = lines.map((line) => JSON.parse(line) as Answer);
      const heard = answers.filter((answer) => "commands" in answer).length;
      expect(heard).toBeGreaterThan(5);
      expect(heard).toBeLessThan(asked / 2);
      expect(lines.join("\n").length).toBeLessThan(QUEUE_BYTES + TERMINAL_BYTES_MAX);
    });

    test("says how many events were missed once the client reads again", async () => {
      const { control, run } = controlled();
      const client = await deafClient(control);
      writeSync(client, "watch events\n");
      writeSync(client, "inject motor_stall\n");
      await until("the last line is heard", () => isOn(run, "motor_stall"));
      const before = run.lastEvents(100_000).length + run.eventsForgotten;
      for (let i = 0; i < 500; i++) {
        run.machine.inject("reset");
        run.advance(run.machine.tick + 200);
      }
      const happened = run.lastEvents(100_000).length + run.eventsForgotten - before;
      const waited = await unread(client, "speed 7", { ok: true, speed: "7" });
      run.machine.inject("reset");
      run.advance(run.machine.tick + 1);
      const [next] = await unread(client, "speed 8", { ok: true, speed: "8" });
      const received = waited.filter((line) => line.startsWith('{"event"')).length;
      expect(received).toBeGreaterThan(100);
      expect((JSON.parse(next) as { missed: number }).missed).toBe(happened - received);
      expect(happened - received).toBeGreaterThan(100);
      expect(waited.join("\n").length).toBeLessThan(QUEUE_BYTES + TERMINAL_BYTES_MAX);
    });
  });
});

function isOn({ machine }: ScenarioRun, fault: string): boolean {
  return machine.faults.on[faultIndex(fault)] === 1;
}

/** Bytes read from a terminal that does not wait; 0: none are there. */
function readSome(file: number, into: Buffer): number {
  try {
    return readSync(file, into);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EAGAIN") throw error;
    return 0;
  }
}
