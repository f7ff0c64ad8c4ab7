/**
 * Runs the conformance suite of the distribution specification, where it is installed.
 *
 * @module
 */

import assert from "node:assert/strict";
import { tempFolder } from "./processes.ts";
import { findPeer, type Found } from "./test_data.ts";

/** The suite. */
export const suite: Found = findPeer("conformance");

/**
 * Runs it; fails the test on a FAIL and on a Skip.
 *
 * @param port Where the registry listens on the loopback interface.
 * @param env What the suite is told.
 * @param atLeast How many of its tests must have passed.
 */
export async function runSuite(port: number, env: Readonly<Record<string, string>>, atLeast: number): Promise<void> {
  await using results = await tempFolder();
  const { stdout, stderr } = await new Deno.Command(suite.path, {
    clearEnv: true,
    env: { OCI_REGISTRY: `127.0.0.1:${port}`, OCI_TLS: "disabled", OCI_RESULTS_DIR: results.path, ...env },
  }).output();
  const output = new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
  const countOf = (word: string) => Number(new RegExp(`^\\s*${word}\\.+:\\s+(\\d+)`, "m").exec(output)?.[1] ?? NaN);
  assert.deepEqual([countOf("FAIL"), countOf("Skip")], [0, 0], output.slice(-6000));
  assert(countOf("Pass") >= atLeast, output.slice(-6000));
}
