// Declares the part of the WebAssembly interface that the controller host uses. Node has the interface, but its types come only
// with the DOM library, whose global names (`name`, `event`, `status`) would hide mistakes everywhere else.

declare namespace WebAssembly {
  class Module {
    constructor(bytes: Uint8Array);
    static exports(module: Module): { name: string; kind: string }[];
    static customSections(module: Module, name: string): ArrayBuffer[];
    static imports(module: Module): { module: string; name: string; kind: string }[];
  }
  class Instance {
    constructor(module: Module, imports: Imports);
    readonly exports: Record<string, unknown>;
  }
  class RuntimeError extends Error {}
  interface Memory {
    readonly buffer: ArrayBuffer;
  }
  type ModuleImports = Record<string, (...args: number[]) => number | boolean | void>;
  type Imports = Record<string, ModuleImports>;
}
