import type { FoundMemory, MemorySource, MemoryStatus } from '#contract'

export interface NewMemory {
  /** The namespace: a user id, `companion`, `companion_friend`, `companion_friend:<companion id>`. */
  readonly namespace: string
  readonly text: string
  readonly source: MemorySource
  readonly app_id?: string | undefined
  /** `session`, `seq`, `speaker`, `said_at` have a meaning; the rest is kept as it is. */
  readonly metadata?: Readonly<Record<string, unknown>> | undefined
}

export interface MemoryQuery {
  readonly namespace: string
  readonly text: string
  readonly limit: number
  /** Source ids (turns) whose memories are left out: what was just said is not its own memory. */
  readonly exceptSources?: readonly string[] | undefined
}

/** What is remembered of one namespace. No call ever sees another namespace. */
export interface Memory {
  /**
   * Durable when it resolves, found by the next search. Memories of one `source` of kind `turn` are stored once:
   * the same turn again returns the id it has. Others are merged only when they repeat an earlier one to the letter,
   * by the same speaker, and do not carry both `session` and `seq`.
   * @throws Problem `body_invalid` for a blank text and for a namespace that is not well-formed Unicode
   */
  add(memory: NewMemory): Promise<{ id: string }>
  /**
   * The same, but synchronous and part of the caller's transaction: call it inside a job of `Database.write`.
   * Stored when, and only when, that job is committed.
   */
  record(memory: NewMemory): { id: string }
  /**
   * Best first, and only what has to do with the question. An unknown namespace or a query of nothing but signs is an
   * empty list. `score` is 0 … 1: what part of the question's words the memory has, and how near its meaning is.
   */
  search(query: MemoryQuery): Promise<FoundMemory[]>
  /** Removes it from the record, the full text and the vectors, to the last byte on disk. False when it is not there. */
  forget(namespace: string, id: string): Promise<boolean>
  /** Waits until everything added so far is in the vector index, or cannot be brought there now (tests, shut-down). */
  indexed(): Promise<void>
  /** What is indexed how, and how far that is. */
  status(): MemoryStatus
  close(): Promise<void>
}
