// The control channel: every command by its answer, what is refused, waiting and watching.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { commandsIn } from "../../emulator/debug/commands";
import { FAULTS } from "../../emulator/faults";
import { LINE_BYTES_MAX } from "../../emulator/rig/control";
import { VERSION } from "../../emulator/version";
import { type Answer, controlled } from "./controlled";

const folder = mkdtempSync(join(tmpdir(), "cistern-control-"));
const inFolder = (name: string) => join(folder, name);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("the commands of the control channel", () => {
  test("`help` lists exactly the commands of the table", () => {
    const { ask } = controlled();
    expect(ask("help")).toEqual({ ok: true, commands: commandsIn("channel") });
    for (const { usage } of commandsIn("channel")) {
      // `save` would take any word for a file.
      const [name] = usage.split(" ");
      const answer = controlled().ask(name === "save" ? name : `${name} ?`) as Answer | undefined;
      expect(String(answer?.error ?? "")).not.toContain("no command is called");
    }
  });

  test("`status`, `get` and `symbols` show the state of the machine", () => {
    const { ask, machine } = controlled();
    expect(ask("status")).toMatchObject({
      ok: true,
      tick: 1000,
      time_s: 10,
      head: "in-place",
      speed: "max",
      alarms: [],
      signals: { "reservoir.level_nl": 20_000_000 },
      port: { path: "fake", open: true, rx_bytes: 0, tx_dropped: 0, link_overflows: 0 },
      pacing: { misses: 0 },
    });
    expect(ask("get motor.rate_ulPerDay world.delivered_nl")).toEqual({
      ok: true,
      tick: 1000,
      values: { "motor.rate_ulPerDay": 600, "world.delivered_nl": machine.world.delivered_nl },
    });
    expect(ask("symbols delivered_nl").names).toContain("world.delivered_nl");
  });

  test("`set` changes a symbol, and refuses a name that is none", () => {
    const { ask, machine } = controlled();
    expect(ask("set board.battery.voltage_mv 2400")).toMatchObject({
      ok: true,
      values: { "board.battery.voltage_mv": 2400 },
    });
    expect(machine.board.battery.voltage_mv).toBe(2400);
    expect(ask("set motor.pulses 7")).toEqual({ ok: false, error: "no symbol is called motor.pulses" });
  });

  test("`inject` starts a stall, `faults` shows its acts, and `release` ends it", () => {
    const { ask, served, machine } = controlled();
    expect(ask("inject motor_stall")).toMatchObject({ ok: true, fault: "motor_stall", tick: 1000 });
    served.after(60_000, () => undefined);
    served.work();
    const row = (ask("faults").faults as Answer[]).find((each) => each.name === "motor_stall");
    expect(row).toMatchObject({ on: true });
    expect(row?.acted).toBeGreaterThan(0);
    expect(ask("status").alarms).toContain("motor_stall");
    expect(ask("release motor_stall")).toMatchObject({ ok: true, fault: "motor_stall" });
    expect(machine.faults.on[FAULTS.findIndex(({ name }) => name === "motor_stall")]).toBe(0);
    expect(ask("report").report).toMatchObject({ schema: "cistern.serve/1", alarms: ["motor_stall"] });
  });

  test("`inject` takes the units and bounds of a scenario", () => {
    const { ask, machine } = controlled();
    expect(ask("inject temperature 39.5 °C")).toMatchObject({ ok: true, parameter: 39_500 });
    expect(machine.world.temperature_mC()).toBe(39_500);
    expect(ask("inject motor_slip 120 %").error).toContain("expected from 0 % to 100 %");
    expect(ask("inject motor_slip 0.2").error).toContain("bare number");
    expect(ask("inject ram_flip no.such.field 3").error).toContain("no field no.such.field");
  });

  test("`head`, `speed` and `events` do as their help says", () => {
    const { ask, served, run } = controlled();
    expect(ask("head away")).toEqual({ ok: true, head: "away" });
    expect(served.head).toBe(false);
    expect(ask("speed 2.5")).toEqual({ ok: true, speed: "2.5" });
    expect(served.pacer.speed).toBe(2.5);
    const events = ask("events 2").events as { name: string }[];
    expect(events).toEqual(run.lastEvents(2));
    expect(events).toHaveLength(2);
  });

  test("`save` writes a file that `run --from` reads", () => {
    const { ask } = controlled();
    expect(ask(`save ${inFolder("saved.json")}`)).toEqual({ ok: true, file: inFolder("saved.json"), tick: 1000 });
    expect(readFileSync(inFolder("saved.json"), "utf8")).toMatch(/^\{"schema":"cistern.snapshot\/4"/);
    writeFileSync(inFolder("letter.txt"), "dear all");
    expect(ask(`save ${inFolder("letter.txt")}`).error).toContain("the file there is no snapshot");
    expect(ask(`save ${inFolder("no/such/folder")}`).error).toContain("cannot write");
  });

  test("`quit` ends the run", () => {
    const { ask, served } = controlled();
    expect(ask("quit")).toEqual({ ok: true, tick: 1000 });
    expect(served.ending).toBe("quit");
  });

  test.each([
    ["fly", "no command is called fly; help lists them"],
    ["get", "usage: get NAME..."],
    ["get no.such", "no symbol is called no.such"],
    ["set firmware.therapy.rate.value 1.5", "found 1.5, expected a whole number of 32 bits: the firmware has no other"],
    ["set a", "usage: set SYMBOL VALUE"],
    ["set a b", "usage: set SYMBOL VALUE"],
    ["inject", "expected the name of a fault"],
    ["release motor_stal", "the nearest known one is `motor_stall`"],
    ["head up", "usage: head in-place|away"],
    ["events 0", "found 0, expected a number of events from 1 to 1000"],
    ["watch everything", "usage: watch events|off"],
    ["speed 0", "found 0, expected a speed from 0.01 to 1000000, or max"],
    ["wait", "expected a duration"],
    ["wait 5", "bare number"],
    ["wait event nothing", "no event is called nothing"],
    ["wait event bolus_deny", "no event is called bolus_deny; the nearest known one is bolus_denied"],
    [
      "wait event boot in 5 s",
      'expected SYMBOL OP VALUE, changed SYMBOL, or event NAME [FIELD=VALUE]..., joined by and, or, not; it is wrong at "in", column 12',
    ],
    ["wait event boot within", "usage: wait TIME | wait CONDITION [within TIME] [since TICK]"],
    ["wait event reset cause=extrenal", "unknown cause of reset `extrenal`: the nearest known one is `external`"],
    ["wait event reset caus=external", "unknown field of reset `caus`: the nearest known one is `cause`"],
    [
      "wait event limit_reached window_min=5 within 5 s",
      "a whole number in min, 15 to 10080: the length of the window that is full; found the number 5",
    ],
    ["wait event boot within 5", "bare number"],
    ["wait motor.pulses < 0", "motor.pulses < 0 never holds: motor.pulses is at least 0"],
    ["wait changed therapy.rate since 5", "since counts for an event alone: what changed before now is not recorded"],
    ["wait event boot since yesterday", "expected a duration"],
    ["pause now", "usage: pause [off]"],
    ["goto 5 h", "goto is a command of the stepper alone"],
    ["save", "usage: save FILE"],
    ["x".repeat(LINE_BYTES_MAX + 1), "a line has at most"],
    ["constructor", "no command is called constructor"],
  ])("the line %.40s is refused in one line", (line, message) => {
    const { ask, machine, served } = controlled();
    const before = machine.fingerprint();
    const answer = ask(line);
    expect(answer.ok).toBe(false);
    expect(answer.error).toContain(message);
    expect([machine.fingerprint(), served.ending]).toEqual([before, null]);
    expect(ask("status").ok).toBe(true);
  });
});

describe("a client that waits or watches", () => {
  test("is answered by `wait` when so much time has passed, to the tick", async () => {
    const { served, session, answers } = controlled();
    session.line("wait 1 h");
    expect([session.waiting, answers.length]).toEqual([true, 0]);
    served.work();
    await Promise.resolve();
    expect(answers).toEqual([{ ok: true, tick: 361_000, time_s: 3610 }]);
    expect(session.waiting).toBe(false);
  });

  test("is answered by `wait event` in the tick of the event, and its next line acts before the next tick", async () => {
    const { served, run, session, ask, answers, machine } = controlled();
    ask("inject motor_stall");
    session.line("wait event alarm_raised within 2 h");
    for (let i = 0; i < 1000 && session.waiting; i++) {
      served.work();
      await Promise.resolve();
    }
    const [seen] = run.lastEvents(1000).filter(({ name }) => name === "alarm_raised");
    expect(answers[answers.length - 1]).toEqual({
      ok: true,
      seen,
      tick: seen.tick + 1,
      time_s: (seen.tick + 1) / 100,
    });
    expect(machine.tick).toBe(seen.tick + 1);
  });

  test("is answered by `wait event` that there was none within the given time", async () => {
    const { served, session, answers } = controlled();
    session.line("wait event bolus_started within 10 s");
    served.work();
    await new Promise(setImmediate);
    expect(answers).toEqual([{ ok: false, error: "no event bolus_started within 10 s", tick: 2000, time_s: 20 }]);
  });

  test("is not answered by an event of that name with other fields (EMU-10)", async () => {
    const { served, session, ask, answers } = controlled();
    ask("inject brownout");
    session.line("wait event reset cause=external within 10 s");
    served.work();
    await new Promise(setImmediate);
    const error = "no event reset cause=external within 10 s";
    expect(answers[answers.length - 1]).toMatchObject({ ok: false, error });
  });

  test("is answered by `wait CONDITION` at the first end of a tick at which it holds, whatever leaps there are (HIL-7)", async () => {
    const { served, session, answers, machine } = controlled();
    session.line("wait motor.pulses >= 3 and clock.now > 500");
    for (let i = 0; i < 1000 && session.waiting; i++) {
      served.work();
      await Promise.resolve();
    }
    expect(machine.signal("motor.pulses")).toBe(3);
    const condition = "motor.pulses >= 3 and clock.now > 500";
    expect(answers).toEqual([{ ok: true, condition, tick: machine.tick, time_s: machine.tick / 100 }]);
    session.line(`wait clock.now == ${machine.tick + 77}`);
    for (let i = 0; i < 1000 && session.waiting; i++) {
      served.work();
      await Promise.resolve();
    }
    expect(answers.pop()).toMatchObject({ ok: true, condition: `clock.now == ${machine.tick}` });
    session.line("wait clock.now == 99 within 10 s");
    served.after(5000, () => undefined);
    for (let i = 0; i < 1000 && session.waiting; i++) {
      served.work();
      await new Promise(setImmediate);
    }
    expect(answers[1]).toMatchObject({ ok: false, error: "clock.now == 99 did not hold within 10 s" });
  });

  test("is answered at once by a condition that holds, and by an event since a tick (HIL-7)", () => {
    const { ask, run, session } = controlled();
    expect(ask("wait motor.pulses >= 0")).toEqual({ ok: true, condition: "motor.pulses >= 0", tick: 1000 });
    const [boot] = run.lastEvents(1000).filter(({ name }) => name === "boot");
    expect(ask("wait event boot since 0")).toEqual({ ok: true, seen: boot, tick: 1000 });
    expect(ask("events since 0").events).toEqual(run.lastEvents(1000));
    expect(ask("events since 9 s").events).toEqual(run.lastEvents(1000).filter(({ tick }) => tick >= 900));
    session.line("wait event boot since 500");
    expect(session.waiting).toBe(true);
  });

  test("finds time standing still after `pause`, and passing by `step` (HIL-7)", async () => {
    const { ask, served, session, answers, machine } = controlled();
    expect(ask("pause")).toEqual({ ok: true, paused: true, tick: 1000 });
    served.work();
    expect([machine.tick, served.rest_ms > 0]).toEqual([1000, true]);
    session.line("step 5 s");
    for (let i = 0; i < 1000 && session.waiting; i++) {
      served.work();
      await Promise.resolve();
    }
    expect(answers.at(-1)).toEqual({ ok: true, tick: 1500, time_s: 15 });
    served.work();
    expect(machine.tick).toBe(1500);
    expect(ask("pause off")).toEqual({ ok: true, paused: false, tick: 1500 });
    expect(ask("step").error).toBe("the pump's time runs by the clock: pause first, or wait");
    served.after(100, () => undefined);
    served.work();
    expect(machine.tick).toBeGreaterThan(1500);
  });

  test("makes up for nothing after a pause (HIL-7)", () => {
    let now = 0;
    const { ask, served, machine } = controlled(1, () => now);
    ask("pause");
    now = 60_000;
    ask("pause off");
    served.work();
    expect(machine.tick - 1000).toBeLessThanOrEqual(1);
  });

  test("learns from `id` what it talks to, and drops bytes that wait by `flush` (HIL-7)", () => {
    const { ask, served } = controlled();
    expect(ask("id")).toEqual({
      ...{
        ok: true,
        version: VERSION,
        scenario: expect.any(String) as string,
        file: "t.yaml",
        seed: expect.any(Number) as number,
      },
      ...{ controller: "reference", process: process.pid },
    });
    served.port.onBytes?.(Uint8Array.of(1, 2, 3));
    expect(ask("flush")).toEqual({ ok: true, dropped: 3 });
    expect(ask("flush")).toEqual({ ok: true, dropped: 0 });
  });

  test("is dropped when it leaves", async () => {
    const { served, session, answers } = controlled();
    session.line("wait 10 s");
    session.end();
    served.after(5000, () => undefined);
    served.work();
    await Promise.resolve();
    expect(answers).toEqual([]);
  });

  test("gets each event from `watch events`, and the number of those that it missed", () => {
    const { control, run } = controlled();
    let open = true;
    const got: Answer[] = [];
    const push = (line: string) => {
      if (open) got.push(JSON.parse(line) as Answer);
      return open;
    };
    const session = control.open({ reply: () => undefined, push, ready: () => undefined });
    const reset = () => {
      run.machine.inject("reset");
      run.advance(run.machine.tick + 200);
    };
    session.line("watch events");
    reset();
    const first = got.length;
    expect(got[0]).toMatchObject({ event: { name: "reset" } });
    open = false;
    reset();
    open = true;
    reset();
    expect(got[first].missed).toBe(first);
    expect(got[first + 1].missed).toBeUndefined();
    session.line("watch off");
    const all = got.length;
    reset();
    expect(got).toHaveLength(all);
  });
});
