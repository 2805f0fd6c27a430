// The monitor of what a commit may bring into force (LIM-8). Doses are computed from the record in units of 10 ng with exact
// integers, for each drug of a mixture, and compared with the published library of hal/.

import { DRUG_UNLISTED, HARD_HOURS, hardDay, PULSES_PER_DOSE_UNIT, softDay } from "../../../hal/drug-library";
import { CONFIRM_SOFT_LIMIT, CONFIRM_TOTAL, REASON_NONE } from "../../../hal/telemetry";
import { EVENT_PROGRAM_ACCEPTED } from "../../../hal/trace";
import { dayTotal, hourTotal } from "../../telemetry/program-totals";
import type { Program } from "../../telemetry/program";
import { TOLD, type Monitor } from "./monitor";

/** LIM-8: no program beyond a hard limit; one beyond a soft limit, or of more than twice the last total, only if confirmed. */
export function watchCommits(): Monitor {
  const books = { ok: true, lastTotal: 0 };
  return {
    books,
    asked: TOLD,
    event: ({ code }, { program, orders, isOrdered }) => {
      if (code !== EVENT_PROGRAM_ACCEPTED) return;
      if (!isOrdered) books.ok = false;
      if (program === null) {
        books.lastTotal = 0;
        return;
      }
      const limit = limitPassed(program);
      if (limit === "hard") books.ok = false;
      const { total } = dayTotal(program);
      const confirmed = orders?.confirmed() ?? null;
      if (confirmed !== null) {
        const { confirm, reason } = confirmed;
        if (limit === "soft" && ((confirm & CONFIRM_SOFT_LIMIT) === 0 || reason === REASON_NONE)) books.ok = false;
        const isDoubled = books.lastTotal > 0 && total > 2 * books.lastTotal;
        if (isDoubled && (confirm & CONFIRM_TOTAL) === 0) books.ok = false;
      }
      if (total > 0) books.lastTotal = total;
    },
    holds: () => books.ok,
  };
}

/** The limit of the library that a day or an hour of a program passes for any of its drugs. */
function limitPassed(program: Program): "none" | "soft" | "hard" {
  const day = dayTotal(program).total;
  const hour = hourTotal(program);
  let passed: "none" | "soft" | "hard" = "none";
  for (const { id, concentration } of program.drugs ?? []) {
    if (id === DRUG_UNLISTED) continue;
    const [soft, hard] = [softDay(id), hardDay(id)];
    const inDay = unitsIn(day, concentration);
    if (inDay > hard || unitsIn(hour, concentration) * HARD_HOURS > hard) return "hard";
    if (inDay > soft) passed = "soft";
  }
  return passed;
}

/** Whole units of dose in that many pulses. The product stays far below 2^53. */
function unitsIn(pulses: number, concentration: number): number {
  return Math.floor((pulses * concentration) / PULSES_PER_DOSE_UNIT);
}
