// The values that a client can open: each value with parts gets a number, by which the client asks for the parts. The numbers hold until the
// program moves; the parts are made when they are asked for.

/** One line of a view of variables. */
export interface Row {
  name: string;
  value: string;
  /** A unit, or the kind of a local. */
  type?: string;
  /** The symbol behind the row, by which it is evaluated, set and watched; none for a value that is no symbol. */
  symbol?: string;
  /** The parts. */
  parts?: Parts;
}

export interface Parts {
  /** True for a list, whose parts have indexes. */
  isIndexed: boolean;
  count: number;
  /** `count` of the parts from `start` on. */
  rows(start: number, count: number): Row[];
}

export class References {
  private readonly opened: Parts[] = [];

  /** Called when the program has moved. */
  clear(): void {
    this.opened.length = 0;
  }

  /** The number of the parts; 0 when there are none. */
  of(parts: Parts | undefined): number {
    return parts === undefined ? 0 : this.opened.push(parts);
  }

  parts(reference: number): Parts | undefined {
    return this.opened[reference - 1];
  }
}

/** Parts that are made at once. */
export function partsOf(rows: () => Row[]): Parts {
  let made: Row[] | null = null;
  const all = () => (made ??= rows());
  return {
    isIndexed: false,
    get count() {
      return all().length;
    },
    rows: (start, count) => all().slice(start, start + count),
  };
}
