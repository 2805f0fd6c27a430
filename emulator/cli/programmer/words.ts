// The one table of outcomes in words: for whoever holds the programmer, what each refusal means and what to do next. The
// codes are those of hal/telemetry.ts; help, docs and tests read this table.

import { OUTCOMES } from "../../../hal/telemetry";
import { outcomeName } from "../../contract/codes";

interface OutcomeWords {
  /** As `--json` has it. */
  name: string;
  means: string;
  next: string;
}

const WORDS: Readonly<Record<string, readonly [means: string, next: string]>> = {
  accepted: ["the pump has done it, or begun it", "nothing"],
  lockout: [
    "the lockout since the last patient bolus is not over",
    "wait until it is; asking again does not lengthen it",
  ],
  per_24h: ["all patient boluses of 24 hours are used", "wait until one of them is more than 24 hours ago"],
  dose_limit: ["it would exceed a dose window, at once or later", "wait, or ask for less; `read` shows the limits"],
  busy: [
    "something runs that must end first: a bolus, a prime, a bridge, a self-test; for an explant, the therapy",
    "wait for its end, or `stop`",
  ],
  stopped: ["the pump is stopped", "`start`"],
  alarm: [
    "a critical alarm is on, or the memory cannot keep what is asked for",
    "`status` names it; remove its cause, then `acknowledge`",
  ],
  empty: ["the reservoir is empty", "`refill`"],
  not_programmed: ["the pump has no program", "`program FILE`"],
  out_of_range: [
    "a value is outside what the pump takes, or more than the recorded path holds",
    "check the amounts and durations against `read`",
  ],
  digest: ["what was staged is not what the commit names", "run `program` again: it stages anew"],
  malformed: [
    "the pump has no such command, or not in this length",
    "check with `version` that pump and programmer fit",
  ],
  version: ["the pump speaks another version of telemetry", "use a programmer of the pump's version"],
  not_authorised: [
    "this role may not do it, or not without the programming head in place",
    "put the head in place, or use a pairing of another role",
  ],
  soft_limit: ["a drug's soft daily limit is passed", "if it is meant: `--confirm soft-limit --reason ...`"],
  hard_limit: ["a drug's hard limit is passed", "lower the dose: nothing confirms this"],
  total_doubled: [
    "the 24-hour total is more than twice the last",
    "compare both totals; if it is meant: `--confirm total`",
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
    "not in this state of the pump's life",
    "`status` names the state: shelf, implanted, in_service, explanted",
  ],
  discrepancy: [
    "what was taken out is not what should have been left; nothing was recorded",
    "look for the cause; then `--confirm discrepancy`",
  ],
  log_unread: ["the log has entries that nobody has read", "run `explant` again: it reads them first"],
  no_session: ["the session has ended", "try again: it opens a new one"],
  replay: ["the pump took the message for one that it had before", "try again"],
  not_authentic: ["the pump does not know this pairing's key", "`pair` again"],
  not_paired: ["the pump has no such pairing", "`pair` again"],
};

/** What an outcome is called and means; a code of a later version has no words. */
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
