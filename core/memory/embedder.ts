/** Why a text is embedded. Questions go first, and some models want to be told. */
export type Purpose = 'memory' | 'question'

/** Turns texts into vectors of length 1. */
export interface Embedder {
  /** Names the vector space: vectors of two ids cannot be compared. */
  readonly id: string
  readonly dimensions: number
  /**
   * One vector for each text, in their order. A text of which this embedder understands nothing (blank, signs only,
   * another script) gets the null vector, which is near to nothing.
   */
  embed(texts: readonly string[], purpose?: Purpose): Promise<Float32Array[]>
  close(): Promise<void>
}
