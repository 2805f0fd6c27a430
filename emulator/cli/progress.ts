// The progress bar of a long run. It is shown on stderr, only on a terminal, and only after the first half second of the run.

import { Presets, SingleBar } from "cli-progress";
import { TICK_MS, TICKS_PER_HOUR } from "../../hal/units";
import { formatTicks } from "../time";
import { numberWords } from "../amounts";

const PATIENCE_MS = 500;

export interface Progress {
  /** Shows that `part` (0..1) of the run is done and that it is at `tick`. */
  show(part: number, tick: number): void;
  end(): void;
}

export function progressBar(title: string): Progress {
  if (!process.stderr.isTTY) return { show: () => undefined, end: () => undefined };
  const began = performance.now();
  let bar: SingleBar | null = null;
  return {
    show: (part, tick) => {
      if (performance.now() - began < PATIENCE_MS) return;
      if (!bar) {
        const format = "{title} {bar} {percentage} %  {time}  ({speed} x real time)";
        bar = new SingleBar(
          { format, stream: process.stderr, clearOnComplete: true, hideCursor: true },
          Presets.shades_classic,
        );
        bar.start(1000, 0, { title, time: "", speed: "" });
      }
      const speed = numberWords(Math.round((tick * TICK_MS) / (performance.now() - began)));
      // After the first hour only whole hours are shown, because minutes would change too fast to be read.
      const time = formatTicks(tick > TICKS_PER_HOUR ? tick - (tick % TICKS_PER_HOUR) : tick);
      bar.update(Math.floor(part * 1000), { time, speed });
    },
    end: () => bar?.stop(),
  };
}
