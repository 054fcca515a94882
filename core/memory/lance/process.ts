import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { Log } from '../../log.ts'
import type { Answer, Call, PackedRows, Value } from './calls.ts'

type OnPart = (rows: PackedRows) => void

/** One process with LanceDB in it. */
export interface LanceProcess {
  readonly pid: number | undefined
  /** False from its death on. */
  alive(): boolean
  /** How many calls wait for their answer. */
  waiting(): number
  /**
   * Calls of one table reach it in their order. `onPart` gets the rows of `read`.
   * @throws IndexEnded when the process died meanwhile: nobody knows what of the call was done
   * @throws Error as LanceDB gives it
   */
  ask(table: string, call: Call, onPart?: OnPart): Promise<Value>
  /** Lets it merge what is due, and waits until it has ended. */
  end(): Promise<void>
}

/** The process has died; its files may be as good as before. */
export class IndexEnded extends Error {
  override readonly name = 'IndexEnded'
}

/** How long a call may take before the process is taken for hung, in ms: a removal rewrites a whole table. */
const LONGEST = 10 * 60_000
interface Waiting {
  resolve(value: Value): void
  reject(error: Error): void
  readonly onPart: OnPart
  readonly deadline: NodeJS.Timeout
}

export function startLanceProcess({ folder, log }: { folder: string; log: Log }): LanceProcess {
  const child = fork(fileURLToPath(new URL('./child.ts', import.meta.url)), [folder], {
    env: {},
    execArgv: [],
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  })
  const waiting = new Map<number, Waiting>()
  let alive = true
  let lastId = 0
  child.on('message', take)
  child.once('error', ended)
  child.once('exit', (code, signal) => ended(signal ?? code))

  function take(answer: Answer): void {
    if ('warning' in answer) {
      log.warn({ err: answer.warning }, 'memory.merge_failed')
      return
    }
    const call = waiting.get(answer.id)
    if (!call) return
    if ('part' in answer) {
      call.onPart(answer.part)
      return
    }
    clearTimeout(call.deadline)
    waiting.delete(answer.id)
    if ('error' in answer) call.reject(new Error(answer.error))
    else call.resolve(answer.value)
  }

  function ended(how: unknown): void {
    alive = false
    const error = new IndexEnded(`the process of the index ended with ${String(how)}`)
    if (waiting.size > 0) log.warn({ err: error }, 'memory.index_ended')
    for (const { reject, deadline } of waiting.values()) {
      clearTimeout(deadline)
      reject(error)
    }
    waiting.clear()
  }

  function ask(table: string, call: Call, onPart: OnPart = ignore): Promise<Value> {
    const id = ++lastId
    return new Promise((resolve, reject) => {
      const deadline = setTimeout(() => child.kill('SIGKILL'), LONGEST).unref()
      waiting.set(id, { resolve, reject, onPart, deadline })
      child.send({ id, table, call }, (error) => error && child.kill('SIGKILL'))
    })
  }

  return {
    pid: child.pid,
    alive: () => alive && child.connected,
    waiting: () => waiting.size,
    ask,
    async end() {
      if (!alive) return
      await ask('', { do: 'rest' }).catch(ignore)
      if (child.connected) child.disconnect()
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
    },
  }
}

const ignore = (): void => undefined
