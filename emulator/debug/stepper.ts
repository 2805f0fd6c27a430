// The stepper: lines of the language in, text out. It has what a session has besides its travels in time: the symbols that are watched,
// the answers to `expect`, and whether it is over. It takes lines and gives text, and uses neither terminal nor files of its own. The
// table of commands.ts has the commands.

import { findSymbol } from "../machine/symbols";
import type { Verdict } from "../run/verdict";
import { formatTicks } from "../time";
import { completionsOf, repeats, textFor } from "./commands";
import type { StepperDoor } from "./door";
import { Listing } from "./listing";
import { textOfRow } from "./row";
import type { Moving, Place, TimeTravel } from "./time-travel";
import { textOfSymbolValue } from "./values";

/** The outcome of a line. */
export interface Executed {
  text: string;
  /** The prompt for the next line. */
  prompt: string;
  /** True after `quit`. */
  done: boolean;
  /** Why the controller cannot continue, if it failed in this line. */
  failure: string | null;
  /** True when the place is another one, so that a client asks anew. */
  isElsewhere: boolean;
  /** An empty line does it again. */
  repeats: boolean;
  /** Of the run, if it is at its end; `fail` also after an `expect` that did not hold. */
  verdict: Verdict | null;
}

export class Stepper {
  private readonly time: TimeTravel;
  private readonly watched = new Set<string>();
  private readonly listing: Listing;
  private done = false;
  private hasFailed = false;

  /** `root`: the folder above firmware/, whose lines are shown; null for none. */
  constructor(time: TimeTravel, root: string | null = null) {
    this.time = time;
    this.listing = new Listing(root);
  }

  /** The prompt, which shows the present time of the run, its branch, and the statement inside of a tick. */
  get prompt(): string {
    const { time } = this;
    const branch = time.branch.id === 0 ? "" : ` [${time.branch.name}]`;
    const { tick, statement } = time.place;
    return `${formatTicks(tick)}${statement > 0 ? ` +${statement}` : ""}${branch} > `;
  }

  /** Carries out one line. Rejects with CommandError and FileError; the run is then unchanged. */
  async execute(line: string, moving: Moving = {}): Promise<Executed> {
    const { time } = this;
    const text = line.replace(/(^|\s)#.*$/, "").trim();
    const [before, failure] = [time.place, time.run.failure];
    const values = this.values();
    const branch = time.branch.id;
    const answer = text === "" ? "" : await textFor(this.door(moving), text);
    const isElsewhere = branch !== time.branch.id || !isSame(before, time.place);
    const now = time.run.failure;
    return {
      text: [answer, ...(isElsewhere ? this.around(values) : [])].filter((part) => part !== "").join("\n"),
      prompt: this.prompt,
      done: this.done,
      failure: now === failure ? null : now,
      isElsewhere,
      repeats: repeats(text),
      verdict: this.verdict(),
    };
  }

  /** The words that the last word of a line may become, and that word. */
  completions(line: string): { words: string[]; of: string } {
    return completionsOf(this.door({}), line);
  }

  /** The lines around the place, and the watched symbols that have changed. */
  private around(before: ReadonlyMap<string, number>): string[] {
    const { machine } = this.time.run;
    const position = this.time.where();
    const source = position === null ? [] : this.listing.around(position);
    const changed = [...this.values()].filter(([name, value]) => before.get(name) !== value);
    return [
      ...source,
      ...changed.map(([name, value]) => {
        const old = before.get(name);
        return textOfRow(name, `${old === undefined ? "" : `${old} -> `}${textOfSymbolValue(machine, name, value)}`);
      }),
    ];
  }

  private values(): ReadonlyMap<string, number> {
    const { machine } = this.time.run;
    return new Map([...this.watched].map((name) => [name, findSymbol(machine, name)?.read() ?? NaN]));
  }

  private verdict(): Verdict | null {
    const { run } = this.time;
    if (this.hasFailed) return "fail";
    return run.over ? run.report(0, false).verdict : null;
  }

  private door(moving: Moving): StepperDoor {
    const { time } = this;
    return {
      where: "stepper",
      get run() {
        return time.run;
      },
      time,
      moving,
      watched: this.watched,
      act: (deed) => void time.act(deed),
      judge: (ok) => {
        this.hasFailed ||= !ok;
      },
      quit: () => {
        this.done = true;
      },
    };
  }
}

function isSame(one: Place, other: Place): boolean {
  return one.tick === other.tick && one.statement === other.statement;
}
