// `cistern run --board serial:PATH`: the controller runs here, and the board is at the other end of the hal wire. The board plays the
// scenario. Its word and what this end saw itself make one verdict here (hal-wire/judge-board.ts), which is printed and decides the
// exit code, also when the run breaks off.

import { startWireApart } from "../apart/wire-apart";
import { openSerial } from "../port/port";
import type { ControllerJob, ControllerOutcome } from "../hal-wire/controller-job";
import { judgeBoard, type BoardJudgement } from "../hal-wire/judge-board";
import { startWire, type WireListener } from "../hal-wire/wire-thread";
import { writeWhole } from "../file";
import { formatTicks } from "../time";
import { UsageError } from "../usage-error";
import { EXIT_OF_VERDICT } from "./exit";
import { EXIT } from "./exit-codes";
import { watchInterrupts } from "./interrupt";
import { junitOf } from "./junit";
import { fieldsOf, printWarnings } from "./open-scenario";
import { checkOutputFiles } from "./output-files";
import { controllerOf } from "./options";
import { paintFor, type Paint } from "./paint";
import { baudOption } from "./port-options";
import { bannerOf, checkLine, ending, section } from "./report-text";
import { STDIN_NAME, type ScenarioFile } from "./scenario-files";
import { timeLimitOption } from "./time-limit";

export interface OnBoardOptions {
  board: string;
  baud: string;
  controller?: string;
  junit?: string;
  timeLimit?: string;
  json?: boolean;
}

/** The time for which this end waits until the other one has been started. */
const GREETING_MS = 30_000;
/** The time after which a lost port is told, unless the run has ended. */
const LOSS_NOTE_MS = 500;

/** Runs the controller's end. `others` are given options of `run` that only the board's end can carry out; they are refused. */
export async function runOnBoard(file: ScenarioFile, options: OnBoardOptions, others: string[]): Promise<number> {
  const scenario = await file.load(fieldsOf(options.controller));
  printWarnings(scenario);
  if (others.length > 0) {
    throw new UsageError(`${others.join(", ")}: give it to the board's end, which has the machine`);
  }
  const device = /^serial:(.+)$/.exec(options.board)?.[1];
  if (device === undefined) throw new UsageError(`--board: found ${options.board}, expected serial:PATH`);
  const controller = controllerOf(options.controller, scenario);
  const limit_ms = timeLimitOption(options.timeLimit);
  const input = file.name === STDIN_NAME ? undefined : file.name;
  checkOutputFiles(
    [["--junit", options.junit]],
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
  };
  const port = await openSerial(device, job.baud, { reopen: true });
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
    const judgement = judgeBoard(scenario, outcome, limit_ms);
    if (options.junit) writeWhole(options.junit, [junitOf([suiteOf(scenario.name, file.name, outcome, judgement)])]);
    const paint = paintFor(process.stdout);
    process.stdout.write(
      options.json
        ? `${JSON.stringify(jsonOf(outcome, judgement))}\n`
        : textOf(scenario.name, outcome, judgement, paint),
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

function note(text: string): void {
  process.stderr.write(`${text}\n`);
}

function jsonOf({ end, board, scenario, lockstep, counts }: ControllerOutcome, judgement: BoardJudgement) {
  const { verdict, reason, findings, expectations, ended } = judgement;
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
    findings,
    wire: counts,
  };
}

function suiteOf(name: string, file: string, { end, board }: ControllerOutcome, judgement: BoardJudgement) {
  const checks = judgement.expectations.map(({ text, ...row }) => ({ ...row, name: `expectation ${text}` }));
  return { name, file, host_s: 0, facts: { board, fingerprint: end?.fingerprint ?? "none" }, checks, judgement };
}

function textOf(name: string, outcome: ControllerOutcome, judgement: BoardJudgement, paint: Paint): string {
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
    ...ending({ ...judgement, scenario: name }, paint),
  ];
  return `${lines.join("\n")}\n`;
}
