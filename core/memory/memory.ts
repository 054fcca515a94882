import type {
  FoundMemory,
  MemoriesRemoved,
  MemoryEntry,
  MemoryPage,
  MemorySelection,
  MemorySource,
  MemoryStatus,
} from '#contract'

export interface NewMemory {
  /** The namespace: a user id, `companion`, `companion_friend`, `companion_friend:<companion id>`. */
  readonly namespace: string
  readonly text: string
  readonly source: MemorySource
  readonly app_id?: string | undefined
  /** `session`, `seq`, `speaker`, `said_at` have a meaning; the rest is kept as it is. */
  readonly metadata?: Readonly<Record<string, unknown>> | undefined
  /** When it was learnt, ISO 8601 in UTC; now, unless it is given. */
  readonly created_at?: string | undefined
  /** Ids of memories of this namespace that do not hold any more because of this one; unknown ones are left out. */
  readonly replaces?: readonly string[] | undefined
}

export interface MemoryQuery {
  readonly namespace: string
  readonly text: string
  readonly limit: number
  /** Source ids (turns) whose memories are left out: what was just said is not its own memory. */
  readonly exceptSources?: readonly string[] | undefined
  /** One way only; by both, unless it is given. */
  readonly by?: 'words' | 'meaning' | undefined
}

/** Which memories of a namespace: one with its history, those that fit a selection, or all of one source. */
export type Which =
  | { readonly id: string }
  | { readonly selection: MemorySelection }
  | { readonly source: Pick<MemorySource, 'kind' | 'id'> }

/** What is remembered of one namespace. No call ever sees another namespace. */
export interface Memory {
  /**
   * Durable when it resolves, found by the next search. One `turn` says a thing once: to the letter the same again, or
   * what the model kept of it (`tool`), returns the id it has. Others are merged only when they repeat an earlier one to the letter, by the same
   * speaker, and do not carry both `session` and `seq`.
   * @throws Problem `body_invalid` for a blank text and for a namespace that is not well-formed Unicode
   */
  add(memory: NewMemory): Promise<{ id: string }>
  /**
   * The same, but synchronous and part of the caller's transaction: call it inside a job of `Database.write`.
   * Stored when, and only when, that job is committed.
   */
  record(memory: NewMemory): { id: string }
  /**
   * Takes one memory out of the record and the full text, inside a job of `Database.write`; its vectors go later.
   * For what another memory says better. What a person wants gone goes by `forget`.
   */
  retract(namespace: string, id: string): boolean
  /**
   * Best first, and only what has to do with the question. An unknown namespace or a query of nothing but signs is an
   * empty list. `score` is 0 … 1: what part of the question's words the memory has, and how near its meaning is.
   * What does not hold any more carries `until` and stands behind what holds instead.
   */
  search(query: MemoryQuery): Promise<FoundMemory[]>
  get(namespace: string, id: string): MemoryEntry | undefined
  /** Latest first, with those that do not hold any more. */
  list(
    namespace: string,
    page: { selection: MemorySelection; limit: number; before?: number | undefined },
  ): MemoryPage
  /** Corrects the text; what it said before stays in its history. Undefined when there is no such memory. */
  edit(namespace: string, id: string, text: string): Promise<MemoryEntry | undefined>
  /**
   * Says that the memory `by` holds instead of another from now on; null = the other holds again. Undefined when one of
   * them is not there.
   * @throws Problem `conflict` when one of them does not hold any more, or they are the same
   */
  supersede(namespace: string, id: string, by: string | null): Promise<MemoryEntry | undefined>
  /**
   * Removes it from the record, the full text and the vectors, to the last byte on disk. One that is named by its id
   * takes along its earlier texts and the statements it superseded; what it was said instead of never comes back.
   */
  forget(namespace: string, which: Which): Promise<MemoriesRemoved>
  /** Takes in what `list` gave, also of another Core. An id that is known in this namespace stays as it is. */
  restore(namespace: string, entries: readonly MemoryEntry[]): Promise<{ added: number; known: number }>
  /** Waits until everything added so far is in the vector index, or cannot be brought there now (tests, shut-down). */
  indexed(): Promise<void>
  /** What is indexed how, and how far that is. */
  status(): MemoryStatus
  close(): Promise<void>
}
