export interface EmbedRequest {
  readonly texts: readonly string[]
}

export type EmbedAnswer =
  /** All vectors, one after the other. */
  { readonly vectors: Float32Array } | { readonly error: string }

/** For the process of an embedder: answers each message with the vectors of its texts, and ends when its parent goes. */
export function answerParent(embed: (texts: readonly string[]) => Promise<Float32Array>): void {
  process.on('disconnect', () => process.exit())
  // Ctrl-C reaches the whole process group; the parent decides when this process ends.
  process.on('SIGINT', () => undefined)
  process.on('message', async ({ texts }: EmbedRequest) => {
    process.send?.(await answer(texts))
  })

  async function answer(texts: readonly string[]): Promise<EmbedAnswer> {
    try {
      return { vectors: await embed(texts) }
    } catch (error) {
      return { error: String(error) }
    }
  }
}
