import Sqlite from 'better-sqlite3'

/**
 * Makes this process the only Core of its home; the operating system lets go when the process ends, however it ends.
 * @throws Error when another Core has it
 */
export function lockHome(file: string): Lock {
  try {
    return lockFile(file, 0)
  } catch (cause) {
    throw new Error(
      'Another Core is running in this home. Stop it first, or set HOMECLAW_HOME to another folder',
      { cause },
    )
  }
}

export interface Lock {
  release(): void
}

/**
 * Makes this process the only one that has the lock, until it ends, however it ends. Blocks while it waits.
 * @param patience ms to wait for another process that has it
 * @throws Error when that is over
 */
export function lockFile(file: string, patience: number): Lock {
  const lock = new Sqlite(file, { timeout: patience })
  try {
    lock.exec('pragma locking_mode = exclusive; begin exclusive')
  } catch (cause) {
    lock.close()
    throw cause
  }
  return { release: () => void lock.close() }
}
