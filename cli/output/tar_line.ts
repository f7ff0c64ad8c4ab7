/**
 * Writes an entry of a layer as one line.
 *
 * @module
 */

import type { ListedEntry } from "../../lib/archive/list_entries.ts";
import type { TarEntryType } from "../../lib/archive/tar_read.ts";

/** Options of {@linkcode formatTarEntry}. */
export interface TarLineOptions {
  /** Leave the time out. */
  readonly hasNoTime?: boolean | undefined;
  /** Show what kind of file it is, all bits of its mode, and where links point. */
  readonly isLong?: boolean | undefined;
}

const typeLetters: Readonly<Record<TarEntryType, string>> = {
  file: "-",
  link: "h",
  symlink: "l",
  "character-device": "c",
  "block-device": "b",
  directory: "d",
  fifo: "p",
};

const nameWidth = 40;

/**
 * Writes an entry as one line: mode, owner, size, time, name, and the digest of what has content.
 *
 * @param header The entry.
 * @param options What is shown.
 * @returns The line, without its end.
 */
export function formatTarEntry(header: ListedEntry, options: TarLineOptions = {}): string {
  const { hasNoTime = false, isLong = false } = options;
  const mode = isLong ? typeLetters[header.type] + longBits(header.mode) : `-${bits(header.mode)}`;
  const time = hasNoTime ? "" : ` ${header.mtime.toISOString().replace(/\.\d+Z$/, "Z")}`;
  const name = isLong && header.linkname !== "" ? `${header.name} -> ${header.linkname}` : header.name;
  const padded = name + " ".repeat(Math.max(nameWidth - [...name].length, 0));
  const digest = header.digest === undefined ? "" : ` ${header.digest}`;
  const size = String(header.size).padStart(8);
  return `${mode} ${header.uid}/${header.gid} ${size}${time} ${padded}${digest}`;
}

function bits(mode: number): string {
  return [..."rwxrwxrwx"].map((letter, at) => (mode & (0o400 >> at)) === 0 ? "-" : letter).join("");
}

/** With the three bits above: run as owner, run as group, and only owners may delete. */
function longBits(mode: number): string {
  const letters = [...bits(mode)];
  for (const [bit, at, letter] of [[0o4000, 2, "s"], [0o2000, 5, "s"], [0o1000, 8, "t"]] as const) {
    if ((mode & bit) !== 0) letters[at] = letters[at] === "x" ? letter : letter.toUpperCase();
  }
  return letters.join("");
}
