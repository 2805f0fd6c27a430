// The calls that a module of WebAssembly imports.

/** As `port.call`, in the order of the module. */
export function importsOf(bytes: Uint8Array): string[] {
  const { imports } = WebAssembly.Module as unknown as { imports(of: object): { module: string; name: string }[] };
  return imports(new WebAssembly.Module(Uint8Array.from(bytes))).map(({ module, name }) => `${module}.${name}`);
}
