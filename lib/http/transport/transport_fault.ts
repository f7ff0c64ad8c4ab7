/**
 * What went wrong below HTTP, read from the texts and codes that `fetch`, Deno's sockets and `node:` modules give.
 *
 * `fetch` reports every failure as a `TypeError` whose cause has nothing but text, so texts must be looked at; this is the
 * only place that does.
 *
 * @module
 */

/** What went wrong between this machine and the host. */
export type TransportFault =
  | "authority-as-leaf"
  | "broken"
  | "client-certificate"
  | "dns"
  | "dns-temporary"
  | "expired"
  | "malformed"
  | "not-yet-valid"
  | "other"
  | "permission"
  | "plain-http"
  | "proxy"
  | "refused"
  | "reset"
  | "revoked"
  | "timeout"
  | "tls"
  | "unknown-authority"
  | "unreachable"
  | "wrong-name";

/** An error of which the fault is known where it is made; its message completes "no answer from HOST: ...". */
export class FaultError extends Error {
  /** The class name, for logs. */
  override name = "FaultError";
  /** What went wrong. */
  readonly fault: TransportFault;

  /**
   * Creates an error.
   *
   * @param fault What went wrong.
   * @param message What went wrong, in words.
   */
  constructor(fault: TransportFault, message: string) {
    super(message);
    this.fault = fault;
  }
}

/** First match wins, so the precise ones stand before the vague ones. */
const patterns: readonly (readonly [pattern: RegExp, fault: TransportFault])[] = [
  [/\bNotCapable\b|Requires net access|ports? \d+ (?:is|are) blocked/, "permission"],
  [/CaUsedAsEndEntity/, "authority-as-leaf"],
  [/UnknownIssuer|UNABLE_TO_(?:VERIFY_LEAF|GET_ISSUER)|SELF_SIGNED|CERT_UNTRUSTED/, "unknown-authority"],
  [/certificate expired|CERT_HAS_EXPIRED|\bExpired\b/, "expired"],
  [/certificate not valid yet|CERT_NOT_YET_VALID|NotValidYet/, "not-yet-valid"],
  [/not valid for (?:any )?name|NotValidForName|ALTNAME_INVALID/, "wrong-name"],
  [/certificate (?:was )?revoked|CERT_REVOKED|\bRevoked\b/, "revoked"],
  [
    /CertificateRequired|alert_certificate_required|CERTIFICATE_REQUIRED|fatal alert: (?:Bad|Unknown|Unsupported)?Certificate|fatal alert: (?:UnknownCA|AccessDenied)|TLSV1_ALERT_UNKNOWN_CA|SSLV3_ALERT_(?:BAD_)?CERTIFICATE/i,
    "client-certificate",
  ],
  [/InvalidContentType|WRONG_VERSION_NUMBER/, "plain-http"],
  [
    /invalid peer certificate|fatal alert|peer is incompatible|peer misbehaved|corrupt message|ERR_SSL|ERR_TLS|\bEPROTO\b/,
    "tls",
  ],
  [/tunnel|proxy (?:auth|connect)|Proxy connection|SocksClientError|socks(?:5)? (?:error|proxy)/i, "proxy"],
  [/EAI_AGAIN|Temporary failure in name resolution|Try again/, "dns-temporary"],
  [/ENOTFOUND|dns error|failed to lookup address|No address associated/, "dns"],
  [/ECONNREFUSED|ConnectionRefused|Connection refused/, "refused"],
  [/EHOSTUNREACH|ENETUNREACH|unreachable|No route to host/i, "unreachable"],
  [/ETIMEDOUT|TimedOut|timed out/i, "timeout"],
  [/ECONNRESET|ConnectionReset|ConnectionAborted|Connection reset|socket hang up/, "reset"],
  [
    /EPIPE|BrokenPipe|Broken pipe|closed before message completed|UnexpectedEof|unexpected end of file|peer closed connection|error reading a body|error writing a body|aborted|ERR_STREAM_PREMATURE_CLOSE/i,
    "broken",
  ],
  [/invalid HTTP|HPE_|Parse Error|parsed/, "malformed"],
];

/** An error and what caused it; chains are short, the bound is for cyclic ones. */
function* chain(error: unknown): Generator<Error> {
  let at = error;
  for (let depth = 0; at instanceof Error && depth < 8; depth++) {
    yield at;
    if (at instanceof AggregateError) yield* at.errors.filter((each): each is Error => each instanceof Error);
    at = at.cause;
  }
}

/**
 * Reads from a low-level error what went wrong.
 *
 * @param error What `fetch`, a socket or a `node:` module threw.
 * @returns The fault; `other` when nothing known was found.
 */
export function transportFault(error: unknown): TransportFault {
  if (error instanceof FaultError) return error.fault;
  const text = [...chain(error)]
    .map((each) => `${each.name} ${"code" in each ? String(each.code) : ""} ${each.message}`)
    .join("\n");
  return patterns.find(([pattern]) => pattern.test(text))?.[1] ?? "other";
}

/**
 * Gives the innermost text of a low-level error, which is its most precise one.
 *
 * @param error What was thrown.
 * @returns The text, without the URL that `fetch` puts in it, since its query may hold secrets.
 */
export function innermostText(error: unknown): string {
  const last = [...chain(error)].at(-1);
  if (last === undefined) return String(error);
  return last.message
    .replace(/^error sending request.*client error \(\w+\): /s, "")
    .replace(urls, "<url>");
}

/**
 * Gives an error that may be kept as a cause: `fetch` quotes whole URLs, whose queries may hold tokens and signatures.
 *
 * @param error What was thrown.
 * @returns The error itself when no text of it holds a URL, else one with the innermost text only.
 */
export function withoutUrls(error: unknown): unknown {
  return [...chain(error)].some((each) => each.message.search(urls) >= 0) ? new Error(innermostText(error)) : error;
}

const urls = /https?:\/\/[^\s)]+/g;
