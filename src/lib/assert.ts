/** Marks a branch that the types say cannot be reached; breaks the build when a union grows. */
export function assertNever(value: never, what: string): never {
  throw new Error(`unexpected ${what}: ${JSON.stringify(value)}`);
}
