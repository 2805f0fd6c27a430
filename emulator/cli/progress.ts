// The progress bars of a long run and of many runs. A bar is shown on stderr, only on a terminal, and only after the first half
// second.

import { Presets, SingleBar } from "cli-progress";
import { TICK_MS, TICKS_PER_DAY, TICKS_PER_HOUR } from "../../hal/units";
import type { Progress as CampaignProgress } from "../check/campaign";
import { formatTicks } from "../time";
import { numberWords } from "../amounts";

const PATIENCE_MS = 500;

export interface Progress {
  /** Shows that `part` (0..1) of the run is done and that it is at `tick`. */
  show(part: number, tick: number): void;
  end(): void;
}

/** The bar of one run. */
export function progressBar(title: string): Progress {
  const began = performance.now();
  const bar = lateBar("{title} {bar} {percentage} %  {time}  ({speed} x real time)", 1000, { time: "", speed: "" });
  return {
    show: (part, tick) => {
      const speed = numberWords(Math.round((tick * TICK_MS) / (performance.now() - began)));
      // After the first hour only whole hours are shown, because minutes would change too fast to be read.
      const time = formatTicks(tick > TICKS_PER_HOUR ? tick - (tick % TICKS_PER_HOUR) : tick);
      bar.show(Math.floor(part * 1000), { title, time, speed });
    },
    end: bar.end,
  };
}

/** The bar of a movement in a run, which may go back. */
export function moveBar(title: string): Progress {
  const bar = lateBar("{title} {bar} {percentage} %  {time}", 1000, { time: "" });
  return {
    show: (part, tick) => bar.show(Math.floor(part * 1000), { title, time: formatTicks(tick) }),
    end: bar.end,
  };
}

/** The bar of many runs. */
export function countingBar(title: string, total: number, noun: string): { show(done: number): void; end(): void } {
  const bar = lateBar(`{title} {bar} {percentage} %  {value} of {total} ${noun}`, total, {});
  return { show: (done) => bar.show(done, { title }), end: bar.end };
}

/** The bar of a campaign, over its cases or, where the time alone decides, over its time. */
export function campaignBar(
  runs: number | null,
  time_ms: number,
): { show(progress: CampaignProgress): void; end(): void } {
  const total = runs ?? Math.round(time_ms);
  const bar = lateBar(
    "check {bar} {cases} cases, {days} pump-days ({speed} a core-second), {classes} classes, {failures} failures{left}",
    total,
    { cases: "0", days: "0", speed: "0", classes: "0", failures: "0", left: "" },
  );
  return {
    show: ({ cases, ticks, core_ms, classes, failures, left_ms }) => {
      const days = ticks / TICKS_PER_DAY;
      const isTimed = Number.isFinite(left_ms);
      bar.show(runs === null ? Math.min(total, Math.round(time_ms - left_ms)) : cases, {
        cases: numberWords(cases),
        days: numberWords(Math.round(days)),
        speed: numberWords(Math.round((days * 1000) / Math.max(1, core_ms))),
        classes: numberWords(classes),
        failures: String(failures),
        left: isTimed ? `, ${Math.max(0, Math.round(left_ms / 1000))} s left` : "",
      });
    },
    end: bar.end,
  };
}

/** A bar that appears with the first value after PATIENCE_MS; none where stderr is no terminal. */
function lateBar(format: string, total: number, empty: Record<string, string>) {
  if (!process.stderr.isTTY) return { show: () => undefined, end: () => undefined };
  const began = performance.now();
  let bar: SingleBar | null = null;
  return {
    show: (value: number, words: Record<string, string>): void => {
      if (performance.now() - began < PATIENCE_MS) return;
      if (!bar) {
        bar = new SingleBar(
          { format, stream: process.stderr, clearOnComplete: true, hideCursor: true },
          Presets.shades_classic,
        );
        bar.start(total, 0, { ...empty, ...words });
      }
      bar.update(value, words);
    },
    end: (): void => bar?.stop(),
  };
}
