/**
 * Which host names point into the machine or network at hand, as far as the name alone tells.
 *
 * Names are not looked up: the answer could differ from the one that the connection gets a moment later.
 *
 * @module
 */

/** IPv4 blocks that are not reachable from the outside: first address and prefix length. */
const PRIVATE_V4: readonly (readonly [address: number, bits: number])[] = [
  [0x00000000, 8], // unspecified, "this network"
  [0x0a000000, 8], // RFC 1918
  [0x64400000, 10], // RFC 6598, carrier-grade NAT
  [0x7f000000, 8], // loopback
  [0xa9fe0000, 16], // link-local, cloud metadata services among them
  [0xac100000, 12], // RFC 1918
  [0xc0a80000, 16], // RFC 1918
  [0xffffffff, 32], // broadcast
];

/** Domains that never stand for public hosts: RFC 6761, RFC 6762, RFC 8375 and ICANN's `internal`. */
const LOCAL_DOMAINS: readonly string[] = ["localhost", "local", "internal", "home.arpa"];

/**
 * Tells whether a host name is `localhost` or a literal address of this machine, link or private network.
 *
 * IPv6 addresses may be in brackets; forms that carry an IPv4 address (mapped, compatible, NAT64, 6to4) count as that
 * address. All spellings that URLs accept are understood, such as `127.1` and `0x7f000001`.
 *
 * @param hostname The host name; a port after it is ignored.
 * @returns Whether it is; `false` for every other name, whatever it resolves to.
 */
export function isPrivateAddress(hostname: string): boolean {
  const name = canonicalHostname(hostname);
  if (name === undefined) return false;
  if (name === "localhost" || name.endsWith(".localhost")) return true;
  if (name.startsWith("[")) return isPrivateV6(parseV6(name.slice(1, -1)));
  const v4 = parseV4(name);
  return v4 !== undefined && isPrivateV4(v4);
}

/**
 * Tells whether a host name cannot be one of the public internet: a private address, a name without a dot, or one in a
 * domain kept for local use.
 *
 * @param hostname The host name; a port after it is ignored.
 * @returns Whether it is local.
 */
export function isLocalName(hostname: string): boolean {
  if (isPrivateAddress(hostname)) return true;
  const name = canonicalHostname(hostname);
  if (name === undefined || name.startsWith("[") || parseV4(name) !== undefined) return false;
  return !name.includes(".") || LOCAL_DOMAINS.some((domain) => name.endsWith(`.${domain}`));
}

/** Gives the name as a URL has it: lower case, IPv4 dotted, IPv6 compressed in brackets, without port and last dot. */
function canonicalHostname(hostname: string): string | undefined {
  const isBareV6 = !hostname.startsWith("[") && hostname.indexOf(":") !== hostname.lastIndexOf(":");
  const bracketed = isBareV6 ? `[${hostname}]` : hostname;
  // A zone id (`fe80::1%eth0`) is not valid in URLs, and does not change what kind of address it is.
  const url = URL.parse(`http://${bracketed.replace(/^(\[[0-9a-fA-F:.]*)%[^\]]*\]/, "$1]")}/`);
  if (url === null || url.hostname === "") return undefined;
  return url.hostname.endsWith(".") ? url.hostname.slice(0, -1) : url.hostname;
}

/** Reads a dotted IPv4 address as a URL writes it. */
function parseV4(name: string): number | undefined {
  if (!/^\d{1,3}(?:\.\d{1,3}){3}$/.test(name)) return undefined;
  return name.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);
}

/** Reads an IPv6 address as a URL writes it (only hexadecimal groups) into eight groups. */
function parseV6(address: string): readonly number[] {
  const [head = "", tail] = address.split("::");
  const groups = (text: string): number[] => text === "" ? [] : text.split(":").map((group) => parseInt(group, 16));
  const first = groups(head);
  const last = tail === undefined ? [] : groups(tail);
  return [...first, ...new Array<number>(8 - first.length - last.length).fill(0), ...last];
}

function isPrivateV4(address: number): boolean {
  return PRIVATE_V4.some(([block, bits]) => (address >>> (32 - bits)) === (block >>> (32 - bits)));
}

function isPrivateV6(groups: readonly number[]): boolean {
  const first = groups[0] ?? 0;
  if ((first & 0xfe00) === 0xfc00) return true; // unique-local
  if ((first & 0xff80) === 0xfe80) return true; // link-local and the old site-local
  const embedded = embeddedV4(groups);
  // The unspecified address and loopback are the IPv4-compatible forms of 0.0.0.0 and 0.0.0.1.
  return embedded !== undefined && isPrivateV4(embedded);
}

/** Finds the IPv4 address that an IPv6 address stands for. */
function embeddedV4(groups: readonly number[]): number | undefined {
  const at = (index: number): number => groups[index] ?? 0;
  const pair = (index: number): number => at(index) * 65536 + at(index + 1);
  if (at(0) === 0x2002) return pair(1); // 6to4
  const isNat64 = at(0) === 0x64 && at(1) === 0xff9b && groups.slice(2, 6).every((group) => group === 0);
  const isCompatible = groups.slice(0, 6).every((group) => group === 0);
  const isMapped = groups.slice(0, 5).every((group) => group === 0) && at(5) === 0xffff;
  const isTranslated = groups.slice(0, 4).every((group) => group === 0) && at(4) === 0xffff && at(5) === 0;
  return isNat64 || isCompatible || isMapped || isTranslated ? pair(6) : undefined;
}
