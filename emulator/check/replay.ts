// Runs counterexamples from their files, each with its own controller, and says of each whether it still fails. It cannot be told of a
// file that names a field which this build or this controller does not have, and of a pump that does not take the prescription.

import type { Unit } from "../campaign/unit";
import type { Engine } from "./engine";

export interface KnownFile {
  file: string;
  text: string;
  /** The failure that the file's head comment names; null when it names none. */
  signature: string | null;
  /** The path of its controller, and the hash of its bytes. */
  controller: string | null;
  hash: string;
}

export interface Replayed {
  file: string;
  outcome: "still" | "mended" | "untold";
  text: string;
}

/** `open` makes an engine for a controller. Throws ControllerFault. */
export async function replayAll(
  files: readonly KnownFile[],
  build: string,
  open: (controller: string | null) => Engine,
  stop: AbortSignal,
): Promise<Replayed[]> {
  const rows = new Map<string, Replayed>();
  for (const controller of new Set(files.map((each) => each.controller))) {
    const own = files.filter((each) => each.controller === controller);
    const units = own.map(({ file, text, hash }): Unit => ({
      kind: "corpus",
      id: file,
      file,
      text,
      build,
      controller: hash,
      property: "all",
    }));
    const engine = open(controller);
    try {
      await engine.run(
        () => units.shift() ?? null,
        stop,
        (outcome) => {
          const known = own.find(({ file }) => file === outcome.unit.id)!;
          rows.set(known.file, { file: known.file, ...judgementOn(known, outcome) });
        },
      );
    } finally {
      await engine.close();
    }
  }
  return files.map(({ file }) => rows.get(file) ?? { file, outcome: "untold", text: "it was not run to its end" });
}

function judgementOn(
  { signature }: KnownFile,
  outcome: Parameters<Parameters<Engine["run"]>[2]>[0],
): Omit<Replayed, "file"> {
  if ("died" in outcome) return { outcome: "still", text: `the controller failed: ${outcome.died}` };
  const { result } = outcome;
  if (result.kind !== "corpus") throw new RangeError("expected the result of a known file");
  const same = result.failures.find((each) => each.signature === signature);
  const failure = same ?? result.failures.at(0);
  if (failure !== undefined) {
    const otherwise = signature === null || same !== undefined ? "" : "otherwise: ";
    return { outcome: "still", text: `${otherwise}${failure.text}` };
  }
  if (result.untold !== null) return { outcome: "untold", text: result.untold };
  return { outcome: "mended", text: "" };
}
