export const STEPPING_FILE: string;

/** The text of the instrumented build, as emulator/debug/instrumented.ts reads it. */
export function steppingBuild(): Promise<string>;
