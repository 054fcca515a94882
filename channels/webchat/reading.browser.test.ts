import { describe, expect, it } from 'vitest'
import { CHROMIUM, type Visitor, listen } from './testing/browser.ts'
import { heldAnswer, world } from './testing/world.ts'
import { until } from '../../core/testing/until.ts'

/** Where the log is scrolled to, how far it could be, and where the given words stand on the screen. */
const logOf = (page: Visitor['page']): Promise<{ top: number; end: number }> =>
  page.evaluate(`(() => {
    const log = document.querySelector('.log')
    return { top: log.scrollTop, end: log.scrollHeight - log.clientHeight }
  })()`)

const atEnd = (page: Visitor['page']): Promise<void> =>
  until(async () => {
    const { top, end } = await logOf(page)
    expect(end - top).toBeLessThanOrEqual(1)
  })

async function topOf({ page }: Visitor, words: string): Promise<number> {
  return (await page.locator('.bubble', { hasText: words }).first().boundingBox())?.y ?? NaN
}

/** Rows that come into view are measured first, and move what is below them: on a busy machine some frames later. */
const atRest = (visitor: Visitor, words: string): Promise<void> =>
  until(async () => {
    const before = await topOf(visitor, words)
    await visitor.page.evaluate('new Promise((done) => setTimeout(done, 200))')
    await visitor.page.evaluate(`(async () => {
      for (let frames = 0; frames < 5; frames++) await new Promise(requestAnimationFrame)
    })()`)
    expect(await topOf(visitor, words)).toBe(before)
  })

const at = world()

const words = (number: number): string =>
  `Message ${number}.${' It has some length.'.repeat((number * 7) % 23)}`

async function fill(count: number): Promise<void> {
  for (let number = 1; number < count; number += 2) await at.say(words(number), words(number + 1))
}

describe.skipIf(!CHROMIUM)('the place one reads at', () => {
  it('is the end at first; all older messages come on the way up', async () => {
    await fill(170)
    const visitor = await at.visit()
    const { page } = visitor
    await page.locator('.bubble', { hasText: 'Message 170.' }).waitFor()
    await atEnd(page)
    await page.mouse.move(800, 400)
    await until(async () => {
      await page.mouse.wheel(0, -4_000)
      expect(await page.locator('.bubble', { hasText: 'Message 1.' }).count()).toBe(1)
    })
    expect(await page.locator('.log *').count()).toBeLessThan(400)
  })

  it('is left upward even while what stands above grows smaller', async () => {
    await fill(60)
    const { page } = await at.visit()
    await page.locator('.bubble', { hasText: 'Message 60.' }).waitFor()
    await atEnd(page)
    await page.mouse.move(800, 400)
    await page.mouse.wheel(0, -1_500)
    await page.evaluate(`document.querySelector('.log [data-row]').style.display = 'none'`)
    await page.evaluate('new Promise((done) => setTimeout(done, 300))')
    const { top, end } = await logOf(page)
    expect(end - top).toBeGreaterThan(1000)
  })

  it('does not move when older messages come in front of it', async () => {
    await fill(120)
    const asked = Promise.withResolvers<void>()
    const visitor = await at.visit()
    const { page } = visitor
    await page.locator('.bubble', { hasText: 'Message 120.' }).waitFor()
    await atEnd(page)
    let isOnItsWay = false
    await page.route('**/messages?*before=*', async (route) => {
      isOnItsWay = true
      await asked.promise
      await route.continue()
    })
    await page.mouse.move(800, 400)
    await page.mouse.wheel(0, -100)
    await until(async () => {
      const { top, end } = await logOf(page)
      expect(end - top).toBeGreaterThan(1)
    })
    await until(async () => {
      await page.evaluate('document.querySelector(".log").scrollTo(0, 0)')
      expect(isOnItsWay).toBe(true)
    })
    await until(async () => expect((await logOf(page)).top).toBe(0))
    await atRest(visitor, 'Message 73.')
    const before = await topOf(visitor, 'Message 73.')
    asked.resolve()
    await until(async () => expect((await logOf(page)).top).toBeGreaterThan(1_000))
    await atRest(visitor, 'Message 73.')
    expect(Math.abs((await topOf(visitor, 'Message 73.')) - before)).toBeLessThanOrEqual(1)
  })

  it('brings older messages to who came to the top while the newest were being read', async () => {
    await fill(120)
    const visitor = await at.visit()
    const { page } = visitor
    await page.locator('.bubble', { hasText: 'Message 120.' }).waitFor()
    await atEnd(page)
    const asked = Promise.withResolvers<void>()
    let isOnItsWay = false
    const isNewest = (url: URL): boolean =>
      url.pathname.endsWith('/messages') && !url.searchParams.has('before')
    await page.route(isNewest, async (route) => {
      isOnItsWay = true
      await asked.promise
      await route.continue()
    })
    await at.core.post(`/api/chats/system/read?user_id=${at.me}`, {})
    await until(() => expect(isOnItsWay).toBe(true))
    await page.mouse.move(800, 400)
    await until(async () => {
      await page.mouse.wheel(0, -4_000)
      expect((await logOf(page)).top).toBe(0)
    })
    await atRest(visitor, 'Message')
    asked.resolve()
    await until(async () => expect((await logOf(page)).top).toBeGreaterThan(1_000))
  })
})

describe.skipIf(!CHROMIUM)('the place one was at', () => {
  it('is there again after a look at the settings and at a friend', async () => {
    await fill(80)
    const visitor = await at.visit()
    const { page, openChat } = visitor
    await page.locator('.bubble', { hasText: 'Message 80.' }).waitFor()
    await atEnd(page)
    await page.mouse.move(800, 400)
    await page.mouse.wheel(0, -2_000)
    await page.getByRole('button', { name: 'Jump to latest' }).waitFor()
    const text = await page.evaluate<string>(`[...document.querySelectorAll('.bubble')]
      .find((bubble) => bubble.getBoundingClientRect().top > 60).innerText.slice(0, 12)`)
    await atRest(visitor, text)
    const before = await topOf(visitor, text)
    await page.getByRole('link', { name: 'Settings' }).click()
    await page.getByRole('heading', { level: 1, name: 'Settings' }).waitFor()
    await page.goBack()
    await page.locator('.bubble', { hasText: text }).waitFor()
    await atRest(visitor, text)
    expect(Math.abs((await topOf(visitor, text)) - before)).toBeLessThanOrEqual(1)
    await openChat('Veda')
    await openChat('System')
    await page.locator('.bubble', { hasText: text }).waitFor()
    await atRest(visitor, text)
    expect(Math.abs((await topOf(visitor, text)) - before)).toBeLessThanOrEqual(1)
  })

  it('is marked where the new begins, and the mark is gone once the chat was left', async () => {
    const { page, openChat } = await at.visit()
    await openChat('Veda')
    await at.say('from elsewhere', 'something new')
    await page.getByLabel('1 unread').waitFor()
    await openChat('System')
    const line = page.locator('.unread-line')
    await line.waitFor()
    await openChat('Veda')
    await openChat('System')
    await page.locator('.bubble', { hasText: 'something new' }).waitFor()
    expect(await line.count()).toBe(0)
  })

  it('is found among 20,000 messages with a page of a few hundred elements', async () => {
    const count = 20_000
    const messages = Array.from({ length: count }, (_, number) => ({
      id: `m${number}`,
      seq: number + 1,
      role: number % 2 ? 'assistant' : 'user',
      text: words(number),
      at: new Date(Date.UTC(2026, 0, 1) + number * 60_000).toISOString(),
    }))
    const { page, faults } = await at.visit()
    await page.route('**/messages?*', (route) => {
      const before = Number(new URL(route.request().url()).searchParams.get('before') ?? count + 1)
      const older = messages.filter(({ seq }) => seq < before)
      return route.fulfill({ json: { messages: older.slice(-10_000), more: older.length > 10_000 } })
    })
    await page.reload()
    await page.locator('.bubble', { hasText: `Message ${count - 1}.` }).waitFor()
    await page.mouse.move(800, 400)
    await until(async () => {
      await page.evaluate('document.querySelector(".log").scrollTo(0, 0)')
      expect(await page.locator('.bubble', { hasText: /^Message 0\./ }).count()).toBe(1)
    })
    expect(await page.locator('.log *').count()).toBeLessThan(400)
    expect(faults).toEqual([])
  })
})

describe.skipIf(!CHROMIUM)('an answer that arrives', () => {
  it('is followed through a burst that is taller than the view, until one notch upward', async () => {
    await fill(30)
    const held = heldAnswer(at.model)
    const { page, send } = await at.visit()
    await send('Tell me')
    await held.asked
    held.say('One line')
    await page.getByText('One line').waitFor()
    await atEnd(page)
    held.say(`\n\n${Array.from({ length: 8 }, (_, number) => `Line ${number}`).join('\n\n')}`)
    await page.getByText('Line 7', { exact: true }).waitFor()
    await atEnd(page)
    await page.mouse.move(800, 400)
    await page.mouse.wheel(0, -120)
    await page.getByRole('button', { name: 'Jump to latest' }).waitFor()
    const { top } = await logOf(page)
    held.say('\n\nand on')
    await page.getByText('and on').waitFor({ state: 'attached' })
    expect((await logOf(page)).top).toBe(top)
    held.end()
  })

  it('is followed until its first line is at the top, and no further', async () => {
    await fill(40)
    const held = heldAnswer(at.model)
    const visitor = await at.visit()
    const { page, send } = visitor
    await send('Tell me')
    await held.asked
    const lines = Array.from({ length: 80 }, (_, number) => `Line ${number}`)
    held.say(`${lines.slice(0, 5).join('\n\n')}\n\n`)
    await page.getByText('Line 4', { exact: true }).waitFor()
    await atEnd(page)
    held.say(lines.slice(5).join('\n\n'))
    await page.getByText('Line 79', { exact: true }).waitFor()
    const header = 56
    await until(async () => expect(Math.abs((await topOf(visitor, 'Line 0')) - header - 12)).toBeLessThan(8))
    const { top } = await logOf(page)
    held.end()
    await page.locator('.theirs .foot').last().waitFor()
    expect((await logOf(page)).top).toBe(top)
    await page.getByRole('button', { name: 'Jump to latest' }).click()
    await atEnd(page)
  })

  it('does not move a person who scrolled up', async () => {
    await fill(60)
    const held = heldAnswer(at.model)
    const visitor = await at.visit()
    const { page, send } = visitor
    await send('Tell me')
    await held.asked
    held.say('It begins. ')
    await page.getByText('It begins.').waitFor()
    await page.mouse.move(800, 400)
    await page.mouse.wheel(0, -600)
    await page.getByRole('button', { name: 'Jump to latest' }).waitFor()
    const text = await page.evaluate<string>(`[...document.querySelectorAll('.bubble')]
      .find((bubble) => bubble.getBoundingClientRect().top > 100).innerText.slice(0, 12)`)
    const before = await topOf(visitor, text)
    for (let number = 0; number < 60; number++) held.say(`More ${number}\n\n`)
    await page.getByText('More 59').waitFor()
    held.say('And ends.')
    held.end()
    await page.locator('.bubble', { hasText: 'And ends.' }).waitFor()
    expect(Math.abs((await topOf(visitor, text)) - before)).toBeLessThanOrEqual(1)
  })
})

describe.skipIf(!CHROMIUM)('what is read', () => {
  it('is copied exactly when it is code, and the page says so', async () => {
    const code = 'const a = "<b>"\n\tif (a) run()'
    await at.say('Code, please', `\`\`\`ts\n${code}\n\`\`\``)
    const { page } = await at.visit({ permissions: ['clipboard-read', 'clipboard-write'] })
    await page.getByRole('button', { name: 'Copy code, ts' }).click()
    await page.getByRole('status').getByText('Copied').waitFor({ state: 'attached' })
    expect(await page.evaluate('navigator.clipboard.readText()')).toBe(code)
  })

  it('is announced at the start and the end of an answer, not in between', async () => {
    const held = heldAnswer(at.model)
    const { page, send } = await at.visit()
    await page.getByRole('textbox').waitFor()
    const said = await listen(page)
    await send('Hello')
    await held.asked
    for (let number = 0; number < 300; number++) held.say(`${number} `)
    await page.getByText('299').waitFor()
    held.end()
    await until(async () =>
      expect(await said()).toEqual([
        'System is answering',
        expect.stringMatching(/^0 1 2 .* more in the chat$/),
      ]),
    )
    expect(await page.getByRole('log').getAttribute('aria-live')).toBe('off')
  })
})
