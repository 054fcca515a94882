import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { parseConfig } from '../../config/load.ts'
import type { CoreConfig } from '../../config/schema.ts'
import { createLog } from '../../log.ts'
import { filesIn, openTestMemory, said } from '../testing.ts'
import { eventually } from '../../testing/until.ts'
import { chooseEmbedders } from './choose.ts'
import { type Mishap, startMirror, type TestMirror } from './mirror.fixture.ts'
import { tinyModel, writeModel } from './tiny-model.ts'

const WEIGHTS = 'onnx/model_quantized.onnx'

let home: string
let opened: ReturnType<typeof openTestMemory> | undefined
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'homeclaw-choose-'))
})
afterEach(async () => {
  await opened?.close()
  opened = undefined
  rmSync(home, { recursive: true, force: true })
})

const configOf = (memory: object): CoreConfig['memory'] =>
  parseConfig({ core: JSON.stringify({ memory }), users: '' }, {}).core.memory

/** Opens the memory of this home as core.yml says, in place of the one that is open. */
async function start(memory: object) {
  await opened?.close()
  opened = openTestMemory({
    home,
    embedders: chooseEmbedders({
      config: configOf(memory),
      home,
      models: join(home, 'models'),
      log: createLog('silent'),
      silence: 300,
      firstPause: 50,
    }),
  })
  return opened
}

const tiny = (mirror: TestMirror, more: object = {}) => ({
  embedder: 'transformers',
  model: 'tiny/letters',
  mirror: mirror.url,
  ...more,
})

const state = () => opened?.memory.status().model?.state
const until = (wanted: string) => eventually(`the model is ${wanted}`, () => state() === wanted)
const add = (text: string) => opened?.memory.add(said('a', text))
const texts = async (text: string) =>
  (await opened?.memory.search({ namespace: 'a', text, limit: 10 }))?.map(({ memory }) => memory)
const tables = () => filesIn(join(home, 'lancedb')).map((file) => /ns_[\d_]+\.lance/.exec(file)?.[0])

describe('choosing the embedder', () => {
  it('uses the bundled one until the model has arrived, and then that one for everything', async () => {
    await using mirror = await startMirror(tinyModel(32), { mishaps: { [WEIGHTS]: [{ status: 500 }] } })
    await start({ embedder: 'bundled' })
    await add('I am allergic to peanuts.')
    expect(await texts('what food must I avoid?')).toEqual(['I am allergic to peanuts.'])
    await start(tiny(mirror, { embedder: 'auto' }))
    expect(await texts('what food must I avoid?')).toEqual(['I am allergic to peanuts.'])
    await until('ready')
    await opened?.memory.indexed()
    expect(opened?.memory.status().embedder).toMatch(/^transformers:tiny\/letters:[0-9a-f]{16}:32$/)
    expect(new Set(tables())).toEqual(new Set(['ns_1_2.lance']))
    expect(await texts('iamallergictopeanuts')).toEqual(['I am allergic to peanuts.'])
  })

  it('asks the mirror once, and needs it no more', async () => {
    const mirror = await startMirror(tinyModel(32))
    await start(tiny(mirror))
    await until('ready')
    await mirror[Symbol.asyncDispose]()
    await start(tiny(mirror))
    await until('ready')
    await add('a small horse')
    expect(await texts('asmallhorse')).toEqual(['a small horse'])
  })

  it('takes a model from a folder', async () => {
    writeModel(join(home, 'my-model'), tinyModel(24))
    await start({ embedder: 'transformers', model: './my-model' })
    await until('ready')
    await add('a small horse')
    expect(await texts('asmallhorse')).toEqual(['a small horse'])
    expect(opened?.memory.status().embedder).toMatch(/:24$/)
  })

  it('rebuilds when the model in a folder is another one, of another dimension', async () => {
    writeModel(join(home, 'my-model'), tinyModel(24))
    await start({ embedder: 'transformers', model: './my-model' })
    await until('ready')
    await add('a small horse')
    await opened?.memory.indexed()
    writeModel(join(home, 'my-model'), tinyModel(40))
    await start({ embedder: 'transformers', model: './my-model' })
    await until('ready')
    await opened?.memory.indexed()
    expect(opened?.memory.status().embedder).toMatch(/:40$/)
    expect(await texts('asmallhorse')).toEqual(['a small horse'])
  })

  it('answers by words while the model does not come, and says why it waits', async () => {
    const failing = Array.from({ length: 100 }, (): Mishap => ({ status: 503 }))
    await using mirror = await startMirror(tinyModel(32), { mishaps: { 'config.json': failing } })
    await start(tiny(mirror))
    await add('a small horse')
    await until('waiting')
    expect(opened?.memory.status()).toMatchObject({
      embedder: null,
      model: {
        name: 'tiny/letters',
        detail: expect.stringContaining('answered 503'),
        retry_at: expect.any(String),
      },
    })
    expect(await texts('horse')).toEqual(['a small horse'])
    expect(await texts('asmallhorse')).toEqual([])
    failing.length = 0
    await until('ready')
    expect(await texts('asmallhorse')).toEqual(['a small horse'])
  })

  it.each<[string, Mishap[], { hub?: boolean }]>([
    ['is cut off', ['cut'], {}],
    ['falls silent', ['silent in the middle'], {}],
    ['sends damaged bytes', ['corrupt'], {}],
    ['sends damaged bytes and names no hashes', ['corrupt'], { hub: false }],
    ['refuses twice', [{ status: 404 }, { status: 429, headers: { 'retry-after': '0' } }], {}],
  ])('has the model in the end when the mirror %s', async (_, mishaps, options) => {
    await using mirror = await startMirror(tinyModel(16), { mishaps: { [WEIGHTS]: mishaps }, ...options })
    await start(tiny(mirror))
    await until('ready')
    await add('a small horse')
    expect(await texts('asmallhorse')).toEqual(['a small horse'])
  })

  it('goes on with a download after a restart', async () => {
    await using mirror = await startMirror(tinyModel(16), {
      mishaps: { [WEIGHTS]: ['silent in the middle'] },
    })
    await start(tiny(mirror))
    await eventually('half of it is there', () =>
      existsSync(join(home, 'models/tiny/letters.part', `${WEIGHTS}.begun`)),
    )
    await start(tiny(mirror))
    await until('ready')
    expect(mirror.asked.filter((line) => line.includes('config.json')).length).toBe(2)
  })

  it('gives up on a model that came whole but cannot be used, and one in a folder that is none', async () => {
    const broken = new Map([...tinyModel(16), [WEIGHTS, Buffer.from('these are no weights')]])
    await using mirror = await startMirror(broken)
    await start(tiny(mirror))
    await until('failed')
    await start({ embedder: 'transformers', model: join(home, 'nothing-here') })
    await until('failed')
    expect(opened?.memory.status().model).toMatchObject({
      detail: expect.stringContaining('has no config.json'),
    })
  })

  it('fetches a model again whose files were damaged on this disk', async () => {
    await using mirror = await startMirror(tinyModel(16))
    await start(tiny(mirror))
    await until('ready')
    writeFileSync(join(home, 'models/tiny/letters', WEIGHTS), 'damaged')
    await start(tiny(mirror))
    await until('ready')
    await add('a small horse')
    expect(await texts('asmallhorse')).toEqual(['a small horse'])
  })
})
