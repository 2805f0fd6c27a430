// Makes the result of a command, with its words and its exit code, in the same way for all commands: with the pump's answer,
// without one, or because the person declined. A command that was sent and not acknowledged is reported as such, together with
// the information of the status that was read afterwards.

import { FRAME_VERSION, OUTCOME_ACCEPTED } from "../../../hal/telemetry";
import { outcomeName } from "../../contract/codes";
import type { NotSent } from "../../programmer/client";
import { EXIT } from "../exit-codes";
import type { Shortfall, CommandResult } from "./talk";
import { outcomeWords } from "./words";

/** The text about exit codes in `--help`. */
export const EXIT_CODES =
  "Exit codes: 0 accepted, or read; 1 the pump refused, or never got the command; 2 bad usage or a bad file, nothing was sent;\n" +
  "3 the port failed, no answer, or not acknowledged and unknown; 130 interrupted, or answered no.\n" +
  "Sent, not acknowledged: 0 when the status says it was accepted, 1 when it says it was not, 3 when it says nothing.";

/**
 * The result of an order that the pump answered. `done` is the text after an acceptance, and `json.field` the prescription's field
 * for which a program was refused.
 */
export function outcomeResult(
  name: string,
  outcome: number,
  done: string,
  json: { field?: string; readonly [key: string]: unknown } = {},
): CommandResult {
  if (outcome === OUTCOME_ACCEPTED) {
    return {
      result: "accepted",
      text: `${name}: accepted. ${done}`,
      json: { outcome: "accepted", ...json },
      exit: EXIT.pass,
    };
  }
  return {
    result: "refused",
    text: `${name}: ${refusal(outcome, json.field)}`,
    json: { ...refusalJson(outcome), ...json },
    exit: EXIT.fail,
  };
}

export function readResult(text: string, json: object): CommandResult {
  return { result: "read", text, json, exit: EXIT.pass };
}

export function declinedResult(name: string): CommandResult {
  return {
    result: "declined",
    text: `${name}: not done, as you said; nothing was changed`,
    json: {},
    exit: EXIT.interrupted,
  };
}

/** The result of a command that did not get the answer that it needed. */
export function shortfallResult(name: string, port: string, answer: Shortfall, isQuery: boolean): CommandResult {
  switch (answer.kind) {
    case "answered":
      return outcomeResult(name, answer.outcome, "");
    case "refused":
      return {
        result: "refused",
        text: `${name}: ${refusal(answer.outcome)}`,
        json: refusalJson(answer.outcome),
        exit: EXIT.fail,
      };
    case "notSent":
      return notSent(name, port, answer.why);
    case "notAcknowledged":
      return isQuery ? noAnswer(name, port) : notAcknowledged(name, answer.status, answer.outcome);
    case "cancelled":
      return interrupted(name, answer.sent && !isQuery);
  }
}

function interrupted(name: string, sent: boolean): CommandResult {
  const doubt = ` after it was sent: it may have been carried out; \`status\` names the last command`;
  const text = `${name}: interrupted${sent ? doubt : "; nothing was changed"}`;
  return { result: "interrupted", text, json: { sent }, exit: EXIT.interrupted };
}

function refusal(outcome: number, field?: string): string {
  const { name, means, next } = outcomeWords(outcome);
  const about = field ? `, for the field ${field}` : "";
  return `the pump refused (${name}${about}): ${means}.\n  What to do: ${next}.`;
}

function refusalJson(outcome: number): object {
  const { name, means, next } = outcomeWords(outcome);
  return { outcome: name, means, next };
}

function notSent(name: string, port: string, why: NotSent): CommandResult {
  if (why.reason === "version") {
    const text =
      `${name}: the pump at ${port} speaks telemetry version ${why.frameVersion}, this programmer version ${FRAME_VERSION}; ` +
      "the command was not sent.\n  What to do: use a programmer of the pump's version.";
    return {
      result: "refused",
      text,
      json: { outcome: "version", frame_version: why.frameVersion },
      exit: EXIT.fail,
    };
  }
  const heard =
    why.bytes > 0
      ? `${why.bytes} bytes came that are no answer: another baud rate, or another device?`
      : "it may be out of reach, or pausing after messages that it could not trust (10 s at most)";
  return {
    result: "not_sent",
    text: `${name}: no pump answers at ${port}: ${heard}\n  The command was not sent.`,
    json: { reason: "silent", bytes: why.bytes },
    exit: EXIT.port,
  };
}

function noAnswer(name: string, port: string): CommandResult {
  return {
    result: "not_acknowledged",
    text: `${name}: the pump at ${port} stopped answering; nothing was changed by asking`,
    json: { pump_says: "unknown" },
    exit: EXIT.port,
  };
}

function notAcknowledged(
  name: string,
  status: "accepted" | "notAccepted" | "unknown",
  outcome: number | null,
): CommandResult {
  const sent = `${name}: sent, not acknowledged;`;
  const json = { outcome: outcome === null ? null : outcomeName(outcome) };
  if (status === "accepted") {
    const text = `${sent} the status says it was accepted`;
    return { result: "not_acknowledged", text, json: { ...json, pump_says: "accepted" }, exit: EXIT.pass };
  }
  if (status === "notAccepted") {
    const why = outcome === null ? "it never reached the pump. Try again" : refusal(outcome);
    const text = `${sent} the status says it was not accepted: ${why}`;
    return { result: "not_acknowledged", text, json: { ...json, pump_says: "not_accepted" }, exit: EXIT.fail };
  }
  const text =
    `${sent} the pump does not answer: unknown whether it was accepted.\n` +
    "  What to do: do not send it again before `status` answers; its last command says whether this one was carried out.";
  return { result: "not_acknowledged", text, json: { ...json, pump_says: "unknown" }, exit: EXIT.port };
}
