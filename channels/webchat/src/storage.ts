/** Text by key that outlives the page. A browser may refuse it (private windows, a full disk): then it is as if empty. */
export interface Storage {
  get(key: string): string | undefined
  /** False when it could not be kept. */
  set(key: string, value: string): boolean
  remove(key: string): void
  /** The keys that start so. */
  keys(prefix: string): string[]
}

const PREFIX = 'homeclaw.'

/** @param open gives the browser's own storage; reaching for it may throw already */
export function createStorage(open: () => globalThis.Storage): Storage {
  const store = allowed(open)
  return {
    get: (key) => store?.getItem(PREFIX + key) ?? undefined,
    set(key, value) {
      if (!store) return false
      try {
        store.setItem(PREFIX + key, value)
        return true
      } catch {
        return false
      }
    },
    remove: (key) => store?.removeItem(PREFIX + key),
    keys: (prefix) =>
      Array.from({ length: store?.length ?? 0 }, (_, at) => store?.key(at) ?? '')
        .filter((key) => key.startsWith(PREFIX + prefix))
        .map((key) => key.slice(PREFIX.length)),
  }
}

/**
 * What belongs to whoever is logged in: another one at the same browser finds nothing of it.
 * @param login who that is now
 */
export function createPersonal(storage: Storage, login: () => string): Storage {
  const own = (key: string): string => `of ${JSON.stringify(login())} ${key}`
  return {
    get: (key) => storage.get(own(key)),
    set: (key, value) => storage.set(own(key), value),
    remove: (key) => storage.remove(own(key)),
    keys: (prefix) => storage.keys(own(prefix)).map((key) => key.slice(own('').length)),
  }
}

function allowed(open: () => globalThis.Storage): globalThis.Storage | undefined {
  try {
    return open()
  } catch {
    return undefined
  }
}
