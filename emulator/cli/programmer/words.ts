// The one table of outcomes in words. It tells the person with the programmer what each refusal means and what to do next. The
// codes are those of hal/telemetry.ts; help, docs and tests read this table.

import { OUTCOMES } from "../../../hal/telemetry";
import { outcomeName } from "../../contract/codes";

interface OutcomeWords {
  /** The outcome's name in `--json`. */
  name: string;
  means: string;
  next: string;
}

const WORDS: Readonly<Record<string, readonly [means: string, next: string]>> = {
  accepted: ["the pump has carried it out or begun it", "nothing"],
  lockout: [
    "the lockout since the last patient bolus is not over",
    "wait until it is over; asking again does not lengthen it",
  ],
  per_24h: ["all patient boluses of 24 hours are used", "wait until the oldest of them is more than 24 hours ago"],
  dose_limit: [
    "the dose would exceed a dose window, now or later",
    "wait, or ask for less; `read` shows the limits, and a program without limits has room for its own doses alone: send limits with it",
  ],
  busy: [
    "something runs that must end first: a bolus, a prime, a bridge; for an explant, the therapy",
    "wait for its end, or `stop`",
  ],
  stopped: ["the pump is stopped", "`start`"],
  alarm: [
    "a critical alarm is active, or the pump's memory cannot store the change",
    "`status` names the alarm; remove its cause, then `acknowledge`",
  ],
  empty: ["the reservoir is empty", "`refill`"],
  not_programmed: ["the pump has no program", "`program FILE`"],
  out_of_range: [
    "a value is outside the pump's range, or a volume is more than the recorded path holds",
    "check the amounts and durations against `read`",
  ],
  digest: [
    "the pump has staged another program than the one that the commit names",
    "run `program` again, which stages the program again",
  ],
  malformed: [
    "the pump does not have this command, or expects it in another length",
    "check with `version` that pump and programmer match",
  ],
  version: ["the pump speaks another version of telemetry", "use a programmer of the pump's version"],
  not_authorised: [
    "the role of this pairing may not do it, or the programming head is not in place",
    "put the head in place, or use a pairing of another role",
  ],
  soft_limit: ["a drug's soft daily limit is passed", "if this is intended: `--confirm soft-limit --reason ...`"],
  hard_limit: ["a drug's hard limit is passed", "lower the dose; nothing overrides this limit"],
  total_doubled: [
    "the 24-hour total is more than twice the last one",
    "compare both totals; if this is intended: `--confirm total`",
  ],
  bridge_needed: [
    "drug or concentration changes while the path still holds the old solution",
    "`bridge` first, or `--confirm no-bridge`",
  ],
  library: [
    "the program was written for another drug library",
    "use a programmer with the pump's library; `version` names it",
  ],
  life_cycle: [
    "the pump does not do this in its present state of life",
    "`status` names the state: shelf, implanted, in_service, explanted",
  ],
  discrepancy: [
    "the volume taken out is not the one that should have been left; nothing was recorded",
    "look for the cause; then `--confirm discrepancy`",
  ],
  log_unread: ["the log has entries that nobody has read", "run `explant` again, which reads them first"],
  no_session: ["the session has ended", "try again, which opens a new one"],
  replay: ["the pump took the message for a repetition of an earlier one", "try again"],
  not_authentic: ["the pump does not know this pairing's key", "`pair` again"],
  tight_limits: [
    "the program cannot be given as it is written: a patient bolus is faster than the pump, or a limit leaves basal or bolus no room",
    "change the field that is named; if this is intended: `--confirm tight-limits`",
  ],
  not_paired: ["the pump has no such pairing", "`pair` again"],
};

/** Name, meaning and advice of an outcome. The code of a later version has its number instead of words. */
export function outcomeWords(outcome: number): OutcomeWords {
  const name = outcomeName(outcome);
  const [means, next] = WORDS[name] ?? [
    `the pump answers with code ${outcome}`,
    "use a programmer of the pump's version",
  ];
  return { name, means, next };
}

/** Every outcome of this version, in the order of the codes. */
export const OUTCOME_WORDS: readonly OutcomeWords[] = Array.from({ length: OUTCOMES }, (_, code) => outcomeWords(code));
