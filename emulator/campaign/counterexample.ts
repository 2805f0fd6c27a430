// A counterexample as a file: a scenario in the words of a person, with a head comment that says what fails in it, how it was found, and
// how to run it again. `replay` reads the failure from the first line of that comment.

import { createHash } from "node:crypto";
import { formatTicks, ticksOfSeconds } from "../time";
import { type CaseFile, textOfCase } from "./case-file";
import type { Failure } from "./unit";

const MARK = "# failure: ";

/** How it was found. */
export interface Origin {
  version: string;
  build: string;
  /** The name and the hash of the controller. */
  controller: { name: string; hash: string };
  seed: number;
  profile: string;
  case: number;
}

export function textOfCounterexample(file: CaseFile, failure: Failure, origin: Origin): string {
  const { controller } = origin;
  const when = failure.at_s === null ? "" : ` at ${formatTicks(ticksOfSeconds(failure.at_s))}`;
  const hash = controller.hash === controller.name ? "" : ` (${controller.hash})`;
  const twice = failure.kind === "gears" ? " --twice" : "";
  const head = [
    `${MARK}${failure.signature}${when}`,
    `# ${failure.text}`,
    `# found by cistern ${origin.version}, build ${origin.build}, with the controller ${controller.name}${hash}`,
    `# cistern check --profile ${origin.profile} --seed ${origin.seed}: case ${origin.case}`,
    `# cistern run${twice} on this file fails; cistern replay says whether it is mended`,
  ];
  return `${head.join("\n")}\n${textOfCase({ name: failure.text.slice(0, 120), ...file })}`;
}

/** The signature that a counterexample's head comment names; null for another scenario. */
export function signatureIn(text: string): string | null {
  const line = text.split("\n").find((each) => each.startsWith(MARK));
  return line === undefined ? null : line.slice(MARK.length).replace(/ at (\d+ (d|h|min|s|ms) ?)+$/, "");
}

/** A file name that says what fails, and that another case of the same failure does not have. */
export function nameOfCounterexample({ kind, id }: Failure, text: string): string {
  const words = `${kind === "invariant" ? "" : `${kind}-`}${id}`.toLowerCase().replace(/[^a-z0-9]+/g, "-");
  const digest = createHash("sha256").update(text).digest("hex").slice(0, 8);
  return `${words.slice(0, 60).replace(/^-|-$/g, "")}-${digest}.yaml`;
}
