// `cistern run --board serial:PATH`: the controller runs here, and the board is at the other end of the hal wire. If the board plays the
// scenario, its word and what this end saw itself make one verdict here (hal-wire/judge-board.ts). A board that plays none is a bare
// bench: the run is here, and is reported as a local one. Either is printed and decides the exit code, also when the run breaks off.

import { startWireApart } from "../apart/wire-apart";
import { openLine, type Place } from "../port/line";
import { benchWords, type BenchJob, type BenchOutcome, type BenchReport } from "../hal-wire/bench-run";
import type { ControllerJob, ControllerOutcome } from "../hal-wire/controller-job";
import { judgeBoard, type BoardJudgement } from "../hal-wire/judge-board";
import { startWire, type WireListener } from "../hal-wire/wire-thread";
import { writeWhole } from "../file";
import { checkSavedRunPath, writeSavedRun } from "../run/saved-run";
import type { Scenario } from "../scenario/scenario";
import { formatTicks, ticksOfSeconds } from "../time";
import { UsageError } from "../usage-error";
import { EXIT_OF_VERDICT } from "./exit";
import { EXIT } from "./exit-codes";
import { watchInterrupts } from "./interrupt";
import { junitOf } from "./junit";
import { fieldsOf, printWarnings } from "./open-scenario";
import { checkOutputFiles } from "./output-files";
import { allowOnBench, controllerOf, gearOf, seedOption, untilOption, withDraw } from "./options";
import { paintFor, type Paint } from "./paint";
import type { PlayedOptions } from "./played-options";
import { baudOption, serialPlace } from "./port-options";
import { bannerOf, checkLine, ending, section, textOf } from "./report-text";
import { runFilesOf, type RunFiles } from "./run-files";
import { STDIN_NAME, type ScenarioFile } from "./scenario-files";
import { timeLimitOption } from "./time-limit";

export interface OnBoardOptions extends PlayedOptions {
  board: string;
  baud: string;
  trace: string[];
  signals?: string;
  save?: string;
  until?: string;
  allow?: string;
  draw?: "typical" | "sampled";
}

/** The time for which this end waits until the other one has been started. */
const GREETING_MS = 30_000;
/** The time after which a lost port is told, unless the run has ended. */
const LOSS_NOTE_MS = 500;

/** The options that need a machine whose whole state is here. */
const WHOLE_MACHINE_OPTIONS = ["--from", "--twice"];

/** The port that `--board` names. Throws UsageError. */
function boardPlace(option: string): Place {
  const path = /^serial:(.+)$/.exec(option)?.[1];
  const place = serialPlace("--board", path ?? option);
  if (path !== undefined || typeof place !== "string") return place;
  throw new UsageError(`--board: found ${option}, expected serial:PATH, tcp:HOST:PORT or rfc2217:HOST:PORT`);
}

/**
 * Runs the controller's end; on a board that plays no scenario, the whole run. `given` are given options of `run` that a board which
 * plays the scenario cannot carry out from here.
 */
export async function runOnBoard(file: ScenarioFile, options: OnBoardOptions, given: string[]): Promise<number> {
  const scenario = withDraw(await file.load(fieldsOf(options.controller)), options.draw);
  printWarnings(scenario);
  const whole = given.filter((name) => WHOLE_MACHINE_OPTIONS.includes(name));
  if (whole.length > 0) throw new UsageError(`${whole.join(", ")}: found --board, whose state is not all here`);
  const device = boardPlace(options.board);
  const controller = controllerOf(options.controller, scenario);
  const limit_ms = timeLimitOption(options.timeLimit);
  const input = file.name === STDIN_NAME ? undefined : file.name;
  const files = runFilesOf(options);
  if (options.save) checkSavedRunPath(options.save);
  checkOutputFiles(
    [...files.named, ["--save", options.save]],
    [
      ["the scenario", input],
      ["the controller", controller ?? undefined],
    ],
  );
  const job: ControllerJob = {
    kind: "controller",
    controller,
    baud: baudOption(options.baud),
    scenario: scenario.name,
    greeting_ms: GREETING_MS,
    play: { scenario, bench: benchJob(scenario, options, files, limit_ms), options: given },
  };
  const port = await openLine(device, job.baud, { reopen: true });
  let lossNote: NodeJS.Timeout | undefined;
  const listener: WireListener = {
    onNotice: (notice) => {
      if ("linked" in notice) note(`board: ${notice.linked}`);
      if ("silent" in notice) note(notice.silent ? "the board is silent" : "the board is heard again");
    },
    // A board that has ended its run closes its port at once, which is no news.
    onPort: (lost) => {
      clearTimeout(lossNote);
      if (lost === null) note("port: back");
      else lossNote = setTimeout(() => note(`port: ${lost}`), LOSS_NOTE_MS);
    },
  };
  const isOurs = controller === null;
  const wire = isOurs ? startWire(job, port, listener) : startWireApart({ job, scenario }, port, listener);
  const interrupts = watchInterrupts(() => wire.interrupt());
  const timer = Number.isFinite(limit_ms) ? setTimeout(() => wire.endInTime(), limit_ms) : undefined;
  try {
    const outcome = await wire.outcome;
    if (outcome.bench) return onBench(outcome, outcome.bench, options, files, file.name);
    const judgement = judgeBoard(scenario, outcome, limit_ms);
    if (options.junit) writeWhole(options.junit, [junitOf([suiteOf(scenario.name, file.name, outcome, judgement)])]);
    const paint = paintFor(process.stdout);
    process.stdout.write(
      options.json
        ? `${JSON.stringify(jsonOf(outcome, judgement))}\n`
        : textOfBoard(scenario.name, outcome, judgement, paint),
    );
    if (outcome.brokenOff && !["interrupt", "controller"].includes(outcome.brokenOff.by))
      note(`cistern: ${outcome.brokenOff.why}`);
    return outcome.brokenOff?.by === "port" ? EXIT.port : EXIT_OF_VERDICT[judgement.verdict];
  } finally {
    clearTimeout(timer);
    clearTimeout(lossNote);
    interrupts.stop();
    await port.close();
  }
}

function benchJob(
  scenario: Scenario,
  { gear, save, seed, until, allow }: OnBoardOptions,
  { recorded }: RunFiles,
  limit_ms: number,
): BenchJob {
  return {
    gear: gearOf(gear, scenario),
    ...recorded,
    saves: save !== undefined,
    ...allowOnBench(allow),
    ...(Number.isFinite(limit_ms) ? { time_limit_ms: limit_ms } : {}),
    ...(seed === undefined ? {} : { seed: seedOption(seed) }),
    ...(until === undefined ? {} : { until_ticks: untilOption(until, scenario.duration_ticks) }),
  };
}

/** Writes and prints the run that was played here on a bare bench. */
function onBench(
  { counts, brokenOff }: ControllerOutcome,
  { report, bench, tracks, saved }: BenchOutcome,
  options: OnBoardOptions,
  files: RunFiles,
  name: string,
): number {
  files.write(report, tracks, name);
  if (options.save && saved !== null) writeSavedRun(options.save, saved);
  const paint = paintFor(process.stdout);
  process.stdout.write(
    options.json
      ? `${JSON.stringify({ ...report, bench, wire: counts })}\n`
      : `${benchWords(bench)}\n${textOf(report, paint, benchSections(bench))}`,
  );
  if (brokenOff && brokenOff.by !== "interrupt") note(`cistern: ${brokenOff.why}`);
  return brokenOff?.by === "port" ? EXIT.port : EXIT_OF_VERDICT[report.verdict];
}

/** The sections on values that the bench alone knows, and on its claims that cannot be. */
function benchSections({ not_judged, lies }: BenchReport): string[] {
  return [
    ...section("not judged, because the bench alone knows it", not_judged.length > 0 ? [not_judged.join(", ")] : []),
    ...section(
      "claims of the bench that cannot be",
      lies.map(({ kind, count, first_s, text, allowed }) => {
        const often = count === 1 ? "" : `, the first of ${count}`;
        return `${kind}: ${text}, at ${formatTicks(ticksOfSeconds(first_s))}${often}${allowed ? "; allowed" : ""}`;
      }),
    ),
  ];
}

function note(text: string): void {
  process.stderr.write(`${text}\n`);
}

function jsonOf({ end, board, scenario, lockstep, counts }: ControllerOutcome, judgement: BoardJudgement) {
  const { verdict, reason, findings, expectations, not_judged, ended } = judgement;
  return {
    schema: "cistern.on-board/1",
    scenario,
    board,
    lockstep,
    verdict,
    fingerprint: end?.fingerprint ?? null,
    // The board's own words stay where they were before there was a judgement of this end.
    reason: reason ?? end?.reason ?? "",
    ticks: ended,
    board_verdict: end?.verdict ?? null,
    expectations,
    not_judged,
    findings,
    wire: counts,
  };
}

function suiteOf(name: string, file: string, { end, board }: ControllerOutcome, judgement: BoardJudgement) {
  const checks = judgement.expectations.map(({ text, ...row }) => ({ ...row, name: `expectation ${text}` }));
  return { name, file, host_s: 0, facts: { board, fingerprint: end?.fingerprint ?? "none" }, checks, judgement };
}

function textOfBoard(name: string, outcome: ControllerOutcome, judgement: BoardJudgement, paint: Paint): string {
  const { end, board, counts } = outcome;
  const { ticks, skipped, stale, resent, silences } = counts;
  const said = end === null ? `${board} has said no verdict` : `${board} said ${end.verdict}`;
  const lines = [
    `${paint("bold", name)}  ${bannerOf(judgement, paint)}  ${said}, after ${formatTicks(judgement.ended)}`,
    ...(judgement.reason === null ? [] : [`  ${judgement.reason}`]),
    ...(end === null ? [] : [`fingerprint ${end.fingerprint}`]),
    `wire    ${ticks} ticks, ${skipped} skipped, ${stale} on old inputs, ${resent} frames sent again, ${silences} silences`,
    ...section(
      "expectations",
      judgement.expectations.map((row) => checkLine(row, paint)),
    ),
    ...section("not judged here, because the board alone knows it", judgement.not_judged),
    ...ending({ ...judgement, scenario: name }, paint),
  ];
  return `${lines.join("\n")}\n`;
}
