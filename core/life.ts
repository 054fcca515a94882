import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

/** After this, Core ends whatever is still open, in ms. */
const LATEST_END = 4_500

/** Stops at most once, whoever asks: a signal, the launcher's end, a bug. */
export function stopWhenAsked(close: () => Promise<void>): void {
  let stopping = false
  const stop = (code: number): void => {
    if (stopping) return
    stopping = true
    setTimeout(() => process.exit(code || 1), LATEST_END).unref()
    close().then(
      () => process.exit(code),
      (error: unknown) => fail(error, 1),
    )
  }
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => stop(0))
  process.on('disconnect', () => stop(0))
  process.on('uncaughtException', (error) => {
    process.stderr.write(`${error.stack}\n`)
    stop(1)
  })
}

/** What only the start needed is a sixth of the memory of an idle Core (measured). */
export function giveBackMemory(): void {
  setFlagsFromString('--expose-gc')
  runInNewContext('gc')({ type: 'major', flavor: 'last-resort' })
}

/** Ends the process with the stack of a bug. */
export function fail(error: unknown, code: number): never {
  process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`)
  process.exit(code)
}
