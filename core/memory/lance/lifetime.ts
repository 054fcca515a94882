import type { Log } from '../../log.ts'
import { type LanceProcess, startLanceProcess } from './process.ts'

/** LanceDB in a process of its own: started by the first call, ended when idle, started again when it died. */
export interface Lance extends Pick<LanceProcess, 'ask'> {
  /** Undefined while no process runs. */
  readonly pid: number | undefined
  close(): Promise<void>
}

/** How long it stays without a call, in ms. */
const IDLE = 60_000

export function createLance(options: { folder: string; log: Log }): Lance {
  let running: LanceProcess | undefined
  let stopping: Promise<void> = Promise.resolve()
  let idling: NodeJS.Timeout | undefined

  /** The next one starts when this has ended: two must not write to the same files. */
  function stop(): Promise<void> {
    clearTimeout(idling)
    const last = running
    running = undefined
    if (last) stopping = stopping.then(() => last.end())
    return stopping
  }

  return {
    get pid() {
      return running?.pid
    },
    async ask(table, call, onPart) {
      await stopping
      clearTimeout(idling)
      if (!running?.alive()) running = startLanceProcess(options)
      const asked = running
      try {
        return await asked.ask(table, call, onPart)
      } finally {
        if (asked === running && asked.waiting() === 0) {
          clearTimeout(idling)
          idling = setTimeout(() => void stop(), IDLE).unref()
        }
      }
    },
    close: stop,
  }
}
