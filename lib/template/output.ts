/**
 * Collects or streams what a template prints.
 *
 * @module
 */

import { ValueError } from "./budget.ts";
import { type ByteText, byteTextToBytes, fromByteText } from "./byte_text.ts";

const streamedLength = 16_384;

/** Where the text of a template goes. */
export interface OutputTarget {
  /** Takes text as it is printed; without it all text is collected. */
  readonly write?: ((text: string) => void) | undefined;
  /** Takes bytes as they are printed, for what may not be UTF-8; comes before `write`. */
  readonly writeBytes?: ((bytes: Uint8Array<ArrayBuffer>) => void) | undefined;
  /** How many bytes may be printed. */
  readonly maxOutput: number;
}

/** What a template prints. */
export class Output {
  readonly #target: OutputTarget;
  readonly #decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  #parts: ByteText[] = [];
  #waiting = 0;
  #printed = 0;
  /** What the target threw, if it did: that is no fault of the template. */
  failure: { readonly error: unknown } | undefined;

  /**
   * Creates an output.
   *
   * @param target Where the text goes.
   */
  constructor(target: OutputTarget) {
    this.#target = target;
  }

  /**
   * Takes the next text.
   *
   * @param text The text.
   * @throws {ValueError} When all together is too long.
   */
  write(text: ByteText): void {
    this.#printed += text.length;
    if (this.#printed > this.#target.maxOutput) {
      throw new ValueError(`template prints more than ${this.#target.maxOutput} bytes`);
    }
    this.#parts.push(text);
    this.#waiting += text.length;
    if (this.#isStreamed && this.#waiting >= streamedLength) this.#flush(false);
  }

  /**
   * Ends the output.
   *
   * @returns What was collected; nothing when it was streamed.
   */
  end(): string {
    if (!this.#isStreamed) return fromByteText(this.#parts.join(""));
    this.#flush(true);
    return "";
  }

  get #isStreamed(): boolean {
    return this.#target.write !== undefined || this.#target.writeBytes !== undefined;
  }

  #flush(isLast: boolean): void {
    const bytes = byteTextToBytes(this.#parts.join(""));
    this.#parts = [];
    this.#waiting = 0;
    try {
      this.#send(bytes, isLast);
    } catch (error) {
      this.failure = { error };
      throw error;
    }
  }

  #send(bytes: Uint8Array<ArrayBuffer>, isLast: boolean): void {
    const { write, writeBytes } = this.#target;
    if (writeBytes !== undefined) {
      if (bytes.length > 0) writeBytes(bytes);
      return;
    }
    const text = this.#decoder.decode(bytes, { stream: !isLast });
    if (text !== "") write?.(text);
  }
}
