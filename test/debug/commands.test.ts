// The one table of commands, given at both doors: a stepper's prompt and a control channel. What one refuses the other refuses
// with the same sentence, and what one carries out the other carries out.

import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { commandsIn } from "../../emulator/debug/commands";
import { CommandError } from "../../emulator/debug/command-error";
import { Stepper } from "../../emulator/debug/stepper";
import { TimeTravel } from "../../emulator/debug/time-travel";
import { differencesBetween } from "../../emulator/machine/symbols";
import { referenceController } from "../../emulator/machine/controller-host";
import { ScenarioRun } from "../../emulator/run/run";
import { parseScenario } from "../../emulator/scenario/load";
import { controlled } from "../rig/controlled";
import { minimal } from "../scenario/example";

const folder = mkdtempSync(join(tmpdir(), "cistern-commands-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A stepper where `controlled()` is: ten seconds into the same scenario. `execute` gives the text. */
async function stepped() {
  const text = minimal("", "basal: { mode: continuous, rate: 600 uL/day }");
  const run = new ScenarioRun(parseScenario(text, "t.yaml"), {
    gear: "leap",
    controller: referenceController,
    tracks: false,
  });
  const time = new TimeTravel(run, { text });
  const session = new Stepper(time);
  await session.execute("step 10 s");
  return {
    session,
    stepper: { execute: async (line: string) => (await session.execute(line)).text },
    get machine() {
      return time.run.machine;
    },
  };
}

type Stepped = Awaited<ReturnType<typeof stepped>>;

/** The sentence that the stepper says instead of carrying the line out. */
async function refusal(stepper: Stepped["stepper"], line: string): Promise<string> {
  try {
    await stepper.execute(line);
  } catch (error) {
    if (error instanceof CommandError) return error.message;
    throw error;
  }
  throw new Error(`${line} was carried out`);
}

const memoryOf = ({ machine }: Pick<Stepped, "machine">) => [machine.fingerprint(), machine.controllerFingerprint()];

describe("EMU-3: a line that cannot be carried out is refused at both doors with the same sentence and changes nothing", async () => {
  const [atPrompt, atChannel] = [await stepped(), controlled()];
  const before = memoryOf(atPrompt);

  test("both doors stand at the same moment of the same run", async () => {
    expect(memoryOf(atChannel)).toEqual(before);
  });

  const word = "expected a whole number of 32 bits: the firmware has no other";
  test.each([
    ["set therapy.rate 1.5", `found 1.5, ${word}`],
    ["set firmware.therapy.rate 1.5", `found 1.5, ${word}`],
    ["set therapy.rate.value 1.5", `found 1.5, ${word}`],
    ["set therapy.rate.inverse 0.1", `found 0.1, ${word}`],
    ["set log.sequence[0] -0.5", `found -0.5, ${word}`],
    ["set therapy.rate 2147483648", `found 2147483648, ${word}`],
    ["set therapy.rate -2147483649", `found -2147483649, ${word}`],
    ["set therapy.rate 1e300", `found 1e+300, ${word}`],
    ["set therapy.rate Infinity", `found Infinity, ${word}`],
    ["set therapy.rate 1e999", `found Infinity, ${word}`],
    ["set therapy.rate NaN", "found NaN, expected a number (usage: set SYMBOL VALUE)"],
    ["set therapy.rate true", "found true, expected a number (usage: set SYMBOL VALUE)"],
    ["set memory.faulty 2", "found 2, expected 0 or 1"],
    ["set memory.faulty 0.5", "found 0.5, expected 0 or 1"],
    ["set memory.faulty true", "found true, expected a number (usage: set SYMBOL VALUE)"],
    ["set telemetry.frame[0] 256", "found 256, expected a whole number from 0 to 255"],
    ["set board.nvm.bytes[0] -1", "found -1, expected a whole number from 0 to 255"],
    ["set board.nvm.bytes[0] 1.5", "found 1.5, expected a whole number from 0 to 255"],
    ["set faults.acts[0] 2147483648", "found 2147483648, expected a whole number from -2147483648 to 2147483647"],
    ["set machine.hung 3", "found 3, expected 0 or 1"],
    ["set world.delivered_nl Infinity", "found Infinity, expected a finite number"],
    ["set", "usage: set SYMBOL VALUE"],
    ["set therapy.rate", "usage: set SYMBOL VALUE"],
    ["set therapy.rate 1 2", "usage: set SYMBOL VALUE"],
    ["set therapy.rat 5", "no symbol is called therapy.rat; the nearest known one is therapy.rate"],
    ["set firmware.therapy.rat 5", "no symbol is called firmware.therapy.rat; the nearest known one is therapy.rate"],
    ["set log.sequence 5", "no symbol is called log.sequence; it is a list, whose first element is log.sequence[0]"],
    ["set log.sequence[99] 5", "no symbol is called log.sequence[99]; the nearest known one is log.sequence"],
    ["set motor.pulses 7", "no symbol is called motor.pulses"],
    [
      "set motor.motion 7",
      "no symbol is called motor.motion: that is a signal; the controller's symbol is firmware.motor.motion",
    ],
    ["get", "usage: get NAME..."],
    ["get therapy.rat", "no symbol is called therapy.rat; the nearest known one is therapy.rate"],
    ["get motor.pulse", "no symbol is called motor.pulse; the nearest known one is motor.pulses"],
    [
      "get board.nvm.bytes",
      "no symbol is called board.nvm.bytes; it is a list, whose first element is board.nvm.bytes[0]",
    ],
    ["show therapy.rat3", "no symbol's name contains therapy.rat3; the nearest known one is therapy.rate"],
    ["inject", "expected the name of a fault"],
    ["inject ram_flip therapy.rat 3", "the controller has no field therapy.rat; the nearest is therapy.rate"],
    ["inject ram_flip firmware.therapy.rat 3", "the controller has no field therapy.rat; the nearest is therapy.rate"],
    ["inject motor_stall 5", "motor_stall takes no parameter, found 5"],
    ["release motor_stal", "unknown fault `motor_stal`: the nearest known one is `motor_stall`"],
    ["events 0", "found 0, expected a number of events from 1 to 1"],
    ["events many", "found many, expected a number of events from 1 to 1"],
    ["save", "usage: save FILE"],
    ["fly", "no command is called fly; help lists them"],
    ["constructor", "no command is called constructor; help lists them"],
  ])("%s", async (line, sentence) => {
    expect(await refusal(atPrompt.stepper, line)).toContain(sentence);
    expect(atChannel.ask(line)).toEqual({ ok: false, error: expect.stringContaining(sentence) as string });
    if (!line.startsWith("events")) expect(atChannel.ask(line).error).toBe(await refusal(atPrompt.stepper, line));
    expect([memoryOf(atPrompt), memoryOf(atChannel)]).toEqual([before, before]);
  });

  test.each(commandsIn("stepper").map(({ usage }) => usage.split(" ")[0]))(
    "the channel knows the command %s of the stepper",
    (name) => {
      const answer = controlled().ask(name);
      if (answer.ok !== true) expect(answer.error).not.toContain("no command is called");
    },
  );

  test.each([
    ["goto 5", "goto is a command of the stepper alone; help lists those of this place"],
    ["step", "the pump's time runs by the clock: pause first, or wait"],
    ["step pulse", "found pulse, expected a number of ticks or a time: only a stepper goes further"],
    ["who therapy.rate", "who is a command of the stepper alone; help lists those of this place"],
    ["back 5", "back is a command of the stepper alone; help lists those of this place"],
    ["continue", "continue is a command of the stepper alone; help lists those of this place"],
  ])("%s is refused by the channel, because time runs by the clock there", (line, sentence) => {
    expect(atChannel.ask(line)).toEqual({ ok: false, error: sentence });
  });

  test.each(["status", "report", "head away", "speed 2", "pause", "flush"])(
    "%s is refused at the prompt, because no clock runs there",
    async (line) => {
      const [name] = line.split(" ");
      const sentence = `${name} is a command of the control channel alone; help lists those of this place`;
      expect(await refusal(atPrompt.stepper, line)).toBe(sentence);
    },
  );
});

describe("a line does the same at both doors", () => {
  const changes = [
    "set therapy.rate 150",
    "set firmware.therapy.rate 150",
    "set log.sequence[0] 7",
    "set memory.faulty 1",
    "set world.catheter.tip_nl 0.5",
    "inject ram_flip therapy.rate 3",
    "inject ram_flip firmware.therapy.rate 3",
    "inject motor_slip 20 %",
  ];

  test.each(changes)("%s changes both machines in the same way", async (line) => {
    const [atPrompt, atChannel] = [await stepped(), controlled()];
    // At the prompt it is an entry of the timeline, which acts as the next tick begins.
    await atPrompt.stepper.execute(line);
    await atPrompt.stepper.execute("step");
    expect(atChannel.ask(line).ok).toBe(true);
    const untouched = controlled();
    for (const { run } of [atChannel, untouched]) run.advance(1001);
    const changedBy = ({ machine }: Pick<Stepped, "machine">) =>
      differencesBetween(untouched.machine, untouched.machine.snapshot(), machine.snapshot()).filter(
        ({ name }) => !name.startsWith("outside."),
      );
    expect(changedBy(atPrompt)).toEqual(changedBy(atChannel));
    expect(changedBy(atPrompt)).not.toEqual([]);
  });

  test("RAM-1: `set` writes a symbol with its complement, so that the pump goes on", async () => {
    const session = await stepped();
    const { stepper } = session;
    expect(await stepper.execute("set therapy.rate 150")).toBe(
      "therapy.rate                       150 (1.5 uL/day), from the next tick on",
    );
    await stepper.execute("step");
    const { machine } = session;
    expect([machine.firmware.read("therapy.rate.value"), machine.firmware.read("therapy.rate.inverse")]).toEqual([
      150,
      ~150,
    ]);
    await stepper.execute("step 1 h");
    expect(session.machine.firmware.read("memory.faulty")).toBe(0);
  });

  test("`get` gives the same value in the prompt's text and in the channel's data", async () => {
    const [{ stepper }, { ask }] = [await stepped(), controlled()];
    const { values } = ask("get motor.pulses therapy.rate firmware.therapy.rate world.delivered_nl") as {
      values: Record<string, number>;
    };
    expect(Object.keys(values)).toEqual([
      "motor.pulses",
      "therapy.rate",
      "firmware.therapy.rate",
      "world.delivered_nl",
    ]);
    const rows = Object.entries(values).map(([name, value]) => `${name.padEnd(34)} ${value}`);
    expect(await stepper.execute(`get ${Object.keys(values).join(" ")}`)).toBe(rows.join("\n"));
  });

  test("`show` lists a value once under its one name, and with --raw its stored halves as well", async () => {
    const [{ stepper, machine }, { ask }] = [await stepped(), controlled()];
    const value = machine.firmware.read("therapy.rate")!;
    expect(await stepper.execute("show therapy.rate")).toBe(`therapy.rate                       ${value} (600 uL/day)`);
    expect(await stepper.execute("show --raw therapy.rate")).toBe(
      `therapy.rate.value                 ${value}\ntherapy.rate.inverse               ${~value}`,
    );
    expect(ask("show therapy.rate")).toEqual({
      ok: true,
      tick: 1000,
      rows: [{ name: "therapy.rate", value, unit: "0.01 uL/day", text: `${value} (600 uL/day)` }],
      more: 0,
    });
    expect(ask("show --raw therapy.rate").rows).toHaveLength(2);
  });

  test("`show` without a pattern lists the signals with their units, and shows a list in short", async () => {
    const [{ stepper, machine }, { ask }] = [await stepped(), controlled()];
    expect((await stepper.execute("show")).split("\n")).toHaveLength(machine.signals.length);
    expect(await stepper.execute("show")).toContain("motor.rate_ulPerDay                600 uL/day");
    expect((ask("show").rows as unknown[]).length).toBe(machine.signals.length);
    expect(await stepper.execute("show log.sequence")).toBe("log.sequence                       list of 2: 11, 1");
    expect(await stepper.execute("p log.sequence[0]")).toMatch(/^log\.sequence\[0\] +\d+$/);
  });

  test("a long list is cut, and its last line says so", async () => {
    const [{ stepper }, { ask }] = [await stepped(), controlled()];
    const lines = (await stepper.execute("show t")).split("\n");
    expect(lines).toHaveLength(61);
    expect(lines[60]).toMatch(/^\.\.\. and \d+ more$/);
    const { count, names } = ask("symbols t") as { count: number; names: string[] };
    expect(names.length).toBe(200);
    expect(count).toBeGreaterThan(200);
    expect((await stepper.execute("symbols t")).split("\n").slice(0, 60)).toEqual(names.slice(0, 60));
  });

  test("`faults`, `events` and `release` answer the same about the same run", async () => {
    const [{ stepper }, { ask }] = [await stepped(), controlled()];
    expect(await stepper.execute("inject motor_stall")).toBe("motor_stall: the rotor does not turn");
    expect(ask("inject motor_stall")).toMatchObject({
      ok: true,
      fault: "motor_stall",
      does: "the rotor does not turn",
    });
    expect(await stepper.execute("faults")).toContain("motor_stall              off acted 0  the rotor does not turn");
    await stepper.execute("step");
    expect(await stepper.execute("faults")).toContain("motor_stall              on  acted 0  the rotor does not turn");
    const names = (ask("events 3").events as { name: string }[]).map(({ name }) => name);
    expect(names).toHaveLength(3);
    const lines = (await stepper.execute("events 3")).split("\n");
    lines.forEach((line, i) => expect(line).toContain(` ${names[i]}`));
    expect(await stepper.execute("release motor_stall")).toBe("motor_stall is off");
  });

  test("EMU-5: `save` writes a snapshot of the run at either door", async () => {
    const [{ stepper }, { ask }] = [await stepped(), controlled()];
    const [one, other] = [join(folder, "one"), join(folder, "other")];
    expect(await stepper.execute(`save ${one}`)).toBe(`${one} has the run at 10 s`);
    expect(ask(`save ${other}`)).toEqual({ ok: true, file: other, tick: 1000 });
    const [saved, also] = [one, other].map(
      (file) => JSON.parse(readFileSync(file, "utf8").split("\n")[1]) as { run: { machine: object } },
    );
    expect(saved.run.machine).toEqual(also.run.machine);
    await expect(stepper.execute(`save ${join(folder, "no", "such")}`)).rejects.toThrow("cannot write");
  });

  test("`help` lists the commands that can be given at this door", async () => {
    const { stepper } = await stepped();
    const lines = (await stepper.execute("help")).split("\n");
    expect(lines.map((line) => line.slice(0, 38).trim().split(" ")[0])).toEqual(
      commandsIn("stepper").map(({ usage }) => usage.split(" ")[0]),
    );
    expect(await stepper.execute("?")).toBe(await stepper.execute("help"));
  });

  test("`quit` ends the stepper", async () => {
    const { session } = await stepped();
    expect((await session.execute("events 1")).done).toBe(false);
    expect(await session.execute("q")).toMatchObject({ text: "", done: true });
  });
});
