// `cistern board` runs the virtual board, its world and the scenario's people on a port. The controller is at the other end and
// speaks the hal wire. The report and the exit codes are those of `cistern run`.

import { Command } from "commander";
import { PORTS, type PortName } from "../contract/calls";
import type { BoardJob, BoardOutcome } from "../hal-wire/board-job";
import { startWire, type WireListener } from "../hal-wire/wire-thread";
import { openScenario } from "./open-scenario";
import type { ControlDoor } from "../rig/control-door";
import { NearEnd } from "../rig/relay";
import { BAUD_DEFAULT, type BytePort } from "../port/port";
import type { Scenario } from "../scenario/scenario";
import { describeUnknown } from "../names";
import { UsageError } from "../usage-error";
import {
  checkControlOptions,
  controlPaths,
  openControl,
  withControlOptions,
  type ControlOptions,
} from "./control-options";
import { EXIT_OF_VERDICT, exitWith } from "./exit";
import { EXIT } from "./exit-codes";
import { watchInterrupts } from "./interrupt";
import {
  ALLOW,
  allowOption,
  gearOf,
  gearOption,
  REPORT,
  SEED,
  seedOption,
  SIGNALS,
  speedOption,
  traceOption,
  UNTIL,
  untilOption,
} from "./options";
import { checkOutputFiles } from "./output-files";
import { paintFor } from "./paint";
import { withJudgedOptions } from "./played-options";
import {
  choiceOf,
  linkOf,
  openPort,
  portChoice,
  withPortOptions,
  type PortChoice,
  type PortOptions,
} from "./port-options";
import { progressBar, type Progress } from "./progress";
import { textOf } from "./report-text";
import { runFilesOf, type RunFiles } from "./run-files";
import { timeLimitOption } from "./time-limit";

interface Options extends PortOptions, ControlOptions {
  linkPty?: string | true;
  linkSerial?: string;
  linkTcp?: string;
  linkBaud: string;
  greeting: string;
  lockstep?: boolean;
  offer?: string;
  allow?: string;
  gear?: BoardJob["gear"];
  speed?: string;
  seed?: string;
  until?: string;
  trace: string[];
  signals?: string;
  report?: string;
  junit?: string;
  timeLimit?: string;
  json?: boolean;
}

export const boardCommand = withJudgedOptions(
  withControlOptions(
    withPortOptions(
      new Command("board")
        .description(
          "the virtual board and its patient on a serial port, for a controller that runs elsewhere (docs/hal-wire.md)",
        )
        .argument("<scenario>", "a scenario file (YAML)"),
    ),
  )
    .option("--link-pty [link]", "a pseudo-terminal of its own for a programmer, who talks to the controller there")
    .option("--link-serial <path>", "the same at a serial port, tcp:HOST:PORT or rfc2217:HOST:PORT")
    .option("--link-tcp <[host:]port>", "the same at a TCP port")
    .option("--link-baud <n>", "speed of that serial port", String(BAUD_DEFAULT))
    .option("--greeting <time>", "give up a controller that has not greeted by then; never: wait for it", "5 min")
    .option("--lockstep", "each side waits for the other; the run has the fingerprint of a run in one process")
    .addOption(gearOption("with --lockstep: leap over quiet ticks if the controller can, or execute every one"))
    .option("--speed <n>", "speed in multiples of real time, or max (default: 1; with --lockstep: max)")
    .option(
      "--offer <port,...>",
      `be a bare bench with these ports alone: ${PORTS.join(", ")}; the other end plays the people`,
    )
    .option(...ALLOW)
    .option(...SEED)
    .option(...UNTIL)
    .addOption(traceOption())
    .option(...SIGNALS)
    .option(...REPORT),
)
  .addHelpText(
    "after",
    "\nThe hal wire does not carry a controller's memory. So its run cannot be saved or resumed, and no bit of it can be flipped." +
      "\nExit codes: 0 everything held, 1 something did not, 2 bad usage or input, 3 a port or file failed, 4 the run proves" +
      "\nnothing (its controller went silent, for instance), 130 interrupted. However it ends, report and traces are written.",
  )
  .action((path: string, options: Options) => exitWith(() => playBoard(path, options)));

async function playBoard(path: string, options: Options): Promise<number> {
  const scenario = openScenario(path, undefined);
  const files = runFilesOf(options);
  checkControlOptions(options);
  const places: [string, string | undefined][] = [
    ["--pty", linkOf(options.pty)],
    ["--link-pty", linkOf(options.linkPty)],
    ...controlPaths(options),
  ];
  checkOutputFiles(files.named, [["the scenario", path]], places);
  const choice = portChoice(options);
  const linkChoice = linkPortChoice(options);
  const job = jobOf(path, scenario, options, files.recorded, choice.baud);
  // In lockstep a lost port ends the run: time stops without it, and a controller that came back would not know the tick.
  const port = await openPort(choice, !job.lockstep);
  say(options, options.pty || options.tcp ? port.path : `${scenario.name}: waiting for a controller on ${port.path}`);
  try {
    const link = linkChoice && (await openPort(linkChoice, true));
    try {
      return await playAt(port, link, path, job, options, files);
    } finally {
      await link?.close();
    }
  } finally {
    await port.close();
  }
}

/** Plays the run at the controller's port, with the programmer's port and the control channel if there are any. */
async function playAt(
  port: BytePort,
  link: BytePort | null,
  path: string,
  job: BoardJob,
  options: Options,
  files: RunFiles,
): Promise<number> {
  const bar = progressBar(openScenario(path, undefined).name);
  const relay = new NearEnd((message) => wire.relay(message));
  const state = link && relay.attach(link);
  const wire = startWire(state ? { ...job, link: state } : job, port, {
    ...listenerOf(job, bar),
    onRelayed: (message) => relay.hear(message),
  });
  const interrupts = watchInterrupts(() => wire.interrupt());
  const timer = job.time_limit_ms === undefined ? undefined : setTimeout(() => wire.endInTime(), job.time_limit_ms);
  let door: ControlDoor | null = null;
  try {
    door = await openControl(relay.control, options);
    if (link) say(options, `link ${link.path}`);
    if (door) say(options, `control ${door.path}`);
    const outcome = await wire.outcome;
    bar.end();
    const { report, tracks } = outcome;
    files.write(report, tracks, path);
    process.stdout.write(
      options.json ? `${jsonOf(outcome)}\n` : `${textOf(report, paintFor(process.stdout))}${wireText(outcome)}`,
    );
    const { brokenOff } = outcome;
    if (brokenOff) note(`cistern: ${brokenOff.why}`);
    return brokenOff?.isPort ? EXIT.port : EXIT_OF_VERDICT[report.verdict];
  } finally {
    clearTimeout(timer);
    bar.end();
    interrupts.stop();
    relay.close();
    await door?.close();
  }
}

/** The programmer's port; null for none. Throws UsageError. */
function linkPortChoice({
  linkPty: pty,
  linkSerial: serial,
  linkTcp: tcp,
  linkBaud: baud,
}: Options): PortChoice | null {
  return choiceOf("link-", { pty, serial, tcp, baud });
}

function jobOf(
  path: string,
  scenario: Scenario,
  options: Options,
  recorded: RunFiles["recorded"],
  baud: number,
): BoardJob {
  const speed = speedOption(options.speed ?? (options.lockstep ? "max" : "1"));
  if (!options.lockstep && speed === Infinity) {
    throw new UsageError("--speed max needs --lockstep: in real time each tick must give the controller its 10 ms");
  }
  return {
    kind: "board",
    scenario: path,
    gear: options.lockstep && speed === Infinity ? gearOf(options.gear, scenario) : "lockstep",
    lockstep: options.lockstep ?? false,
    speed,
    baud,
    ...recorded,
    ...(options.greeting === "never" ? {} : { greeting_ms: timeLimitOption(options.greeting, "--greeting") }),
    ...(options.timeLimit === undefined ? {} : { time_limit_ms: timeLimitOption(options.timeLimit) }),
    ...allowOption(options.allow),
    ...(options.offer === undefined ? {} : { offer: offerOption(options.offer) }),
    ...(options.seed === undefined ? {} : { seed: seedOption(options.seed) }),
    ...(options.until === undefined ? {} : { until_ticks: untilOption(options.until, scenario.duration_ticks) }),
  };
}

/** The ports that `--offer` names. */
function offerOption(text: string): PortName[] {
  return text.split(",").map((word) => {
    const known = PORTS.find((each) => each === word.trim());
    if (known) return known;
    throw new UsageError(`--offer: ${describeUnknown("port", word.trim(), PORTS)}`);
  });
}

function listenerOf(job: BoardJob, bar: Progress): WireListener {
  return {
    onNotice: (notice) => {
      if ("linked" in notice) note(`controller: ${notice.linked}`);
      if ("part" in notice) bar.show(notice.part, notice.tick);
    },
    // In real time the board continues without its controller, and the watchdog resets the controller.
    ...(job.lockstep ? {} : { onPort: (lost: string | null) => note(lost === null ? "port: back" : `port: ${lost}`) }),
  };
}

/** Prints a line for scripts to read (the path of a pseudo-terminal): on stdout, or on stderr with --json. */
function say(options: Options, text: string): void {
  (options.json ? process.stderr : process.stdout).write(`${text}\n`);
}

function note(text: string): void {
  process.stderr.write(`${text}\n`);
}

function jsonOf({ report, counts, paced, link, verdictHeard }: BoardOutcome): string {
  return JSON.stringify({ ...report, wire: { ...counts, verdict_heard: verdictHeard, paced }, link });
}

function wireText({ counts, paced, link }: BoardOutcome): string {
  const { asked, missed, missed_most, late, stale, calls, resent, spoilt } = counts;
  const lines = [
    `wire    ${asked} ticks asked, ${missed} missed (at most ${missed_most} in a row), ${late} answers late, ${stale} stale`,
    `        ${calls} calls, ${resent} frames sent again, ${spoilt} spoilt`,
  ];
  if (paced) lines.push(`pace    ${paced.misses} deadlines missed of ${paced.timed}, ${paced.slipped} ticks given up`);
  if (link) lines.push(`link    ${link.rx_bytes} bytes from the programmer, ${link.tx_bytes} to it`);
  return `${lines.join("\n")}\n`;
}
