/** Texts one after another, with a place among them: what "undo" and "redo" walk along. */
export class Steps {
  static readonly MOST = 200;
  readonly #texts: string[];
  #at = 0;

  constructor(first: string) {
    this.#texts = [first];
  }

  get canUndo(): boolean {
    return this.#at > 0;
  }

  get canRedo(): boolean {
    return this.#at < this.#texts.length - 1;
  }

  /** A new text after the present one; what was undone before is gone. The same text again is no step. */
  add(text: string): void {
    if (text === this.#texts[this.#at]) return;
    this.#texts.splice(this.#at + 1, this.#texts.length, text);
    if (this.#texts.length > Steps.MOST) this.#texts.shift();
    this.#at = this.#texts.length - 1;
  }

  undo(): string {
    if (this.canUndo) this.#at -= 1;
    return this.#present();
  }

  redo(): string {
    if (this.canRedo) this.#at += 1;
    return this.#present();
  }

  #present(): string {
    return this.#texts[this.#at] ?? "";
  }
}
