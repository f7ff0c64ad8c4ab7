/**
 * Floats as text, digit for digit: shortest digits that read back, or exact decimals rounded half to even.
 *
 * @module
 */

/** The decimal digits of a number that is not negative: 0.DIGITS times ten to the power of `point`. */
interface Decimal {
  /** The digits without zeros at the end; empty for zero. */
  readonly digits: string;
  /** Where the decimal point stands, counted in digits. */
  readonly point: number;
}

/** The ways of writing floats. */
export type FloatFormat = "e" | "f" | "g" | "x" | "b";

/**
 * Writes a float with a sign only when it is negative.
 *
 * @param value The number.
 * @param format `e` with exponent, `f` without, `g` the shorter of both, `x` hexadecimal, `b` with a power of two.
 * @param precision How many digits: after the point for `e`, `f` and `x`, in all for `g`; -1 for the shortest.
 * @returns The text; `NaN`, `+Inf` or `-Inf` for what is no number.
 */
export function formatFloat(value: number, format: FloatFormat, precision = -1): string {
  if (Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) return value < 0 ? "-Inf" : "+Inf";
  const sign = value < 0 || Object.is(value, -0) ? "-" : "";
  return sign + formatPositive(Math.abs(value), format, precision);
}

function formatPositive(value: number, format: FloatFormat, precision: number): string {
  if (format === "b") return binaryText(value);
  if (format === "x") return hexText(value, precision);
  const isShortest = precision < 0;
  const exact = isShortest ? shortestDecimal(value) : exactDecimal(value);
  if (format === "e") {
    const decimal = isShortest ? exact : round(exact, precision + 1);
    return exponentText(decimal, isShortest ? Math.max(decimal.digits.length - 1, 0) : precision);
  }
  if (format === "f") {
    const decimal = isShortest ? exact : round(exact, exact.point + precision);
    return fixedText(decimal, isShortest ? Math.max(decimal.digits.length - decimal.point, 0) : precision);
  }
  const kept = isShortest ? Infinity : Math.max(precision, 1);
  const decimal = isShortest ? exact : round(exact, kept);
  const { digits, point } = decimal;
  const exponent = digits === "" ? 0 : point - 1;
  if (exponent < -4 || exponent >= (isShortest ? 6 : kept)) {
    return exponentText(decimal, Math.max(digits.length - 1, 0));
  }
  return fixedText(decimal, Math.max(digits.length - point, 0));
}

function exponentText({ digits, point }: Decimal, places: number): string {
  const exponent = digits === "" ? 0 : point - 1;
  const padded = digits.padEnd(places + 1, "0");
  const fraction = places > 0 ? `.${padded.slice(1, places + 1)}` : "";
  return `${padded.charAt(0)}${fraction}e${exponent < 0 ? "-" : "+"}${String(Math.abs(exponent)).padStart(2, "0")}`;
}

function fixedText({ digits, point }: Decimal, places: number): string {
  const whole = point > 0 ? digits.slice(0, point).padEnd(point, "0") : "0";
  if (places <= 0) return whole;
  const fraction = point > 0 ? digits.slice(point) : "0".repeat(Math.min(-point, places)) + digits;
  return `${whole}.${fraction.slice(0, places).padEnd(places, "0")}`;
}

function shortestDecimal(value: number): Decimal {
  if (value === 0) return { digits: "", point: 0 };
  const [mantissa = "", exponent = "0"] = value.toExponential().split("e");
  return { digits: mantissa.replace(".", "").replace(/0+$/, ""), point: Number(exponent) + 1 };
}

/** Takes a float apart: value = mantissa * 2 ** exponent. */
function takeApart(value: number): { mantissa: bigint; exponent: number } {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, value);
  const bits = view.getBigUint64(0);
  const biased = Number(bits >> 52n & 0x7ffn);
  const fraction = bits & 0xfffffffffffffn;
  return biased === 0
    ? { mantissa: fraction, exponent: -1074 }
    : { mantissa: fraction | 0x10000000000000n, exponent: biased - 1075 };
}

function exactDecimal(value: number): Decimal {
  if (value === 0) return { digits: "", point: 0 };
  const { mantissa, exponent } = takeApart(value);
  const scaled = exponent >= 0 ? mantissa << BigInt(exponent) : mantissa * 5n ** BigInt(-exponent);
  const digits = scaled.toString();
  return { digits: digits.replace(/0+$/, ""), point: digits.length + Math.min(exponent, 0) };
}

/** Rounds to so many digits, half to even. */
function round({ digits, point }: Decimal, kept: number): Decimal {
  if (kept >= digits.length) return { digits, point };
  if (kept < 0) return { digits: "", point: 0 };
  const rest = digits.slice(kept);
  const isOdd = kept > 0 && Number(digits.charAt(kept - 1)) % 2 === 1;
  // The digits have no zeros at the end, so `5` alone is exactly a half.
  const isUp = rest === "5" ? isOdd : rest.charAt(0) >= "5";
  if (!isUp) {
    const cut = digits.slice(0, kept).replace(/0+$/, "");
    return cut === "" ? { digits: "", point: 0 } : { digits: cut, point };
  }
  const raised = (BigInt(`0${digits.slice(0, kept)}`) + 1n).toString().padStart(kept, "0");
  return { digits: raised.replace(/0+$/, ""), point: point + raised.length - kept };
}

function binaryText(value: number): string {
  const { mantissa, exponent } = takeApart(value);
  return `${mantissa}p${exponent < 0 ? "-" : "+"}${Math.abs(exponent)}`;
}

function hexText(value: number, precision: number): string {
  let { mantissa, exponent } = takeApart(value);
  if (mantissa === 0n) exponent = -52;
  else {
    while (mantissa < 0x10000000000000n) {
      mantissa <<= 1n;
      exponent--;
    }
  }
  if (precision >= 0 && precision < 13) {
    const dropped = BigInt(4 * (13 - precision));
    const rest = mantissa & ((1n << dropped) - 1n);
    const half = 1n << (dropped - 1n);
    mantissa >>= dropped;
    if (rest > half || (rest === half && mantissa % 2n === 1n)) mantissa++;
    mantissa <<= dropped;
    if (mantissa >= 0x20000000000000n) {
      mantissa >>= 1n;
      exponent++;
    }
  }
  const digits = mantissa.toString(16).padStart(14, "0");
  const fraction = digits.slice(1);
  const shown = precision < 0 ? fraction.replace(/0+$/, "") : fraction.slice(0, precision).padEnd(precision, "0");
  const power = exponent + 52;
  const tail = `p${power < 0 ? "-" : "+"}${String(Math.abs(power)).padStart(2, "0")}`;
  return `0x${digits.charAt(0)}${shown === "" ? "" : `.${shown}`}${tail}`;
}
