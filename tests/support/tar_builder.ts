/** Builds tar archives for tests, byte by byte, so that reading is not tested against its own library. */

const encoder = new TextEncoder();

/** An entry to build. */
export interface BuiltEntry {
  /** Its path; up to 100 bytes. */
  readonly name: string;
  /** The type's flag; `0`, a file, by default. */
  readonly flag?: string;
  /** Its content. */
  readonly body?: string | Uint8Array<ArrayBuffer>;
  /** Where a link points. */
  readonly linkname?: string;
  /** Permissions; 644 by default. */
  readonly mode?: number;
  /** Seconds since 1970; 1577836800, the first of January 2020, by default. */
  readonly seconds?: number;
  /** Owner and group. */
  readonly ids?: readonly [uid: number, gid: number];
}

/** Options of {@linkcode buildTar}. */
export interface BuildTarOptions {
  /** Leave out the two empty records at the end. */
  readonly hasNoTrailer?: boolean;
}

/** Builds an archive. */
export function buildTar(
  entries: readonly BuiltEntry[],
  { hasNoTrailer = false }: BuildTarOptions = {},
): Uint8Array<ArrayBuffer> {
  const parts = entries.flatMap((entry) => {
    const body = typeof entry.body === "string" ? encoder.encode(entry.body) : entry.body ?? new Uint8Array(0);
    return [header(entry, body.length), body, new Uint8Array((512 - body.length % 512) % 512)];
  });
  if (!hasNoTrailer) parts.push(new Uint8Array(1024));
  return join(parts);
}

/** Joins bytes. */
export function join(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/** Compresses bytes in the runtime. */
export async function gzip(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
  const stream = new Blob([bytes]).stream().pipeThrough(new CompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

function header(entry: BuiltEntry, size: number): Uint8Array<ArrayBuffer> {
  const { name, flag = "0", linkname = "", mode = 0o644, seconds = 1577836800, ids = [0, 0] } = entry;
  const block = new Uint8Array(512);
  const text = (at: number, value: string) => block.set(encoder.encode(value), at);
  const octal = (at: number, length: number, value: number) =>
    text(at, value.toString(8).padStart(length - 1, "0").slice(0, length - 1));
  text(0, name);
  octal(100, 8, mode);
  octal(108, 8, ids[0]);
  octal(116, 8, ids[1]);
  octal(124, 12, size);
  octal(136, 12, seconds);
  text(148, " ".repeat(8));
  text(156, flag);
  text(157, linkname);
  text(257, "ustar\0" + "00");
  octal(148, 7, block.reduce((sum, byte) => sum + byte, 0));
  block[154] = 0;
  return block;
}
