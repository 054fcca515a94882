/** One piece of one memory. */
export interface VectorRow {
  readonly memory: number
  readonly piece: number
  /** Of length 1, so that the dot product is the cosine. */
  readonly vector: Float32Array
}

export interface Near {
  readonly memory: number
  /** Cosine, −1 … 1; of the nearest piece. */
  readonly similarity: number
}

export interface SearchOptions {
  /** How many of the nearest pieces. */
  readonly limit: number
  /** Memories that are wanted in any case. */
  readonly among: readonly number[]
}
