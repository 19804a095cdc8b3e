/** What `with { type: 'file' }` imports of `page.js`. */
declare const path: string;
export = path;
