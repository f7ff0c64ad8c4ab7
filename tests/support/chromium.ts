/** Drives a headless Chromium by its debugging protocol, where one is installed. */

import assert from "node:assert/strict";

const names = ["chromium", "chromium-browser", "google-chrome"];

/** The path of a browser on this machine; `undefined` when there is none. */
export function findChromium(): string | undefined {
  const folders = (Deno.env.get("PATH") ?? "").split(":");
  for (const path of folders.flatMap((folder) => names.map((name) => `${folder}/${name}`))) {
    try {
      if (Deno.statSync(path).isFile) return path;
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory)) throw error;
    }
  }
  return undefined;
}

type Fields = Record<string, unknown>;
interface Message {
  readonly id?: number;
  readonly method?: string;
  readonly params?: Fields;
  readonly result?: Fields;
  readonly error?: { readonly message: string };
}

/** A browser with one tab. */
export class Browser implements AsyncDisposable {
  /** Errors of the console, of the network and of policies, as they were reported. */
  readonly problems: string[] = [];
  readonly #process: Deno.ChildProcess;
  readonly #profile: string;
  readonly #socket: WebSocket;
  readonly #waiting = new Map<number, PromiseWithResolvers<Fields>>();
  #events: { readonly name: string; readonly resolve: () => void }[] = [];
  #session: string | undefined;
  #count = 0;

  private constructor(process: Deno.ChildProcess, profile: string, socket: WebSocket) {
    this.#process = process;
    this.#profile = profile;
    this.#socket = socket;
    socket.onmessage = ({ data }) => this.#take(JSON.parse(String(data)) as Message);
  }

  /** Starts a browser. */
  static async start(path: string): Promise<Browser> {
    const profile = await Deno.makeTempDir();
    const process = new Deno.Command(path, {
      args: [
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--disable-dev-shm-usage",
        "--remote-debugging-port=0",
        `--user-data-dir=${profile}`,
        "about:blank",
      ],
      stdin: "null",
      stdout: "null",
      stderr: "piped",
    }).spawn();
    const socket = new WebSocket(await debuggerUrl(process.stderr));
    await new Promise((resolve, reject) => {
      socket.onopen = resolve;
      socket.onerror = reject;
    });
    const browser = new Browser(process, profile, socket);
    const { targetId } = await browser.send("Target.createTarget", { url: "about:blank" });
    const { sessionId } = await browser.send("Target.attachToTarget", { targetId, flatten: true });
    browser.#session = String(sessionId);
    for (const domain of ["Page", "Runtime", "Log", "Network"]) await browser.send(`${domain}.enable`);
    return browser;
  }

  /** Sends a command of the protocol. */
  async send(method: string, params: Fields = {}): Promise<Fields> {
    const id = ++this.#count;
    const answer = Promise.withResolvers<Fields>();
    this.#waiting.set(id, answer);
    this.#socket.send(JSON.stringify({ id, method, params, sessionId: this.#session }));
    return await answer.promise;
  }

  /** Opens a page and waits until it is loaded. */
  async open(url: string): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#events.push({ name: "Page.loadEventFired", resolve });
    const { errorText } = await this.send("Page.navigate", { url });
    assert.equal(errorText, undefined, `${url}: ${errorText}`);
    await promise;
  }

  /** Evaluates an expression in the page. */
  async evaluate<T>(expression: string): Promise<T> {
    const { result, exceptionDetails } = await this.send("Runtime.evaluate", { expression, returnByValue: true });
    assert.equal(exceptionDetails, undefined, JSON.stringify(exceptionDetails));
    return (result as { value: T }).value;
  }

  /** Sets the window's size and whether it is dark. */
  async show(width: number, height: number, scheme: "dark" | "light" = "light"): Promise<void> {
    await this.send("Emulation.setDeviceMetricsOverride", { width, height, deviceScaleFactor: 1, mobile: width < 600 });
    await this.send("Emulation.setEmulatedMedia", { features: [{ name: "prefers-color-scheme", value: scheme }] });
  }

  /** Presses a key. */
  async press(key: string, code: number): Promise<void> {
    const event = { key, code: key, windowsVirtualKeyCode: code };
    await this.send("Input.dispatchKeyEvent", { type: "rawKeyDown", ...event });
    if (key === "Enter") await this.send("Input.dispatchKeyEvent", { type: "char", text: "\r", ...event });
    await this.send("Input.dispatchKeyEvent", { type: "keyUp", ...event });
  }

  /** Takes a picture of the whole page. */
  async picture(): Promise<Uint8Array<ArrayBuffer>> {
    const { data } = await this.send("Page.captureScreenshot", { format: "png", captureBeyondViewport: true });
    return Uint8Array.fromBase64(String(data));
  }

  /** Waits for an event of the protocol. */
  waitFor(name: string): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#events.push({ name, resolve });
    return promise;
  }

  /** Ends the browser. */
  async [Symbol.asyncDispose](): Promise<void> {
    const closed = new Promise((resolve) => this.#socket.onclose = resolve);
    this.#session = undefined;
    await Promise.race([this.send("Browser.close"), closed]);
    await this.#process.status;
    await closed;
    await Deno.remove(this.#profile, { recursive: true });
  }

  #take({ id, method, params, result, error }: Message): void {
    const waiting = id === undefined ? undefined : this.#waiting.get(id);
    if (id !== undefined && waiting !== undefined) {
      this.#waiting.delete(id);
      if (error === undefined) waiting.resolve(result ?? {});
      else waiting.reject(new Error(error.message));
    }
    const [due, rest] = [
      this.#events.filter(({ name }) => name === method),
      this.#events.filter(({ name }) => name !== method),
    ];
    this.#events = rest;
    for (const { resolve } of due) resolve();
    const isProblem = method === "Log.entryAdded" || method === "Runtime.consoleAPICalled" ||
      method === "Runtime.exceptionThrown" || method === "Network.loadingFailed";
    if (isProblem) this.problems.push(JSON.stringify(params));
  }
}

async function debuggerUrl(stderr: ReadableStream<Uint8Array>): Promise<string> {
  const found = Promise.withResolvers<string>();
  let text = "";
  const read = async (): Promise<void> => {
    for await (const part of stderr.pipeThrough(new TextDecoderStream())) {
      text += part;
      const url = /DevTools listening on (ws:\S+)/.exec(text)?.[1];
      if (url !== undefined) found.resolve(url);
    }
    found.reject(new Error(`the browser ended: ${text}`));
  };
  void read();
  return await found.promise;
}
