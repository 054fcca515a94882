import { execFileSync, fork } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** A server of scripts/bench/servers, in a process of its own, so that its CPU can be told from ours. */
export interface Server extends AsyncDisposable {
  readonly url: string
  readonly pid: number
}

export async function startServer(name: string, args: readonly string[] = []): Promise<Server> {
  const child = fork(join(import.meta.dirname, 'servers', `${name}.ts`), args, { stdio: 'inherit' })
  const failed = once(child, 'exit').then(([code]) => {
    throw new Error(`The server ${name} ended with ${code}`)
  })
  const [port] = await Promise.race([once(child, 'message'), failed])
  failed.catch(() => {})
  return {
    url: `http://127.0.0.1:${port}`,
    pid: child.pid ?? 0,
    async [Symbol.asyncDispose]() {
      const ended = once(child, 'exit')
      child.kill('SIGKILL')
      await ended
    },
  }
}

/** CPU time of a process so far, in ms, as Linux counts it (10 ms a tick). */
export function cpuOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) * MS_PER_TICK
}

const MS_PER_TICK = process.platform === 'linux' ? 1000 / Number(execFileSync('getconf', ['CLK_TCK'])) : NaN

/** Resident memory of a process, in MB. */
export function residentOf(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) / 1024
}
