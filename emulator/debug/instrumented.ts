// The instrumented build of the firmware (scripts/stepping.mjs), by which a stepper stands at a statement. It is made with the
// program and has the places of all statements and functions in the sources. It is used inside the tick that is shown; the plain
// build goes everywhere else. A law holds both to the same fingerprint and the same memory.

import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { runInThisContext } from "node:vm";
import type { Controller } from "../../hal/controller";
import type { Hal } from "../../hal/hal";
import { UsageError } from "../usage-error";

/** A statement of firmware/, from its first to its last line; of an `if` or a loop up to the end of its head. Lines count from 1. */
export interface Statement {
  readonly id: number;
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly endLine: number;
  /** `Limiter.allows`. */
  readonly function: string;
}

export interface FirmwareFunction {
  readonly name: string;
  readonly file: string;
  readonly line: number;
  /** Its first statement. */
  readonly first: Statement;
  /** True when a tick that a leap skips may run it. */
  readonly isQuiet: boolean;
}

/** `this` and the locals at a statement. */
export type View = () => [self: object | null, locals: Record<string, unknown>];

/** The calls that the code makes. */
export interface Hooks {
  /** By statement: 1 when `at` is to be called before it. */
  readonly on: Uint8Array;
  at(statement: number, view: View): void;
  enter(fn: number): void;
  leave(): void;
}

/** The file as it is written: lists instead of objects, because there are thousands. */
interface Written {
  /** SHA-256 of each source, by its path in the repository. */
  sources: Record<string, string>;
  files: string[];
  functions: [name: string, file: number, line: number][];
  statements: [file: number, line: number, column: number, endLine: number, fn: number][];
  quiet: number[];
  code: string;
}

const FILE = "stepping.json";
/** Beside the command; for a program that runs from its sources, in dist/ or where tests keep it. */
const FOLDERS = ["./", "../../dist/", "../../node_modules/.cache/cistern-stepping/"];
const isFromSources = import.meta.url.endsWith(".ts");

export class Instrumented {
  readonly statements: readonly Statement[];
  readonly functions: readonly FirmwareFunction[];
  /** The function of each statement, by its index. */
  readonly functionOf: readonly number[];
  private readonly sources: Readonly<Record<string, string>>;
  private readonly create: (hooks: Hooks) => { createController(hal: Hal): Controller };

  constructor(text: string) {
    const { sources, files, functions, statements, quiet, code } = JSON.parse(text) as Written;
    this.sources = sources;
    this.functionOf = statements.map((each) => each[4]);
    this.statements = statements.map(([file, line, column, endLine, fn], id) => {
      return { id, file: files[file], line, column, endLine, function: functions[fn][0] };
    });
    const firsts = new Map<number, Statement>();
    for (const each of this.statements) {
      const fn = this.functionOf[each.id];
      if (!firsts.has(fn)) firsts.set(fn, each);
    }
    // A function without a statement cannot be stood in.
    this.functions = functions.flatMap(([name, file, line], i) => {
      const first = firsts.get(i);
      return first ? [{ name, file: files[file], line, first, isQuiet: quiet.includes(i) }] : [];
    });
    this.create = runInThisContext(code, { filename: FILE }) as Instrumented["create"];
  }

  /** The folder above firmware/ and hal/. */
  get root(): string {
    return fileURLToPath(new URL(isFromSources ? "../../" : "../", import.meta.url));
  }

  /** A controller whose calls go to these hooks. */
  mount(hooks: Hooks, hal: Hal): Controller {
    return this.create(hooks).createController(hal);
  }

  /** The statements of the first line at or after `line` that has any; none behind the last one. */
  statementsAt(file: string, line: number): Statement[] {
    const after = this.statements.filter((each) => each.file === file && each.line >= line);
    const first = Math.min(...after.map((each) => each.line));
    return after.filter((each) => each.line === first);
  }

  /** True when a tick that a leap skips may execute the statement. */
  isQuiet(statement: number): boolean {
    return this.functions.some(({ name, isQuiet }) => isQuiet && name === this.statements[statement].function);
  }

  /** In a sentence, which sources on disk are not those of this build; null when all are, or where none lie. */
  edited(): string | null {
    const changed = Object.keys(this.sources).filter((path) => isOther(`${this.root}${path}`, this.sources[path]));
    if (changed.length === 0) return null;
    const [first] = changed;
    const more = changed.length > 1 ? ` and ${changed.length - 1} more` : "";
    return `${first}${more} was edited after this build was made: its lines are those of the build until it is built again`;
  }
}

/** The instrumented build of this program. Throws UsageError when there is none, or it is that of other sources. */
export function openInstrumented(): Instrumented {
  const paths = FOLDERS.map((folder) => fileURLToPath(new URL(`${folder}${FILE}`, import.meta.url)));
  const found = paths.filter((path) => existsSync(path));
  for (const path of found) {
    const build = new Instrumented(readFileSync(path, "utf8"));
    // A program that runs from its sources runs what is on disk now.
    if (!isFromSources || build.edited() === null) return build;
  }
  const why = found.length > 0 ? "belongs to other sources than those that run here" : "is missing";
  throw new UsageError(`the instrumented build of the firmware (${FILE}) ${why}; npm run build makes it`);
}

function isOther(path: string, digest: string): boolean {
  return existsSync(path) && createHash("sha256").update(readFileSync(path)).digest("hex") !== digest;
}
