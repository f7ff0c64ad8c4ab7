/**
 * Starting servers and measuring commands as processes of their own.
 */

/** A server that runs until it is disposed. */
export interface ServerProcess extends AsyncDisposable {
  /** `host:port` it listens on. */
  readonly address: string;
}

/** Starts a server and waits for the output that tells it is there. */
export async function startServer(
  command: string,
  args: readonly string[],
  options: { readonly ready: RegExp; readonly env?: Record<string, string> },
): Promise<ServerProcess> {
  const child = new Deno.Command(command, { args: [...args], env: options.env ?? {}, stdout: "piped", stderr: "piped" })
    .spawn();
  const found = Promise.withResolvers<string>();
  const drain = async (stream: ReadableStream<Uint8Array>): Promise<void> => {
    let text = "";
    const decoder = new TextDecoder();
    for await (const chunk of stream) {
      if (text.length > 100_000) continue;
      text += decoder.decode(chunk, { stream: true });
      const match = options.ready.exec(text);
      if (match !== null) found.resolve(match[1] ?? match[0]);
    }
    found.reject(new Error(`${command} ended before it was ready: ${text.slice(-500)}`));
  };
  const drained = [drain(child.stdout), drain(child.stderr)];
  return {
    address: await found.promise,
    async [Symbol.asyncDispose]() {
      child.kill("SIGKILL");
      await child.status;
      await Promise.allSettled(drained);
    },
  };
}

/** What a command cost. */
export interface Cost {
  /** Whether it exited with 0. */
  readonly isSuccess: boolean;
  /** Seconds from start to end. */
  readonly seconds: number;
  /** User and system CPU seconds. */
  readonly cpuSeconds: number;
  /** Peak resident memory in MiB. */
  readonly peakMiB: number;
  /** The end of what it wrote to standard error. */
  readonly errors: string;
}

/** Runs a command and measures it: time by clock, CPU by the shell's `times`, memory by the kernel's high-water mark. */
export async function measure(command: readonly string[], env: Record<string, string>): Promise<Cost> {
  const quoted = command.map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join(" ");
  const started = performance.now();
  const child = new Deno.Command("bash", {
    // The child's own process id is what memory is read from, so it is not a subshell of its own.
    args: ["-c", `${quoted} >/dev/null & echo $!; wait $!; code=$?; times; exit $code`],
    env,
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const errors = new Response(child.stderr).text();
  let text = "";
  let peakKiB = 0;
  let isRunning = true;
  const watch = async (): Promise<void> => {
    while (isRunning) {
      const pid = /^(\d+)\n/.exec(text)?.[1];
      if (pid !== undefined) peakKiB = Math.max(peakKiB, await highWaterMark(pid));
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  };
  const watching = watch();
  const decoder = new TextDecoder();
  for await (const chunk of child.stdout) text += decoder.decode(chunk, { stream: true });
  const { success } = await child.status;
  const seconds = (performance.now() - started) / 1000;
  isRunning = false;
  await watching;
  return {
    isSuccess: success,
    seconds,
    cpuSeconds: childCpuSeconds(text),
    peakMiB: peakKiB / 1024,
    errors: (await errors).slice(-500),
  };
}

async function highWaterMark(pid: string): Promise<number> {
  try {
    const status = await Deno.readTextFile(`/proc/${pid}/status`);
    return Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1] ?? 0);
  } catch (error) {
    if (
      error instanceof Deno.errors.NotFound || (error instanceof Error && error.message.includes("No such process"))
    ) return 0;
    throw error;
  }
}

/** The second line of the shell's `times`: user and system time of its children. */
function childCpuSeconds(text: string): number {
  const times = [...text.matchAll(/(\d+)m([\d.]+)s/g)].map(([, minutes, seconds]) =>
    Number(minutes) * 60 + Number(seconds)
  );
  return (times[2] ?? 0) + (times[3] ?? 0);
}
