/**
 * A file that appears when everything was written, and not before.
 *
 * @module
 */

import { RegkitError } from "../errors.ts";

/** Writes a file beside its place, and puts it there at the end. What is no regular file, such as a pipe, is written to as it is. */
export class FileOutput implements AsyncDisposable {
  readonly #path: string;
  #file: Deno.FsFile | undefined;
  #target = "";
  /** The name until the end; empty when written in place. */
  #temporary = "";

  /**
   * Touches nothing yet.
   *
   * @param path The file to write.
   */
  constructor(path: string) {
    this.#path = path;
  }

  /**
   * Opens the file. An existing one is left as it is until the end.
   *
   * @throws {RegkitError} `IO` when it cannot be written.
   */
  async open(): Promise<void> {
    await this.#attempt(async () => {
      const existing = await absentAsUndefined(Deno.stat(this.#path));
      // A device's name may lead to a file that another program has open, as /dev/stdout does.
      if (existing !== undefined && (!existing.isFile || /^\/(dev|proc)\//.test(this.#path))) {
        this.#file = await Deno.open(this.#path, { append: true });
        return;
      }
      // A symbolic link stays, and what it points to is replaced.
      this.#target = existing === undefined ? this.#path : await Deno.realPath(this.#path);
      const temporary = `${this.#target}.${crypto.randomUUID()}.tmp`;
      const mode = existing?.mode ?? undefined;
      this.#file = await Deno.open(temporary, {
        write: true,
        createNew: true,
        mode: mode === undefined ? 0o666 : mode,
      });
      this.#temporary = temporary;
    });
  }

  /**
   * Appends bytes.
   *
   * @param bytes The bytes.
   * @throws {RegkitError} `IO` when the disk refuses them.
   */
  async write(bytes: Uint8Array): Promise<void> {
    const file = this.#file;
    if (file === undefined) return;
    await this.#attempt(async () => {
      let rest = bytes;
      while (rest.length > 0) rest = rest.subarray(await file.write(rest));
    });
  }

  /**
   * Puts the file in its place.
   *
   * @throws {RegkitError} `IO` when that fails.
   */
  async commit(): Promise<void> {
    this.#close();
    if (this.#temporary === "") return;
    await this.#attempt(() => Deno.rename(this.#temporary, this.#target));
    this.#temporary = "";
  }

  /** Removes what was not put in its place. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#close();
    if (this.#temporary !== "") await absentAsUndefined(Deno.remove(this.#temporary));
  }

  #close(): void {
    this.#file?.close();
    this.#file = undefined;
  }

  async #attempt(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      // A lack of permission is explained where errors are printed.
      if (!(error instanceof Error) || error instanceof Deno.errors.NotCapable) throw error;
      throw new RegkitError("IO", `cannot write ${this.#path}: ${error.message}`, {
        cause: error,
        tip: "Check that the folder exists and may be written to",
      });
    }
  }
}

async function absentAsUndefined<T>(found: Promise<T>): Promise<T | undefined> {
  try {
    return await found;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}
