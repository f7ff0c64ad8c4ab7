/**
 * A registry that is killed in the middle of pushes.
 *
 * @module
 */

import type { RunningProgram } from "./processes.ts";
import { LoadClient, seeded, type Send } from "./server_load.ts";

/** What a round consists of. */
export interface CrashRound {
  /** The directory of the registry. */
  readonly root: string;
  /** The number of the round; the moment of the kill follows from it. */
  readonly round: number;
  /** The repositories that are pushed to. */
  readonly repositories: readonly string[];
  /** Starts regctl. */
  readonly start: (args: readonly string[]) => RunningProgram;
}

const clientsPerRepository = 4;

/** Starts a registry, pushes, kills it after some acknowledgements, and gives the clients with what they remember. */
export async function crashRound({ root, round, repositories, start }: CrashRound): Promise<readonly LoadClient[]> {
  const port = freePort();
  await using server = start(["registry", "serve", root, "--listen", `127.0.0.1:${port}`]);
  const url = `http://127.0.0.1:${port}`;
  await untilServed(url, server);
  let left = 5 + seeded(round + 1)(120);
  const onAcknowledged = () => {
    if (--left === 0) server.kill("SIGKILL");
  };
  const send: Send = (path, init) => fetch(`${url}${path}`, init);
  const clients = repositories.flatMap((repository, at) =>
    [...Array(clientsPerRepository).keys()].map((number) => {
      const seed = round * 1000 + at * 100 + number + 1;
      return new LoadClient(`r${round}-${at}-${number}`, repository, { send, seed, onAcknowledged });
    })
  );
  await Promise.all(clients.map((client) => pushUntilKilled(client)));
  await server.ended;
  return clients;
}

/** A client stops at the first request that fails; one that is refused is a fault of the registry. */
async function pushUntilKilled(client: LoadClient): Promise<void> {
  try {
    for (;;) await client.pushImage();
  } catch (error) {
    // What fetch throws when the connection is gone.
    if (!(error instanceof TypeError)) throw error;
  }
}

/** Asks until there is an answer; ends when the server does. */
async function untilServed(url: string, server: RunningProgram): Promise<void> {
  let hasEnded = false;
  void server.ended.then(() => hasEnded = true);
  while (!hasEnded) {
    try {
      const answer = await fetch(`${url}/v2/`);
      await answer.body?.cancel();
      return;
    } catch (error) {
      if (!(error instanceof TypeError)) throw error;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
  throw new Error(`the registry did not start: ${(await server.ended).stderr}`);
}

/** A port that was free a moment ago. */
function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}
