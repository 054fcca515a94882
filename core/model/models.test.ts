import { afterEach, describe, expect, test } from 'vitest'
import type { CoreConfig } from '../config/schema.ts'
import { createLog } from '../log.ts'
import type { LocalEndpoint } from './detect.ts'
import { generate, type Models } from './model.ts'
import { createModels } from './models.ts'
import { createScriptedModelServer, type ScriptedModelServer } from '../testing/scripted-model.ts'
import { until } from '../testing/until.ts'

const log = createLog('silent')
const hello = [{ role: 'user', content: 'hi' }] as const
const open: { close(): Promise<void> }[] = []

afterEach(async () => {
  await Promise.all(open.splice(0).map((part) => part.close()))
})

async function serve(
  options?: Parameters<typeof createScriptedModelServer>[0],
): Promise<ScriptedModelServer> {
  const server = await createScriptedModelServer(options)
  open.push(server)
  return server
}

function start(
  config: CoreConfig['model'] | (() => CoreConfig['model']),
  endpoints: LocalEndpoint[] = [],
): Models {
  const read = typeof config === 'function' ? config : () => config
  const models = createModels({ config: read, log, endpoints, searchEvery: 50 })
  open.push(models)
  return models
}

const at = (...servers: { url: string }[]): LocalEndpoint[] =>
  servers.map(({ url }) => ({ product: 'Ollama', base_url: url }))
const portOf = (server: ScriptedModelServer): number => Number(new URL(server.url).port)
const kind = (models: Models, wanted: string): Promise<void> =>
  until(() => expect(models.status().kind).toBe(wanted), { interval: 10 })

describe('none', () => {
  test('is builtin, and nothing is searched', async () => {
    const server = await serve()
    const models = start('none', at(server))
    expect(models.status()).toEqual({ kind: 'builtin', name: 'builtin' })
    const answer = await generate(models.pick(), [
      { role: 'system', content: 'You are System, the assistant.' },
      ...hello,
    ])
    expect(answer.text).toContain('Hello.')
    expect(server.listed()).toBe(0)
  })
})

describe('configured', () => {
  test('one endpoint', async () => {
    const server = await serve()
    const models = start({ name: 'small', base_url: server.url })
    expect(models.status()).toEqual({ kind: 'configured', name: 'small' })
    expect((await generate(models.pick(), hello)).text).toBe('You said: hi')
    expect(server.requests[0]?.body.model).toBe('small')
  })

  test('a list is a chain, of which one can be picked by its name', async () => {
    const [one, two] = [await serve(), await serve()]
    one.script([{ fail: 500 }, 'from one'])
    const models = start([
      { name: 'a', base_url: one.url },
      { name: 'b', base_url: two.url },
    ])
    expect((await generate(models.pick(), hello)).text).toBe('You said: hi')
    expect((await generate(models.pick('a'), hello)).text).toBe('from one')
    expect(models.pick('b').name).toBe('b')
    expect(models.pick('unknown').name).toBe('a')
  })

  test('one that is down is an error, not builtin', async () => {
    const server = await serve()
    await server.close()
    const models = start({ name: 'small', base_url: server.url })
    await expect(generate(models.pick(), hello)).rejects.toMatchObject({ fault: 'refused' })
    expect(models.status().kind).toBe('configured')
  })

  test('an edit of the configuration counts at the next message', async () => {
    const server = await serve()
    let config: CoreConfig['model'] = 'none'
    const models = start(() => config)
    expect(models.status().kind).toBe('builtin')
    config = { name: 'small', base_url: server.url }
    expect(models.pick().name).toBe('small')
    config = 'none'
    expect(models.pick().name).toBe('builtin')
  })
})

describe('auto', () => {
  test('takes the first chat model of the first endpoint that has one', async () => {
    const embedding = await serve({ models: ['nomic-embed-text:latest', 'bge-m3'] })
    const chat = await serve({ models: ['text-embedding-3', 'llama3.2:3b', 'qwen3'] })
    const models = start('auto', at(embedding, chat))
    expect(models.status().kind).toBe('builtin')
    await kind(models, 'found')
    expect(models.status().name).toBe('llama3.2:3b')
    expect((await generate(models.pick(), hello)).text).toBe('You said: hi')
  })

  test('something else on the port, or something that hangs, is no model', async () => {
    const { createServer } = await import('node:http')
    const page = createServer((_, answer) => answer.end('<html></html>')).listen(0, '127.0.0.1')
    const hanging = createServer(() => undefined).listen(0, '127.0.0.1')
    const urls = [page, hanging].map((server) => {
      const address = server.address()
      return { url: `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}/v1` }
    })
    const chat = await serve()
    const models = start('auto', [...at(...urls), ...at(chat)])
    await kind(models, 'found')
    expect((await generate(models.pick(), hello)).text).toBe('You said: hi')
    for (const server of [page, hanging]) {
      server.closeAllConnections()
      server.close()
    }
  })

  test('is searched again while there is none', async () => {
    const gone = await serve()
    await gone.close()
    const models = start('auto', at(gone))
    await kind(models, 'builtin')
    await serve({ port: portOf(gone) })
    await kind(models, 'found')
    expect(models.pick().name).toBe('scripted')
  })

  test('one that refuses is searched again: builtin answers the next message, until it is back', async () => {
    const server = await serve()
    const models = start('auto', at(server))
    await kind(models, 'found')
    await server.close()
    await expect(generate(models.pick(), hello)).rejects.toMatchObject({ fault: 'refused' })
    await kind(models, 'builtin')
    await serve({ port: portOf(server), models: ['another'] })
    await kind(models, 'found')
    expect(models.pick().name).toBe('another')
  })

  test('closing in the middle of a search ends it', async () => {
    const { createServer } = await import('node:http')
    const hanging = createServer(() => undefined).listen(0, '127.0.0.1')
    const address = hanging.address()
    const url = `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}/v1`
    const models = createModels({ config: () => 'auto', log, endpoints: at({ url }) })
    await models.close()
    expect(models.status().kind).toBe('builtin')
    hanging.closeAllConnections()
    hanging.close()
  })
})
