// Copies of a memory in pages, against whole copies: each copy stays what it was, whatever is written and restored afterwards.

import * as fc from "fast-check";
import { expect, test } from "vitest";
import { PagedMemory, type Pages } from "../../emulator/machine/paged-memory";
import { runs } from "../effort";

/** Two whole pages and a part of one. */
const BYTES = 20_000;

const act = fc.oneof(
  { weight: 3, arbitrary: fc.record({ at: fc.nat(BYTES - 1), value: fc.nat(255) }) },
  fc.constant("copy" as const),
  fc.record({ restore: fc.nat(9) }),
);

test("each copy holds the bytes of its moment, and restoring it brings them back", () => {
  fc.assert(
    fc.property(fc.array(act, { maxLength: 60 }), (acts) => {
      const bytes = new Uint8Array(BYTES);
      const memory = new PagedMemory(bytes);
      const copies: { pages: Pages; whole: Buffer }[] = [];
      for (const each of acts) {
        if (each === "copy") copies.push({ pages: memory.copy(), whole: Buffer.from(bytes) });
        else if ("at" in each) bytes[each.at] = each.value;
        else if (copies.length > 0) {
          const { pages, whole } = copies[each.restore % copies.length];
          memory.restore(pages);
          expect(whole.equals(bytes)).toBe(true);
        }
      }
      for (const { pages, whole } of copies) expect(Buffer.concat(pages).equals(whole)).toBe(true);
    }),
    { numRuns: runs(200) },
  );
});

test("a page that is as it was in the copy before, or in the one restored last, is not copied again", () => {
  const bytes = new Uint8Array(BYTES);
  const memory = new PagedMemory(bytes);
  const first = memory.copy();
  expect(memory.copy()).toBe(first);
  bytes[10_000] = 1;
  const second = memory.copy();
  expect(second.map((page, i) => page === first[i])).toEqual([true, false, true]);
  memory.restore(first);
  expect(memory.copy()).toBe(first);
});
