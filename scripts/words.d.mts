/** Complaints about one file, as `path:line: text`; `path` is from the root, with slashes. */
export declare function complaintsOf(path: string, text: string): string[];
