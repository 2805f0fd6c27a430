// `cistern serve`: the emulated pump on a serial port or a pseudo-terminal, in real time or faster, until it is interrupted.
// An interrupt is the ordinary end: what was asked to be saved is saved and the report printed before it exits with 130.

import { Command } from "commander";
import { accessSync, constants } from "node:fs";
import { dirname } from "node:path";
import { loadController, referenceController } from "../machine/controller-host";
import type { BytePort } from "../port/port";
import { Control } from "../rig/control";
import { openControlPty, openControlSocket, type ControlDoor } from "../rig/control-door";
import { SPEED_MIN, SPEED_MAX, speedOf, type Speed } from "../rig/pacing";
import { serve, Served, type Ending } from "../rig/serve";
import { reportOf, type ServeReport } from "../rig/serve-report";
import { loadScenario } from "../scenario/load";
import { ScenarioRun, type RunOptions } from "../run/run";
import { resumeFrom, textOfSavedRun } from "../run/saved-run";
import { FileError, writeWhole } from "../file";
import { UsageError } from "../usage-error";
import { openPort, withPortOptions, type PortOptions } from "./port-options";
import { liveLine, textOfServe } from "./serve-text";
import { durationOption, exitCodeOf, integerOption, paintFor } from "./shared";

interface Options extends PortOptions {
  speed: string;
  head: string;
  control?: string;
  controlPty?: string | true;
  until?: string;
  seed?: string;
  controller?: string;
  save?: string;
  from?: string;
  json?: boolean;
}

/** Newest events that are kept: a pump that is spoken to for days must not grow. */
const EVENTS_MAX = 10_000;
const EXIT_OF_ENDING: Readonly<Record<Ending, number>> = { until: 0, quit: 0, interrupt: 130, failure: 1 };

export const serveCommand = withPortOptions(
  new Command("serve")
    .description("the emulated pump on a serial port, in real time: a programmer or a rig talks to it")
    .argument("<scenario>", "a scenario file (YAML); its timeline happens, and after its end the pump runs on"),
)
  .option("--speed <n|max>", "the pump's seconds a second", "1")
  .option("--head <in-place|away>", "where the programming head rests when somebody speaks at the port", "in-place")
  .option("--control <path>", "a control channel at a Unix socket: faults, head, waiting, symbols")
  .option("--control-pty [link]", "the same at a second pseudo-terminal")
  .option("--until <time>", "end at this time of the pump instead of at an interrupt")
  .option("--seed <n>", "instead of the scenario's seed, 0 to 4294967295")
  .option("--controller <module>", "a controller module (.js, .wasm) instead of the reference controller")
  .option("--save <file>", "write a snapshot of the machine at the end")
  .option("--from <file>", "go on from a snapshot of the same scenario")
  .option("--json", "print one JSON value on stdout at the end and nothing else; paths then go to stderr")
  .addHelpText(
    "after",
    "\nExit codes: 0 ended by --until or quit, 1 an invariant broke or the controller failed, 2 bad usage or input,\n" +
      "3 a port or a file failed, 130 interrupted.",
  )
  .action(async (path: string, options: Options) => {
    try {
      process.exitCode = await serveScenario(path, options);
    } catch (error) {
      process.exitCode = exitCodeOf(error);
    }
  });

async function serveScenario(path: string, options: Options): Promise<number> {
  const speed = speedOption(options.speed);
  const head = headOption(options.head);
  if (options.control !== undefined && options.controlPty !== undefined) {
    throw new UsageError("expected --control or --control-pty, and not both");
  }
  if (options.save) checkFolderOf(options.save);
  const run = new ScenarioRun(loadScenario(path), await runOptions(options));
  if (options.from) resumeFrom(options.from, run);
  const port = await openPort(options);
  try {
    return await serveAt(port, run, { speed, head }, options);
  } finally {
    await port.close();
  }
}

async function serveAt(
  port: BytePort,
  run: ScenarioRun,
  setup: { speed: Speed; head: boolean },
  options: Options,
): Promise<number> {
  const served = new Served(run, port, { ...setup, now_ms: () => performance.now() });
  const door = await openDoor(new Control(served), options);
  try {
    const say = options.json ? process.stderr : process.stdout;
    say.write(`${port.path}\n`);
    if (door) say.write(`control ${door.path}\n`);
    const interrupts = watchInterrupts(served);
    const live = liveLine(served);
    await serve(served, () => live.show());
    live.end();
    const report = reportOf(served);
    process.stdout.write(options.json ? `${JSON.stringify(report)}\n` : textOfServe(report, paintFor(process.stdout)));
    if (options.save) writeWhole(options.save, [textOfSavedRun(run)]);
    interrupts.stop();
    return exitCodeFor(report);
  } finally {
    await door?.close();
  }
}

async function openDoor(control: Control, { control: path, controlPty }: Options): Promise<ControlDoor | null> {
  if (path !== undefined) return openControlSocket(control, path);
  if (controlPty === undefined) return null;
  return openControlPty(control, controlPty === true ? undefined : controlPty);
}

async function runOptions(options: Options): Promise<RunOptions> {
  return {
    gear: "leap",
    controller: options.controller ? await loadController(options.controller) : referenceController,
    tracks: false,
    endless: true,
    events_max: EVENTS_MAX,
    ...(options.seed === undefined ? {} : { seed: integerOption("--seed", options.seed, 0xffffffff) }),
    ...(options.until === undefined ? {} : { until_ticks: durationOption("--until", options.until) }),
  };
}

function exitCodeFor({ verdict, ended }: ServeReport): number {
  if (verdict === "fail") return EXIT_OF_ENDING.failure;
  return EXIT_OF_ENDING[ended.by ?? "quit"];
}

/** Hours from now is too late to find that the snapshot has no place. */
function checkFolderOf(file: string): void {
  try {
    accessSync(dirname(file), constants.W_OK);
  } catch (error) {
    throw new FileError(file, "its directory does not exist or may not be written", error);
  }
}

function speedOption(text: string): Speed {
  const speed = speedOf(text);
  if (speed !== null) return speed;
  throw new UsageError(`--speed: found ${text}, expected a number from ${SPEED_MIN} to ${SPEED_MAX}, or max`);
}

function headOption(text: string): boolean {
  if (text === "in-place" || text === "away") return text === "in-place";
  throw new UsageError(`--head: found ${text}, expected in-place or away`);
}

/** The first interrupt ends it in order; a second one, while that takes long, ends the program. */
function watchInterrupts(served: Served): { stop(): void } {
  const onInterrupt = () => {
    if (served.ending !== null) process.exit(EXIT_OF_ENDING.interrupt);
    served.end("interrupt");
  };
  const signals = ["SIGINT", "SIGTERM"] as const;
  for (const signal of signals) process.on(signal, onInterrupt);
  return {
    stop: () => {
      for (const signal of signals) process.off(signal, onInterrupt);
    },
  };
}
