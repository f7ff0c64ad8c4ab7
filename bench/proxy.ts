/**
 * A reverse proxy that waits before each request is passed on, and counts requests: a registry far away, on this machine.
 *
 * `deno run -A bench/proxy.ts --upstream HOST:PORT [--latency MS]` prints `listening HOST:PORT`.
 * `GET /__stats` answers the count as JSON and starts again at zero.
 */

import http from "node:http";

function option(name: string, fallback: string): string {
  const at = Deno.args.indexOf(`--${name}`);
  return at < 0 ? fallback : Deno.args[at + 1] ?? fallback;
}

const [hostname, port] = option("upstream", "127.0.0.1:5000").split(":");
const latencyMs = Number(option("latency", "0"));
const agent = new http.Agent({ keepAlive: true, maxSockets: 256 });
let requests = 0;

function pass(request: http.IncomingMessage, answer: http.ServerResponse): void {
  const upstream = http.request({
    hostname,
    port: Number(port),
    method: request.method,
    path: request.url,
    headers: request.headers,
    agent,
  }, (response) => {
    answer.writeHead(response.statusCode ?? 502, response.rawHeaders);
    response.pipe(answer);
  });
  upstream.on("error", () => answer.destroy());
  request.on("error", () => upstream.destroy());
  request.pipe(upstream);
}

const server = http.createServer((request, answer) => {
  if (request.url === "/__stats") {
    answer.end(JSON.stringify({ requests }));
    requests = 0;
    return;
  }
  requests++;
  if (latencyMs > 0) setTimeout(() => pass(request, answer), latencyMs);
  else pass(request, answer);
});

server.listen(0, "127.0.0.1", () => {
  const address = server.address();
  if (typeof address === "object" && address !== null) {
    Deno.stdout.writeSync(new TextEncoder().encode(`listening 127.0.0.1:${address.port}\n`));
  }
});
