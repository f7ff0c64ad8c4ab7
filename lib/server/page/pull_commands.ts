/**
 * Commands that pull what a page shows.
 *
 * @module
 */

import { type Html, html } from "./html.ts";

/**
 * Builds the commands. Each stands in a field of its own: reaching it by keyboard selects it, so that it can be copied without
 * script.
 *
 * @param origin Where the registry is, such as `https://registry.example.org`.
 * @param reference The repository with its tag or digest.
 * @returns The section.
 */
export function pullCommands(origin: string, reference: string): Html {
  const host = origin.slice(origin.indexOf("//") + 2);
  const isPlain = origin.startsWith("http:");
  const full = `${host}/${reference}`;
  const commands = [
    ["Docker", `docker pull ${full}`],
    ["regctl", `regctl ${isPlain ? `--host reg=${host},tls=disabled ` : ""}image copy ${full} ocidir://image`],
    ["skopeo", `skopeo copy ${isPlain ? "--src-tls-verify=false " : ""}docker://${full} oci:image`],
  ] as const;
  return html`<section class="commands" aria-labelledby="pull"><h2 id="pull">Pull</h2>${
    commands.map(([name, command]) => html`<label>${name}<input readonly value="${command}"></label>`)
  }</section>`;
}
