/**
 * The table of command lines that both programs run.
 *
 * @module
 */

import type { LineGroup } from "./line.ts";
import { blobLines } from "./lines/blob.ts";
import { imageCopyLines } from "./lines/image_copy.ts";
import { imageLines } from "./lines/image.ts";
import { repoLines, tagLines } from "./lines/lists.ts";
import { manifestLines } from "./lines/manifest.ts";
import { otherLines } from "./lines/other.ts";
import { configLines, registryLines } from "./lines/settings.ts";

/** All lines by group. */
export const lineGroups: readonly LineGroup[] = [
  imageLines,
  imageCopyLines,
  manifestLines,
  blobLines,
  tagLines,
  repoLines,
  registryLines,
  configLines,
  otherLines,
];
