import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { afterEach, describe, expect, it } from 'vitest'
import { createLog } from '../../log.ts'
import { createBundledEmbedder } from './bundled.ts'
import { eventually } from '../../testing/until.ts'

const log = createLog('silent')
const opened: { close(): Promise<void> }[] = []
const open = (options: { idle?: number; timeout?: number } = {}) => {
  const embedder = createBundledEmbedder({ log, ...options })
  opened.push(embedder)
  return embedder
}
afterEach(async () => {
  await Promise.all(opened.splice(0).map((embedder) => embedder.close()))
})

const dot = (a: Float32Array | undefined, b: Float32Array | undefined): number =>
  a && b ? a.reduce((sum, x, at) => sum + x * (b[at] ?? 0), 0) : Number.NaN

function runs(pid: number | undefined): boolean {
  try {
    return pid !== undefined && process.kill(pid, 0)
  } catch {
    return false
  }
}

describe('bundled embedder', () => {
  it('gives unit vectors in the order of the texts, near for near meanings', async () => {
    const embedder = open()
    const texts = ['Which car do I drive?', 'I bought a red Volvo.', 'I am allergic to peanuts.']
    const [question, volvo, peanuts] = await embedder.embed(texts)
    expect(dot(question, question)).toBeCloseTo(1, 5)
    expect(dot(question, volvo)).toBeGreaterThan(0.4)
    expect(dot(question, peanuts)).toBeLessThan(0.3)
    const [again] = await embedder.embed(['I bought a red Volvo.'])
    expect(dot(again, volvo)).toBeCloseTo(1, 5)
  })

  it('gives the null vector for what it understands nothing of, and starts nothing for it', async () => {
    const embedder = open()
    const vectors = await embedder.embed(['', '  \n', '\0\u0001', '🎉', '我有一只黑猫', 'мой кот'])
    for (const vector of vectors) expect(vector).toEqual(new Float32Array(512))
    expect(embedder.pid).toBeUndefined()
    const [blank, word] = await embedder.embed(['', 'cat\0\u0007'])
    expect(blank).toEqual(new Float32Array(512))
    expect(dot(word, word)).toBeCloseTo(1, 5)
  })

  it('answers a hundred calls at once, each with its own', async () => {
    const embedder = open()
    const texts = Array.from({ length: 100 }, (_, at) => `note number ${at}`)
    const alone = await embedder.embed(texts)
    const together = await Promise.all(texts.map((text) => embedder.embed([text])))
    for (const [at, [vector]] of together.entries()) expect(dot(vector, alone[at])).toBeCloseTo(1, 4)
  })

  it('rejects what a killed process was asked, and answers again from a new one', async () => {
    const embedder = open()
    await embedder.embed(['start'])
    const killed = embedder.pid
    if (killed === undefined) throw new Error('there is no process to kill')
    // It would be done before it is killed, where the machine lets it run first.
    process.kill(killed, 'SIGSTOP')
    const asked = embedder.embed(Array.from({ length: 32 }, (_, at) => `a long batch ${at} `.repeat(20)))
    const later = embedder.embed(Array.from({ length: 32 }, (_, at) => `still waiting ${at}`))
    setImmediate(() => setImmediate(() => process.kill(killed, 'SIGKILL')))
    await expect(asked).rejects.toThrow('SIGKILL')
    expect(await later).toHaveLength(32)
    expect(embedder.pid).not.toBe(killed)
  })

  it('kills a process that takes too long', async () => {
    const embedder = open({ timeout: 1 })
    await expect(embedder.embed(['too late'])).rejects.toThrow('SIGKILL')
  })

  it('ends its process when nobody asks, and starts it again', async () => {
    const embedder = open({ idle: 50 })
    await embedder.embed(['one'])
    const first = embedder.pid
    expect(runs(first)).toBe(true)
    await eventually('the idle process ends', () => !runs(first))
    expect(embedder.pid).toBeUndefined()
    expect(await embedder.embed(['two'])).toHaveLength(1)
  })

  it('leaves no process behind when it is closed', async () => {
    const embedder = open()
    await embedder.embed(['one'])
    const { pid } = embedder
    const [asked] = await Promise.all([
      embedder.embed(['two '.repeat(50)]).catch((error: Error) => error.message),
      embedder.close(),
    ])
    expect(asked).toMatch(/ended|closed/)
    expect(runs(pid)).toBe(false)
    await expect(embedder.embed(['three'])).rejects.toThrow('closed')
  })

  it('leaves no process behind when its parent is killed, and inherits no environment', async () => {
    const parent = spawn(
      process.execPath,
      [
        '--input-type=module',
        '--eval',
        `import { createBundledEmbedder } from ${JSON.stringify(new URL('./bundled.ts', import.meta.url))}
         import { createLog } from ${JSON.stringify(new URL('../../log.ts', import.meta.url))}
         const embedder = createBundledEmbedder({ log: createLog('silent') })
         await embedder.embed(['hello'])
         console.log(embedder.pid)
         setInterval(() => {}, 1000)`,
      ],
      { stdio: ['ignore', 'pipe', 'inherit'], env: { SECRET_OF_THE_PARENT: 'x' } },
    )
    const [line] = await once(parent.stdout, 'data')
    const pid = Number(line)
    const environment = process.platform === 'linux' ? readFileSync(`/proc/${pid}/environ`, 'utf8') : ''
    parent.kill('SIGKILL')
    await eventually('the orphan ends', () => !runs(pid))
    expect(environment).not.toContain('SECRET_OF_THE_PARENT')
  })
})
