/**
 * Asks the real regctl for the answers that `tests/cli/format_parity_test.ts` expects, and writes them down.
 *
 * @module
 */

import { formatLines } from "./format_lines.ts";
import { formatWorld } from "./format_world.ts";
import { findPeer } from "./test_data.ts";

const peer = findPeer("regctl");
if (peer.ignore) throw new Error(peer.note);
await using world = await formatWorld();
const answers: Record<string, readonly [number, string]> = {};
for (const line of formatLines) {
  answers[`${line.words} --format ${line.template}`] = await world.runPeer(peer.path, line);
}
const text = `${JSON.stringify(answers, null, 2)}\n`;
await Deno.writeTextFile(new URL("../fixtures/format/expected.json", import.meta.url), text);
