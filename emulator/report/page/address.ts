// Keeps the page and its address equal. The range in view and the marked moment become one more step of the browser's history
// when they have rested for a moment, so that one gesture is one step back; lists and filters replace the address of the step
// they belong to. An address that is opened, typed or returned to is shown.

import { hashOf, placeOf, type Place } from "../place";

const REST_MS = 300;

export interface Shown {
  /** The place that the page shows. */
  read(): Place;
  /** Shows the place. `isFirst` when the page has just been opened. */
  show(place: Place, isFirst: boolean): void;
}

export class Address {
  private readonly shown: Shown;
  private timer: number | null = null;
  private isShowing = false;

  constructor(shown: Shown) {
    this.shown = shown;
    window.addEventListener("hashchange", ({ newURL }) => this.follow(new URL(newURL).hash, false));
    this.follow(location.hash, true);
  }

  /** The view has changed, and may go on changing. */
  changed(): void {
    if (this.isShowing) return;
    this.stopTimer();
    this.timer = window.setTimeout(() => this.step(), REST_MS);
  }

  /** Makes a step of the history of the present view, at once. */
  step(): void {
    this.stopTimer();
    this.write((url) => history.pushState(null, "", url));
  }

  /** Puts the present view into the address of the present step. */
  correct(): void {
    if (this.isShowing || this.timer !== null) return;
    this.write((url) => history.replaceState(null, "", url));
  }

  /** A step that was made between a change of the address and its event has another hash, and must not be followed. */
  private follow(hash: string, isFirst: boolean): void {
    this.stopTimer();
    this.isShowing = true;
    this.shown.show(placeOf(hash), isFirst);
    this.isShowing = false;
    this.correct();
  }

  /** Browsers refuse too many steps in a short time, and any in a frame without an address: the page goes on without. */
  private write(put: (url: string) => void): void {
    const hash = hashOf(this.shown.read());
    if (hash === location.hash) return;
    try {
      put(location.href.replace(/#.*$/s, "") + hash);
    } catch (error) {
      if (!(error instanceof DOMException)) throw error;
    }
  }

  private stopTimer(): void {
    if (this.timer !== null) window.clearTimeout(this.timer);
    this.timer = null;
  }
}
