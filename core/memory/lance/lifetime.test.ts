import { execFileSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { afterEach, expect, it } from 'vitest'
import { createLog } from '../../log.ts'
import type { Embedder } from '../embedder.ts'
import { filesIn, openTestMemory, said } from '../testing.ts'
import { eventually } from '../../testing/until.ts'
import { createVectors } from '../vectors.ts'

/** What is said of one thing lies in one direction. */
const embedder: Embedder = {
  id: 'things',
  dimensions: 4,
  embed: async (texts) =>
    texts.map((text) => Float32Array.from({ length: 4 }, (_, at) => (text.length % 4 === at ? 1 : 0))),
  close: async () => undefined,
}

let home: ReturnType<typeof openTestMemory> | undefined
afterEach(() => home?.remove())

/** The process of the index that this one has started. */
function indexPid(): number {
  const list = execFileSync('ps', ['-eo', 'pid=,ppid=,args='], { encoding: 'utf8' })
  const own = new RegExp(String.raw`^\s*(\d+)\s+${process.pid}\s.*lance/child\.ts`, 'm')
  return Number(own.exec(list)?.[1] ?? 0)
}

const add = (text: string) => home?.memory.add(said('a', text))
const nearest = async (text: string) =>
  (await home?.memory.search({ namespace: 'a', text, limit: 1, by: 'meaning' }))?.[0]?.memory

it('is killed twice, and everything is in the index once in the end', async () => {
  home = openTestMemory({ embedder })
  for (let round = 0; round < 2; round++) {
    await Promise.all(Array.from({ length: 30 }, (_, at) => add(`note ${round} ${at}`)))
    const indexed = home.memory.indexed()
    await eventually('it runs', () => indexPid() > 0)
    process.kill(indexPid(), 'SIGKILL')
    await indexed
  }
  await eventually('all are indexed', async () => {
    await home?.memory.indexed()
    return home?.memory.status().waiting === 0
  })
  expect(filesIn(home.folder).filter((file) => file.includes('set_aside'))).toEqual([])
  await home.memory.close()
  const vectors = createVectors({ folder: home.folder, log: createLog('silent') })
  const held = await vectors.of({ namespace: 1, space: 2 }).contents()
  await vectors.close()
  expect([...held.values()]).toEqual(Array.from({ length: 60 }, () => 1))
})

it('leaves nothing in the temporary folder of the machine, and nothing in its own when it ends', async () => {
  const before = new Set(readdirSync('/tmp'))
  home = openTestMemory({ embedder })
  await add('four')
  await home.memory.indexed()
  expect(await nearest('tree')).toBe('four')
  process.kill(indexPid(), 'SIGKILL')
  await add('fiver')
  await home.memory.indexed()
  await home.memory.close()
  expect(readdirSync('/tmp').filter((name) => name.startsWith('.tmp') && !before.has(name))).toEqual([])
  expect(readdirSync(home.folder).filter((name) => name.endsWith('.tmp'))).toEqual([])
})

it('may stand still while what was just added is found', async () => {
  home = openTestMemory({ embedder })
  await add('four')
  await home.memory.indexed()
  expect(await nearest('tree')).toBe('four')
  process.kill(indexPid(), 'SIGSTOP')
  try {
    await add('fiver')
    expect(await nearest('three')).toBe('fiver')
  } finally {
    process.kill(indexPid(), 'SIGCONT')
  }
})
