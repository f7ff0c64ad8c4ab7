/**
 * Prints results by templates.
 *
 * @module
 */

import type { Logger } from "../../lib/log.ts";
import { parseTemplate } from "../../lib/template/template.ts";
import type { Context } from "../context.ts";
import type { TemplateFormat } from "./format.ts";

/**
 * Reads a template.
 *
 * @param context The door to the process: where the text goes, and what the template may look at.
 * @param text The template.
 * @param logger Is told of files that the template cannot read.
 * @returns The template.
 * @throws {TemplateError} When the text is no template.
 */
export function createTemplateFormat(context: Context, text: string, logger: Logger): TemplateFormat {
  const template = parseTemplate(text);
  return {
    mentions: (...names) => names.some((name) => text.includes(name)),
    async print(object) {
      if (text.includes("GetData")) await (await import("./objects/descriptor.ts")).loadVerification();
      const chunks: Uint8Array[] = [];
      try {
        template.render(object, {
          env: (name) => context.env(name),
          readFile: (path) => context.readTextFile(path),
          now: () => context.clock.now(),
          localZone: (seconds) => context.localZone(seconds),
          logger,
          writeBytes: (bytes) => void chunks.push(bytes),
        });
      } finally {
        for (const chunk of chunks) await context.stdout.write(chunk);
      }
    },
  };
}
