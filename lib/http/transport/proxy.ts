/**
 * Which proxy a request goes through, by the usual environment variables.
 *
 * @module
 */

import { RegkitError } from "../../errors.ts";
import { findInNoProxy } from "./no_proxy.ts";
import { portOf } from "./transport_error.ts";

/** A proxy server. */
export interface ProxyServer {
  /** How the proxy is spoken to. */
  readonly protocol: "http" | "https" | "socks5";
  /** Its host name or address, IPv6 in brackets. */
  readonly hostname: string;
  /** Its port. */
  readonly port: number;
  /** User name; empty for none. */
  readonly username: string;
  /** Password; empty for none. Secret. */
  readonly password: string;
}

/**
 * How a request leaves: through a proxy, or straight to its host. `isForced` marks the straight ways that Deno's `fetch`
 * would not take by itself: it reads the same variables, but does not spare loopback addresses and does not know ports.
 */
export type ProxyRoute =
  | { readonly kind: "direct"; readonly isForced: boolean }
  | { readonly kind: "proxy"; readonly server: ProxyServer };

/** Gives the value of an environment variable, or `undefined` when it is not set or may not be read. */
export type ReadEnv = (name: string) => string | undefined;

/**
 * Chooses the way of a request.
 *
 * @param url Where the request goes.
 * @param env Gives environment variables; without it everything goes straight.
 * @returns The way.
 * @throws {RegkitError} `INVALID_SETTINGS` when the variable that applies holds no proxy URL.
 */
export function proxyRoute(url: URL, env: ReadEnv | undefined): ProxyRoute {
  const setting = env === undefined ? undefined : proxySetting(url.protocol, env);
  if (env === undefined || setting === undefined) return { kind: "direct", isForced: false };
  if (isLoopback(url.hostname)) return { kind: "direct", isForced: true };
  const listed = findInNoProxy(either("NO_PROXY", env)?.value ?? "", url.hostname, portOf(url));
  if (listed !== undefined) return { kind: "direct", isForced: listed.hasPort };
  return { kind: "proxy", server: parseProxy(setting.name, setting.value) };
}

/**
 * Writes a proxy's URL without its credentials.
 *
 * @param server The proxy.
 * @returns The URL.
 */
export function proxyUrl(server: ProxyServer): string {
  return `${server.protocol}://${server.hostname}:${server.port}`;
}

/**
 * Writes the value of a `Proxy-Authorization` header.
 *
 * @param server The proxy.
 * @returns The value, or `undefined` when the proxy's URL has no user.
 */
export function proxyAuthorization(server: ProxyServer): string | undefined {
  if (server.username === "") return undefined;
  const bytes = new TextEncoder().encode(`${server.username}:${server.password}`);
  return `Basic ${bytes.toBase64()}`;
}

/** The variable that applies to a protocol; the one for all protocols comes last. */
function proxySetting(protocol: string, env: ReadEnv): { name: string; value: string } | undefined {
  return either(protocol === "https:" ? "HTTPS_PROXY" : "HTTP_PROXY", env) ?? either("ALL_PROXY", env);
}

/** A variable in upper or, when that is not set, in lower case. */
function either(name: string, env: ReadEnv): { name: string; value: string } | undefined {
  for (const each of [name, name.toLowerCase()]) {
    const value = env(each)?.trim();
    if (value !== undefined && value !== "") return { name: each, value };
  }
  return undefined;
}

const protocols: Readonly<Record<string, readonly [protocol: ProxyServer["protocol"], port: number]>> = {
  "http:": ["http", 80],
  "https:": ["https", 443],
  "socks5:": ["socks5", 1080],
  "socks5h:": ["socks5", 1080],
  "socks:": ["socks5", 1080],
};

/** Reads a proxy's URL; a bare `host:port` means http. The value may hold a password, so no error quotes it. */
function parseProxy(name: string, value: string): ProxyServer {
  const text = value.includes("://") ? value : `http://${value}`;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const known = url === undefined ? undefined : protocols[url.protocol];
  if (url === undefined || known === undefined || url.hostname === "") {
    throw new RegkitError(
      "INVALID_SETTINGS",
      `the environment variable ${name} holds no proxy URL: expected http, https or socks5, host and port`,
    );
  }
  return {
    protocol: known[0],
    hostname: url.hostname,
    port: url.port === "" ? known[1] : Number(url.port),
    username: decodeURIComponent(url.username),
    password: decodeURIComponent(url.password),
  };
}

/** Whether a URL's host is this machine. */
function isLoopback(hostname: string): boolean {
  return hostname === "localhost" || hostname === "[::1]" || /^127\.\d+\.\d+\.\d+$/.test(hostname);
}
