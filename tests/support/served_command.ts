/**
 * Runs `regctl registry serve` within the test, and asks what it serves.
 *
 * @module
 */

import assert from "node:assert/strict";
import { regctl } from "../../cli/regctl/commands.ts";
import { runLine } from "../../cli/run.ts";
import { digestBytes } from "../../lib/oci/digest.ts";
import { fakeContext } from "./run_cli.ts";

/** The password `pw`, as password files keep it. */
export const bcryptOfPw = "$2y$04$hbA/NCg6Z.nLCOW/gWEOpu.icQm4im9X02FVyUHwLRzrc5m/CbpWK";
/** The options of a request with a login, as `user:password`. */
export const basic = (login: string) => ({ headers: { authorization: `Basic ${btoa(login)}` } });

/** A registry that the command serves. */
export interface Served {
  readonly url: string;
  /** Sends a request; gives the status, the headers and the body's text. */
  readonly ask: (
    method: string,
    path: string,
    init?: RequestInit,
  ) => Promise<{ readonly status: number; readonly headers: Headers; readonly text: string }>;
}

/** Runs the command until `use` is done; gives what it printed and logged. */
export async function serve(
  args: readonly string[],
  use: (served: Served) => Promise<void>,
  ca?: string,
): Promise<{ readonly line: string; readonly stderr: string }> {
  const end = new AbortController();
  const printed = Promise.withResolvers<string>();
  const messages: string[] = [];
  const context = fakeContext({ signal: end.signal }, [], messages);
  const write = (text: string | Uint8Array) => Promise.resolve(printed.resolve(String(text)));
  const argv = ["registry", "serve", "--listen", "127.0.0.1:0", ...args];
  const running = runLine(regctl, argv, { ...context, stdout: { ...context.stdout, write } });
  const line = await Promise.race([
    printed.promise,
    running.then(() => assert.fail(`ended before it listened: ${messages.join("")}`)),
  ]);
  const url = /https?:\/\/[^ \n]+/.exec(line)?.[0] ?? assert.fail(line);
  const client = Deno.createHttpClient(ca === undefined ? {} : { caCerts: [ca] });
  const ask: Served["ask"] = async (method, path, init = {}) => {
    const response = await fetch(`${url}${path}`, { method, client, ...init });
    return { status: response.status, headers: response.headers, text: await response.text() };
  };
  try {
    await use({ url, ask });
  } finally {
    client.close();
    end.abort();
    assert.equal(await running, 0);
  }
  return { line, stderr: messages.join("") };
}

/** Makes a folder for the time of a test. */
export async function withFolder(body: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await body(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Pushes a blob in one request and gives the status. */
export async function push({ ask }: Served, name: string, content: string, init: RequestInit = {}): Promise<number> {
  const digest = await digestBytes(new TextEncoder().encode(content));
  return (await ask("POST", `/v2/${name}/blobs/uploads/?digest=${digest}`, { body: content, ...init })).status;
}

/** Asks until the answer is of a status. */
export async function until(status: number, ask: () => Promise<{ readonly status: number }>): Promise<void> {
  while ((await ask()).status !== status) await new Promise((resolve) => setTimeout(resolve, 1));
}
