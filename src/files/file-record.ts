/** What is known of a stored file. */

export type FileRecord = {
  /** `file_…` */
  id: string;
  filename: string;
  mimeType: string;
  /** Bytes. */
  size: number;
  /** Milliseconds since the epoch, like all dates here. */
  createdAt: number;
  /** Undefined where the file is kept until somebody deletes it. */
  expiresAt: number | undefined;
  /** False for what a client has uploaded: it has the bytes. True for what a tool has made. */
  downloadable: boolean;
};

export type FileLimits = {
  /** Bytes of one file, and of all files together. */
  fileBytes: number;
  totalBytes: number;
  count: number;
  /** Milliseconds for which a file is kept; undefined keeps it until somebody deletes it. */
  keepMs: number | undefined;
};

/** A page of the list. It is asked for by the place of a file in the order of uploads. */
export type PageWanted = { limit: number; before?: number | undefined; after?: number | undefined };

/** `before`: the place of the last file of `files`, where there are more behind it. */
export type FilePage = { files: readonly FileRecord[]; before: number | undefined };
