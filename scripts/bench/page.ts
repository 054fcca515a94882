import type { Server } from 'node:http'
import { readFileSync, statSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import mime from 'mime'
import type { Page } from 'playwright-core'
import { WebSocketServer } from 'ws'
import { CHROMIUM, launch, visit } from '../../channels/webchat/testing/browser.ts'
import type { Bench, Figure } from './bench.ts'
import { median } from './load.ts'

const DIST = join(import.meta.dirname, '../../channels/webchat/dist')
const COUNT = 20_000
const LOADS = 5
const WORDS = Array.from({ length: 300 }, (_, at) => `word${at} `)
/** Between two words of an answer, in ms. */
const PAUSE = 5

/** How soon the page is there; and a chat of 20,000 messages: how much of it is in the document, and how long the page stands still for it. */
export const benchPage: Bench = async () => {
  if (!CHROMIUM) return []
  const server = await serveLongChat()
  const browser = await launch()
  try {
    const link = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
    const open = async (): Promise<Page> =>
      (await visit(browser, { link, as: 'companion', isFirst: false, options: {} })).page
    return [await measureLoad(open), ...(await measureLength(await open()))]
  } finally {
    await browser.close()
    server.close()
    server.closeAllConnections()
  }
}

/** With nothing in the browser's caches. */
async function measureLoad(open: () => Promise<Page>): Promise<Figure> {
  const waits: number[] = []
  for (let round = 0; round < LOADS; round++) {
    const page = await open()
    await page.locator('#composer').fill('Hello')
    waits.push(await page.evaluate<number>('performance.now()'))
    await page.context().close()
  }
  return { name: 'one may write after', value: median(waits), unit: 'ms', limit: { most: 1_000 } }
}

async function measureLength(page: Page): Promise<Figure[]> {
  const log = 'document.querySelector(".log")'
  const ms = async (act: () => Promise<unknown>): Promise<number> => {
    await page.evaluate('frames.length = 0')
    await act()
    return page.evaluate('Math.max(...frames)')
  }
  await page.locator('.bubble', { hasText: `Message ${COUNT}.` }).waitFor()
  await page.evaluate(`{
    window.frames = []
    let last = performance.now()
    const tick = (now) => { frames.push(now - last); last = now; requestAnimationFrame(tick) }
    requestAnimationFrame(tick)
  }`)
  const loading = await ms(async () => {
    await page.evaluate(`${log}.scrollTo(0, 0)`)
    while ((await page.evaluate<number>(`${log}.scrollHeight`)) < COUNT * 40) await pause(100)
    await pause(500)
  })
  await page.mouse.move(800, 400)
  const scrolling = await ms(async () => {
    for (let at = 0; at < 60; at++) {
      await page.mouse.wheel(0, -1_500)
      await pause(16)
    }
  })
  const elements = await page.evaluate<number>(`${log}.querySelectorAll('*').length`)
  const streaming = await ms(async () => {
    await page.locator('#composer').fill('Hello')
    await page.locator('#composer').press('Enter')
    await page.getByText(WORDS.at(-1)?.trim() ?? '').waitFor()
    await pause(500)
  })
  return [
    { name: `elements of a chat of ${COUNT} messages`, value: elements, unit: '', limit: { most: 400 } },
    { name: 'longest frame while all of them arrive', value: loading, unit: 'ms', goal: 100 },
    { name: 'longest frame while one scrolls', value: scrolling, unit: 'ms', goal: 50 },
    { name: 'longest frame while an answer arrives', value: streaming, unit: 'ms', goal: 50 },
  ]
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

/** The page, and as much of Core as it asks for. */
async function serveLongChat(): Promise<Server> {
  const server = createServer(({ url = '/' }, response) => {
    const { pathname, searchParams } = new URL(url, 'http://page')
    if (pathname.startsWith('/api/')) {
      response.setHeader('content-type', 'application/json')
      return response.end(JSON.stringify(answerTo(pathname, searchParams)))
    }
    const file = join(DIST, pathname === '/' ? 'index.html' : pathname)
    if (!statSync(file, { throwIfNoEntry: false })) return response.writeHead(404).end()
    response.setHeader('content-type', mime.getType(file) ?? 'text/plain')
    response.end(readFileSync(file))
  })
  new WebSocketServer({ server }).on('connection', (socket) => {
    socket.on('message', (frame) => {
      const { id, event } = JSON.parse(String(frame))
      if (event) return
      const send = (fields: object): void => socket.send(JSON.stringify({ id, partner: 'system', ...fields }))
      WORDS.forEach((text, at) => setTimeout(send, at * PAUSE, { event: 'delta', text }))
      const reply = { event: 'reply', error: null, text: WORDS.join(''), format: 'markdown' }
      setTimeout(send, (WORDS.length + 20) * PAUSE, { ...reply, request_id: id, message_id: id })
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return server
}

function answerTo(path: string, query: URLSearchParams): object {
  if (path === '/api/config/users') return { users: [] }
  if (path === '/api/companions') return { companions: [] }
  if (path === '/api/chats') return { chats: [] }
  if (!path.endsWith('/messages')) return {}
  const before = Number(query.get('before') ?? COUNT + 1)
  const first = query.has('before') ? 1 : COUNT - 49
  return {
    messages: Array.from({ length: before - first }, (_, at) => message(first + at)),
    more: first > 1,
  }
}

const message = (seq: number): object => ({
  id: `m${seq}`,
  seq,
  role: seq % 2 ? 'user' : 'assistant',
  text: `Message ${seq}.${' It has some length.'.repeat((seq * 7) % 23)}`,
  at: new Date(Date.UTC(2026, 0, 1) + seq * 600_000).toISOString(),
})
