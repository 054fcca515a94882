import Sqlite from 'better-sqlite3'

/**
 * Makes this process the only Core of its home; the operating system lets go when the process ends, however it ends.
 * @throws Error when another Core has it
 */
export function lockHome(file: string): { release(): void } {
  const lock = new Sqlite(file, { timeout: 0 })
  try {
    lock.exec('pragma locking_mode = exclusive; begin exclusive')
  } catch (cause) {
    lock.close()
    throw new Error(
      'Another Core is running in this home. Stop it first, or set HOMECLAW_HOME to another folder',
      { cause },
    )
  }
  return { release: () => void lock.close() }
}
