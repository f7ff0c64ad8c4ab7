/**
 * A light check of PEM texts, so that one that cannot be right is named by us instead of failing every connection later.
 *
 * @module
 */

const BLOCK = /-----BEGIN ([A-Z0-9 ]+)-----([\s\S]*?)-----END \1-----/g;

/**
 * Tells what is wrong with a text that should hold certificates.
 *
 * @param text The PEM text.
 * @returns The fault in words, or `undefined` when there is none to be seen.
 */
export function findCertificateFault(text: string): string | undefined {
  return findFault(text, "certificate", (label) => label === "CERTIFICATE");
}

/**
 * Tells what is wrong with a text that should hold a private key.
 *
 * @param text The PEM text.
 * @returns The fault in words, or `undefined` when there is none to be seen.
 */
export function findKeyFault(text: string): string | undefined {
  if (text.includes("BEGIN ENCRYPTED PRIVATE KEY")) return "the private key is encrypted, which is not supported";
  return findFault(text, "private key", (label) => /^(?:(?:RSA|EC) )?PRIVATE KEY$/.test(label));
}

function findFault(text: string, wanted: string, isWanted: (label: string) => boolean): string | undefined {
  const blocks = [...text.matchAll(BLOCK)].filter(([, label = ""]) => isWanted(label));
  if (blocks.length === 0) return `no ${wanted} in PEM form`;
  return blocks.every(([, , body = ""]) => isDer(body)) ? undefined : `a ${wanted} is damaged`;
}

/** Whether a body is base64 of one DER sequence, as certificates and keys all are. */
function isDer(body: string): boolean {
  let bytes: Uint8Array;
  try {
    bytes = Uint8Array.fromBase64(body);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return false;
  }
  const [tag, first = 0] = bytes;
  if (tag !== 0x30) return false;
  if (first < 0x80) return bytes.length === first + 2;
  const header = 2 + (first & 0x7f);
  const length = bytes.subarray(2, header).reduce((sum, byte) => sum * 256 + byte, 0);
  return bytes.length === header + length;
}
