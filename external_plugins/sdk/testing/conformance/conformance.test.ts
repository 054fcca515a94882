import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { freePort } from '../../../../core/testing/core.ts'
import { startTestCore } from '../core.ts'
import { until } from '../client.ts'
import { inWords, testPlugin } from './index.ts'

const FIXTURE = join(import.meta.dirname, 'bad.fixture.mjs')

let home: string
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'conformance-'))
})
afterEach(() => rmSync(home, { recursive: true, force: true }))

async function pluginThat(way: string): Promise<string> {
  const folder = join(home, 'bad')
  mkdirSync(folder)
  const manifest = {
    id: 'bad',
    name: 'Bad',
    command: ['node', FIXTURE],
    port: await freePort(),
    ready_within_sec: 1,
    env: { WAY: way },
  }
  writeFileSync(join(folder, 'plugin.yml'), JSON.stringify(manifest))
  return folder
}

describe('the kit', () => {
  it('has nothing to say about a plugin that keeps the contract', async () => {
    const report = await testPlugin({ folder: await pluginThat('is good') })
    expect(inWords(report)).toMatch(/15 passed, 0 failed$/)
    expect(report).toMatchObject({ held: true, plugin: { id: 'bad', name: 'Bad' } })
    expect(JSON.parse(JSON.stringify(report)).checks).toHaveLength(15)
  })

  it.each([
    ['is sick', 'health', 'answered 503'],
    ['answers no JSON', 'schema', 'not JSON: hello'],
    ['answers another request', 'schema', 'with the request_id "x"'],
    ['fails without a reason', 'schema', 'without saying why'],
    ['never answers', 'schema', 'no answer within 1 s'],
    ['breaks its stream off', 'streaming', '0 results'],
    ['is strict', 'unknown-fields', 'what is this?'],
    ['fails at what is no request', 'wrong-types', 'sent no JSON, it answered with status 500'],
    ['dies of what is no request', 'wrong-types', 'sent no JSON, the connection broke'],
    ['lies about its health', 'wrong-types', 'it said that it is well, but it answered with status 500'],
    ['gossips', 'two-users', 'was answered with what'],
    ['takes four at once', 'load', 'status 503'],
    ['dies of callers that go away', 'cancel', 'its health check did not answer'],
    ['takes one after the other', 'deadline', 'no answer within 1 s'],
    ['drops everything on SIGTERM', 'drain', 'was not answered'],
    ['ends badly', 'drain', 'ended with code 3'],
    ['does not end', 'drain', 'it took 3'],
  ])('finds one that %s', async (way, check, words) => {
    const report = await testPlugin({ folder: await pluginThat(way) })
    const found = report.checks.find(({ id }) => id === check)
    expect(found).toMatchObject({ outcome: 'failed', detail: expect.stringContaining(words) })
    expect(report.held).toBe(false)
  })

  it.each([
    ['lets anybody in', 'token'],
    ['agrees to everything', 'unknown-capability'],
  ])('advises one that %s', async (way, check) => {
    const report = await testPlugin({ folder: await pluginThat(way) })
    expect(report.checks.find(({ id }) => id === check)).toMatchObject({ outcome: 'advice' })
    expect(report.held).toBe(true)
  })

  it('says what a plugin wrote that does not register', async () => {
    const folder = await pluginThat('forgets its key')
    await expect(testPlugin({ folder })).rejects.toThrow('did not register within 1 s')
  })
})

it('a plugin that runs already is tested at its address; what only its start shows is skipped', async () => {
  const core = await startTestCore()
  const port = String(await freePort())
  const env = { PORT: port, CORE_URL: core.url, CORE_API_KEY: core.issue(), WAY: 'is good' }
  const child = spawn(process.execPath, [FIXTURE], { env, stdio: 'inherit' })
  await until(() => core.registrations.length > 0, 'registered')
  const url = `http://127.0.0.1:${port}`
  const report = await testPlugin({ url, token: core.token(), capability: 'say' })
  expect(inWords(report)).toMatch(/13 passed, 0 failed, 2 skipped$/)
  child.kill()
  await once(child, 'exit')
  await core.close()
})
