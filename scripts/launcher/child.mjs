import { spawn } from 'node:child_process'
import { join } from 'node:path'

const SIGNALS = ['SIGTERM', 'SIGINT', 'SIGHUP']
/** What was asked to stop, and has not by then, hangs: Core itself gives up 500 ms earlier. */
const LATEST_END_MS = 5_000

/**
 * Runs the real command on the real Node, with no npm in between: a process left behind by npm survives SIGTERM.
 * Signals are passed on, its exit code or signal becomes ours. With a lifeline it sees a disconnect when we are killed.
 */
export function runChild(node, args, { root, lifeline }) {
  const child = spawn(node, args, {
    cwd: root,
    env: childEnv(root),
    stdio: lifeline ? ['inherit', 'inherit', 'inherit', 'ipc'] : 'inherit',
  })
  let giveUp
  const pass = (signal) => {
    child.kill(signal)
    if (lifeline) giveUp ??= setTimeout(() => child.kill('SIGKILL'), LATEST_END_MS)
  }
  for (const signal of SIGNALS) process.on(signal, pass)
  const watch = watchNpm(() => pass('SIGTERM'))

  child.once('error', (cause) => {
    clearInterval(watch)
    process.stderr.write(`${node} could not be started: ${cause.message}\n`)
    process.exitCode = 1
  })
  child.once('exit', (code, signal) => {
    clearInterval(watch)
    clearTimeout(giveUp)
    for (const name of SIGNALS) process.off(name, pass)
    if (signal) process.kill(process.pid, signal)
    else process.exitCode = code
  })
}

/** npm's shell dies of a signal without passing it on; only our parent's id tells. A start by hand may outlive its shell. */
function watchNpm(onGone) {
  const parent = process.ppid
  if (!process.env.npm_lifecycle_event) return undefined
  return setInterval(() => process.ppid !== parent && onGone(), 500).unref()
}

/** Ours, without what npm adds for its own scripts; npm_config_* may be the person's own. */
function childEnv(root) {
  const own = Object.entries(process.env).filter(([name]) => !/^(npm_(?!config_)|INIT_CWD$)/i.test(name))
  return {
    ...Object.fromEntries(own),
    MALLOC_ARENA_MAX: process.env.MALLOC_ARENA_MAX ?? '2',
    NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE ?? join(root, 'node_modules', '.cache', 'compile'),
  }
}
