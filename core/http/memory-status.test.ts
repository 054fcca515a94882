import { expect, it } from 'vitest'
import { memoryStatus } from '#contract'
import { startMirror } from '../memory/embedders/mirror.fixture.ts'
import { tinyModel } from '../memory/embedders/tiny-model.ts'
import { eventually } from '../testing/until.ts'
import { startCore } from '../testing/core.ts'

it('tells of a model that is fetched, in the API and in the terminal, and uses it when it is there', async () => {
  await using mirror = await startMirror(tinyModel(32), {
    mishaps: { 'onnx/model_quantized.onnx': ['slow'] },
  })
  const memory = { embedder: 'auto', model: 'tiny/letters', mirror: mirror.url }
  await using core = await startCore({
    coreYml: JSON.stringify({ model: 'none', memory, log_level: 'info' }),
  })
  const status = async () => memoryStatus.parse((await core.get('/api/memory/status')).body)
  await eventually('the model is ready', async () => (await status()).model?.state === 'ready')
  expect((await status()).embedder).toMatch(/^transformers:tiny\/letters:/)
  expect(core.log()).toMatch(/"model":"tiny\/letters","percent":\d+/)
  await core.post('/api/plugins/memory/add', { user_id: 'me', text: 'a small horse' })
  const found = await core.post('/api/plugins/memory/search', { user_id: 'me', query: 'asmallhorse' })
  expect(found.body.memories).toMatchObject([{ memory: 'a small horse' }])
  await eventually('it is in the index', async () => (await status()).waiting === 0)
  expect(await status()).toEqual({
    enabled: true,
    embedder: expect.any(String),
    model: { name: 'tiny/letters', state: 'ready' },
    waiting: 0,
  })
})

it('says when memory is off', async () => {
  await using core = await startCore({
    coreYml: JSON.stringify({ model: 'none', memory: { enabled: false } }),
  })
  expect((await core.get('/api/memory/status')).body).toEqual({ enabled: false, embedder: null, waiting: 0 })
})
