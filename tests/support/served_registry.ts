/**
 * An embedded registry on a loopback socket, for programs that run as processes of their own; what they ask for is noted.
 *
 * @module
 */

import { Client } from "../../lib/client.ts";
import { handlerTransport } from "../../lib/http/transport/handler_transport.ts";
import type { Repository } from "../../lib/repository.ts";
import { type Fault, faultyHandler } from "../../lib/server/faults/faults.ts";
import { noSinglePost } from "../../lib/server/faults/quirks.ts";
import { createRegistry } from "../../lib/server/registry.ts";
import { serveRegistry } from "../../lib/server/serve.ts";
import type { RegistryOptions } from "../../lib/server/settings.ts";

/** Options of {@linkcode servedRegistry}. */
export interface ServedRegistryOptions extends RegistryOptions {
  /** What it does wrong; nothing by default. */
  readonly faults?: readonly Fault[];
  /** Serves TLS. */
  readonly tls?: { readonly cert: string; readonly key: string };
  /** Called with the number of each request, counted from 1, before it is answered. */
  readonly onArrival?: (count: number, request: Request) => void;
  /** Called with the number of each request when its answer is there. */
  readonly onAnswer?: (count: number) => void;
}

/** A served registry. */
export interface ServedRegistry extends AsyncDisposable {
  /** Host and port, as in references. */
  readonly address: string;
  /** `METHOD /path?query` of each request, in order of arrival. */
  readonly requests: string[];
  /** The most requests that were under way at a time. */
  readonly mostAtOnce: number;
  /** Opens a repository without a socket; such requests are not counted. */
  open(name: string): Repository;
  /** Settles when no request is under way. */
  idle(): Promise<void>;
}

/** Serves a registry from memory. */
export async function servedRegistry(options: ServedRegistryOptions = {}): Promise<ServedRegistry> {
  const { faults = [], tls, onArrival, onAnswer, ...rest } = options;
  const registry = createRegistry(rest);
  const client = new Client({ transport: handlerTransport((request) => registry.fetch(request)) });
  const requests: string[] = [];
  const running = new Set<Promise<Response>>();
  let mostAtOnce = 0;
  const handler = faultyHandler((request) => registry.fetch(request), faults);
  const server = await serveRegistry({
    fetch: (request) => {
      const { pathname, search } = new URL(request.url);
      const count = requests.push(`${request.method} ${pathname}${search}`);
      onArrival?.(count, request);
      const answer = handler(request);
      running.add(answer);
      mostAtOnce = Math.max(mostAtOnce, running.size);
      const done = (): void => {
        running.delete(answer);
        onAnswer?.(count);
      };
      answer.then(done, done);
      return answer;
    },
  }, { tls, drainMs: 0 });
  return {
    address: `127.0.0.1:${server.address.port}`,
    requests,
    get mostAtOnce() {
      return mostAtOnce;
    },
    open: (name) => client.repository(`registry.example.org/${name}`, { isTarget: true }),
    async idle() {
      while (running.size > 0) await Promise.allSettled(running);
    },
    async [Symbol.asyncDispose]() {
      await server.shutdown();
      await client[Symbol.asyncDispose]();
      await registry[Symbol.asyncDispose]();
    },
  };
}

/** Serves a registry that takes uploads as most do: begun with a POST, ended with a PUT. */
export function plainRegistry(options: ServedRegistryOptions = {}): Promise<ServedRegistry> {
  return servedRegistry({ ...options, faults: [noSinglePost(), ...options.faults ?? []] });
}
