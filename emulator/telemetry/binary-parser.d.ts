// The types of binary-parser 2.3, as far as they are used: the package ships types that its `exports` do not reach, and a
// `paths` entry would send tsx to the declarations. Its `parse` is untyped, so callers declare the type of the result and check
// the length first.

declare module "binary-parser" {
  export class Parser {
    endianness(order: "little" | "big"): this;
    uint8(name: string): this;
    uint16(name: string): this;
    uint32(name: string): this;
    int32(name: string): this;
    array(name: string, options: { type: string; length: number }): this;
    parse(bytes: Uint8Array): unknown;
  }
}
