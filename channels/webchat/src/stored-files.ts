/** What came with a message and lies in the workspace of its person. */
export interface StoredFile {
  /** The name it had where it came from, as far as that is known. */
  readonly name: string
  readonly address: string
  readonly isPicture: boolean
}

/** @param names as a history tells them */
export const storedFiles = (user: string, names: readonly string[] = []): StoredFile[] =>
  names.map((name) => ({
    name: name.replace(/^\d{4}-\d\d-\d\d-[0-9a-f]{16}-/, ''),
    address: `/api/files/${encodeURIComponent(name)}?${new URLSearchParams({ user_id: user })}`,
    isPicture: /\.(?:png|jpe?g|gif|webp|avif)$/i.test(name),
  }))

const OF_CORE = /^\/api\/(?:files\/[^/?#]+\?user_id=[^&#]*|turns\/[\w-]+\/images\/\d+)$/

/** Whether it is where Core gives out what came with messages, and nothing else. */
export const isOfCore = (address: string): boolean => OF_CORE.test(address)
