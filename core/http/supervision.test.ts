import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { PluginEntry } from '#contract'
import { SCRIPT } from '../plugins/plugins.fixture.ts'
import { freePort, type RunningCore, startCore } from '../testing/core.ts'
import { until } from '../testing/until.ts'

const CORE_YML = `model: none
log_level: warn
plugins:
  # by hand
  other: { start: false } # mine
`

const home = mkdtempSync(join(tmpdir(), 'supervision-'))
let core: RunningCore
beforeAll(async () => {
  const folder = join(home, 'external_plugins/test-plugin')
  mkdirSync(folder, { recursive: true })
  mkdirSync(join(home, 'pids'))
  const manifest = {
    id: 'test-plugin',
    name: 'Tester',
    description: 'For tests',
    command: ['node', SCRIPT, 'good', join(home, 'pids')],
    port: await freePort(),
    env: { ID: 'test-plugin', NAME: 'Tester' },
  }
  writeFileSync(join(folder, 'plugin.yml'), JSON.stringify(manifest))
  core = await startCore({ home, coreYml: CORE_YML })
})
afterAll(async () => {
  await core?.stop()
  rmSync(home, { recursive: true, force: true })
})

const entry = async (): Promise<PluginEntry> => {
  const { body } = await core.get('/api/plugins')
  return body.plugins.find(({ plugin_id }: PluginEntry) => plugin_id === 'test_plugin')
}
const become = (state: string): Promise<void> => until(async () => expect((await entry()).state).toBe(state))
const file = (): string => readFileSync(join(home, 'config/core.yml'), 'utf8')
const press = (action: string) => core.post(`/api/plugins/test-plugin/${action}`, {})

it('a plugin that is found is listed, and not started before it is enabled', async () => {
  expect(await entry()).toMatchObject({
    state: 'offline',
    mode: 'found',
    name: 'Tester',
    description: 'For tests',
  })
  expect((await press('restart')).status).toBe(409)
})

it('one whose plugin.yml has faults is listed with what is wrong', async () => {
  const folder = join(home, 'external_plugins/broken')
  mkdirSync(folder)
  writeFileSync(join(folder, 'plugin.yml'), 'id: broken\nnam: Broken\n')
  const { body } = await core.get('/api/plugins')
  const { fault, mode } = body.plugins.find(({ plugin_id }: PluginEntry) => plugin_id === 'broken')
  expect(mode).toBe('found')
  expect(fault).toMatch(/plugin\.yml: name: .*command: .*port: .*"nam"/)
  rmSync(folder, { recursive: true })
})

it('enabling starts it at once and stands in core.yml, whose other lines stay', async () => {
  expect(await press('enable')).toMatchObject({
    status: 200,
    body: { plugin_id: 'test_plugin', mode: 'core' },
  })
  await become('ready')
  expect(file()).toBe(`${CORE_YML}  test_plugin: { enabled: true }\n`)
})

it('restarting gives it another process', async () => {
  const pids = (): string[] => readFileSync(join(home, 'starts.jsonl'), 'utf8').trim().split('\n')
  const before = pids().length
  expect((await press('restart')).body.state).toBe('starting')
  await become('ready')
  expect(pids()).toHaveLength(before + 1)
})

it('what it wrote and what happened to it can be read', async () => {
  const { body } = await core.get('/api/plugins/test_plugin/logs')
  const lines = body.lines.map(({ level, text }: { level: string; text: string }) => `${level} ${text}`)
  expect(lines).toContain('info registered: 200')
  expect(lines).toContain('info plugin state {"state":"ready"}')
  expect(Date.parse(body.lines[0].at)).toBeGreaterThan(0)
})

it('disabling stops it and stands in core.yml; the next start of Core keeps to it', async () => {
  expect((await press('disable')).body).toMatchObject({ mode: 'off', state: 'offline' })
  expect(file()).toContain('test_plugin: { enabled: false }')
  await core.stop()
  core = await startCore({ home })
  expect(await entry()).toMatchObject({ mode: 'off', state: 'offline' })
})

it('is for the owner, and of plugins that are there', async () => {
  for (const action of ['enable', 'disable', 'restart'])
    expect((await core.post(`/api/plugins/nobody/${action}`, {})).body.code).toBe('plugin_unknown')
  expect((await core.get('/api/plugins/nobody/logs')).status).toBe(404)
  const body = {
    plugin_id: 'own',
    name: 'Own',
    health_check_url: 'http://127.0.0.1:1/health',
    type: 'http',
    config: { base_url: 'http://127.0.0.1:1' },
  }
  const { token } = (await core.post('/api/plugins/register', body)).body
  const headers = { authorization: `Bearer ${token}` }
  for (const action of ['enable', 'disable', 'restart'])
    expect((await fetch(`${core.url}/api/plugins/own/${action}`, { method: 'POST', headers })).status).toBe(
      403,
    )
  expect((await fetch(`${core.url}/api/plugins/own/logs`, { headers })).status).toBe(403)
})

it('a core.yml with faults is not touched', async () => {
  const faulty = `${file()}prot: 1\n`
  writeFileSync(join(home, 'config/core.yml'), faulty)
  expect((await press('enable')).body).toMatchObject({ status: 409, code: 'conflict' })
  expect(file()).toBe(faulty)
})
