import { type ChildProcess, spawn } from 'node:child_process'

/**
 * What the shell does: it knows the process groups of all plugins, and when its input ends, because Core is no more,
 * it asks them to stop and after 3 s makes them.
 */
const SCRIPT = `
trap '' HUP INT TERM
groups=
while read -r sign group; do
  if [ "$sign" = + ]; then groups="$groups $group"; continue; fi
  left=
  for one in $groups; do [ "$one" = "$group" ] || left="$left $one"; done
  groups=$left
done
for group in $groups; do kill -s TERM -- "-$group"; done
for second in 1 2 3; do
  left=
  for group in $groups; do kill -s 0 -- "-$group" && left="$left $group"; done
  groups=$left
  [ -z "$groups" ] || sleep 1
done
for group in $groups; do kill -s KILL -- "-$group"; done
`

/**
 * Ends the plugins when Core is gone, however it went (kill -9, out of memory), in whatever language they are written
 * and whatever they have started themselves. One shell process, while there are plugins to end.
 */
export interface LastWill {
  /** @param group the id of a process group */
  add(group: number): void
  remove(group: number): void
  /** Resolves when the shell has ended. */
  close(): Promise<void>
}

export function createLastWill(): LastWill {
  const groups = new Set<number>()
  let shell: ChildProcess | undefined
  let closed = false

  function tell(sign: '+' | '-', group: number): void {
    shell?.stdin?.write(`${sign} ${group}\n`)
  }

  /** In a session of its own: what ends Core's whole group must not end it. */
  function open(): void {
    const opened = spawn('/bin/sh', ['-c', SCRIPT], {
      cwd: '/',
      env: { PATH: '/usr/bin:/bin' },
      stdio: ['pipe', 'ignore', 'ignore'],
      detached: true,
    })
    shell = opened
    opened.unref()
    opened.stdin.on('error', () => {})
    opened.once('error', () => (shell = undefined))
    opened.once('exit', () => {
      if (shell !== opened) return
      shell = undefined
      if (!closed && groups.size > 0) open()
    })
    for (const group of groups) tell('+', group)
  }

  return {
    add(group) {
      groups.add(group)
      if (shell) tell('+', group)
      else if (process.platform !== 'win32') open()
    },
    remove(group) {
      if (groups.delete(group)) tell('-', group)
    },
    close() {
      closed = true
      if (!shell || shell.exitCode !== null) return Promise.resolve()
      const last = shell
      return new Promise((resolve) => {
        last.once('exit', () => resolve())
        last.stdin?.end()
      })
    },
  }
}
