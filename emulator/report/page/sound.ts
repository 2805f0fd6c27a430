// The sound of the tones. hal/sounder.ts gives the lengths of the two patterns; their pitches and how they alternate are this
// page's choice. One sound plays at a time. A second press of its button ends it, and a press of another button replaces it.

import type { ToneMark, TonePattern } from "../page-model";
import { element } from "./dom";

/** How long a whole run takes to play. */
const TUNE_S = 20;
/** Of each tone in it. */
const TUNE_TONE_S = 0.12;
const VOLUME = 0.12;
const RAMP_S = 0.005;
const LEAD_S = 0.05;

interface Pattern {
  length_s: number;
  pitches_hz: number[];
  each_s: number;
}

const PATTERNS: Record<TonePattern, Pattern> = {
  dual: { length_s: 3, pitches_hz: [2400, 1800], each_s: 0.25 },
  single: { length_s: 1, pitches_hz: [1800], each_s: 1 },
};

interface Voice {
  oscillator: OscillatorNode;
  gain: GainNode;
}

/** Something to play: how long it is, and how to set a voice that begins at `from_s` of the audio clock. */
interface Piece {
  length_s: number;
  schedule(voice: Voice, from_s: number): void;
  /** Told again and again how many seconds of it are over. */
  follow?(elapsed_s: number): void;
}

export class Speaker {
  private audio: AudioContext | null = null;
  private sounding: { button: HTMLButtonElement; stop(): void } | null = null;

  /** A button that plays one tone of the pattern. */
  patternButton(pattern: TonePattern, label: string): HTMLButtonElement {
    const { length_s } = PATTERNS[pattern];
    const schedule = (voice: Voice, from_s: number): void => beep(voice, from_s, PATTERNS[pattern]);
    const button = this.button(pattern, "Play", { length_s, schedule });
    button.setAttribute("aria-label", label);
    return button;
  }

  /** A button that plays all tones of a run within TUNE_S; `follow` is told which second of the run it has come to. */
  tuneButton(marks: readonly ToneMark[], end_s: number, follow: (at_s: number) => void): HTMLButtonElement {
    return this.button("tune", `Play the run in ${TUNE_S} s`, {
      length_s: TUNE_S + TUNE_TONE_S,
      schedule: (voice, from_s) => scheduleTune(voice, from_s, marks, end_s),
      follow: (elapsed_s) => follow(Math.min(1, elapsed_s / TUNE_S) * end_s),
    });
  }

  private button(name: string, text: string, piece: Piece): HTMLButtonElement {
    const attributes = { type: "button", class: "play", "data-play": name, "aria-pressed": "false" };
    const button = element("button", attributes, text);
    button.disabled = window.AudioContext === undefined;
    button.addEventListener("click", () => {
      const again = this.sounding?.button === button;
      this.sounding?.stop();
      if (!again) this.play(button, piece);
    });
    return button;
  }

  /** One oscillator behind one gain, which the piece opens and shuts. */
  private play(button: HTMLButtonElement, { length_s, schedule, follow }: Piece): void {
    const audio = (this.audio ??= new AudioContext());
    void audio.resume();
    const oscillator = audio.createOscillator();
    const gain = audio.createGain();
    const from_s = audio.currentTime + LEAD_S;
    oscillator.type = "triangle";
    gain.gain.setValueAtTime(0, audio.currentTime);
    oscillator.connect(gain).connect(audio.destination);
    schedule({ oscillator, gain }, from_s);
    oscillator.start(from_s);
    oscillator.stop(from_s + length_s + RAMP_S);
    button.setAttribute("aria-pressed", "true");
    const playing = {
      button,
      stop: (): void => {
        oscillator.onended = null;
        oscillator.stop();
        oscillator.disconnect();
        button.setAttribute("aria-pressed", "false");
        if (this.sounding === playing) this.sounding = null;
      },
    };
    this.sounding = playing;
    oscillator.onended = playing.stop;
    const frame = (): void => {
      if (this.sounding !== playing) return;
      follow?.(Math.max(0, audio.currentTime - from_s));
      requestAnimationFrame(frame);
    };
    if (follow !== undefined) frame();
  }
}

/** Every tone at its place, each TUNE_TONE_S long; one that falls into another is not heard. */
function scheduleTune(voice: Voice, from_s: number, marks: readonly ToneMark[], end_s: number): void {
  let free_s = 0;
  for (const mark of marks) {
    const at_s = (mark.at_s / end_s) * TUNE_S;
    if (at_s < free_s) continue;
    const { pitches_hz } = PATTERNS[mark.pattern];
    beep(voice, from_s + at_s, { length_s: TUNE_TONE_S, pitches_hz, each_s: TUNE_TONE_S / pitches_hz.length });
    free_s = at_s + TUNE_TONE_S + 2 * RAMP_S;
  }
}

/** The ramps keep the edges of a tone from clicking. */
function beep({ oscillator, gain: { gain } }: Voice, from_s: number, { length_s, pitches_hz, each_s }: Pattern): void {
  for (let n = 0; n * each_s < length_s; n++) {
    oscillator.frequency.setValueAtTime(pitches_hz[n % pitches_hz.length], from_s + n * each_s);
  }
  gain.setValueAtTime(0, from_s);
  gain.linearRampToValueAtTime(VOLUME, from_s + RAMP_S);
  gain.setValueAtTime(VOLUME, from_s + length_s - RAMP_S);
  gain.linearRampToValueAtTime(0, from_s + length_s);
}
