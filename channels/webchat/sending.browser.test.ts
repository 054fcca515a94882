import type { WebSocketRoute } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import { CHROMIUM } from './testing/browser.ts'
import { heldAnswer, world } from './testing/world.ts'
import { until } from '../../core/testing/until.ts'

const PIXEL =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=='

const at = world()

describe.skipIf(!CHROMIUM)('a message that was not answered', () => {
  it('says why, and Retry sends the same message', async () => {
    at.model.script(() => ({ fail: 500 }))
    const { page, send, bubbles, sent } = await at.visit()
    await send('Hello')
    await page.locator('.failed', { hasText: 'Not answered. The language model did not answer' }).waitFor()
    at.model.script(() => 'Here again')
    await page.getByRole('button', { name: 'Retry' }).click()
    await until(async () => expect(await bubbles()).toEqual(['Hello', 'Here again']))
    expect(sent[1]).toEqual(sent[0])
  })

  it('can be taken back to change it', async () => {
    at.model.script(() => ({ fail: 500 }))
    const { page, send, bubbles } = await at.visit()
    await page.getByText('What can I do for you?').waitFor()
    await send('Hello')
    await page.getByRole('button', { name: 'Edit' }).click()
    await until(async () => expect(await bubbles()).toEqual([]))
    expect(await page.getByRole('textbox').inputValue()).toBe('Hello')
  })

  it('because Core refuses it can be deleted; one that Core keeps cannot', async () => {
    at.model.script(() => ({ fail: 500 }))
    const { page, send, bubbles } = await at.visit()
    await send('x'.repeat(100_001))
    await page.locator('.failed', { hasText: '100000' }).waitFor()
    await page.getByRole('button', { name: 'Edit' }).waitFor()
    await page.getByRole('button', { name: 'Delete' }).click()
    await until(async () => expect(await bubbles()).toEqual([]))
    expect(await page.evaluate('document.activeElement.id')).toBe('composer')
    await send('Hello')
    await page.locator('.failed', { hasText: 'The language model did not answer' }).waitFor()
    expect(await page.getByRole('button', { name: 'Delete' }).count()).toBe(0)
    await page.reload()
    await until(async () => expect(await bubbles()).toEqual(['Hello']))
    expect((await at.stored('system')).map(({ text }) => text)).toEqual(['Hello'])
  })
})

describe.skipIf(!CHROMIUM)('a connection that breaks', () => {
  it('because Core is away: what is written waits, and arrives once and in order when Core is back', async () => {
    const { page, send, bubbles } = await at.visit()
    await page.getByText('What can I do for you?').waitFor()
    await at.kill()
    for (const text of ['one', 'two', 'three']) await send(text)
    await page.getByText('Waiting').nth(2).waitFor()
    await page.locator('.connection').waitFor()
    await at.start()
    await page.evaluate('dispatchEvent(new Event("focus"))')
    const all = ['one', 'two', 'three'].flatMap((text) => [text, `You said: ${text}`])
    await until(async () => expect(await bubbles()).toEqual(all))
    expect((await at.stored('system')).map(({ text }) => text)).toEqual(all)
    await page.locator('.connection').waitFor({ state: 'detached' })
  })

  it('because Core is away, over a reload and with two tabs: it arrives once and in order', async () => {
    const { page, send } = await at.visit()
    await page.getByText('What can I do for you?').waitFor()
    await until(async () =>
      expect(await page.evaluate('navigator.serviceWorker.controller !== null')).toBe(true),
    )
    await at.kill()
    const texts = ['one', 'two', 'three']
    for (const text of texts) await send(text)
    await page.getByText('Waiting').nth(2).waitFor()
    await page.reload()
    const other = await page.context().newPage()
    await other.goto(at.core.url)
    await at.start()
    const all = texts.flatMap((text) => [text, `You said: ${text}`])
    for (const tab of [page, other])
      await until(async () => expect(await tab.locator('article .bubble').allInnerTexts()).toEqual(all))
    expect((await at.stored('system')).map(({ text }) => text)).toEqual(all)
    expect(await page.evaluate('JSON.stringify(localStorage)')).not.toContain('three')
  })

  it('for a moment is not worth a word, and no message is missing or double', async () => {
    const { page, bubbles } = await at.visit()
    await page.goto('about:blank')
    const sockets: WebSocketRoute[] = []
    await page.routeWebSocket('**/ws', (socket) => {
      socket.connectToServer()
      sockets.push(socket)
    })
    await page.goto(at.core.url)
    await page.getByText('What can I do for you?').waitFor()
    await until(() => expect(sockets).toHaveLength(1))
    await page.evaluate(`{
      window.lines = []
      new MutationObserver(() => lines.push(...[...document.querySelectorAll('.connection')].map((line) => line.textContent)))
        .observe(document.body, { childList: true, subtree: true })
    }`)
    await sockets[0]?.close()
    await at.say('while it was away', 'noted')
    await until(() => expect(sockets).toHaveLength(2))
    await until(async () => expect(await bubbles()).toEqual(['while it was away', 'noted']))
    expect(await page.evaluate('lines')).toEqual([])
  })

  it('because the log-in is lost: the page asks for the key and loses no word', async () => {
    const { page, bubbles } = await at.visit()
    await page.getByRole('textbox').fill('half a thought')
    await page.context().clearCookies()
    await at.kill()
    await at.start()
    await page.getByRole('button', { name: 'Use the owner key' }).click()
    await page.getByLabel('Owner key').fill(at.core.key)
    await page.getByRole('button', { name: 'Log in' }).click()
    await until(async () => expect(await page.getByRole('textbox').inputValue()).toBe('half a thought'))
    expect(await bubbles()).toEqual([])
  })

  it('because the page is closed before the answer: the next visit shows it once', async () => {
    const held = heldAnswer(at.model)
    const { page, send, bubbles } = await at.visit()
    await send('Hello')
    await held.asked
    await page.reload()
    await page.locator('.typing').waitFor()
    held.say('Late, but here')
    held.end()
    await until(async () => expect(await bubbles()).toEqual(['Hello', 'Late, but here']))
    expect(await page.evaluate('JSON.stringify(localStorage)')).not.toContain('Hello')
  })
})

describe.skipIf(!CHROMIUM)('what goes with a message', () => {
  it('pictures and files: chosen, shown, removed, sent', async () => {
    const { page, faults, sent } = await at.visit()
    const file = (name: string, mimeType: string) => ({
      name,
      mimeType,
      buffer: Buffer.from(PIXEL, 'base64'),
    })
    await page
      .getByLabel('Files to attach')
      .setInputFiles([
        file('cat.png', 'image/png'),
        file('notes.pdf', 'application/pdf'),
        file('no.txt', 'text/plain'),
      ])
    await page.getByRole('button', { name: 'Remove no.txt' }).click()
    await page.getByRole('button', { name: 'Send' }).click()
    await until(() => expect(sent).toHaveLength(1))
    expect(sent[0]?.images).toEqual([`data:image/png;name=cat.png;base64,${PIXEL}`])
    expect(sent[0]?.files).toEqual([`data:application/pdf;name=notes.pdf;base64,${PIXEL}`])
    const shown = page.locator('article img')
    await shown.waitFor()
    await until(async () => {
      expect(await page.evaluate('document.querySelector("article img").naturalWidth')).toBe(1)
    })
    await page.getByText('notes.pdf', { exact: true }).waitFor()
    expect(faults).toEqual([])
  })

  it('a picture from the clipboard, and one that is too large', async () => {
    const { page, sent } = await at.visit()
    await page.getByRole('textbox').waitFor()
    const paste = (size: number): Promise<unknown> =>
      page.evaluate(`{
        const data = new DataTransfer()
        data.items.add(new File([new Uint8Array(${size})], 'image.png', { type: 'image/png' }))
        const paste = { clipboardData: data, bubbles: true, cancelable: true }
        document.getElementById('composer').dispatchEvent(new ClipboardEvent('paste', paste))
      }`)
    await paste(10)
    await paste(20)
    await until(async () => expect(await page.getByRole('button', { name: /Remove/ }).count()).toBe(2))
    await paste(10 * 1024 * 1024 + 1)
    await page.getByText('image.png is larger than 10 MB.').waitFor()
    await page.getByRole('textbox').press('Enter')
    await until(() => expect(new Set(sent[0]?.images).size).toBe(2))
  })

  it('the location, when the person shares it', async () => {
    const geolocation = { latitude: 52.52, longitude: 13.405 }
    const { page, send, sent } = await at.visit({ permissions: ['geolocation'], geolocation })
    await send('without')
    await page.getByRole('button', { name: 'Share my location' }).click()
    await page.locator('[aria-pressed=true]').waitFor()
    await send('with')
    await until(() => expect(sent).toHaveLength(2))
    expect(sent.map(({ location }) => location)).toEqual([undefined, '52.52000,13.40500'])
  })

  it('no location where it is refused: said kindly, and the message goes', async () => {
    const { page, send, sent } = await at.visit({ permissions: [] })
    await page.getByRole('button', { name: 'Share my location' }).click()
    await page.getByText('This browser does not allow your location here.').waitFor()
    await send('Hello')
    await until(() => expect(sent).toHaveLength(1))
    expect(sent[0]).not.toHaveProperty('location')
  })
})
