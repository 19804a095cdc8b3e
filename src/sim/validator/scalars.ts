/**
 * Google's JSON parser for scalar values: which values it accepts, and what it calls the types that it does not accept.
 */

type Scalar = { readonly label: string; accepts(value: unknown): boolean };

const isNumeric = (value: unknown): boolean =>
  typeof value === 'number' ||
  (typeof value === 'string' && value.trim() !== '' && !Number.isNaN(Number(value)));
const isWhole = (value: unknown): boolean => isNumeric(value) && Number.isInteger(Number(value));
const isText = (value: unknown): boolean => typeof value === 'string';

const BASE64 = /^[A-Za-z0-9+/_-]*={0,2}$/;

/** True for base64 in the standard or the url-safe alphabet, with or without padding. */
export function isBase64(text: string): boolean {
  return BASE64.test(text) && text.replace(/=+$/, '').length % 4 !== 1;
}

export const SCALARS: Readonly<Record<string, Scalar>> = {
  string: { label: 'TYPE_STRING', accepts: isText },
  bool: {
    label: 'TYPE_BOOL',
    accepts: (value) => typeof value === 'boolean' || value === 'true' || value === 'false',
  },
  int32: { label: 'TYPE_INT32', accepts: isWhole },
  int64: { label: 'TYPE_INT64', accepts: isWhole },
  float: { label: 'TYPE_FLOAT', accepts: isNumeric },
  double: { label: 'TYPE_DOUBLE', accepts: isNumeric },
  bytes: { label: 'TYPE_BYTES', accepts: (value) => typeof value === 'string' && isBase64(value) },
  duration: { label: 'type.googleapis.com/google.protobuf.Duration', accepts: isText },
  timestamp: { label: 'type.googleapis.com/google.protobuf.Timestamp', accepts: isText },
};

/** The value in the text of an error. */
export function shownValue(type: string, value: unknown): string {
  const json = JSON.stringify(value);
  return type === 'bytes' && typeof value === 'string' ? `Base64 decoding failed for ${json}` : json;
}
