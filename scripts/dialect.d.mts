// The types of dialect.mjs for the tests. The scripts themselves are plain modules, which run without a compiler.

export interface Violation {
  rule: "float" | "indirect" | "allocation" | "recursion" | "memory";
  where: string;
  what: string;
}

export interface Figures {
  rom_bytes: number;
  code_bytes: number;
  data_bytes: number;
  /** Null when the module has no heap of asc's stub runtime, or no names. */
  ram_bytes: number | null;
  chain: string[];
}

export interface Verdict {
  violations: Violation[];
  figures: Figures;
}

export interface CompileOptions {
  baseDir?: string;
  /** Files that are not on disk, by path. With them nothing is read from disk. */
  sources?: Record<string, string>;
  /** False leaves the names section out, as in the module that ships. */
  names?: boolean;
}

export const SHIPPED_FLAGS: string[];
export function compile(entry: string, flags: string[], options?: CompileOptions): Promise<Uint8Array>;
export function judge(shippedBytes: Uint8Array, plainBytes: Uint8Array): Verdict;
export function compileController(flags: string[], options?: { names?: boolean }): Promise<Uint8Array>;
export function judgeEntry(entry: string, options: CompileOptions): Promise<Verdict>;
export function judgeController(): Promise<Verdict>;
export function figuresTable(figures: Figures): string;
export function pageWith(page: string, table: string): string;
