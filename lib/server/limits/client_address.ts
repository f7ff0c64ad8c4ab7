/**
 * Whose request it is when proxies stand in between: `X-Forwarded-For` counts only from those that are trusted.
 *
 * @module
 */

import { RegkitError } from "../../errors.ts";

/** Tells a client's address. */
export type AddressReader = (request: Request, remoteAddress: string | undefined) => string;

interface Network {
  readonly bits: bigint;
  readonly size: 32 | 128;
  readonly prefix: number;
}

const maxHops = 32;

/**
 * Makes a function that tells a client's address.
 *
 * @param trustedProxies Addresses or networks (`10.0.0.0/8`, `::1`) whose `X-Forwarded-For` is believed.
 * @returns The function; its answer is empty when nothing is known.
 * @throws {RegkitError} `INVALID_ARGUMENT` when one is neither.
 */
export function addressReader(trustedProxies: readonly string[] = []): AddressReader {
  const networks = trustedProxies.map((text) => {
    const network = parseNetwork(text);
    if (network !== undefined) return network;
    throw new RegkitError("INVALID_ARGUMENT", `invalid address of a trusted proxy: "${text}"`, {
      tip: "Give an address or a network, such as 192.0.2.1, 10.0.0.0/8 or fd00::/8",
    });
  });
  return (request, remoteAddress = "") => {
    if (networks.length === 0 || !isIn(networks, remoteAddress)) return remoteAddress;
    const hops = (request.headers.get("x-forwarded-for") ?? "").split(",").slice(-maxHops).map(hostOf);
    // From the right: each trusted proxy vouches for the address before its own.
    for (const hop of hops.toReversed()) {
      if (parseAddress(hop) === undefined) break;
      if (!isIn(networks, hop)) return hop;
    }
    return remoteAddress;
  };
}

function isIn(networks: readonly Network[], text: string): boolean {
  const address = parseAddress(text);
  if (address === undefined) return false;
  return networks.some(({ bits, size, prefix }) => {
    const shift = BigInt(size - prefix);
    return size === address.size && bits >> shift === address.bits >> shift;
  });
}

/** Drops blanks, brackets and the port. */
function hostOf(text: string): string {
  const trimmed = text.trim();
  return /^\[([^\]]*)\](?::[0-9]+)?$/.exec(trimmed)?.[1] ?? /^([0-9.]+):[0-9]+$/.exec(trimmed)?.[1] ?? trimmed;
}

function parseNetwork(text: string): Network | undefined {
  const [host = "", length, more] = text.split("/");
  const address = parseAddress(host);
  if (address === undefined || more !== undefined) return undefined;
  if (length === undefined) return { ...address, prefix: address.size };
  const prefix = /^[0-9]{1,3}$/.test(length) ? Number(length) : Infinity;
  return prefix <= address.size ? { ...address, prefix } : undefined;
}

function parseAddress(text: string): { readonly bits: bigint; readonly size: 32 | 128 } | undefined {
  // IPv4 addresses that came in over an IPv6 socket are the same addresses.
  const v4 = parseV4(text.replace(/^::ffff:(?=[0-9.]+$)/i, ""));
  if (v4 !== undefined) return { bits: v4, size: 32 };
  const v6 = parseV6(text);
  return v6 === undefined ? undefined : { bits: v6, size: 128 };
}

function parseV4(text: string): bigint | undefined {
  if (!/^[0-9]{1,3}(\.[0-9]{1,3}){3}$/.test(text)) return undefined;
  const parts = text.split(".").map(Number);
  return parts.every((part) => part < 256) ? join(parts, 8n) : undefined;
}

function parseV6(text: string): bigint | undefined {
  if (!/^[0-9a-f:]{2,39}$/i.test(text)) return undefined;
  const [head = "", tail, more] = text.split("::");
  const groups = (part: string) => part === "" ? [] : part.split(":");
  const before = groups(head);
  const after = groups(tail ?? "");
  const missing = 8 - before.length - after.length;
  if (more !== undefined || (tail === undefined ? missing !== 0 : missing < 1)) return undefined;
  const all = [...before, ...Array.from({ length: tail === undefined ? 0 : missing }, () => "0"), ...after];
  return all.every((group) => /^[0-9a-f]{1,4}$/i.test(group))
    ? join(all.map((group) => parseInt(group, 16)), 16n)
    : undefined;
}

function join(parts: readonly number[], width: bigint): bigint {
  return parts.reduce((bits, part) => (bits << width) | BigInt(part), 0n);
}
