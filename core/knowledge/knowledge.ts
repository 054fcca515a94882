import type { FoundMemory, KnowledgeFile, MemoriesRemoved } from '#contract'

/**
 * What people keep as files in `workspace/<user>/knowledge/`: text, Markdown and PDF. They are read in a process of their
 * own, found by search in passages, read again when they change, and forgotten when they go. A file that cannot be read
 * says why, and hurts nothing else.
 */
export interface Knowledge {
  /** These people's folders are made and watched from now on; those of others no more. */
  watch(userIds: readonly string[]): void
  /** Looks into the folder now; what is new or changed there is read afterwards. */
  files(userId: string): Promise<KnowledgeFile[]>
  /** The passages that have to do with the question, best first; file and place are the source. */
  search(userId: string, text: string, limit: number): Promise<FoundMemory[]>
  /**
   * Puts a file into the folder; one of that name is replaced. On disk when it resolves.
   * @throws Problem `body_invalid` for a name that is no plain file name, `storage_failed`
   */
  store(userId: string, name: string, bytes: Buffer): Promise<KnowledgeFile>
  /** Deletes the file and all that was read of it, to the last byte. Undefined when it is not there. */
  remove(userId: string, name: string): Promise<MemoriesRemoved | undefined>
  /** Forgets all that was read of this person's files, to the last byte. For when the files are gone. */
  forgetAll(userId: string): Promise<MemoriesRemoved[]>
  /** Waits until everything in this person's folder is read (tests). */
  settled(userId: string): Promise<void>
  close(): Promise<void>
}

/** A piece of a file that is found and cited. */
export interface Passage {
  readonly text: string
  /** `page 3`, `Heating › Boiler, line 12` */
  readonly place: string
}

/** The memory namespace of a person's files: beside their own, with a sign that no user id may hold. */
export const knowledgeNamespaceOf = (userId: string): string => `\u0001knowledge:${userId}`
