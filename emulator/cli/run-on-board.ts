// `cistern run --board serial:PATH`: the controller runs here, and the board is at the other end of the hal wire. The board has
// the scenario and judges it; its verdict is printed here and decides the exit code.

import { openSerial } from "../port/port";
import type { ControllerJob, ControllerOutcome } from "../hal-wire/controller-job";
import { startWire } from "../hal-wire/wire-thread";
import { formatTicks } from "../time";
import { fieldsOf, printWarnings } from "./open-scenario";
import { UsageError } from "../usage-error";
import { EXIT_OF_VERDICT } from "./exit";
import { watchInterrupts } from "./interrupt";
import { paintFor } from "./paint";
import { baudOption } from "./port-options";
import type { ScenarioFile } from "./scenario-files";

export interface OnBoardOptions {
  board: string;
  baud: string;
  controller?: string;
  json?: boolean;
}

/** The time for which this end waits until the other one has been started. */
const GREETING_MS = 30_000;

/** Runs the controller's end. `others` are given options of `run` that only the board's end can carry out; they are refused. */
export async function runOnBoard(file: ScenarioFile, options: OnBoardOptions, others: string[]): Promise<number> {
  const scenario = await file.load(fieldsOf(options.controller));
  printWarnings(scenario);
  if (others.length > 0) {
    throw new UsageError(`${others.join(", ")}: give it to the board's end, which has the machine`);
  }
  const device = /^serial:(.+)$/.exec(options.board)?.[1];
  if (device === undefined) throw new UsageError(`--board: found ${options.board}, expected serial:PATH`);
  const job: ControllerJob = {
    kind: "controller",
    controller: options.controller ?? null,
    baud: baudOption(options.baud),
    scenario: scenario.name,
    greeting_ms: GREETING_MS,
  };
  const port = await openSerial(device, job.baud, { reopen: true });
  const wire = startWire(job, port, {
    onNotice: (notice) => {
      if ("linked" in notice) note(`board: ${notice.linked}`);
      if ("silent" in notice) note(notice.silent ? "the board is silent" : "the board is heard again");
    },
    onPort: (lost) => note(lost === null ? "port: back" : `port: ${lost}`),
  });
  const interrupts = watchInterrupts(() => wire.interrupt());
  try {
    const outcome = await wire.outcome;
    process.stdout.write(options.json ? `${JSON.stringify(jsonOf(outcome))}\n` : textOf(outcome));
    return EXIT_OF_VERDICT[outcome.end.verdict];
  } finally {
    interrupts.stop();
    await port.close();
  }
}

function note(text: string): void {
  process.stderr.write(`${text}\n`);
}

function jsonOf({ end, board, scenario, lockstep, counts }: ControllerOutcome) {
  const { verdict, fingerprint, reason, ticks } = end;
  return { schema: "cistern.on-board/1", scenario, board, lockstep, verdict, fingerprint, reason, ticks, wire: counts };
}

function textOf({ end, board, scenario, counts }: ControllerOutcome): string {
  const paint = paintFor(process.stdout);
  const verdict = paint(end.verdict === "pass" ? "green" : "red", end.verdict.toUpperCase());
  const reason = end.reason === "" ? "" : `\n  ${end.reason}`;
  const { ticks, skipped, stale, resent, silences } = counts;
  return (
    `${paint("bold", scenario || "(a bare board)")}  ${verdict}  said by ${board} after ${formatTicks(end.ticks)}${reason}\n` +
    `fingerprint ${end.fingerprint}\n` +
    `wire    ${ticks} ticks, ${skipped} skipped, ${stale} on old inputs, ${resent} frames sent again, ${silences} silences\n`
  );
}
