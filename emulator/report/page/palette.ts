// The colours of page.css for drawing on a canvas, under the same names. Each is read once, and again after the page has
// turned from light to dark or to print.

export class Palette {
  private readonly known = new Map<string, string>();
  private readonly changed: (() => void)[] = [];

  /** The value of the custom property `--name`, for instance `#1f6fd6`. */
  colour(name: string): string {
    const known = this.known.get(name);
    if (known !== undefined) return known;
    const value = getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
    this.known.set(name, value);
    return value;
  }

  /** The colour with an opacity, as `#rrggbbaa`. */
  shade(name: string, alpha: number): string {
    const opacity = Math.round(alpha * 255).toString(16);
    return this.colour(name) + opacity.padStart(2, "0");
  }

  /** A custom property that is a number, such as an opacity. */
  number(name: string): number {
    return Number(this.colour(name));
  }

  onChange(listener: () => void): void {
    this.changed.push(listener);
  }

  /** Reads all colours anew and has everything painted again. */
  change(): void {
    this.known.clear();
    for (const listener of this.changed) listener();
  }
}
