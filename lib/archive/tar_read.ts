/**
 * Reads tar archives as they stream by.
 *
 * @module
 */

import type { TarHeader as ParsedHeader } from "../deps/modern_tar.ts";
import { RegkitError } from "../errors.ts";
import { archiveError } from "./archive_error.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** What an entry of an archive is. */
export type TarEntryType =
  | "file"
  | "link"
  | "symlink"
  | "character-device"
  | "block-device"
  | "directory"
  | "fifo";

/** What an archive says of an entry. */
export interface TarHeader {
  /** Its path as the archive has it. */
  readonly name: string;
  /** What it is. */
  readonly type: TarEntryType;
  /** Where a link points: a path of the archive for hard links, any text for symbolic ones; empty for the rest. */
  readonly linkname: string;
  /** Its length in bytes; 0 for everything that has no content of its own. */
  readonly size: number;
  /** Permissions, and the bits above them. */
  readonly mode: number;
  /** The owner's number. */
  readonly uid: number;
  /** The group's number. */
  readonly gid: number;
  /** The owner's name; empty without one. */
  readonly uname: string;
  /** The group's name; empty without one. */
  readonly gname: string;
  /** When it was changed last. */
  readonly mtime: Date;
  /** The extended attributes of its header. */
  readonly pax: Readonly<Record<string, string>>;
}

/** An entry of an archive. */
export interface TarEntry {
  /** What the archive says of it. */
  readonly header: TarHeader;
  /** Its content. What is not read before the next entry is asked for is skipped. */
  readonly body: ReadableStream<Uint8Array<ArrayBuffer>>;
}

/** The end of an archive: two empty records. */
const trailerBytes = 1024;

/**
 * Reads the entries of a tar archive in its order. The archive is read to its end, or cancelled when the caller stops earlier.
 *
 * @param stream The plain archive.
 * @returns The entries, each valid until the next one is asked for.
 * @throws {RegkitError} `INVALID_ARCHIVE` where it is no archive, damaged or cut off.
 */
export async function* readTar(
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
): AsyncGenerator<TarEntry, void, undefined> {
  const { createTarDecoder } = await import("../deps/modern_tar.ts");
  const decoder = createTarDecoder({ strict: true });
  const source = new Source(stream);
  const stop = new AbortController();
  const entries = source.withTrailer().pipeThrough(decoder, { signal: stop.signal }).getReader();
  try {
    for (;;) {
      const { done, value } = await entries.read();
      if (done) return;
      const body = source.mapped(value.body);
      yield { header: readHeader(value.header), body };
      if (!body.locked) await body.cancel();
    }
  } catch (error) {
    throw source.explain(error);
  } finally {
    // The package does not pass a cancel on to what it reads from.
    await Promise.allSettled([entries.cancel()]);
    stop.abort();
    await source.closed;
  }
}

function readHeader(header: ParsedHeader): TarHeader {
  const { name, type = "file", linkname = "", size, mode = 0, uid = 0, gid = 0, uname = "", gname = "" } = header;
  const isKnown = type !== "pax-header" && type !== "pax-global-header" && type !== "gnu-long-name" &&
    type !== "gnu-long-link-name";
  return {
    name,
    type: isKnown ? type : "file",
    linkname,
    size,
    mode,
    uid,
    gid,
    uname,
    gname,
    mtime: header.mtime ?? new Date(0),
    pax: { ...header.pax },
  };
}

/** The archive on its way to the package, and what went wrong with it. */
class Source {
  readonly #stream: ReadableStream<Bytes>;
  #failure: { readonly error: unknown } | undefined;
  #length = 0;
  readonly #end = Promise.withResolvers<void>();

  constructor(stream: ReadableStream<Bytes>) {
    this.#stream = stream;
  }

  /** Settles when the archive was read to its end or given up. */
  get closed(): Promise<void> {
    return this.#end.promise;
  }

  /**
   * Many archives lack the records at their end, which the package wants. Exactly these are added: where content was cut off,
   * they get used up for it, and the package misses them again.
   */
  withTrailer(): ReadableStream<Bytes> {
    const reader = this.#stream.getReader();
    let isEnded = false;
    return new ReadableStream<Bytes>({
      pull: async (controller) => {
        if (isEnded) return controller.close();
        try {
          const { done, value } = await reader.read();
          isEnded = done;
          if (done) this.#end.resolve();
          this.#length += value?.length ?? 0;
          controller.enqueue(value ?? new Uint8Array(trailerBytes));
        } catch (error) {
          this.#failure = { error };
          this.#end.resolve();
          throw error;
        }
      },
      cancel: (reason) => {
        this.#end.resolve(reader.cancel(reason));
        return this.#end.promise;
      },
    }, { highWaterMark: 0 });
  }

  /** Gives a body whose failures say what happened. */
  mapped(body: ReadableStream<Uint8Array>): ReadableStream<Bytes> {
    const reader = body.getReader();
    return new ReadableStream<Bytes>({
      pull: async (controller) => {
        try {
          const { done, value } = await reader.read();
          if (done) controller.close();
          else controller.enqueue(withBuffer(value));
        } catch (error) {
          throw this.explain(error);
        }
      },
      cancel: (reason) => reader.cancel(reason),
    }, { highWaterMark: 0 });
  }

  /** The error of the bytes themselves counts, not what the package makes of it. */
  explain(error: unknown): unknown {
    if (this.#failure !== undefined) return this.#failure.error;
    if (error instanceof RegkitError || !(error instanceof Error)) return error;
    const isCut = /truncated/i.test(error.message) || this.#length % 512 !== 0;
    return archiveError(isCut && this.#length > 512 ? "unexpected EOF" : "archive/tar: invalid tar header", error);
  }
}

/** Bytes of the package's own, so never of memory that is shared. */
function withBuffer(bytes: Uint8Array): Bytes {
  const { buffer, byteOffset, byteLength } = bytes;
  return buffer instanceof ArrayBuffer ? new Uint8Array(buffer, byteOffset, byteLength) : new Uint8Array(bytes);
}
