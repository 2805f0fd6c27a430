// binary-parser 2.3 ships types that its `exports` do not reach; a `paths` entry would send tsx to the declarations. This
// is the part in use. Its `parse` is untyped: callers say what a layout gives, and check lengths before.

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
