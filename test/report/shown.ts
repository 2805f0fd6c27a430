// The points that a page shows of its curves and plots, read by the modules that draw it in the browser.

import type { Lists } from "../../emulator/points";
import { tableOf, type ListedCurve, type Table } from "../../emulator/report/curve";
import { Curves } from "../../emulator/report/page/curves";
import type { PageCurve, PageModel, Plot } from "../../emulator/report/page-model";
import { ticksOfSeconds } from "../../emulator/time";

/** From where to where, and the ticks of a pixel. */
export type View = [from: number, to: number, pixel: number];

/** The points of a curve in a view when all pieces that it needs have come. */
export async function shownIn(of: readonly PageCurve[], endTick: number, index: number, view: View): Promise<Lists> {
  const [curve] = await allShown(of, endTick, [index], view);
  return curve;
}

/** All points of a plot. */
export async function tableIn({ curves, end_s }: PageModel, { lines }: Pick<Plot, "lines">): Promise<Table> {
  const endTick = ticksOfSeconds(end_s);
  const indexes = lines.map(({ curve }) => curve);
  return tableOf(await allShown(curves, endTick, indexes, [0, endTick, 1]), 0, endTick);
}

async function allShown(
  of: readonly PageCurve[],
  endTick: number,
  indexes: readonly number[],
  [from, to, pixel]: View,
): Promise<ListedCurve[]> {
  let came = (): void => undefined;
  const curves = new Curves(of, endTick, () => came());
  for (;;) {
    const shown = indexes.map((index) => curves.shown(index, from, to, pixel));
    if (!curves.isWaiting) return shown;
    await new Promise<void>((done) => (came = done));
  }
}
