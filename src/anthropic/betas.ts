/** Reads `anthropic-beta`. Most betas need no reading: what they allow is seen in the body of the request. */

/** Requests with this beta are told the tokens of each iteration, also where there is only one. */
const TELLS_ITERATIONS = /^advisor-tool-/;

export const tellsIterations = (header: string | null): boolean =>
  (header ?? '').split(',').some((beta) => TELLS_ITERATIONS.test(beta.trim()));
