/**
 * Reads the form that clients post to the token service.
 *
 * @module
 */

import { ApiError } from "../api_error.ts";
import { readBlocks } from "../body_blocks.ts";

const maxBytes = 16 * 1024;
const idleMs = 10_000;

/**
 * Reads a form of limited size.
 *
 * @param request The request.
 * @returns The fields.
 * @throws {ApiError} 400 when it is no form; 413 when it is too large; 408 when it does not arrive.
 */
export async function readForm(request: Request): Promise<URLSearchParams> {
  const type = (request.headers.get("content-type") ?? "").split(";", 1)[0]?.trim().toLowerCase();
  if (type !== "application/x-www-form-urlencoded") {
    throw new ApiError(400, "UNSUPPORTED", "the body is not of the type application/x-www-form-urlencoded");
  }
  const decoder = new TextDecoder();
  let text = "";
  let size = 0;
  const look = (block: Uint8Array) => {
    size += block.length;
    if (size > maxBytes) throw new ApiError(413, "SIZE_INVALID", `the form is larger than ${maxBytes} bytes`);
    text += decoder.decode(block, { stream: true });
  };
  if (request.body !== null) {
    await readBlocks(request.body, { length: undefined, idleMs, look, write: () => Promise.resolve() });
  }
  return new URLSearchParams(text + decoder.decode());
}
