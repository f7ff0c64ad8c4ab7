/** Streams for tests: made of given chunks, and asked how they were treated. */

/** Bytes counting up from a start, so that order and loss show. */
export function countingBytes(length: number, start = 0): Uint8Array<ArrayBuffer> {
  return Uint8Array.from({ length }, (_, at) => (start + at) % 251);
}

/** A stream of chunks that records how it was read. */
export class ChunkSource {
  /** How many chunks were asked for. */
  pulls = 0;
  /** Why it was cancelled; `undefined` when it was not. */
  cancelled: unknown;
  /** The stream. */
  readonly stream: ReadableStream<Uint8Array<ArrayBuffer>>;

  constructor(chunks: readonly Uint8Array<ArrayBuffer>[], failure?: Error) {
    let at = 0;
    this.stream = new ReadableStream<Uint8Array<ArrayBuffer>>({
      pull: (controller) => {
        this.pulls++;
        const chunk = chunks[at++];
        if (chunk !== undefined) controller.enqueue(chunk);
        else if (failure !== undefined) controller.error(failure);
        else controller.close();
      },
      cancel: (reason) => {
        this.cancelled = reason;
      },
    }, { highWaterMark: 0 });
  }
}

/** A byte stream that gives the chunks one per read. */
export function byteSource(chunks: readonly Uint8Array<ArrayBuffer>[]): ReadableStream<Uint8Array<ArrayBuffer>> {
  let at = 0;
  return new ReadableStream({
    type: "bytes",
    pull(controller) {
      const chunk = chunks[at++];
      if (chunk !== undefined) return controller.enqueue(chunk.slice());
      controller.close();
      controller.byobRequest?.respond(0);
    },
  });
}

/** All chunks of a stream. */
export async function allChunks<T>(stream: ReadableStream<T>): Promise<T[]> {
  return await Array.fromAsync(stream);
}
