/** What a page of somebody else can make the browser of a person do who is logged in: nothing. */
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { CHROMIUM } from './testing/browser.ts'
import { world } from './testing/world.ts'

const at = world()

let server: Server
beforeAll(async () => {
  server = createServer((_request, response) => {
    response.writeHead(200, { 'content-type': 'text/html' }).end('<!doctype html><title>evil</title>')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
})
afterAll(() => void server.close())

/** Everything that a page may try at Core without asking; gives what it could read. */
const attack = (page: Page, core: string): Promise<string[]> =>
  page.evaluate(`(async () => {
    const core = '${core}'
    const read = []
    const message = JSON.stringify({ user_id: 'companion', text: 'FORGED', channel_name: 'webchat' })
    const tries = [
      ['/inbound', { method: 'POST', body: message, mode: 'no-cors', headers: { 'content-type': 'text/plain' } }],
      ['/inbound', { method: 'POST', body: message, headers: { 'content-type': 'application/json' } }],
      ['/inbound', { method: 'POST', body: new Blob([message]), mode: 'no-cors' }],
      ['/api/session', {}],
      ['/api/chats', {}],
      ['/api/chats/system/messages', {}],
      ['/api/chats/system', { method: 'DELETE' }],
      ['/api/config/users', { method: 'POST', body: JSON.stringify({ id: 'forged', name: 'Forged' }), mode: 'no-cors' }],
      ['/api/tokens', { method: 'POST', body: JSON.stringify({ kind: 'user', for: 'alice' }), mode: 'no-cors' }],
      ['/api/session', { method: 'DELETE' }],
      ['/api/plugins', {}],
    ]
    for (const [path, options] of tries) {
      try {
        const answer = await fetch(core + path, { credentials: 'include', ...options })
        const text = await answer.text()
        if (answer.ok && text) read.push(path + ' ' + text)
      } catch {}
    }
    for (const action of ['/inbound', '/api/session']) {
      const form = document.createElement('form')
      form.method = 'POST'
      form.action = core + action
      form.enctype = 'text/plain'
      form.target = '_blank'
      const field = document.createElement('input')
      field.name = message.slice(0, -1) + ',"x":"'
      field.value = '"}'
      form.append(field)
      document.body.append(form)
      form.submit()
    }
    navigator.sendBeacon(core + '/inbound', message)
    await new Promise((done) => {
      const socket = new WebSocket(core.replace('http', 'ws') + '/ws')
      socket.onmessage = ({ data }) => read.push('/ws ' + data)
      socket.onopen = () => socket.send(message)
      socket.onclose = socket.onerror = () => setTimeout(done, 300)
    })
    const frame = document.createElement('iframe')
    frame.src = core + '/'
    document.body.append(frame)
    await new Promise((done) => (frame.onload = done))
    try { if (frame.contentDocument?.body?.innerText) read.push(frame.contentDocument.body.innerText) } catch {}
    return read
  })()`)

describe.skipIf(!CHROMIUM)('a page of somebody else, in a browser that is logged in', () => {
  it.each(['evil.test', '127.0.0.1', 'localhost'])(
    'of another site, or of another port of this machine, reads and changes nothing: %s',
    async (host) => {
      const { page } = await at.visit({ as: 'companion' })
      await page.getByRole('textbox', { name: /Write/ }).waitFor()
      const before = (await at.stored('system', 'companion')).length
      const evil = await page.context().newPage()
      await evil.goto(`http://${host}:${(server.address() as AddressInfo).port}/`)
      expect(await attack(evil, at.core.url)).toEqual([])
      expect(await at.stored('system', 'companion')).toHaveLength(before)
      const { users } = (await at.core.get('/api/config/users')).body
      expect(users.map(({ id }: { id: string }) => id)).not.toContain('forged')
      expect((await at.core.get('/api/tokens')).body.tokens).toEqual([])
      expect((await page.request.get(`${at.core.url}/api/session`)).status()).toBe(200)
    },
  )

  it.each(['rebind.test', '127.0.0.1.rebind.test', 'localhost.rebind.test'])(
    'whose name leads to this machine gets nothing from Core: %s',
    async (host) => {
      const { page } = await at.visit({ as: 'companion' })
      const evil = await page.context().newPage()
      const origin = `http://${host}:${at.core.port}`
      const answer = await evil.goto(`${origin}/`)
      expect(answer?.status()).toBe(403)
      const read = await attack(evil, origin)
      expect(read.filter((text) => !text.includes('"code":"host_refused"'))).toEqual([])
      const withKey = await evil.evaluate(`fetch('/api/chats', { headers: { 'x-api-key': '${at.core.key}' } })
        .then(({ status }) => status)`)
      expect(withKey).toBe(403)
    },
  )
})
