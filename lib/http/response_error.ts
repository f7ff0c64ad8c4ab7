/**
 * Makes an error of an answer that the operation does not accept, with all the registry said.
 *
 * @module
 */

import { type ErrorCode, HttpError, redactUrl, type RegistryErrorEntry } from "../errors.ts";
import type { Host } from "../settings/host.ts";
import { readStart } from "./discard.ts";
import type { Clock, RegistryRequest } from "./http_client.ts";
import { parseRetryAfter } from "./retry_after.ts";
import type { TransportResponse } from "./transport/transport.ts";

/** The most of a body that is read for an error. */
const maxBodyBytes = 64 * 1024;

/** The longest wait for that body, in milliseconds. */
const maxBodyMs = 5_000;

/** The most of a body that a message repeats, in characters. */
const maxMessageChars = 2000;

/** What is known of the statuses that have a code of their own. */
const known: ReadonlyMap<number, { readonly code: ErrorCode; readonly text: string }> = new Map([
  [401, { code: "UNAUTHORIZED", text: "unauthorized" }],
  [403, { code: "DENIED", text: "unauthorized" }],
  [404, { code: "NOT_FOUND", text: "not found" }],
  [429, { code: "RATE_LIMITED", text: "rate limit exceeded" }],
]);

/** The texts of statuses that registries and what stands before them send. */
const statusTexts: Readonly<Record<number, string>> = {
  200: "OK",
  201: "Created",
  202: "Accepted",
  204: "No Content",
  206: "Partial Content",
  301: "Moved Permanently",
  302: "Found",
  303: "See Other",
  304: "Not Modified",
  307: "Temporary Redirect",
  308: "Permanent Redirect",
  400: "Bad Request",
  402: "Payment Required",
  405: "Method Not Allowed",
  406: "Not Acceptable",
  408: "Request Timeout",
  409: "Conflict",
  410: "Gone",
  411: "Length Required",
  412: "Precondition Failed",
  413: "Request Entity Too Large",
  414: "Request URI Too Long",
  415: "Unsupported Media Type",
  416: "Requested Range Not Satisfiable",
  418: "I'm a teapot",
  422: "Unprocessable Entity",
  423: "Locked",
  431: "Request Header Fields Too Large",
  451: "Unavailable For Legal Reasons",
  500: "Internal Server Error",
  501: "Not Implemented",
  502: "Bad Gateway",
  503: "Service Unavailable",
  504: "Gateway Timeout",
  507: "Insufficient Storage",
};

/**
 * Reads an answer that is not accepted, and gives the error for it.
 *
 * @param answer The answer; its body is read and given up.
 * @param request What was asked.
 * @param host The host that was asked.
 * @param clock Limits the time for the body.
 * @param refusal Why authentication gave up, if it did.
 * @returns The error.
 */
export async function responseError(
  answer: TransportResponse,
  request: RegistryRequest,
  host: Host,
  clock: Clock,
  refusal?: Error,
): Promise<HttpError> {
  const bytes = await readStart(answer, maxBodyBytes, maxBodyMs, clock, request.signal);
  const body = printable(new TextDecoder().decode(bytes)).trim();
  const { status } = answer;
  const { code, text } = known.get(status) ??
    { code: "HTTP_STATUS" as const, text: `unexpected http status code: ${statusTexts[status] ?? ""}`.trimEnd() };
  const who = status === 401 || status === 403 ? ` (${subject(request, host, refusal)})` : "";
  const said = body.length > maxMessageChars ? `${body.slice(0, maxMessageChars)}…` : body;
  return new HttpError(code, `request failed: ${text} [http ${status}]${who}${said === "" ? "" : `: ${said}`}`, {
    status,
    method: request.method,
    url: redactUrl(answer.url),
    body,
    entries: parseEntries(body),
    retryAfterMs: parseRetryAfter(answer.headers, clock.now()),
    cause: refusal,
    tip: status === 401 ? `Log in to ${host.name} with a user that may do this` : undefined,
  });
}

function subject(request: RegistryRequest, host: Host, refusal: Error | undefined): string {
  const parts = [`host ${host.name}`];
  if (request.repository !== undefined) parts.push(`repository ${request.repository}`);
  if (host.user !== undefined && host.user !== "") parts.push(`user ${host.user}`);
  if (refusal !== undefined) parts.push(refusal.message);
  return printable(parts.join(", "));
}

/** What is shown on terminals must not steer them. */
function printable(text: string): string {
  return text.replaceAll(/(?![\n\t])\p{Cc}/gu, "\ufffd");
}

/**
 * Reads the entries of a registry's error document (distribution-spec, "Error Codes").
 *
 * @param body The body as text.
 * @returns The entries; empty when it is no such document.
 */
export function parseEntries(body: string): RegistryErrorEntry[] {
  if (!body.startsWith("{")) return [];
  let document: unknown;
  try {
    document = JSON.parse(body);
  } catch (error) {
    // Proxies and cut bodies: the text itself stays in the error.
    if (error instanceof SyntaxError) return [];
    throw error;
  }
  const errors = document instanceof Object && "errors" in document ? document.errors : undefined;
  return Array.isArray(errors) ? errors.flatMap(toEntry) : [];
}

function toEntry(entry: unknown): RegistryErrorEntry[] {
  if (!(entry instanceof Object) || !("code" in entry) || typeof entry.code !== "string") return [];
  return [{ code: entry.code, message: "message" in entry && typeof entry.message === "string" ? entry.message : "" }];
}
