/**
 * Reads and writes what makes a directory an OCI layout: `oci-layout` and `index.json`.
 *
 * @module
 */

import { RegkitError } from "../errors.ts";
import { mediaTypes } from "../oci/media_type.ts";
import type { IndexEntries } from "./index_entries.ts";
import { formatIndexJson, isJsonObject, type JsonObject, parseIndexJson } from "./index_json.ts";
import { unlessMissing } from "./io_error.ts";
import { indexName, markerName } from "./layout_files.ts";
import { type CommitOptions, writeWholeFile } from "./temp_file.ts";

const layoutVersion = "1.0.0";

/** An `index.json` as it was read. */
export interface LayoutIndex {
  /** The exact bytes. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** The whole document. */
  readonly document: JsonObject;
  /** Its entries, also those of other tools. */
  readonly entries: IndexEntries;
}

/**
 * Tells whether a directory is marked as an OCI layout.
 *
 * @param root The directory.
 * @returns Whether the mark is there.
 * @throws {RegkitError} `INVALID_LAYOUT` when it is of another version or unreadable; `IO` when it cannot be read.
 */
export async function isMarked(root: string): Promise<boolean> {
  const path = `${root}/${markerName}`;
  const bytes = await unlessMissing("read", path, () => Deno.readFile(path));
  if (bytes === undefined) return false;
  const marker = parseFile(path, bytes);
  const version = isJsonObject(marker) ? marker["imageLayoutVersion"] : undefined;
  if (version !== layoutVersion) {
    const received = typeof version === "string" ? version : "none";
    throw new RegkitError(
      "INVALID_LAYOUT",
      `unsupported oci layout version in ${path}, expected ${layoutVersion}, received ${received}`,
      { tip: `Nothing was changed. Use another directory, or a tool that knows layouts of version ${received}.` },
    );
  }
  return true;
}

/**
 * Marks a directory as an OCI layout.
 *
 * @param root The directory.
 * @param isDurable Whether the mark must be on the disk afterwards.
 */
export async function writeMarker(root: string, isDurable: boolean): Promise<void> {
  await writeWholeFile(root, markerName, formatIndexJson({ imageLayoutVersion: layoutVersion }), isDurable);
}

/**
 * Reads the index.
 *
 * @param root The directory of the layout.
 * @returns The index; `undefined` when there is none.
 * @throws {RegkitError} `INVALID_LAYOUT` when it is not an index; `IO` when it cannot be read.
 */
export async function readIndexFile(root: string): Promise<LayoutIndex | undefined> {
  const path = `${root}/${indexName}`;
  const bytes = await unlessMissing("read", path, () => Deno.readFile(path));
  if (bytes === undefined) return undefined;
  const document = parseFile(path, bytes);
  if (!isJsonObject(document)) throw invalid(path, "is not a JSON object");
  const { schemaVersion = 2, manifests = [] } = document;
  if (schemaVersion !== 2) throw invalid(path, `has schema version ${String(schemaVersion)}, expected 2`);
  // Go writes an empty list as null.
  const entries: unknown = manifests ?? [];
  if (!Array.isArray(entries)) throw invalid(path, `has "manifests" that are not a list`);
  return { bytes, document, entries };
}

/**
 * Gives an index other entries and leaves everything else of its document.
 *
 * @param index The index as read; `undefined` makes a new one.
 * @param entries The entries.
 * @returns The document's bytes.
 */
export function formatIndex(index: LayoutIndex | undefined, entries: IndexEntries): Uint8Array<ArrayBuffer> {
  const document = index?.document ?? { schemaVersion: 2, mediaType: mediaTypes.ociIndex };
  return formatIndexJson({ ...document, manifests: entries });
}

/**
 * Replaces the index. The lock on it must be held since it was read.
 *
 * @param root The directory of the layout.
 * @param bytes The new document.
 * @param isDurable Whether it must be on the disk afterwards.
 * @param options The file's mode, and whether it is still wanted when its bytes are on the disk.
 * @returns Whether it was replaced: not when that was not wanted any more.
 */
export async function writeIndexFile(
  root: string,
  bytes: Uint8Array<ArrayBuffer>,
  isDurable: boolean,
  options: CommitOptions = {},
): Promise<boolean> {
  return await writeWholeFile(root, indexName, bytes, isDurable, options);
}

function parseFile(path: string, bytes: Uint8Array<ArrayBuffer>): unknown {
  try {
    return parseIndexJson(bytes);
  } catch (cause) {
    throw invalid(path, bytes.length === 0 ? "is empty" : "is not valid JSON", cause);
  }
}

function invalid(path: string, fault: string, cause?: unknown): RegkitError {
  return new RegkitError("INVALID_LAYOUT", `${path} ${fault}`, {
    cause,
    tip: "Nothing was changed. Restore the file from a backup; without one, remove it and copy the images again.",
  });
}
