/** Chats and settings of a companion whose plugin keeps nothing: the optional parts of the contract. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, test } from 'vitest'
import { startCore } from '../testing/core.ts'

test('a plugin without history and settings has an empty chat and no settings', async () => {
  const plugin = createServer((request, response) => {
    response.writeHead(request.url === '/health' ? 200 : 404).end('{}')
  })
  await new Promise<void>((resolve) => plugin.listen(0, '127.0.0.1', resolve))
  const base_url = `http://127.0.0.1:${(plugin.address() as AddressInfo).port}`
  await using core = await startCore({
    coreYml:
      'companions: [{ id: plain, plugin_id: plain, session_id_value: plain }]\nplugins: { plain: { start: false } }\n',
    userYml: 'users: []\n',
  })
  await core.post('/api/plugins/register', {
    plugin_id: 'plain',
    name: 'Plain',
    description: '',
    health_check_url: `${base_url}/health`,
    type: 'http',
    config: { base_url },
    capabilities: [],
  })
  const chat = await core.get('/api/chats/plain/messages')
  expect(chat).toMatchObject({ status: 200, body: { messages: [], more: false } })
  for (const method of ['GET', 'POST']) {
    const { status, body } = await core.send(
      method,
      '/api/companions/plain/settings',
      method === 'POST' ? {} : undefined,
    )
    expect({ status, code: body.code }).toEqual({ status: 404, code: 'not_found' })
  }
  plugin.close()
  plugin.closeAllConnections()
})
