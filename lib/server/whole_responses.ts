/**
 * Remembers which responses have their whole body at hand, so that it can be sent together with their head. A response does not
 * tell, and one whose body breaks off must have sent what came before.
 *
 * @module
 */

const whole = new WeakSet<Response>();

/**
 * Notes that a response was made of bytes.
 *
 * @param response The response.
 * @returns The same response.
 */
export function noteWhole(response: Response): Response {
  whole.add(response);
  return response;
}

/**
 * Tells whether a response was made of bytes.
 *
 * @param response The response.
 * @returns Whether it was noted.
 */
export function isWhole(response: Response): boolean {
  return whole.has(response);
}
