/** What `with { type: 'file' }` imports. */
declare module 'swagger-ui-dist/*' {
  const path: string;

  export = path;
}

declare module '*.css' {
  const path: string;

  export = path;
}
