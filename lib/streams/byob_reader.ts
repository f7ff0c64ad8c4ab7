/**
 * Readers that bring their own buffers.
 *
 * @module
 */

/**
 * Begins to read a stream into buffers of the reader. Only trying tells whether a stream is a byte stream, which allows that.
 *
 * @param stream The stream.
 * @returns The reader, which locks the stream; `undefined`, and the stream left as it is, when it is another kind of stream.
 * @throws {TypeError} When somebody else reads the stream already.
 */
export function byobReader(stream: ReadableStream<Uint8Array>): ReadableStreamBYOBReader | undefined {
  if (stream.locked) throw new TypeError("the stream to read is already being read by somebody else");
  try {
    return stream.getReader({ mode: "byob" });
  } catch (error) {
    if (error instanceof TypeError) return undefined;
    throw error;
  }
}
