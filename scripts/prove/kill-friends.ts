import { readFileSync, readdirSync, readlinkSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import { type Answer, type RunningCore, startCore } from '../../core/testing/core.ts'
import { createRandom } from './random.ts'
import { type ProveOptions, type Report, spread } from './report.ts'

const GIVE_UP = 15_000

/**
 * The process of the Friends plugin is killed before a turn and, at a random moment, during one. Each time the person
 * gets an answer at HTTP 200, the Friend's or "… is offline now.", and the Friend is back by itself within
 * `backWithin` ms.
 */
export async function killFriends({
  times,
  seed,
  backWithin = 2_000,
}: ProveOptions & { backWithin?: number }): Promise<Report> {
  if (process.platform !== 'linux')
    throw new Error('This proof finds the process in /proc: it runs on Linux only')
  const random = createRandom(seed)
  await using core = await startCore()
  const failures: string[] = []
  const back: number[] = []
  const counts = { answered: 0, offline: 0 }

  const judge = (when: string, { status, body }: Answer): void => {
    const offline = body.offline === true
    counts[offline ? 'offline' : 'answered']++
    const { text } = body
    if (status !== 200) failures.push(`${when}: HTTP ${status} ${JSON.stringify(body)}`)
    else if (offline && !/^.+ is offline now\.$/.test(text))
      failures.push(`${when}: offline in other words: ${text}`)
    else if (!text) failures.push(`${when}: an empty answer`)
  }

  for (let round = 1; round <= times; round++) {
    const during = round % 2 === 0
    const when = `kill ${round}, ${during ? 'during' : 'before'} a turn`
    await backAfter(core)
    const turn = during ? ask(core, `${round}`) : undefined
    if (during) await pause(random() * 20)
    process.kill(friendsOf(core), 'SIGKILL')
    const killed = performance.now()
    judge(when, await (turn ?? ask(core, `${round}`)))
    await backAfter(core)
    back.push(performance.now() - killed)
    if (performance.now() - killed > backWithin)
      failures.push(`${when}: back after ${back.at(-1)?.toFixed(0)} ms`)
  }
  await core.stop()
  return { failures, figures: { kills: times, seed, ...counts, 'back again': spread(back) } }
}

const ask = (core: RunningCore, id: string): Promise<Answer> =>
  core.inbound({ text: `How are you, ${id}?`, channel_name: 'companion', conversation_type: 'friend' })

/** Waits until the Friend answers. */
async function backAfter(core: RunningCore): Promise<void> {
  const deadline = Date.now() + GIVE_UP
  for (;;) {
    const { status, body } = await ask(core, 'there')
    if (status === 200 && body.offline !== true) return
    if (Date.now() > deadline) throw new Error(`The Friend did not come back in ${GIVE_UP} ms\n${core.log()}`)
    await pause(20)
  }
}

/** The child of Core that runs the plugin: it runs in the plugin's folder. */
export function friendsOf(core: RunningCore): number {
  const pid = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .find((candidate) => parentOf(candidate) === core.pid && folderOf(candidate).endsWith('/friends'))
  if (!pid) throw new Error(`Core runs no Friends plugin\n${core.log()}`)
  return Number(pid)
}

const parentOf = (pid: string): number => {
  const status = unlessEnded(() => readFileSync(`/proc/${pid}/status`, 'utf8'))
  return Number(/^PPid:\s*(\d+)$/m.exec(status)?.[1])
}
const folderOf = (pid: string): string => unlessEnded(() => readlinkSync(`/proc/${pid}/cwd`))

/** What /proc says; empty when the process ended between the listing and the look. */
function unlessEnded(read: () => string): string {
  try {
    return read()
  } catch (error) {
    if (['ENOENT', 'ESRCH'].includes((error as NodeJS.ErrnoException).code ?? '')) return ''
    throw error
  }
}
