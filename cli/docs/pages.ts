/**
 * The pages of the documentation that are written by the program.
 *
 * @module
 */

import { regctl } from "../regctl/commands.ts";
import { formatReferencePage } from "./reference.ts";
import { formatSettingsPage } from "./settings.ts";

/** The line that writes the pages anew. */
export const writeCommand = "deno run -A cli/docs/main.ts";

/**
 * Writes the pages.
 *
 * @returns Their texts by their paths in the checkout.
 */
export function formatPages(): ReadonlyMap<string, string> {
  return new Map([
    ["docs/regctl.md", formatReferencePage(regctl, writeCommand)],
    ["docs/settings.md", formatSettingsPage(writeCommand)],
  ]);
}
