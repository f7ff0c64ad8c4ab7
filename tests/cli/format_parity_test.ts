import { deepEqual, ok } from "node:assert/strict";
import { formatLines, otherLines } from "../support/format_lines.ts";
import { type FormatLine, type FormatOutcome, formatWorld } from "../support/format_world.ts";
import { findLayout, findPeer } from "../support/test_data.ts";

const peer = findPeer("regctl");
const layout = findLayout("testrepo");
/** What the real regctl printed: `deno run -A tests/support/record_formats.ts` asks it anew. */
const recorded: Readonly<Record<string, FormatOutcome>> = JSON.parse(
  await Deno.readTextFile(new URL("../fixtures/format/expected.json", import.meta.url)),
);

function titleOf({ words, template }: FormatLine): string {
  return `${words} --format ${template}`;
}

/** The real one prints annotations of descriptors in random order; ours sorts them. */
function withSortedAnnotations([code, text]: FormatOutcome): FormatOutcome {
  return [code, text.replaceAll(/(?:^ {4}\S.*\n)+/gm, (found) => found.split("\n").sort().join("\n"))];
}

Deno.test("regctl --format has a recorded answer for each of its lines, more than 120", () => {
  ok(formatLines.length > 120);
  deepEqual(Object.keys(recorded).sort(), [...new Set(formatLines.map(titleOf))].sort());
});

Deno.test("regctl --format prints what the real one printed for objects of every kind", async (t) => {
  await using world = await formatWorld();
  for (const line of formatLines) {
    const title = titleOf(line);
    await t.step(title, async () => deepEqual(await world.runOurs(line), recorded[title]));
  }
});

Deno.test({
  name: `regctl --format prints what the real one prints for objects of every kind${peer.note}`,
  ignore: peer.ignore,
  fn: async (t) => {
    await using world = await formatWorld();
    for (const line of formatLines) {
      await t.step(
        titleOf(line),
        async () => deepEqual(await world.runOurs(line), await world.runPeer(peer.path, line)),
      );
    }
  },
});

Deno.test({
  name: `regctl --format prints what the real one prints over a layout of others${peer.note}${layout.note}`,
  ignore: peer.ignore || layout.ignore,
  fn: async (t) => {
    await using world = await formatWorld();
    for (const { words, template } of otherLines) {
      const line = { words: words.replace("OTHER", `ocidir://${layout.path}`), template };
      await t.step(`${words} --format ${template}`, async () => {
        const ours = withSortedAnnotations(await world.runOurs(line));
        deepEqual(ours, withSortedAnnotations(await world.runPeer(peer.path, line)));
      });
    }
  },
});
