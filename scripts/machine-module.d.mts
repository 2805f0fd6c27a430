import type { ModuleMap } from "../emulator/machine/module";

export function machineModule(log?: (line: string) => void): Promise<{ wasm: Uint8Array; map: ModuleMap }>;
