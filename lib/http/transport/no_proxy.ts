/**
 * The list of hosts that are reached without a proxy, in the grammar that Go programs read `NO_PROXY` with: `*`, domains
 * (with their subdomains; with a leading dot or `*.` the subdomains alone), addresses and CIDR ranges, each but the ranges
 * with a port if wanted.
 *
 * @module
 */

/** An entry of the list that holds a host. */
export interface NoProxyMatch {
  /** Whether the entry named a port. */
  readonly hasPort: boolean;
}

/**
 * Looks a host up in the list.
 *
 * @param list The value of `NO_PROXY`.
 * @param hostname The host as a URL has it: lower case, IPv6 in brackets.
 * @param port The port.
 * @returns The first entry that holds it, or `undefined`.
 */
export function findInNoProxy(list: string, hostname: string, port: number): NoProxyMatch | undefined {
  const host = hostname.replace(/\.$/, "");
  const address = addressBytes(host);
  for (const entry of list.toLowerCase().split(",").map((each) => each.trim())) {
    if (entry === "") continue;
    if (entry === "*") return { hasPort: false };
    const range = parseRange(entry);
    if (range !== undefined) {
      if (address !== undefined && isInRange(address, range)) return { hasPort: false };
      continue;
    }
    const { name, port: wanted } = splitPort(entry);
    if (wanted !== undefined && wanted !== port) continue;
    const isMatch = address === undefined ? isInDomain(host, name) : isSameAddress(address, addressBytes(name));
    if (isMatch) return { hasPort: wanted !== undefined };
  }
  return undefined;
}

/** Whether a host is a domain or below it; `.domain` and `*.domain` mean only below. */
function isInDomain(host: string, entry: string): boolean {
  const domain = entry.replace(/^\*(?=\.)/, "").replace(/\.$/, "");
  if (domain.startsWith(".")) return host.endsWith(domain);
  return host === domain || host.endsWith(`.${domain}`);
}

/** Takes the port off an entry; the colons of a bare IPv6 address are not one. */
function splitPort(entry: string): { name: string; port: number | undefined } {
  const match = /^(\[[^\]]*\]|[^:]*):(\d{1,5})$/.exec(entry);
  const [, name = "", port] = match ?? [];
  return port === undefined ? { name: entry, port: undefined } : { name, port: Number(port) };
}

/** The bytes of an IPv4 (4) or IPv6 (16) address, or `undefined` for anything else. */
function addressBytes(text: string): readonly number[] | undefined {
  const bare = text.replace(/^\[(.*)\]$/, "$1");
  if (/^\d{1,3}(?:\.\d{1,3}){3}$/.test(bare)) {
    const bytes = bare.split(".").map(Number);
    return bytes.every((each) => each <= 255) ? bytes : undefined;
  }
  if (!bare.includes(":") || !URL.canParse(`http://[${bare}]/`)) return undefined;
  // The URL parser has written the address in its one canonical form, without a dotted tail.
  const [head = "", tail] = new URL(`http://[${bare}]/`).hostname.slice(1, -1).split("::");
  const before = groups(head);
  const after = groups(tail ?? "");
  const zeros = new Array<number>(16 - before.length - after.length).fill(0);
  return [...before, ...zeros, ...after];
}

/** The bytes of colon-separated 16-bit groups. */
function groups(text: string): number[] {
  if (text === "") return [];
  return text.split(":").flatMap((each) => [parseInt(each, 16) >> 8, parseInt(each, 16) & 255]);
}

/** A CIDR range. */
interface AddressRange {
  readonly bytes: readonly number[];
  readonly bits: number;
}

/** Reads `address/bits`. */
function parseRange(entry: string): AddressRange | undefined {
  const [, text = "", bits] = /^([^/]+)\/(\d{1,3})$/.exec(entry) ?? [];
  const bytes = addressBytes(text);
  if (bits === undefined || bytes === undefined || Number(bits) > bytes.length * 8) return undefined;
  return { bytes, bits: Number(bits) };
}

/** Whether the leading bits of an address are those of a range of the same family. */
function isInRange(address: readonly number[], range: AddressRange): boolean {
  if (address.length !== range.bytes.length) return false;
  return range.bytes.every((byte, index) => {
    const bits = Math.min(8, Math.max(0, range.bits - index * 8));
    const mask = (0xff << (8 - bits)) & 0xff;
    return (byte & mask) === ((address[index] ?? 0) & mask);
  });
}

/** Whether two addresses are the same. */
function isSameAddress(left: readonly number[], right: readonly number[] | undefined): boolean {
  return right !== undefined && left.length === right.length && left.every((byte, index) => byte === right[index]);
}
