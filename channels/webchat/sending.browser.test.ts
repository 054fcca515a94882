import { describe, expect, it, vi } from 'vitest'
import { CHROMIUM } from './testing/browser.ts'
import { heldAnswer, world } from './testing/world.ts'

const PIXEL =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=='

const at = world()

describe.skipIf(!CHROMIUM)('a friend that is away', () => {
  it('goes and comes back live, and what was said meanwhile can be said again', async () => {
    const { page, openChat, send, bubbles } = await at.visit()
    await openChat('Veda')
    at.core.setState('friend', 'offline')
    await page.getByRole('link', { name: /Veda offline now/ }).waitFor()
    await page.locator('main').getByText('offline now').first().waitFor()
    await send('Are you there?')
    await page.locator('.notice').getByText('Veda is offline now.').waitFor()
    at.core.setState('friend', 'ready')
    await page.locator('main').getByText('online', { exact: true }).waitFor()
    await page.getByRole('button', { name: 'Send again' }).click()
    await vi.waitFor(async () =>
      expect(await bubbles()).toEqual(['Are you there?', 'You said: Are you there?']),
    )
    expect(new Set(at.core.sent.map(({ message_id }) => message_id)).size).toBe(2)
  })

  it('has a chat that cannot be read, and shows it when it is back', async () => {
    at.core.store('companion', 'friend', {
      role: 'assistant',
      text: 'Old words',
      at: new Date().toISOString(),
    })
    at.core.setState('friend', 'offline')
    const { page, openChat } = await at.visit()
    await openChat('Veda')
    await page.getByText('What was said before cannot be shown now. Veda is not running.').waitFor()
    at.core.setState('friend', 'ready')
    await page.locator('.bubble', { hasText: 'Old words' }).waitFor()
    expect(await page.getByText('cannot be shown now').count()).toBe(0)
  })
})

describe.skipIf(!CHROMIUM)('a message that was not answered', () => {
  it('says why, and Retry sends the same message', async () => {
    at.core.answer = async () => ({ code: 'model_failed', error: 'The model is away.', status: 502 })
    const { page, send, bubbles } = await at.visit()
    await send('Hello')
    await page.getByText('Not answered. The model is away.').first().waitFor()
    at.core.answer = async () => 'Here again'
    await page.getByRole('button', { name: 'Retry' }).click()
    await vi.waitFor(async () => expect(await bubbles()).toEqual(['Hello', 'Here again']))
    expect(at.core.sent[1]).toEqual(at.core.sent[0])
  })

  it('can be taken back to change it', async () => {
    at.core.answer = async () => ({ code: 'message_invalid', error: 'No.', status: 422 })
    const { page, send, bubbles } = await at.visit()
    await send('Hello')
    await page.getByRole('button', { name: 'Edit' }).click()
    expect(await page.getByRole('textbox').inputValue()).toBe('Hello')
    expect(await bubbles()).toEqual([])
  })

  it('can be retried from the history too', async () => {
    const failed = {
      role: 'user',
      text: 'Lost?',
      at: new Date().toISOString(),
      failed: 'Core stopped.',
    } as const
    at.core.store('companion', 'system', failed)
    const { page, bubbles } = await at.visit()
    await page.getByText('Not answered. Core stopped.').waitFor()
    await page.getByRole('button', { name: 'Retry' }).click()
    await vi.waitFor(async () => expect(await bubbles()).toEqual(['Lost?', 'You said: Lost?']))
    expect(at.core.sent).toMatchObject([{ message_id: 'stored-1' }])
  })
})

describe.skipIf(!CHROMIUM)('a connection that breaks', () => {
  it('because Core is stopped: what is written waits, and arrives once and in order when Core is back', async () => {
    const { page, send, bubbles } = await at.visit()
    await page.getByText('What can I do for you?').waitFor()
    await at.core.stop()
    for (const text of ['one', 'two', 'three']) await send(text)
    await page.getByText('Waiting').nth(2).waitFor()
    await page.locator('.connection').waitFor()
    await at.core.start()
    await vi.waitFor(async () => expect(await bubbles()).toHaveLength(6), 15_000)
    expect(at.core.sent.map(({ text }) => text)).toEqual(['one', 'two', 'three'])
    await vi.waitFor(async () => expect(await page.locator('.connection').count()).toBe(0), 5_000)
  })

  it('during an answer: one message, one answer', async () => {
    const held = heldAnswer()
    at.core.answer = held.answer
    const { page, send, bubbles } = await at.visit()
    await send('Hello')
    await held.asked
    held.say('Half')
    await page.getByText('Half').waitFor()
    at.core.answer = async () => 'Whole'
    at.core.dropConnections()
    await vi.waitFor(async () => expect(await bubbles()).toEqual(['Hello', 'Whole']), 10_000)
    expect(at.core.sent[1]).toEqual(at.core.sent[0])
    expect(at.core.stored('companion', 'system')).toHaveLength(2)
  })

  it('because the page is closed before the answer: the next visit shows it once', async () => {
    const held = heldAnswer()
    at.core.answer = held.answer
    const { page, send, bubbles } = await at.visit()
    await send('Hello')
    await held.asked
    at.core.answer = async () => 'Late, but here'
    await page.reload()
    await vi.waitFor(async () => expect(await bubbles()).toEqual(['Hello', 'Late, but here']))
    expect(await page.evaluate('JSON.stringify(localStorage)')).not.toContain('Hello')
  })

  it('because the log-in is lost: the page asks for the key and loses no word', async () => {
    const { page, bubbles } = await at.visit()
    await page.getByRole('textbox').fill('half a thought')
    await page.context().clearCookies()
    at.core.dropConnections()
    await page.getByLabel('Owner key').fill(at.core.key)
    await page.getByRole('button', { name: 'Log in' }).click()
    await vi.waitFor(async () => expect(await page.getByRole('textbox').inputValue()).toBe('half a thought'))
    expect(await bubbles()).toEqual([])
  })
})

describe.skipIf(!CHROMIUM)('what goes with a message', () => {
  it('pictures and files: chosen, shown, removed, sent', async () => {
    const { page, faults } = await at.visit()
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
    await vi.waitFor(() => expect(at.core.sent).toHaveLength(1))
    expect(at.core.sent[0]?.images).toEqual([`data:image/png;base64,${PIXEL}`])
    expect(at.core.sent[0]?.files).toEqual([`data:application/pdf;base64,${PIXEL}`])
    const shown = page.locator('article img')
    await shown.waitFor()
    await vi.waitFor(async () => {
      expect(await page.evaluate('document.querySelector("article img").naturalWidth')).toBe(1)
    })
    await page.getByText('notes.pdf').waitFor()
    expect(faults).toEqual([])
  })

  it('a picture from the clipboard, and one that is too large', async () => {
    const { page } = await at.visit()
    const paste = (size: number): Promise<unknown> =>
      page.evaluate(`{
        const data = new DataTransfer()
        data.items.add(new File([new Uint8Array(${size})], 'image.png', { type: 'image/png' }))
        const paste = { clipboardData: data, bubbles: true, cancelable: true }
        document.getElementById('composer').dispatchEvent(new ClipboardEvent('paste', paste))
      }`)
    await paste(10)
    await paste(20)
    await vi.waitFor(async () => expect(await page.getByRole('button', { name: /Remove/ }).count()).toBe(2))
    await paste(10 * 1024 * 1024 + 1)
    await page.getByText('image.png is larger than 10 MB.').waitFor()
    await page.getByRole('textbox').press('Enter')
    await vi.waitFor(() => expect(new Set(at.core.sent[0]?.images).size).toBe(2))
  })

  it('the location, when the person shares it', async () => {
    const geolocation = { latitude: 52.52, longitude: 13.405 }
    const { page, send } = await at.visit({ permissions: ['geolocation'], geolocation })
    await send('without')
    await page.getByRole('button', { name: 'Share my location' }).click()
    await page.locator('[aria-pressed=true]').waitFor()
    await send('with')
    await vi.waitFor(() => expect(at.core.sent).toHaveLength(2))
    expect(at.core.sent.map(({ location }) => location)).toEqual([undefined, '52.52000,13.40500'])
  })

  it('no location where it is refused: said kindly, and the message goes', async () => {
    const { page, send } = await at.visit({ permissions: [] })
    await page.getByRole('button', { name: 'Share my location' }).click()
    await page.getByText('This browser does not allow your location here.').waitFor()
    await send('Hello')
    await vi.waitFor(() => expect(at.core.sent).toHaveLength(1))
    expect(at.core.sent[0]).not.toHaveProperty('location')
  })
})
