/**
 * Loads a server over plain connections: a request at a time on each, answers read but not looked at.
 */

import { findPeer } from "./peers.ts";

/** What one run showed. */
export interface LoadResult {
  /** Requests per second. */
  readonly perSecond: number;
  /** The 99th percentile of the time of a request, in milliseconds. */
  readonly p99Ms: number;
}

/** How to load. */
export interface LoadOptions {
  /** How many connections, with a request at a time on each. */
  readonly connections: number;
  /** How long. */
  readonly seconds: number;
  /** The value of `Accept`. */
  readonly accept: string;
}

/** Asks for one path again and again over several connections: with wrk where it is installed, which needs less of the machine. */
export async function loadPath(address: string, path: string, options: LoadOptions): Promise<LoadResult> {
  const wrk = await findPeer("wrk");
  return wrk === undefined ? await loadByItself(address, path, options) : await loadWith(wrk, address + path, options);
}

async function loadWith(wrk: string, target: string, options: LoadOptions): Promise<LoadResult> {
  const { connections, seconds, accept } = options;
  const args = ["-t1", `-c${connections}`, `-d${seconds}s`, "--latency", "-H", `Accept: ${accept}`, `http://${target}`];
  const { success, stdout } = await new Deno.Command(wrk, { args, stdout: "piped" }).output();
  const text = new TextDecoder().decode(stdout);
  const [, perSecond] = /Requests\/sec:\s+([\d.]+)/.exec(text) ?? [];
  const [, p99, unit] = /99%\s+([\d.]+)(us|ms|s)/.exec(text) ?? [];
  if (!success || perSecond === undefined || /Non-2xx|Socket errors/.test(text)) throw new Error(`wrk failed: ${text}`);
  return { perSecond: Number(perSecond), p99Ms: Number(p99) * (unit === "us" ? 0.001 : unit === "s" ? 1000 : 1) };
}

async function loadByItself(address: string, path: string, options: LoadOptions): Promise<LoadResult> {
  const end = performance.now() + options.seconds * 1000;
  const times: number[] = [];
  const request = new TextEncoder().encode(
    `GET ${path} HTTP/1.1\r\nHost: ${address}\r\nAccept: ${options.accept}\r\n\r\n`,
  );
  const started = performance.now();
  await Promise.all([...Array(options.connections).keys()].map(() => askUntil(address, request, end, times)));
  const seconds = (performance.now() - started) / 1000;
  times.sort((a, b) => a - b);
  return { perSecond: times.length / seconds, p99Ms: times[Math.floor(times.length * 0.99)] ?? NaN };
}

async function askUntil(address: string, request: Uint8Array, end: number, times: number[]): Promise<void> {
  const [hostname = "", port] = address.split(":");
  using connection = await Deno.connect({ hostname, port: Number(port) });
  connection.setNoDelay(true);
  const buffer = new Uint8Array(64 * 1024);
  // The answers are all of one length, which the first one tells.
  let length = 0;
  for (let now = performance.now(); now < end;) {
    await connection.write(request);
    let got = 0;
    do {
      const count = await connection.read(buffer.subarray(got));
      if (count === null) throw new Error("the server closed the connection");
      got += count;
      if (length === 0) length = answerLength(new TextDecoder().decode(buffer.subarray(0, got)));
    } while (length === 0 || got < length);
    const after = performance.now();
    times.push(after - now);
    now = after;
  }
}

function answerLength(text: string): number {
  const head = text.indexOf("\r\n\r\n");
  if (head < 0) return 0;
  if (!text.startsWith("HTTP/1.1 200")) throw new Error(`unexpected answer: ${text.slice(0, 200)}`);
  return head + 4 + Number(/content-length: (\d+)/i.exec(text.slice(0, head))?.[1]);
}
