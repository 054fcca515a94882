import { existsSync, mkdtempSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { downloadModel, type Progress } from './download.ts'
import { type Mishap, startMirror } from './mirror.fixture.ts'
import { tinyModel } from './tiny-model.ts'

const WEIGHTS = 'onnx/model_quantized.onnx'
const model = tinyModel(16)
const CUT = /closed|terminated|aborted|reset/i

async function scene(mishaps: Record<string, Mishap[]>, options: { hub?: boolean } = {}) {
  const mirror = await startMirror(model, { mishaps, ...options })
  const folder = join(mkdtempSync(join(tmpdir(), 'homeclaw-model-')), 'tiny/letters')
  const progress: Progress[] = []
  const download = (signal = new AbortController().signal) =>
    downloadModel({
      model: 'tiny/letters',
      mirror: mirror.url,
      folder,
      silence: 300,
      signal,
      onProgress: (each) => progress.push(each),
    })
  const isWhole = () =>
    [...model].every(([name, content]) => content.equals(readFileSync(join(folder, name))))
  return { mirror, folder, progress, download, isWhole, [Symbol.asyncDispose]: mirror[Symbol.asyncDispose] }
}

describe('downloading a model', () => {
  it('fetches the files that there are, and tells how far it is', async () => {
    await using s = await scene({})
    expect(await s.download()).toEqual({ verified: true })
    expect(s.isWhole()).toBe(true)
    const size = [...model.values()].reduce((sum, { length }) => sum + length, 0)
    expect(s.progress.at(-1)).toEqual({ bytes: size, total: size })
    expect(existsSync(`${s.folder}.part`)).toBe(false)
  })

  it('waits for a slow mirror, as long as something comes', async () => {
    await using s = await scene({ [WEIGHTS]: ['slow'] })
    await s.download()
    expect(s.isWhole()).toBe(true)
    expect(s.progress.length).toBeGreaterThan(8)
  })

  it('goes on where a file was cut off', async () => {
    await using s = await scene({ [WEIGHTS]: ['cut'] })
    await expect(s.download()).rejects.toThrow(CUT)
    expect(existsSync(s.folder)).toBe(false)
    const before = s.mirror.asked.length
    await s.download()
    expect(s.isWhole()).toBe(true)
    const half = Math.floor((model.get(WEIGHTS)?.length ?? 0) / 2)
    expect(s.mirror.asked.slice(before)).toEqual([`GET ${WEIGHTS} from ${half}`])
  })

  it('begins a file again that is another one now', async () => {
    await using s = await scene({ [WEIGHTS]: ['cut'] })
    await expect(s.download()).rejects.toThrow(CUT)
    const other = tinyModel(24).get(WEIGHTS) ?? Buffer.alloc(0)
    s.mirror.files = new Map([...model, [WEIGHTS, other]])
    await s.download()
    expect(readFileSync(join(s.folder, WEIGHTS)).equals(other)).toBe(true)
  })

  it.each<[string, Mishap, RegExp]>([
    ['a file whose bytes are damaged', 'corrupt', /damaged: its hash/],
    ['an empty file', 'empty', /empty/],
    ['a page instead of the file', 'html', /hash/],
    ['an error of the mirror', { status: 500 }, /answered 500/],
    ['a mirror that says nothing', 'silent', /silent/],
    ['a mirror that falls silent', 'silent in the middle', /silent/],
  ])('refuses %s, and has it the next time', async (_, mishap, message) => {
    await using s = await scene({ [WEIGHTS]: [mishap], 'config.json': [] })
    await expect(s.download()).rejects.toThrow(message)
    expect(existsSync(s.folder)).toBe(false)
    await s.download()
    expect(s.isWhole()).toBe(true)
  })

  it('refuses a page instead of JSON from a mirror that names no hashes', async () => {
    await using s = await scene({ 'config.json': ['html'] }, { hub: false })
    await expect(s.download()).rejects.toThrow(/not JSON/)
    expect(await s.download()).toEqual({ verified: false })
  })

  it('says what is missing, and how long to wait', async () => {
    await using s = await scene({
      'tokenizer.json': [{ status: 404 }, { status: 429, headers: { 'retry-after': '7' } }],
    })
    await expect(s.download()).rejects.toThrow(/tokenizer\.json answered 404/)
    await expect(s.download()).rejects.toMatchObject({ status: 429, retryAfter: 7_000 })
  })

  it('takes the full weights when there are no small ones', async () => {
    await using s = await scene({})
    s.mirror.files = new Map([...model].map(([name, bytes]) => [name.replace('_quantized', ''), bytes]))
    await s.download()
    expect(existsSync(join(s.folder, 'onnx/model.onnx'))).toBe(true)
  })

  it('stops when it is told to', async () => {
    await using s = await scene({ [WEIGHTS]: ['silent in the middle'] })
    const stop = new AbortController()
    setTimeout(() => stop.abort(), 100)
    await expect(s.download(stop.signal)).rejects.toThrow(/abort/i)
    await s.download()
    expect(s.isWhole()).toBe(true)
  })
})
