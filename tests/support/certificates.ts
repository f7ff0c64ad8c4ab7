/**
 * Makes certificates for tests: authorities, and what they sign. Small enough to need neither a library nor a program.
 *
 * @module
 */

import { createPrivateKey, generateKeyPairSync, type KeyObject, randomBytes, sign } from "node:crypto";

/** A certificate and its key, PEM texts. */
export interface CertifiedKey {
  readonly cert: string;
  readonly key: string;
}

/** What a certificate is to say. */
export interface CertificateOptions {
  /** Host names and IPv4 addresses; the first is the subject. */
  readonly names: readonly string[];
  /** When it becomes valid; a day ago by default. */
  readonly notBefore?: Date;
  /** When it expires; in a day by default. */
  readonly notAfter?: Date;
  /** Whether it may sign others. */
  readonly isAuthority?: boolean;
}

const dayMs = 86_400_000;

/** Makes a certificate that signed itself, such as that of an authority. */
export function selfSigned(options: CertificateOptions): CertifiedKey {
  const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const subject = name(options.names[0] ?? "");
  return { cert: certificate(options, subject, subject, publicKey, privateKey), key: pemKey(privateKey) };
}

/** Makes a certificate authority. */
export function newAuthority(commonName = "Test Authority"): CertifiedKey & { readonly commonName: string } {
  return { ...selfSigned({ names: [commonName], isAuthority: true }), commonName };
}

/** Makes a certificate signed by an authority. */
export function signedBy(
  authority: { readonly key: string; readonly commonName: string },
  options: CertificateOptions,
): CertifiedKey {
  const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const signer = createPrivateKey(authority.key);
  const cert = certificate(options, name(options.names[0] ?? ""), name(authority.commonName), publicKey, signer);
  return { cert, key: pemKey(privateKey) };
}

function certificate(
  options: CertificateOptions,
  subject: Uint8Array,
  issuer: Uint8Array,
  publicKey: KeyObject,
  signer: KeyObject,
): string {
  const notBefore = options.notBefore ?? new Date(Date.now() - dayMs);
  const notAfter = options.notAfter ?? new Date(Date.now() + dayMs);
  const algorithm = sequence(oid(1, 2, 840, 10045, 4, 3, 2)); // ecdsa-with-SHA256
  const isAuthority = options.isAuthority ?? false;
  const body = sequence(
    der(0xa0, der(0x02, [2])), // version 3
    der(0x02, [1, ...randomBytes(15)]),
    algorithm,
    issuer,
    sequence(time(notBefore), time(notAfter)),
    subject,
    publicKey.export({ type: "spki", format: "der" }),
    der(
      0xa3,
      sequence(
        extension(oid(2, 5, 29, 19), isAuthority ? sequence(der(0x01, [0xff])) : sequence()), // basicConstraints
        ...(isAuthority && options.names.length === 1 ? [] : [alternativeNames(options.names)]),
      ),
    ),
  );
  const signature = sign("sha256", body, signer);
  return pem("CERTIFICATE", sequence(body, algorithm, der(0x03, [0, ...signature])));
}

function alternativeNames(names: readonly string[]): Uint8Array {
  const entries = names.map((each) =>
    /^[\d.]+$/.test(each) ? der(0x87, each.split(".").map(Number)) : der(0x82, new TextEncoder().encode(each))
  );
  return extension(oid(2, 5, 29, 17), sequence(...entries));
}

function extension(id: Uint8Array, value: Uint8Array): Uint8Array {
  return sequence(id, der(0x04, value));
}

function name(commonName: string): Uint8Array {
  return sequence(der(0x31, sequence(oid(2, 5, 4, 3), der(0x0c, new TextEncoder().encode(commonName)))));
}

function time(date: Date): Uint8Array {
  return der(0x18, new TextEncoder().encode(date.toISOString().replace(/[-:T]|\.\d+/g, "")));
}

function oid(first: number, second: number, ...rest: number[]): Uint8Array {
  const bytes = [first * 40 + second];
  for (const part of rest) {
    const groups = [part & 127];
    for (let left = part >> 7; left > 0; left >>= 7) groups.unshift((left & 127) | 128);
    bytes.push(...groups);
  }
  return der(0x06, bytes);
}

function sequence(...parts: Uint8Array[]): Uint8Array {
  return der(0x30, parts.flatMap((each) => [...each]));
}

/** Writes a tag, the length and the content. */
function der(tag: number, content: Uint8Array | readonly number[]): Uint8Array {
  const { length } = content;
  const head = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 255];
  return Uint8Array.from([tag, ...head, ...content]);
}

function pem(label: string, bytes: Uint8Array): string {
  const lines = Uint8Array.from(bytes).toBase64().match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join("\n")}\n-----END ${label}-----\n`;
}

function pemKey(key: KeyObject): string {
  return String(key.export({ type: "pkcs8", format: "pem" }));
}
