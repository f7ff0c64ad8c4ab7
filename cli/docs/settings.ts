/**
 * Writes the reference of regctl's settings file out of the table of its keys.
 *
 * @module
 */

import { HOST_FIELDS, type HostFieldKind } from "../../lib/settings/host_fields.ts";
import { exitCodesKey } from "../exit_code_setting.ts";
import { markdownTable, markdownText } from "./markdown.ts";

const kinds: Readonly<Record<HostFieldKind, string>> = {
  boolean: "`true` or `false`",
  count: "number, not negative",
  duration: "duration such as `1h30m`",
  integer: "whole number",
  names: "list of texts",
  number: "number",
  options: "object of texts",
  text: "text",
  tls: "`enabled`, `insecure` or `disabled`",
};

/** The keys beside hosts, in the file's order. */
const topKeys: readonly (readonly [key: string, kind: string, standard: string, summary: string])[] = [
  ["version", "whole number", "1", "The form of the file; others than 1 are refused"],
  ["hosts", "object", "", "Settings of registries by the name used in references"],
  ["hostDefault", "object", "", "What holds for every registry that does not say otherwise"],
  ["blobLimit", "whole number", "", "Largest chunk held in memory, in bytes"],
  ["incDockerCert", "`true` or `false`", "true", "Use the certificates in Docker's folders"],
  ["incDockerCred", "`true` or `false`", "true", "Use Docker's logins"],
  [exitCodesKey, "`true` or `false`", "false", "Tell failures apart by exit codes, as `--exit-codes` does"],
];

/**
 * Writes the reference.
 *
 * @param command The line that writes it anew, mentioned in it.
 * @returns The Markdown text.
 */
export function formatSettingsPage(command: string): string {
  return [
    `<!-- Written by \`${command}\` out of the tables of the settings: change those instead. -->\n`,
    "# regctl's settings file\n",
    "A JSON object in `$REGCTL_CONFIG`, `$XDG_CONFIG_HOME/regctl/config.json` or `~/.regctl/config.json`, shared with the " +
    "original regctl. Keys are read in any case; unknown ones are kept.\n",
    "## Top keys\n",
    markdownTable(
      ["key", "value", "default", "meaning"],
      topKeys.map(([key, kind, standard, summary]) => [`\`${key}\``, kind, standard, summary]),
    ),
    "## Keys of a registry\n",
    "For each entry of `hosts`, and for `hostDefault`. Secrets are never shown by `regctl config get` and `regctl registry config`.\n",
    markdownTable(
      ["key", "value", "default", "meaning"],
      HOST_FIELDS.map(({ json, kind, defaultText, summary, isSecret }) => [
        `\`${json}\``,
        kinds[kind],
        defaultText,
        markdownText(summary) + (isSecret ? " (secret)" : ""),
      ]),
    ),
  ].join("\n");
}
