/**
 * The error of a request that got no answer: which host, what went wrong, and what to do about it.
 *
 * @module
 */

import { type ErrorCode, type ErrorContext, RegkitError } from "../../errors.ts";
import { FaultError, innermostText, type TransportFault, transportFault, withoutUrls } from "./transport_fault.ts";

/** A request got no answer, or its answer broke off. */
export class TransportError extends RegkitError {
  /** The class name, for logs. */
  override name = "TransportError";
  /** What went wrong below HTTP. */
  readonly fault: TransportFault;

  /**
   * Creates an error.
   *
   * @param fault What went wrong below HTTP; gives the code.
   * @param message What was wrong, with which host.
   * @param context What was being done and the error underneath.
   */
  constructor(fault: TransportFault, message: string, context: ErrorContext = {}) {
    super(codes[fault] ?? "TRANSPORT", message, context);
    this.fault = fault;
  }

  /** Whether the same request would fail in the same way at once again, so that a retry is of no use. */
  get isPermanent(): boolean {
    return this.code === "TLS" || this.fault === "dns" || this.fault === "permission";
  }
}

/** The code of each fault; `TRANSPORT` for those not listed. */
const codes: Partial<Record<TransportFault, ErrorCode>> = {
  "authority-as-leaf": "TLS",
  "client-certificate": "TLS",
  "dns": "DNS",
  "dns-temporary": "DNS",
  "expired": "TLS",
  "not-yet-valid": "TLS",
  "plain-http": "TLS",
  "revoked": "TLS",
  "timeout": "TIMEOUT",
  "tls": "TLS",
  "unknown-authority": "TLS",
  "wrong-name": "TLS",
};

/** What is said of each fault; those not listed say what the runtime said. */
const texts: Partial<Record<TransportFault, string>> = {
  "authority-as-leaf": "its certificate is one of a certificate authority",
  "broken": "the connection broke off",
  "client-certificate": "it refuses the client certificate, or wants one and got none",
  "dns": "the name is not known",
  "dns-temporary": "the name cannot be looked up at present",
  "expired": "its certificate has expired",
  "malformed": "it does not answer in HTTP",
  "not-yet-valid": "its certificate is not valid yet",
  "plain-http": "it answers in plain http where https is expected",
  "refused": "connection refused",
  "reset": "connection reset by the host",
  "revoked": "its certificate was revoked",
  "timeout": "the connection timed out",
  "unknown-authority": "its certificate is signed by an unknown authority",
  "unreachable": "the host cannot be reached",
  "wrong-name": "its certificate is for another name",
};

/** What the user can do about each fault; `HOST` stands for the name used in references. */
const tips: Partial<Record<TransportFault, string>> = {
  "authority-as-leaf":
    'Give the registry a certificate of its own, or name this one with `regctl registry set --cacert "$(cat FILE)" HOST`.',
  "client-certificate":
    'Set the certificate and key with `regctl registry set --client-cert "$(cat FILE)" --client-key "$(cat FILE)" HOST`.',
  "dns": "Check the spelling of the registry's name and the name server of this machine.",
  "expired": "Have the registry's certificate renewed, and check the clock of this machine.",
  "not-yet-valid": "Check the clock of this machine and of the registry.",
  "plain-http": "If the registry has no https, use `regctl registry set --tls disabled HOST`.",
  "proxy": "Check HTTP_PROXY, HTTPS_PROXY, ALL_PROXY and NO_PROXY.",
  "refused": "Check that the registry runs and that the port is right.",
  "unknown-authority":
    'Trust the authority with `regctl registry set --cacert "$(cat FILE)" HOST`, or skip the check with `regctl registry set --tls insecure HOST`.',
  "wrong-name":
    "Use a name that the certificate holds, or skip the check with `regctl registry set --tls insecure HOST`.",
};

/** Where a request was going. */
export interface TransportErrorTarget {
  /** The URL of the request; only host and port are named. */
  readonly url: URL;
  /** The name used in references, for the tip; the URL's host by default. */
  readonly name?: string | undefined;
  /** Host and port of the proxy in between, if any. */
  readonly proxy?: string | undefined;
  /** Ends the request; when it is aborted its reason is what failed. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Turns what a transport, or the reading of an answer's body, failed with into what is thrown: the signal's reason when it
 * was aborted, an error that already is a {@linkcode RegkitError} as it is, a {@linkcode TransportError} otherwise.
 *
 * @param error What was thrown.
 * @param target Where the request was going.
 * @returns What to throw.
 */
export function toTransportError(error: unknown, target: TransportErrorTarget): unknown {
  if (target.signal?.aborted) return target.signal.reason;
  if (error instanceof RegkitError) return error;
  return newTransportError(transportFault(error), target, error);
}

/**
 * Makes the error of a known fault.
 *
 * @param fault What went wrong.
 * @param target Where the request was going.
 * @param cause The error underneath, if any; its text completes the message where the fault alone says too little.
 * @returns The error.
 */
export function newTransportError(
  fault: TransportFault,
  target: TransportErrorTarget,
  cause?: unknown,
): TransportError {
  const known = cause instanceof FaultError ? cause.message : texts[fault];
  const text = known ?? (cause === undefined ? fault : innermostText(cause));
  const { proxy, url, name = url.host } = target;
  // A connection that does not come about is one to the proxy, where there is one.
  const kind = proxy !== undefined && proxyFaults.has(fault) ? "proxy" : fault;
  const where = proxy === undefined ? hostAndPort(url) : `${hostAndPort(url)} through the proxy ${proxy}`;
  return new TransportError(kind, `no answer from ${where}: ${text}`, {
    cause: withoutUrls(cause),
    tip: tips[kind]?.replaceAll("HOST", name),
  });
}

const proxyFaults: ReadonlySet<TransportFault> = new Set(["dns", "dns-temporary", "refused", "unreachable"]);

/**
 * Names a URL's host and port, the default port included.
 *
 * @param url The URL.
 * @returns Such as `registry.example.org:443`.
 */
export function hostAndPort(url: URL): string {
  return `${url.hostname}:${portOf(url)}`;
}

/**
 * Gives the port of a URL, the default one included.
 *
 * @param url The URL, http or https.
 * @returns The port.
 */
export function portOf(url: URL): number {
  return url.port === "" ? (url.protocol === "https:" ? 443 : 80) : Number(url.port);
}
