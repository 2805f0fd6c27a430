// `program FILE` sends a program in two steps. First it stages the program in pieces and compares the pump's digest of them
// with our own. Then it shows the old program beside the new one, with the totals, and commits the program by that digest only
// after the person agrees. The pump may want further confirmations (a soft limit, a total more than doubled, a drug without a
// bridge). The command asks for each of them by name, or takes them from `--confirm`. `--yes` never gives them, and neither
// does a `confirm` in the file, which was written before anybody saw these totals.

import {
  COMMAND_COMMIT,
  COMMAND_STAGE,
  CONFIRM_NO_BRIDGE,
  CONFIRM_SOFT_LIMIT,
  CONFIRM_TIGHT_LIMITS,
  CONFIRM_TOTAL,
  FLAG_BOLUS,
  OUTCOME_ACCEPTED,
  OUTCOME_BRIDGE_NEEDED,
  OUTCOME_DIGEST,
  OUTCOME_SOFT_LIMIT,
  OUTCOME_TIGHT_LIMITS,
  OUTCOME_TOTAL_DOUBLED,
} from "../../../hal/telemetry";
import { PULSE_NL } from "../../../hal/units";
import {
  decodeCommit,
  decodeStage,
  digestOf,
  encodeCommit,
  encodeProgram,
  type StageReply,
  stagePieces,
  type Status,
} from "../../telemetry/messages";
import { refusedField } from "../../contract/codes";
import { dayTotal } from "../../telemetry/program-totals";
import { loadOrder, type Order } from "../../scenario/load";
import { REASON_NAMES } from "../../scenario/schema";
import { UsageError } from "../../usage-error";
import { type Call, type ProgrammerCommand, wordsOption } from "./command";
import { outcomeResult } from "./ending";
import { volume } from "./figures";
import { lines, remarks } from "./orders";
import { comparison, solutesOf } from "./program-text";
import type { Talk, CommandResult } from "./talk";
import { outcomeWords } from "./words";

/** The confirmations, each with its word, the refusal that it answers, and its bit. */
const CONFIRMATIONS = [
  { word: "soft-limit", outcome: OUTCOME_SOFT_LIMIT, bit: CONFIRM_SOFT_LIMIT },
  { word: "total", outcome: OUTCOME_TOTAL_DOUBLED, bit: CONFIRM_TOTAL },
  { word: "no-bridge", outcome: OUTCOME_BRIDGE_NEEDED, bit: CONFIRM_NO_BRIDGE },
  { word: "tight-limits", outcome: OUTCOME_TIGHT_LIMITS, bit: CONFIRM_TIGHT_LIMITS },
] as const;
const CONFIRM_WORDS = CONFIRMATIONS.map(({ word }) => word);
/** The reason for passing a soft limit that a person confirms here, without `--reason`. */
const REASON_DEFAULT = "other";

export const PROGRAM_ORDER: ProgrammerCommand = {
  name: "program",
  argument: ["<file>", "a scenario, or a file with `drugs` and `prescription` alone (as `read --yaml` prints it)"],
  does: "stage a program, read it back, show old and new with their totals, and commit it",
  options: [
    ["--confirm <words>", `further confirmations for the pump, separated by commas: ${CONFIRM_WORDS.join(", ")}`],
    ["--reason <word>", `the reason for passing a soft limit: ${REASON_NAMES.join(", ")}`],
  ],
  notes:
    "--yes commits; it confirms none of those words, and neither does a `confirm` in FILE.\n" +
    "On a terminal the pump's questions are asked one by one. A soft limit needs a reason as well.",
  needsPairing: true,
  asks: "acts",
  check: ({ confirm, reason }, file) => {
    const given = wordsOption("--confirm", confirm, CONFIRM_WORDS);
    if (reason !== undefined) wordsOption("--reason", reason, REASON_NAMES);
    if (given.includes("soft-limit") && reason === undefined) {
      throw new UsageError(`--confirm soft-limit needs a --reason: ${REASON_NAMES.join(", ")}`);
    }
    loadOrder(file);
  },
  run: program,
};

interface Consent {
  confirm: number;
  reason: number;
}

async function program({ talk, argument, given }: Call): Promise<CommandResult> {
  const order = loadOrder(argument);
  if (order.consent.confirm !== 0)
    talk.note(`${argument} has \`confirm\`, which this command does not use; see --confirm`);
  const status = await talk.status();
  const now = await talk.program();
  const record = encodeProgram(order.program);
  const staged = await stage(talk, record);
  if (staged.outcome !== OUTCOME_ACCEPTED) return outcomeResult("program", staged.outcome, "");
  const solutes = solutesOf(order.program, order.drugs);
  const shown = comparison(now, order.program, solutes);
  const about = lines(effects(status, staged.starts), remarks(status));
  await talk.confirm(about === "" ? shown : `${shown}\n\n${about}`, "commit?");
  const consent: Consent = {
    confirm: CONFIRMATIONS.filter(({ word }) =>
      wordsOption("--confirm", given["confirm"], CONFIRM_WORDS).includes(word),
    ).reduce((bits, { bit }) => bits | bit, 0),
    reason: typeof given["reason"] === "string" ? REASON_NAMES.indexOf(given["reason"]) + 1 : 0,
  };
  return commit(talk, order, record, consent);
}

/** The effects of a commit on a running bolus, and on a stopped pump if it starts that, as lines. */
function effects({ flags, bolusGiven, bolusTotal }: Status, starts: boolean): string {
  const given = `${volume(bolusGiven)} of ${volume(bolusTotal)} given`;
  return lines(
    (flags & FLAG_BOLUS) === 0 ? "" : `A bolus is running, ${given}: a new program cancels the rest.`,
    starts ? "The pump is stopped: a new program starts it." : "",
  );
}

/**
 * Sends all pieces and compares the pump's digest with ours. Gives the outcome, and whether the pump says that a commit starts it
 * (THR-10).
 */
async function stage(talk: Talk, record: Uint8Array): Promise<{ outcome: number; starts: boolean }> {
  let staged: StageReply | null = null;
  for (const piece of stagePieces(record)) {
    const { outcome, payload } = await talk.order(COMMAND_STAGE, piece);
    if (outcome !== OUTCOME_ACCEPTED) return { outcome, starts: false };
    staged = decodeStage(payload);
  }
  const isOurs = staged !== null && staged.digest === digestOf(record);
  return { outcome: isOurs ? OUTCOME_ACCEPTED : OUTCOME_DIGEST, starts: staged?.starts === 1 };
}

async function commit(talk: Talk, order: Order, record: Uint8Array, given: Consent): Promise<CommandResult> {
  const shown = dayTotal(order.program).total;
  let consent = given;
  // The pump asks for one confirmation at a time, and each question is asked once.
  for (let questions = 0; ; questions++) {
    const payload = encodeCommit(digestOf(record), consent.confirm, consent.reason, consent.confirm === 0 ? 0 : shown);
    const answer = await talk.order(COMMAND_COMMIT, payload);
    const totals = decodeCommit(answer.payload);
    const asked = CONFIRMATIONS.find(({ outcome }) => outcome === answer.outcome);
    const granted = asked && questions < CONFIRMATIONS.length && (consent.confirm & asked.bit) === 0;
    const field = refusedField(totals?.field ?? 0);
    if (granted && (await isIntended(talk, answer.outcome, field, shown, totals?.before ?? 0))) {
      const reason = consent.reason || (asked.word === "soft-limit" ? REASON_NAMES.indexOf(REASON_DEFAULT) + 1 : 0);
      consent = { confirm: consent.confirm | asked.bit, reason };
      continue;
    }
    if (answer.outcome === OUTCOME_ACCEPTED && totals && totals.total !== shown) {
      talk.note(
        `the pump computes ${volume(totals.total)} in 24 h and not the ${volume(shown)} shown: read the program back`,
      );
    }
    return outcomeResult("program", answer.outcome, `In force, with at most ${volume(shown)} in 24 h.`, {
      digest: digestOf(record).toString(16).padStart(8, "0"),
      total_24h_nl: shown * PULSE_NL,
      before_24h_nl: totals ? totals.before * PULSE_NL : null,
      ...(field ? { field } : {}),
    });
  }
}

function isIntended(
  talk: Talk,
  outcome: number,
  field: string | null,
  total: number,
  before: number,
): Promise<boolean> {
  const { name, means } = outcomeWords(outcome);
  const about = lines(
    `The pump asks (${name}): ${means}. 24-hour total: ${volume(before)} before, ${volume(total)} new.`,
    field ? `It names the field ${field}.` : "",
  );
  return talk.askPerson(about, "is this intended?");
}
