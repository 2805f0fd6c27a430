// The commands that act. Each reads the values that it needs from the pump, shows what it will do with the relevant totals,
// asks, and sends one order. program-order.ts has the command `program`, and life.ts has pairing, implant and explant.

import {
  COMMAND_ACKNOWLEDGE,
  COMMAND_BRIDGE,
  COMMAND_CLINICIAN_BOLUS,
  COMMAND_PATIENT_BOLUS,
  COMMAND_PRIME,
  COMMAND_REFILL,
  COMMAND_SELF_TEST,
  COMMAND_SET_CLOCK,
  COMMAND_START,
  COMMAND_STOP,
  OUTCOME_ACCEPTED,
  OUTCOME_DISCREPANCY,
} from "../../../hal/telemetry";
import { PULSE_NL } from "../../../hal/units";
import { parseWall, wallText } from "../../calendar";
import { decodeRefill, encodeBridge, encodePrime, encodeRefill, type Status, words } from "../../telemetry/messages";
import { toBridge, toClinicianBolus, toPrime } from "../../scenario/prescription";
import { describeUnknown } from "../../names";
import { ALARM_NAMES } from "../../scenario/schema";
import { UsageError } from "../../usage-error";
import {
  type Call,
  concentrationFor,
  type ProgrammerCommand,
  quantityOption,
  refusing,
  required,
  wordsOption,
} from "./command";
import { outcomeResult, readResult } from "./ending";
import { amount, concentration, rate, seconds, type Solute, volume } from "./figures";
import { solutesOf } from "./program-text";
import { activeAlarms, headIsInPlace, wallOf } from "./status-text";
import type { Talk, CommandResult } from "./talk";
import { MS_PER_MINUTE } from "../../time";

export const ORDERS: readonly ProgrammerCommand[] = [
  {
    name: "bolus",
    argument: ["[amount]", "amount of a clinician's bolus: a dose of the pump's primary drug, or a volume"],
    does: "start the patient's bolus as programmed; with --clinician, a bolus of any amount",
    options: [
      ["--clinician", "give a clinician's bolus of AMOUNT over --duration"],
      ["--duration <time>", "time over which the clinician's bolus is spread"],
    ],
    needsPairing: true,
    asks: ({ clinician }) => clinician === true,
    check: checkBolus,
    run: bolus,
  },
  {
    name: "stop",
    does: "stop all delivery until `start` or a new program; the pulse in flight finishes",
    asks: "acts",
    needsPairing: true,
    run: stop,
  },
  { name: "start", does: "start the programmed therapy again", asks: "acts", needsPairing: true, run: start },
  {
    name: "refill",
    does: "record a refill, which the clinician has done with a syringe",
    options: [
      ["--filled <volume>", "volume that was put in"],
      ["--aspirated <volume>", "volume that was taken out"],
      ["--emptied", "the reservoir was emptied, so the pump compares the volume with its estimate"],
      ["--confirm <words>", "discrepancy: record the refill although another residue was expected"],
    ],
    asks: "acts",
    needsPairing: true,
    check: checkRefill,
    run: refill,
  },
  {
    name: "prime",
    argument: ["<volume>", "volume that is pumped, at most 1 mL"],
    does: "fill the fluid path fast",
    options: [["--confirm <words>", "geometry: prime even with more than the recorded path holds"]],
    asks: "acts",
    needsPairing: true,
    check: ({ confirm }, text) => {
      quantityOption("prime", text, ["volume"]);
      wordsOption("--confirm", confirm, ["geometry"]);
    },
    run: prime,
  },
  {
    name: "bridge",
    argument: ["<volume>", "volume of the old solution in the path, at most 1 mL"],
    does: "deliver the old solution in the path at its own rate, before a program for the new one",
    options: [["--old <concentration>", "concentration of the primary drug in the old solution"]],
    asks: "acts",
    needsPairing: true,
    check: (given, text) => {
      quantityOption("bridge", text, ["volume"]);
      quantityOption("--old", required(given, "old", "a concentration such as '10 mg/mL'"), ["concentration"]);
    },
    run: bridge,
  },
  {
    name: "acknowledge",
    argument: ["<alarm>", "name of the alarm, or all"],
    does: "acknowledge an alarm; a critical one returns within 2 h while its cause lasts",
    asks: "acts",
    needsPairing: true,
    check: (_, text) => {
      if (text !== "all" && !ALARM_NAMES.includes(text)) {
        throw new UsageError(`acknowledge: ${describeUnknown("alarm", text, [...ALARM_NAMES, "all"])}`);
      }
    },
    run: acknowledge,
  },
  {
    name: "clock",
    does: "show the pump's clock, or set it; lockouts and dose windows do not depend on it",
    options: [["--to <time>", "now, or a local time such as 2026-03-02T08:00"]],
    asks: ({ to }) => to !== undefined,
    needsPairing: true,
    check: ({ to }) => void (typeof to === "string" && minuteOf(to)),
    run: clock,
  },
  { name: "self-test", does: "begin a self-test", asks: "acts", needsPairing: true, run: selfTest },
];

function checkBolus({ clinician, duration }: Call["given"], text: string): void {
  if (clinician !== true) {
    if (text === "" && duration === undefined) return;
    throw new UsageError(
      "bolus: the patient's bolus has the programmed size; an amount or a duration needs --clinician",
    );
  }
  if (text === "") throw new UsageError("bolus --clinician: expected an amount such as '5 uL' or '0.05 mg'");
  quantityOption("bolus", text, ["dose", "volume"]);
  quantityOption("--duration", required({ duration }, "duration", "a time such as '10 min'"), ["duration"]);
}

async function bolus(call: Call): Promise<CommandResult> {
  const { talk, argument, given } = call;
  if (given["clinician"] !== true) {
    const { outcome } = await talk.order(COMMAND_PATIENT_BOLUS);
    return outcomeResult("bolus", outcome, "The bolus has begun.");
  }
  const { status, solutes } = await state(talk);
  const quantity = quantityOption("bolus", argument, ["dose", "volume"]);
  const order = toClinicianBolus(
    {
      [quantity.kind]: quantity,
      duration: quantityOption("--duration", String(given["duration"]), ["duration"]),
    },
    concentrationFor(quantity, solutes[0]),
    refusing("bolus"),
  );
  const size = amount(order.pulses, solutes);
  await talk.confirm(
    lines(
      `A bolus of ${size} over ${seconds(order.duration_s)}, on top of the basal of ${rate(status.rate)}.`,
      `The program's most in 24 h is ${amount(status.total, solutes)}; this comes on top of it.`,
      remarks(status),
    ),
    "give it?",
  );
  const { outcome } = await talk.order(COMMAND_CLINICIAN_BOLUS, words(order.pulses, order.duration_s));
  return outcomeResult("bolus", outcome, `${size} over ${seconds(order.duration_s)} has begun.`, {
    volume_nl: order.pulses * PULSE_NL,
    duration_s: order.duration_s,
  });
}

async function stop({ talk }: Call): Promise<CommandResult> {
  // The program is not read here: a program that cannot be read must not prevent a stop.
  const status = await talk.status();
  await talk.confirm(
    lines(
      `All delivery stops: basal, now ${rate(status.rate)}, and any bolus, prime or bridge.`,
      `The program's most in 24 h is ${volume(status.total)}.`,
      remarks(status),
    ),
    "stop the pump?",
  );
  const { outcome } = await talk.order(COMMAND_STOP);
  return outcomeResult("stop", outcome, "Nothing is delivered until `start`, or a new program, starts it.");
}

async function start({ talk }: Call): Promise<CommandResult> {
  const { status, solutes } = await state(talk);
  await talk.confirm(
    lines(`The programmed therapy starts; its most in 24 h is ${amount(status.total, solutes)}.`, remarks(status)),
    "start the pump?",
  );
  const { outcome } = await talk.order(COMMAND_START);
  return outcomeResult("start", outcome, "The programmed therapy runs.");
}

function checkRefill(given: Call["given"]): void {
  quantityOption("--filled", required(given, "filled", "a volume such as '18 mL'"), ["volume"]);
  quantityOption("--aspirated", required(given, "aspirated", "a volume such as '2 mL'"), ["volume"]);
  wordsOption("--confirm", given["confirm"], ["discrepancy"]);
}

async function refill({ talk, given }: Call): Promise<CommandResult> {
  const pulsesOf = (option: string) =>
    quantityOption(`--${option}`, String(given[option]), ["volume"]).value.div(PULSE_NL).floor().valueOf();
  const [aspirated, filled, emptied] = [pulsesOf("aspirated"), pulsesOf("filled"), given["emptied"] === true];
  const { status, solutes } = await state(talk);
  const left = emptied ? 0 : Math.max(0, status.estimate - aspirated);
  await talk.confirm(
    lines(
      `The pump estimates ${volume(status.estimate)}. Taken out: ${volume(aspirated)}${emptied ? ", all there was" : ""}.`,
      `Put in: ${amount(filled, solutes)}. Its estimate will then be ${volume(left + filled)}.`,
      remarks(status),
    ),
    "record this refill?",
  );
  const confirmed = wordsOption("--confirm", given["confirm"], ["discrepancy"]).length > 0;
  const send = (accept: boolean) => talk.order(COMMAND_REFILL, encodeRefill(emptied, aspirated, filled, accept));
  let answer = await send(confirmed);
  const expected = decodeRefill(answer.payload)?.expected ?? null;
  if (answer.outcome === OUTCOME_DISCREPANCY) {
    const about = `The pump expected ${volume(expected ?? 0)} to be left and ${volume(aspirated)} came out.`;
    if (await talk.askPerson(about, "record it all the same?")) answer = await send(true);
    else talk.note(about);
  }
  return outcomeResult("refill", answer.outcome, `The pump's estimate is now ${volume(left + filled)}.`, {
    expected_nl: expected === null ? null : expected * PULSE_NL,
  });
}

async function prime({ talk, argument, given }: Call): Promise<CommandResult> {
  const quantity = quantityOption("prime", argument, ["volume"]);
  const { status, solutes } = await state(talk);
  const confirm = wordsOption("--confirm", given["confirm"], ["geometry"]).length > 0;
  const order = toPrime({ volume: quantity, confirm }, concentrationFor(quantity, solutes[0]), refusing("prime"));
  await talk.confirm(
    lines(
      `A prime of ${amount(order.pulses, solutes)} runs as fast as the pump can, then the programmed mode.`,
      "The volume beyond what the path holds reaches the patient at once.",
      remarks(status),
    ),
    "prime?",
  );
  const { outcome } = await talk.order(COMMAND_PRIME, encodePrime(order.pulses, order.confirmed));
  return outcomeResult("prime", outcome, `The prime of ${volume(order.pulses)} has begun.`, {
    volume_nl: order.pulses * PULSE_NL,
  });
}

async function bridge({ talk, argument, given }: Call): Promise<CommandResult> {
  const quantity = quantityOption("bridge", argument, ["volume"]);
  const old = quantityOption("--old", String(given["old"]), ["concentration"]);
  const { status, solutes } = await state(talk);
  const parsed = { volume: quantity, old_concentration: old };
  const order = toBridge(parsed, concentrationFor(quantity, solutes[0]), refusing("bridge"));
  const path: Solute[] = [{ name: solutes[0]?.name ?? "drug", concentration: order.oldConcentration }];
  await talk.confirm(
    lines(
      `A bridge of ${amount(order.pulses, path)} of the old solution, ${concentration(order.oldConcentration)}.`,
      "Send the program for the new solution within the hour; otherwise the pump returns to the old program.",
      remarks(status),
    ),
    "begin the bridge?",
  );
  const { outcome } = await talk.order(COMMAND_BRIDGE, encodeBridge(order.oldConcentration, order.pulses));
  return outcomeResult("bridge", outcome, `The bridge of ${volume(order.pulses)} has begun.`, {
    volume_nl: order.pulses * PULSE_NL,
  });
}

async function acknowledge({ talk, argument }: Call): Promise<CommandResult> {
  const status = await talk.status();
  const active = activeAlarms(status);
  const meant = argument === "all" ? active : active.filter(({ name }) => name === argument);
  if (meant.length === 0) {
    const which = argument === "all" ? "No alarm" : `The alarm ${argument}`;
    return readResult(`${which} is${argument === "all" ? "" : " not"} on: there is nothing to acknowledge.`, {
      acknowledged: [],
    });
  }
  const about = meant.map((each) => `${each.name} (${each.priority}): ${each.means}; ${each.effect}.`);
  await talk.confirm(
    lines(...about, remarks(status)),
    `acknowledge ${meant.length === 1 ? meant[0].name : "all of them"}?`,
  );
  const done: string[] = [];
  for (const { id, name } of meant) {
    const { outcome } = await talk.order(COMMAND_ACKNOWLEDGE, Uint8Array.of(id));
    if (outcome !== OUTCOME_ACCEPTED) return outcomeResult(`acknowledge ${name}`, outcome, "", { acknowledged: done });
    done.push(name);
  }
  return outcomeResult("acknowledge", OUTCOME_ACCEPTED, `Acknowledged: ${done.join(", ")}.`, { acknowledged: done });
}

async function clock({ talk, given }: Call): Promise<CommandResult> {
  const status = await talk.status();
  const { to } = given;
  if (typeof to !== "string") return readResult(wallOf(status), { clock: wallOf(status) });
  const minute = minuteOf(to);
  const shift = minute - (status.minute + status.offset);
  await talk.confirm(
    lines(
      `The pump's clock goes from ${wallOf(status)} to ${wallText(minute)}, ${shift} min.`,
      "Steps of a flex program follow the clock; lockouts and dose windows do not.",
      remarks(status),
    ),
    "set it?",
  );
  const { outcome } = await talk.order(COMMAND_SET_CLOCK, words(minute));
  return outcomeResult("clock", outcome, `It is ${wallText(minute)}.`, { clock: wallText(minute) });
}

async function selfTest({ talk }: Call): Promise<CommandResult> {
  await talk.confirm(
    lines("The pump tests itself; boluses are denied while it does.", remarks(await talk.status())),
    "begin?",
  );
  const { outcome } = await talk.order(COMMAND_SELF_TEST);
  return outcomeResult("self-test", outcome, "It runs; `status` has what it finds.");
}

/** Minutes since 2000 of a local time, or for `now` of this computer's clock. */
function minuteOf(text: string): number {
  const written = text === "now" ? localNow() : text;
  const time = parseWall(written);
  if (time && time.second === 0) return time.minute;
  throw new UsageError(
    `--to: found ${JSON.stringify(text)}, expected now, or a local time to the minute such as 2026-03-02T08:00`,
  );
}

function localNow(): string {
  const now = new Date();
  return new Date(now.getTime() - now.getTimezoneOffset() * MS_PER_MINUTE).toISOString().slice(0, 16);
}

/** The status and the drugs of the pump, with which a person can judge an order. */
async function state(talk: Talk): Promise<{ status: Status; solutes: Solute[] }> {
  const status = await talk.status();
  const program = await talk.program();
  return { status, solutes: program ? solutesOf(program) : [] };
}

/** Lines about alarms and the programming head that a person should read before an order is sent; empty when there are none. */
export function remarks(status: Status): string {
  const alarms = activeAlarms(status).map(({ name, priority }) => `${name} (${priority})`);
  const head = headIsInPlace(status)
    ? []
    : ["The programming head is not in place: put it there, or the pump refuses."];
  return lines(...(alarms.length > 0 ? [`Alarms: ${alarms.join(", ")}.`] : []), ...head);
}

/** The lines that are not empty, joined. */
export function lines(...all: string[]): string {
  return all.filter((line) => line !== "").join("\n");
}
