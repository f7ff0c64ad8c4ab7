/**
 * The parts of references and what each may look like. Every check looks at each character once, so that no text takes long.
 *
 * @module
 */

const label = /^[A-Za-z0-9-]+$/;
const component = /^[a-z0-9._-]+$/;
const group = /^[0-9A-Fa-f]{1,4}$/;

/**
 * Tells whether text is a tag.
 *
 * @param text The text.
 * @returns Whether it is one to 128 of letters, digits, `.`, `_` and `-`, the first neither `.` nor `-`.
 */
export function isTag(text: string): boolean {
  return /^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/.test(text);
}

/**
 * Tells whether text has the form of a digest: any algorithm, and at least 32 hex digits of any case. Whether content can be
 * verified by it is another question, see `parseDigest`.
 *
 * @param text The text.
 * @returns Whether it has.
 */
export function isDigestForm(text: string): boolean {
  const colon = text.indexOf(":");
  return colon > 0 && /^[0-9A-Fa-f]{32,}$/.test(text.slice(colon + 1)) &&
    text.slice(0, colon).split(/[-_+.]/).every((part) => /^[A-Za-z][A-Za-z0-9]*$/.test(part));
}

/**
 * Tells whether text is a repository name: path components of lower-case letters and digits, joined inside by one `.`, one or
 * two `_`, or any number of `-`.
 *
 * @param text The text.
 * @returns Whether it is.
 */
export function isRepository(text: string): boolean {
  return text.split("/").every(isRepositoryComponent);
}

function isRepositoryComponent(text: string): boolean {
  if (!component.test(text) || /^[._-]|[._-]$/.test(text)) return false;
  // What stands between letters and digits must be all of one kind.
  return text.split(/[a-z0-9]+/).every((joint) => joint === "" || /^(?:\.|__?|-+)$/.test(joint));
}

/**
 * Tells whether text names a registry: a dotted name, a single name that has an upper-case letter or a port, `localhost`, or an
 * IPv6 address in brackets; a port may follow.
 *
 * @param text The text.
 * @returns Whether it does.
 */
export function isRegistry(text: string): boolean {
  const address = text.startsWith("[");
  const end = address ? text.indexOf("]") + 1 : text.indexOf(":");
  const host = end <= 0 ? text : text.slice(0, end);
  const port = text.slice(host.length);
  if (port !== "" && !/^:[0-9]+$/.test(port)) return false;
  if (address) return isAddress(host);
  const labels = (host.endsWith(".") ? host.slice(0, -1) : host).split(".");
  if (!labels.every(isLabel)) return false;
  return port !== "" || host.includes(".") || host === "localhost" || (host.length >= 2 && /[A-Z]/.test(host));
}

function isLabel(text: string): boolean {
  return label.test(text) && !text.startsWith("-") && !text.endsWith("-");
}

function isAddress(host: string): boolean {
  if (!host.endsWith("]")) return false;
  const halves = host.slice(1, -1).split("::");
  if (halves.length > 2 || halves.every((half) => half === "")) return false;
  return halves.every((half) => (half === "" && halves.length === 2) || isGroups(half));
}

function isGroups(text: string): boolean {
  const groups = text.split(":");
  return groups.length <= 8 && groups.every((part) => group.test(part));
}

/**
 * Tells whether text can be the path of an OCI layout in a reference.
 *
 * @param text The text.
 * @returns Whether it has only letters, digits, spaces and `/ _ - . ~ +`.
 */
export function isLayoutPath(text: string): boolean {
  return /^[/a-zA-Z0-9_\-. ~+]+$/.test(text);
}
