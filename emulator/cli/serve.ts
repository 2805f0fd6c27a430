// `cistern serve` runs the emulated pump on a serial port or a pseudo-terminal, in real time or faster, until it is
// interrupted. An interrupt is the usual end. The command then writes the snapshot of --save, prints the report, and exits
// with 130. A verdict that is no pass has its own exit code, however the service ended.

import { Command } from "commander";
import { openService } from "../apart/open";
import type { ServeReport } from "../rig/serve-report";
import type { ServiceHandle } from "../rig/service";
import { writeWhole } from "../file";
import { timeLimitFinding, withFindings } from "../run/verdict";
import { checkSavedRunPath, writeSavedRun } from "../run/saved-run";
import type { Scenario } from "../scenario/scenario";
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
import { junitOf, suiteOfService } from "./junit";
import { fieldsOf, openScenario } from "./open-scenario";
import {
  ALLOW,
  allowOption,
  CONTROLLER,
  controllerOf,
  FROM,
  JUNIT,
  SAVE,
  SEED,
  seedOption,
  speedOption,
  untilOption,
} from "./options";
import { checkOutputFiles } from "./output-files";
import { paintFor } from "./paint";
import { watchParent } from "./parent";
import { linkOf, openPort, portChoice, withPortOptions, type PortOptions } from "./port-options";
import { liveLine, textOfServe } from "./serve-text";
import { TIME_LIMIT, timeLimitOption } from "./time-limit";

interface Options extends PortOptions, ControlOptions {
  speed: string;
  head: string;
  withParent?: boolean;
  until?: string;
  seed?: string;
  controller?: string;
  allow?: string;
  junit?: string;
  timeLimit?: string;
  save?: string;
  from?: string;
  json?: boolean;
}

export const serveCommand = withControlOptions(
  withPortOptions(
    new Command("serve")
      .description("the emulated pump on a serial port, in real time: a programmer or a rig talks to it")
      .argument(
        "<scenario>",
        "a scenario file (YAML); its timeline is carried out, and after its end the pump keeps running",
      ),
  )
    .option("--speed <n|max>", "seconds of the pump in one second", "1")
    .option("--head <in-place|away>", "where the programming head is while a programmer uses the port", "in-place"),
)
  .option("--with-parent", "end when the program ends that started this one; through npm or npx it always does")
  .option("--until <time>", "end at this time of the pump instead of at an interrupt")
  .option(...SEED)
  .option(...CONTROLLER)
  .option(...ALLOW)
  .option(...SAVE)
  .option(...FROM)
  .option(...JUNIT)
  .option(...TIME_LIMIT)
  .option("--json", "print one JSON value on stdout at the end and nothing else; paths then go to stderr")
  .addHelpText(
    "after",
    "\nJudged are the invariants, the harms and the controller's contract; the scenario's expectations are not." +
      "\nExit codes: 0 ended by --until or quit, 1 something did not hold, 2 bad usage or input, 3 a port or a file failed," +
      "\n4 the service proves nothing, 130 interrupted (143 by SIGTERM, 129 by SIGHUP or with its parent).",
  )
  .action((path: string, options: Options) => exitWith(() => serveScenario(path, options)));

async function serveScenario(path: string, options: Options): Promise<number> {
  const speed = speedOption(options.speed);
  const head = headOption(options.head);
  const choice = portChoice(options);
  const limit_ms = timeLimitOption(options.timeLimit);
  checkControlOptions(options);
  const scenario = openScenario(path, fieldsOf(options.controller));
  const controller = controllerOf(options.controller, scenario);
  checkOutputFiles(
    [
      ["--save", options.save],
      ["--junit", options.junit],
    ],
    [
      ["the scenario", path],
      ["the controller", controller ?? undefined],
    ],
    [...controlPaths(options), ["--pty", linkOf(options.pty)]],
  );
  if (options.save) checkSavedRunPath(options.save);
  // A reader of the port's path may end this program at once, so the program listens before it prints anything.
  let end = (): void => undefined;
  const interrupts = watchInterrupts(() => end());
  const unwatch = watchParent(options.withParent ?? false, () => interrupts.raise("SIGHUP"));
  const service = await openService({
    scenario,
    controller,
    from: options.from ?? null,
    speed,
    head,
    ...allowOption(options.allow),
    ...(options.seed === undefined ? {} : { seed: seedOption(options.seed) }),
    ...(options.until === undefined ? {} : { until_ticks: untilOption(options.until) }),
  });
  try {
    service.notes.forEach(note);
    const port = await openPort(choice, true);
    try {
      await service.attach(port);
      end = () => service.end("interrupt");
      if (interrupts.heard) end();
      const report = await serveAt(port.path, service, options, limit_ms);
      return await finish(report, service, scenario, path, options);
    } finally {
      await port.close();
    }
  } finally {
    unwatch();
    interrupts.stop();
    await service.close();
  }
}

/** Serves until the end. The control channel stays open until the report is made. */
async function serveAt(port: string, service: ServiceHandle, options: Options, limit_ms: number): Promise<ServeReport> {
  const door = await openControl(service.control, options);
  try {
    const say = options.json ? process.stderr : process.stdout;
    say.write(`${port}\n`);
    if (door) say.write(`control ${door.path}\n`);
    const timer = Number.isFinite(limit_ms) ? setTimeout(() => service.end("limit"), limit_ms) : undefined;
    const live = liveLine(service);
    const ending = await service.serve();
    clearTimeout(timer);
    live.end();
    const report = await service.report();
    if (ending !== "limit") return report;
    return withFindings(report, [timeLimitFinding(limit_ms, report.ended.tick, Infinity)]);
  } finally {
    await door?.close();
  }
}

/** Writes the files, prints the report, and returns the exit code. */
async function finish(
  report: ServeReport,
  service: ServiceHandle,
  scenario: Scenario,
  path: string,
  options: Options,
): Promise<number> {
  process.stdout.write(options.json ? `${JSON.stringify(report)}\n` : textOfServe(report, paintFor(process.stdout)));
  if (options.junit) writeWhole(options.junit, [junitOf([suiteOfService(report, scenario, path)])]);
  if (options.save) {
    const text = await service.savedText();
    if (text !== null) writeSavedRun(options.save, text);
    else note("no snapshot was written, because the controller's process has ended");
  }
  const isPass = report.verdict === "pass";
  return isPass && report.ended.by === "interrupt" ? EXIT.interrupted : EXIT_OF_VERDICT[report.verdict];
}

function note(text: string): void {
  process.stderr.write(`cistern: ${text}\n`);
}

function headOption(text: string): boolean {
  if (text === "in-place" || text === "away") return text === "in-place";
  throw new UsageError(`--head: found ${text}, expected in-place or away`);
}
