// `cistern serve` runs the emulated pump on a serial port or a pseudo-terminal, in real time or faster, until it is
// interrupted. An interrupt is the usual end. The command then writes the snapshot of --save, prints the report, and exits
// with 130.

import { Command } from "commander";
import { COUNTER_MAX } from "../../hal/telemetry";
import { loadController, referenceController } from "../machine/controller-host";
import type { BytePort } from "../port/port";
import { Control } from "../rig/control";
import { openControlPty, openControlSocket, type ControlDoor } from "../rig/control-door";
import { serve, Served, type Ending } from "../rig/serve";
import { reportOf, type ServeReport } from "../rig/serve-report";
import { fieldsOf, openScenario } from "./open-scenario";
import { ScenarioRun, type RunOptions } from "../run/run";
import { checkSavedRunPath, resumeFrom, textOfSavedRun, writeSavedRun } from "../run/saved-run";
import { MS_PER_SECOND } from "../time";
import { UsageError } from "../usage-error";
import { EXIT, exitWith } from "./exit";
import { watchInterrupts } from "./interrupt";
import { CONTROLLER, FROM, SAVE, SEED, seedOption, speedOption, untilOption } from "./options";
import { checkOutputFiles } from "./output-files";
import { paintFor } from "./paint";
import { watchParent } from "./parent";
import { linkOf, openPort, portChoice, withPortOptions, type PortOptions } from "./port-options";
import { liveLine, textOfServe } from "./serve-text";

interface Options extends PortOptions {
  speed: string;
  head: string;
  control?: string;
  controlPty?: string | true;
  withParent?: boolean;
  until?: string;
  seed?: string;
  controller?: string;
  save?: string;
  from?: string;
  json?: boolean;
}

/** The number of newest events that are kept, so that the memory of a long service does not grow. */
const EVENTS_MAX = 10_000;
/** The number of the last session that the reference controller gave. */
const SESSIONS_ISSUED = "session.issued";
const SESSIONS_SINCE_MS = Date.UTC(2026, 0, 1);
const EXIT_OF_ENDING: Readonly<Record<Ending, number>> = {
  until: EXIT.pass,
  quit: EXIT.pass,
  interrupt: EXIT.interrupted,
  failure: EXIT.fail,
};

export const serveCommand = withPortOptions(
  new Command("serve")
    .description("the emulated pump on a serial port, in real time: a programmer or a rig talks to it")
    .argument(
      "<scenario>",
      "a scenario file (YAML); its timeline is carried out, and after its end the pump keeps running",
    ),
)
  .option("--speed <n|max>", "seconds of the pump in one second", "1")
  .option("--head <in-place|away>", "where the programming head is while a programmer uses the port", "in-place")
  .option("--control <path>", "open a control channel at a Unix socket, for faults, head, waits and symbols")
  .option("--control-pty [link]", "open the control channel at a second pseudo-terminal")
  .option("--with-parent", "end when the program ends that started this one; through npm or npx it always does")
  .option("--until <time>", "end at this time of the pump instead of at an interrupt")
  .option(...SEED)
  .option(...CONTROLLER)
  .option(...SAVE)
  .option(...FROM)
  .option("--json", "print one JSON value on stdout at the end and nothing else; paths then go to stderr")
  .addHelpText(
    "after",
    "\nExit codes: 0 ended by --until or quit, 1 an invariant broke or the controller failed, 2 bad usage or input,\n" +
      "3 a port or a file failed, 130 interrupted (143 by SIGTERM, 129 by SIGHUP or with its parent).",
  )
  .action((path: string, options: Options) => exitWith(() => serveScenario(path, options)));

async function serveScenario(path: string, options: Options): Promise<number> {
  const speed = speedOption(options.speed);
  const head = headOption(options.head);
  const choice = portChoice(options);
  if (options.control !== undefined && options.controlPty !== undefined) {
    throw new UsageError("expected --control or --control-pty, and not both");
  }
  checkOutputFiles(
    [["--save", options.save]],
    [
      ["the scenario", path],
      ["the controller", options.controller],
    ],
    [
      ["--control", options.control],
      ["--control-pty", linkOf(options.controlPty)],
      ["--pty", linkOf(options.pty)],
    ],
  );
  if (options.save) checkSavedRunPath(options.save);
  // A reader of the port's path may end this program at once, so the program listens before it prints anything.
  let end = (): void => undefined;
  const interrupts = watchInterrupts(() => end());
  const unwatch = watchParent(options.withParent ?? false, () => interrupts.raise("SIGHUP"));
  const run = new ScenarioRun(openScenario(path, fieldsOf(options.controller)), await runOptions(options));
  if (options.from) {
    resumeFrom(options.from, run);
    raiseSessionNumber(run);
  } else if (options.seed !== undefined) {
    note("the keys of this pump follow from --seed: they are development keys, which anybody can compute");
  }
  const port = await openPort(choice, true);
  const served = new Served(run, port, { speed, head, now_ms: () => performance.now() });
  end = () => served.end("interrupt");
  if (interrupts.heard) end();
  try {
    return await serveAt(port, served, options);
  } finally {
    unwatch();
    interrupts.stop();
    await port.close();
  }
}

async function serveAt(port: BytePort, served: Served, options: Options): Promise<number> {
  const door = await openDoor(new Control(served), options);
  try {
    const say = options.json ? process.stderr : process.stdout;
    say.write(`${port.path}\n`);
    if (door) say.write(`control ${door.path}\n`);
    const live = liveLine(served);
    await serve(served, () => live.show());
    live.end();
    const report = reportOf(served);
    process.stdout.write(options.json ? `${JSON.stringify(report)}\n` : textOfServe(report, paintFor(process.stdout)));
    if (options.save) writeSavedRun(options.save, textOfSavedRun(served.run));
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
    // Keys that were drawn after a snapshot was saved must not be drawn again, so a restored pump draws from the system too.
    secrets: options.seed === undefined || options.from !== undefined ? "system" : "seed",
    ...(options.seed === undefined ? {} : { seed: seedOption(options.seed) }),
    ...(options.until === undefined ? {} : { until_ticks: untilOption(options.until) }),
  };
}

function exitCodeFor({ verdict, ended }: ServeReport): number {
  if (verdict === "fail") return EXIT_OF_ENDING.failure;
  return EXIT_OF_ENDING[ended.by ?? "quit"];
}

/**
 * Sees to it that a restored pump gives no session a number that it gave after its snapshot was saved (SEC-5): the next number is
 * at least the seconds since 2026, which at real time grow faster than the numbers of a pump do.
 */
function raiseSessionNumber({ machine }: ScenarioRun): void {
  const issued = machine.firmware.read(SESSIONS_ISSUED);
  if (issued === undefined) {
    note("this controller has no symbol session.issued, so its session numbers go on from the snapshot");
    return;
  }
  const seconds = Math.floor((Date.now() - SESSIONS_SINCE_MS) / MS_PER_SECOND);
  machine.firmware.write(SESSIONS_ISSUED, Math.min(Math.max(issued, seconds), COUNTER_MAX));
}

function note(text: string): void {
  process.stderr.write(`cistern: ${text}\n`);
}

function headOption(text: string): boolean {
  if (text === "in-place" || text === "away") return text === "in-place";
  throw new UsageError(`--head: found ${text}, expected in-place or away`);
}
