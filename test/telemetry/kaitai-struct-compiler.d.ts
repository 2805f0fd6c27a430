// kaitai-struct-compiler 0.11 ships no types. This is the part in use.

declare module "kaitai-struct-compiler" {
  const compiler: {
    compile(language: string, definition: unknown, importer: null, debug: boolean): Promise<Record<string, string>>;
  };
  export default compiler;
}
