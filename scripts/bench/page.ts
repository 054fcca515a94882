/**
 * A chat of 20,000 messages in the page: how much of it is in the document, what drawing it costs, and the longest
 * frame while it is scrolled and written in. `node scripts/bench/page.ts [messages]`.
 * @module
 */
import { readFileSync, statSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import mime from 'mime'
import { WebSocketServer } from 'ws'
import { launch, visit } from '../../channels/webchat/testing/browser.ts'

const DIST = join(import.meta.dirname, '../../channels/webchat/dist')
const COUNT = Number(process.argv[2] ?? 20_000)

const words = (seq: number): string => `Message ${seq}.${' It has some length.'.repeat((seq * 7) % 23)}`
const message = (seq: number): object => ({
  id: `m${seq}`,
  seq,
  role: seq % 2 ? 'user' : 'assistant',
  text: words(seq),
  at: new Date(Date.UTC(2026, 0, 1) + seq * 600_000).toISOString(),
})

/** What the page asks of Core, with a long chat. */
function answer(path: string, query: URLSearchParams): object {
  if (path === '/api/config/users') return { users: [] }
  if (path === '/api/companions') return { companions: [] }
  if (path === '/api/chats') return { chats: [] }
  if (!path.endsWith('/messages')) return {}
  const end = Math.min(Number(query.get('before') ?? COUNT + 1), COUNT + 1)
  const start = query.get('before') ? 1 : Math.max(1, end - 50)
  return { messages: Array.from({ length: end - start }, (_, at) => message(start + at)), more: start > 1 }
}

const server = createServer((request, response) => {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://page')
  if (pathname.startsWith('/api/')) {
    response.setHeader('content-type', 'application/json')
    return response.end(JSON.stringify(answer(pathname, searchParams)))
  }
  const file = join(DIST, pathname === '/' ? 'index.html' : pathname)
  if (!statSync(file, { throwIfNoEntry: false })) return response.writeHead(404).end()
  response.setHeader('content-type', mime.getType(file) ?? 'text/plain')
  response.end(readFileSync(file))
})
const sockets = new WebSocketServer({ server })
sockets.on('connection', (socket) =>
  socket.on('message', (text) => {
    const { id, event } = JSON.parse(String(text))
    if (event) return
    const send = (frame: object): void => socket.send(JSON.stringify({ id, partner: 'system', ...frame }))
    for (let at = 0; at < 300; at++) setTimeout(send, at * 5, { event: 'delta', text: `word${at} ` })
    const text_ = Array.from({ length: 300 }, (_, at) => `word${at} `).join('')
    setTimeout(send, 1_600, {
      event: 'reply',
      error: null,
      text: text_,
      format: 'markdown',
      request_id: 'r',
      message_id: id,
    })
  }),
)
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
const { port } = server.address() as { port: number }

const browser = await launch()
const { page, close } = await visit(browser, {
  link: `http://127.0.0.1:${port}/`,
  as: 'companion',
  isFirst: false,
  options: {},
})
await page.locator('.bubble', { hasText: `Message ${COUNT}.` }).waitFor()
await page.evaluate(`{
  window.frames_ = []
  let last = performance.now()
  const tick = (now) => { frames_.push(now - last); last = now; requestAnimationFrame(tick) }
  requestAnimationFrame(tick)
  window.longest = () => { const found = Math.round(Math.max(...frames_)); frames_.length = 0; return found }
}`)
const log = 'document.querySelector(".log")'
const elements = (): Promise<number> => page.evaluate(`${log}.querySelectorAll('*').length`)
const longest = (): Promise<number> => page.evaluate('longest()')
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

await pause(500)
await longest()
await page.evaluate(`${log}.scrollTo(0, 0)`)
await page.waitForFunction(`${log}.scrollHeight > ${COUNT} * 40`, undefined, { timeout: 120_000 })
await pause(500)
console.log({ messages: COUNT, elements: await elements(), longestFrameOfLoading: await longest() })
await page.mouse.move(800, 400)
for (let at = 0; at < 60; at++) {
  await page.mouse.wheel(0, -1_500)
  await pause(16)
}
console.log({ elements: await elements(), longestFrameOfScrolling: await longest() })
await page.getByRole('textbox', { name: /Write/ }).fill('Hello')
await page.getByRole('textbox', { name: /Write/ }).press('Enter')
await page.getByText('word299').waitFor()
await pause(500)
console.log({ elements: await elements(), longestFrameOfStreaming: await longest() })
await close()
await browser.close()
sockets.close()
server.close()
server.closeAllConnections()
