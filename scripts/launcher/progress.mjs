/** Something the person at the terminal can act on: its message is all they need. */
export class Failure extends Error {
  constructor(message, exitCode = 1) {
    super(message)
    this.exitCode = exitCode
  }
}

/**
 * Says what takes time, and how long it has taken: one line that updates itself on a terminal,
 * a line at the start, every ten seconds and at the end elsewhere.
 */
export function createProgress(out) {
  return {
    /** Shows `doing` until `work` is done, then `done`. */
    async during(doing, done, work) {
      const started = Date.now()
      const seconds = () => `${((Date.now() - started) / 1000).toFixed(out.isTTY ? 0 : 1)} s`
      const show = () =>
        out.write(out.isTTY ? `\r\u001b[K${doing} … ${seconds()}` : `${doing} … ${seconds()}\n`)
      out.write(out.isTTY ? `${doing} …` : `${doing} …\n`)
      const timer = setInterval(show, out.isTTY ? 1_000 : 10_000)
      try {
        const result = await work()
        out.write(`${out.isTTY ? '\r\u001b[K' : ''}${done} (${seconds()})\n`)
        return result
      } catch (error) {
        if (out.isTTY) out.write('\n')
        throw error
      } finally {
        clearInterval(timer)
      }
    },
    say: (line) => out.write(`${line}\n`),
  }
}
