/**
 * Takes what people said apart into facts, with a language model, behind their backs. A statement is remembered as it
 * was said until its facts replace it, so nothing is lost while no model answers, and a search finds it at once.
 */
export interface Facts {
  /**
   * The statement with this id is to be taken apart. Call it inside the job of `Database.write` that stores it: both are
   * committed or neither. Without a language model it does nothing, and the statement stays what is remembered.
   */
  note(memoryId: string): void
  /** Somebody writes: a model that is asked for facts is let go, so that it is free for the reply. */
  standBack(): void
  /** Waits for the facts of everything noted so far, or until they cannot be had now (tests). */
  settled(): Promise<void>
  close(): Promise<void>
}
