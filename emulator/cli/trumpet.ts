// `cistern trumpet` measures how evenly a scenario's basal leaves the pump, as a start-up graph and a trumpet curve. It checks
// all arguments before the run begins. The printed text ends with a sketch of the trumpet, which lies on its side with one line
// for each window; `--report` writes the picture.

import { Command } from "commander";
import { setImmediate as nextTurn } from "node:timers/promises";
import { openRun } from "../apart/open";
import type { RunHandle } from "../apart/run-work";
import { fieldsOf, openScenario } from "./open-scenario";
import { formatTicks, MS_PER_SECOND, ticksOfSeconds } from "../time";
import { trumpetPlan, trumpetReport } from "../run/trumpet";
import { withFindings } from "../run/verdict";
import { trumpetHtmlOf } from "../report/trumpet";
import type { TrumpetPlan, TrumpetReport } from "../run/trumpet-curve";
import { writeWhole } from "../file";
import { EXIT_OF_VERDICT, exitWith } from "./exit";
import { watchInterrupts } from "./interrupt";
import { controllerOf, durationOption, gearOf, seedOption } from "./options";
import { junitOf, suiteOfTrumpet } from "./junit";
import { checkOutputFiles } from "./output-files";
import { paintFor, type Paint } from "./paint";
import { judgedFiles, type PlayedOptions, withJudgedOptions, withPlayedOptions } from "./played-options";
import { progressBar } from "./progress";
import { startTimeLimit, type TimeLimit } from "./time-limit";
import { percentWords } from "../amounts";

interface Options extends PlayedOptions {
  sample?: string;
  stabilise?: string;
}

/** The time between two updates of the bar. An interrupt takes effect at an update. */
const TURN_MS = 50;
/** The width of each half of the sketch. */
const SKETCH_CHARACTERS = 20;

export const trumpetCommand = withJudgedOptions(
  withPlayedOptions(
    new Command("trumpet")
      .description(
        "run a scenario of steady basal, print its start-up error and trumpet curve, and exit by their limits",
      )
      .argument("<scenario>", "a scenario file (YAML), basal mode continuous, without boluses"),
  )
    .option(
      "--sample <interval>",
      "30s (windows of 2 to 31 min) or 15min (15 to 930 min); default: the one for the rate",
    )
    .option(
      "--stabilise <duration>",
      "time before the analysis; default: 1 h with samples of 30 s, 24 h with samples of 15 min",
    )
    .option("--report <file.html>", "write the picture, as one file that needs no network"),
)
  .addHelpText(
    "after",
    "\nFrom 3.6 mL/day, where two minutes hold 20 pulses, the windows are the short ones, else the long ones." +
      "\nExit codes: 0 within the limits, 1 not, 2 bad usage or input, 3 a file failed, 4 the run proves nothing, 130 interrupted.",
  )
  .action((path: string, options: Options) => exitWith(() => runTrumpet(path, options)));

async function runTrumpet(path: string, options: Options): Promise<number> {
  checkOutputFiles(judgedFiles(options), [
    ["the scenario", path],
    ["the controller", options.controller],
  ]);
  const scenario = openScenario(path, fieldsOf(options.controller));
  const plan = trumpetPlan(scenario, {
    ...(options.sample === undefined ? {} : { sample_ticks: durationOption("--sample", options.sample) }),
    ...(options.stabilise === undefined ? {} : { stabilise_ticks: durationOption("--stabilise", options.stabilise) }),
  });
  const run = await openRun({
    scenario,
    gear: gearOf(options.gear, scenario),
    controller: controllerOf(options.controller, scenario),
    from: null,
    tracks: false,
    ...(options.seed === undefined ? {} : { seed: seedOption(options.seed) }),
  });
  try {
    const began_ms = performance.now();
    const report = await carryOut(run, plan, startTimeLimit(options.timeLimit));
    const host_s = (performance.now() - began_ms) / MS_PER_SECOND;
    if (options.report) writeWhole(options.report, [trumpetHtmlOf(report)]);
    if (options.junit) writeWhole(options.junit, [junitOf([suiteOfTrumpet(report, path, host_s)])]);
    process.stdout.write(options.json ? `${JSON.stringify(report)}\n` : textOf(report, paintFor(process.stdout)));
    return EXIT_OF_VERDICT[report.verdict];
  } finally {
    await run.close();
  }
}

/** Takes the samples. Every TURN_MS the bar moves, and an interrupt or the time limit takes effect. */
async function carryOut(run: RunHandle, plan: TrumpetPlan, limit: TimeLimit): Promise<TrumpetReport> {
  const interrupted = watchInterrupts();
  const bar = progressBar(run.scenario.name);
  const began = performance.now();
  let sampled = await run.sample(plan, 0);
  while (!interrupted.heard && !limit.isOver && sampled.more) {
    sampled = await run.sample(plan, TURN_MS);
    bar.show(run.tick / run.end_ticks, run.tick);
    await nextTurn();
  }
  // The time after the last sample is shorter than a sample, but an expectation of the scenario may lie in it.
  if (!interrupted.heard && !sampled.more) await run.advance(run.end_ticks);
  bar.end();
  interrupted.stop();
  const report = await run.report((performance.now() - began) / MS_PER_SECOND, interrupted.heard);
  const late = run.over ? [] : limit.findings(run.tick, run.end_ticks);
  return trumpetReport(withFindings(report, late), plan, sampled.volumes_nl);
}

function textOf(report: TrumpetReport, paint: Paint): string {
  const style = { pass: "green", fail: "red", invalid: "yellow", interrupted: "yellow" } as const;
  const { seed, gear, controller, fingerprint, a_pct, b_pct } = report;
  const lines = [
    `${paint("bold", report.scenario)}  ${paint(style[report.verdict], report.verdict.toUpperCase())}`,
    ...(report.reason === null ? [] : [`  ${report.reason}`]),
    `  set rate ${report.rate_ulPerDay} uL/day, a sample every ${duration(report.sample_s)}`,
    `  ${paint("dim", `seed ${seed}, gear ${gear}, controller ${controller}, fingerprint ${fingerprint}`)}`,
    "",
    `  A, the first ${duration(report.stabilise_s).padEnd(10)}  ${mean(a_pct)}`,
    `  B, the ${duration(report.analysis_s)} after`.padEnd(25) + `  ${mean(b_pct)}`,
    ...trumpet(report, paint),
    ...acceptance(report, paint),
  ];
  return `${lines.join("\n")}\n`;
}

function trumpet({ windows, left_out_min }: TrumpetReport, paint: Paint): string[] {
  if (windows.length === 0) return ["", "  no window fits into what was recorded"];
  const most_pct = Math.max(...windows.flatMap((row) => [Math.abs(row.emax_pct), Math.abs(row.emin_pct)]));
  const scale_pct = Math.max(1, Math.ceil(most_pct));
  const ends = `-${scale_pct} %`.padEnd(SKETCH_CHARACTERS) + "0" + `+${scale_pct} %`.padStart(SKETCH_CHARACTERS);
  const rows = windows.map(({ window_min, emin_pct, emax_pct, pulse_pct }) => {
    const figures = [emin_pct, emax_pct].map((value) => percentWords(value).padStart(10)).join("");
    const pulse = `${pulse_pct.toFixed(2)} %`.padStart(11);
    return `  ${`${window_min} min`.padStart(8)}${figures}${pulse}  ${sketched(emin_pct, emax_pct, scale_pct)}`.trimEnd();
  });
  const left =
    left_out_min.length === 0 ? [] : [`  left out, longer than the analysis: ${left_out_min.join(", ")} min`];
  return ["", `  ${paint("dim", `  window      Emin      Emax  one pulse  ${ends}`)}`, ...rows, ...left];
}

/** One window of the trumpet: `-` from the worst shortfall to the worst excess, `|` at the set rate. */
function sketched(from_pct: number, to_pct: number, scale_pct: number): string {
  const place = (pct: number) => Math.round((pct / scale_pct) * SKETCH_CHARACTERS) + SKETCH_CHARACTERS;
  const characters = Array.from({ length: 2 * SKETCH_CHARACTERS + 1 }, (_, i) => {
    if (i === SKETCH_CHARACTERS) return "|";
    return i >= place(from_pct) && i <= place(to_pct) ? "-" : " ";
  });
  return characters.join("");
}

function acceptance(report: TrumpetReport, paint: Paint): string[] {
  if (report.acceptance.length === 0) return [];
  const rows = report.acceptance.map(
    ({ ok, text, seen }) =>
      `    ${ok ? paint("green", "ok  ") : paint("red", "FAIL")}  ${text}\n            seen: ${seen}`,
  );
  return ["", "  acceptance", ...rows];
}

function mean(value_pct: number | null): string {
  return value_pct === null ? "not recorded" : percentWords(value_pct);
}

function duration(time_s: number): string {
  return formatTicks(ticksOfSeconds(time_s));
}
