// The types of kaitai-struct-compiler 0.11, which ships none, as far as they are used.

declare module "kaitai-struct-compiler" {
  const compiler: {
    compile(language: string, definition: unknown, importer: null, debug: boolean): Promise<Record<string, string>>;
  };
  export default compiler;
}
