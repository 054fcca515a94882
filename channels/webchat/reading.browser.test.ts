import { describe, expect, it, vi } from 'vitest'
import { CHROMIUM, type Visitor, listen } from './testing/browser.ts'
import { heldAnswer, world } from './testing/world.ts'

/** Where the log is scrolled to, how far it could be, and where the given words stand on the screen. */
const logOf = (page: Visitor['page']): Promise<{ top: number; end: number }> =>
  page.evaluate(`(() => {
    const log = document.querySelector('.log')
    return { top: log.scrollTop, end: log.scrollHeight - log.clientHeight }
  })()`)

const atEnd = (page: Visitor['page']): Promise<void> =>
  vi.waitFor(async () => {
    const { top, end } = await logOf(page)
    expect(end - top).toBeLessThanOrEqual(1)
  })

async function topOf({ page }: Visitor, words: string): Promise<number> {
  return (await page.locator('.bubble', { hasText: words }).first().boundingBox())?.y ?? NaN
}

/** Rows that come into view are measured first, and move what is below them. */
const atRest = (visitor: Visitor, words: string): Promise<void> =>
  vi.waitFor(async () => {
    const before = await topOf(visitor, words)
    await visitor.page.evaluate('new Promise((done) => setTimeout(done, 200))')
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
    await vi.waitFor(async () => {
      await page.mouse.wheel(0, -4_000)
      expect(await page.locator('.bubble', { hasText: 'Message 1.' }).count()).toBe(1)
    }, 15_000)
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
    await page.route('**/messages?*before=*', async (route) => {
      await asked.promise
      await route.continue()
    })
    await page.mouse.move(800, 400)
    const wait = page.waitForRequest('**/messages?*before=*')
    await page.evaluate('document.querySelector(".log").scrollTo(0, 0)')
    await wait
    await vi.waitFor(async () => expect((await logOf(page)).top).toBe(0))
    await atRest(visitor, 'Message 73.')
    const before = await topOf(visitor, 'Message 73.')
    asked.resolve()
    await vi.waitFor(async () => expect((await logOf(page)).top).toBeGreaterThan(1_000))
    await atRest(visitor, 'Message 73.')
    expect(Math.abs((await topOf(visitor, 'Message 73.')) - before)).toBeLessThanOrEqual(1)
  })
})

describe.skipIf(!CHROMIUM)('an answer that arrives', () => {
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
    await vi.waitFor(async () =>
      expect(Math.abs((await topOf(visitor, 'Line 0')) - header - 12)).toBeLessThan(8),
    )
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
    await vi.waitFor(async () =>
      expect(await said()).toEqual([
        'System is answering',
        expect.stringMatching(/^0 1 2 .* more in the chat$/),
      ]),
    )
    expect(await page.getByRole('log').getAttribute('aria-live')).toBe('off')
  })
})
